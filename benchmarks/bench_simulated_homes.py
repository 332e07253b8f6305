"""A step of all homes of the league: people, valves, radiators, rooms; goal at most 60 ms on one core.

Reference in the same run: the bare model of homes without heat delivery and people, for the same homes. Also an hour of
complaints over all homes.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from time import process_time

import numpy as np

from benchmarks.harness import Goal, Reference, Result
from simulators.buildings.heat_delivery import DeliveredHeat, settle_homes
from simulators.buildings.homes import Outdoors
from simulators.city_layout import lay_out
from simulators.effects import no_effects
from simulators.people.residents import Residents
from simulators.random_streams import RandomStreams
from simulators.site.generator import generate_preset_site
from simulators.water import WATER_KW_PER_M3_PER_H_K

GOAL_MS = 60.0
_START = datetime(2026, 1, 15, tzinfo=UTC)
_STEP_S = 300.0
_WARM_STEPS, _STEPS = 5, 40
_OUTDOORS = Outdoors(temp_c=-19.0, wind_m_per_s=4.0, radiation_w_per_m2=120.0)


def _median_ms(step: Callable[[int], object]) -> float:
    """Return the median processor time of a step after a few to warm up [ms]: other load does not count."""
    took: list[float] = []
    for number in range(_WARM_STEPS + _STEPS):
        started = process_time()
        step(number)
        took.append((process_time() - started) * 1000)
    return median(took[_WARM_STEPS:])


def run() -> list[Result]:
    """Measure steps of 300 s with sun, thermostats, windows and a set of effects."""
    layout = lay_out(generate_preset_site("league", seed=1, now=_START)[0])
    random = RandomStreams(1)
    delivery = settle_homes(layout, random, np.where(layout.station_floor_heating, 38.0, 55.0))
    homes, effects = delivery.homes, no_effects(layout)
    residents = Residents(layout, random, homes.parameters.gains_w)
    rate = delivery.design_rate_kw_per_k
    water_c = np.where(layout.station_floor_heating[layout.building_station], 41.0, 58.0)
    delivered = DeliveredHeat(
        heat_kw=12 * rate, flow_m3_per_h=rate / WATER_KW_PER_M3_PER_H_K, supply_c=water_c
    )

    def whole(number: int) -> None:
        life = residents.live(_START.timestamp() + _STEP_S * number, _STEP_S, homes.air_c)
        delivery.step(_STEP_S, delivered, _OUTDOORS, life, effects)

    step_ms = _median_ms(whole)
    heat_w = homes.heat_w.copy()
    bare_ms = _median_ms(lambda _: homes.step(_STEP_S, heat_w, _OUTDOORS))
    first_hour = int(_START.timestamp() // 3600)
    calls_ms = _median_ms(lambda number: residents.complaints.hour(first_hour + number, homes.air_c, effects))
    return [
        Result(
            name="simulator.homes_step_league",
            value=step_ms,
            unit="ms",
            reference=Reference(name="bare model of the homes", value=bare_ms),
            goal=Goal(at_most=GOAL_MS),
        ),
        Result(name="simulator.complaints_hour_league", value=calls_ms, unit="ms"),
    ]
