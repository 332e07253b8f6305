"""A full rule pass over the league: every shipped rule, 338,600 homes and 643 stations; goal at most 250 ms.

Reference in the same run: the same conditions and timers written by hand as dense numpy expressions over every
subject (`_dense_pass`). The pass measured is what a tick does before the commit: signals, conditions, timers.
"""

from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from alerting.judging.engine import RuleEngine, Timers
from alerting.judging.live_state import LiveState
from alerting.judging.signals.tables import Signals, SignalTables
from benchmarks.harness import Goal, Reference, Result
from config.rules.reading import load_rules
from config.settings.tree import RulesSettings
from heating.assets import (
    Area,
    Branch,
    Building,
    Community,
    Household,
    Sensor,
    SensorAssignment,
    Site,
    Source,
    Station,
)
from heating.heat_tree import build_heat_tree
from heating.intervals import to_epoch_ms
from heating.points import POINT_INDEX, Measurement
from heating.samples import ObjectRef, SampleBatch

STATIONS, HOMES = 643, 338_600
GOAL_MS = 250.0
_T0 = datetime(2026, 1, 10, tzinfo=UTC)
_COLD_SHARE = 0.02
_PEAK_SHARE = 3 * 1129 / HOMES
_WARM_TICKS, _MEASURED_TICKS = 50, 30


def league() -> Site:
    """Return a registry of the size of the league, with a sensor in every home."""
    station_of = [f"S{i * STATIONS // (HOMES // 50):03d}" for i in range(HOMES // 50)]
    homes = range(HOMES)
    return Site(
        areas=(Area(area_id="xilingol", name="锡林郭勒"),),
        sources=(Source(source_id="P", name="P", area_id="xilingol"),),
        branches=(Branch(branch_id="N", name="N", source_id="P"),),
        stations=tuple(
            Station(
                station_id=f"S{i:03d}",
                name=f"S{i}",
                area_id="xilingol",
                branch_id="N",
                design_flow_m3_per_h=200,
                static_head_mpa=0.2,
            )
            for i in range(STATIONS)
        ),
        communities=(Community(community_id="C", name="C", area_id="xilingol"),),
        buildings=tuple(
            Building(building_id=f"B{i}", name=f"B{i}", community_id="C", station_id=station)
            for i, station in enumerate(station_of)
        ),
        households=tuple(
            Household(
                household_id=f"H{i}", building_id=f"B{i // 50}", unit=1 + i % 4, floor=1 + i % 6, room=str(i)
            )
            for i in homes
        ),
        sensors=tuple(Sensor(sensor_id=f"R{i}", interval_s=300) for i in homes),
        assignments=tuple(
            SensorAssignment(sensor_id=f"R{i}", household_id=f"H{i}", start=datetime(2025, 10, 1, tzinfo=UTC))
            for i in homes
        ),
    )


def rooms_at(live: LiveState, moment: datetime, share: float, random: np.random.Generator) -> SampleBatch:
    """Return new readings of a share of the rooms; two in a hundred homes are cold."""
    ids = live.layout.ids[Measurement.ROOM]
    chosen = np.sort(random.choice(len(ids), int(len(ids) * share), replace=False))
    value = 20.0 + random.normal(0, 0.5, len(chosen)) - 5.0 * (chosen % 100 < 100 * _COLD_SHARE)
    point = POINT_INDEX[Measurement.ROOM, "room_temp_c"]
    return _batch(Measurement.ROOM, [ids[i] for i in chosen], point, value, moment)


def _batch(
    measurement: Measurement, ids: list[str], point: int, value: NDArray[np.float64], moment: datetime
) -> SampleBatch:
    n = len(ids)
    times = np.full(n, to_epoch_ms(moment), np.int64)
    return SampleBatch(
        objects=tuple(ObjectRef(measurement, object_id) for object_id in ids),
        object_index=np.arange(n, dtype=np.int32),
        point=np.full(n, point, np.int16),
        measured_ms=times,
        received_ms=times,
        value=value,
        quality=np.zeros(n, np.uint8),
    )


def _dense_pass(tables: SignalTables, since: dict[str, NDArray[np.int64]], now_ms: int) -> int:
    """Judge the household rules over every home with plain arrays; returns how many fire."""
    homes = tables["household"].columns
    warm, cool = homes["t_room_med60"], homes["t_room_med30"]
    heated = homes["heating"] == 1
    late = (homes["silent_s"] > 3 * homes["interval_s"]) & (homes["silent_s"] > 21600)
    fired = 0
    for name, holds, delay_s in (
        ("HB-01", (warm < homes["limit_c"] - 0.3) & heated, 10800),
        ("HB-02", (warm < 16) & heated, 3600),
        ("HB-03", (cool < 12) & heated, 1800),
        ("DQ-01", late, 0),
    ):
        start = since.setdefault(name, np.full(len(warm), -1, np.int64))
        start[~holds] = -1
        start[holds & (start < 0)] = now_ms
        fired += int((holds & (now_ms - start >= delay_s * 1000)).sum())
    return fired


def run() -> list[Result]:
    """Measure passes one second apart, at three times the nominal rate of room readings."""
    random = np.random.default_rng(1)
    site = league()
    live = LiveState(site, build_heat_tree(site), now=_T0)
    stations = list(live.layout.ids[Measurement.STATION])
    signals = Signals(standard_c=18.0, watching_since_ms=to_epoch_ms(_T0))
    engine = RuleEngine(load_rules(RulesSettings()))
    timers, now = Timers(), _T0
    since: dict[str, NDArray[np.int64]] = {}
    pass_ms: list[float] = []
    dense_ms: list[float] = []
    for tick in range(_WARM_TICKS + _MEASURED_TICKS):
        warming = tick < _WARM_TICKS
        now += timedelta(minutes=4) if warming else timedelta(seconds=1)
        for point, value in (("mains_power_ok", 1.0), ("circulation_pump_1_running", 1.0)):
            index = POINT_INDEX[Measurement.STATION, point]
            live.accept(_batch(Measurement.STATION, stations, index, np.full(len(stations), value), now))
        live.accept(rooms_at(live, now, 0.9 if warming else _PEAK_SHARE, random))
        started = perf_counter()
        with live.held() as windows:
            tables = signals.tables(windows, now_ms=to_epoch_ms(now))
        timers = engine.advance(timers, tables, now).timers
        ended = perf_counter()
        _dense_pass(tables, since, to_epoch_ms(now))
        if not warming:
            pass_ms.append((ended - started) * 1000)
            dense_ms.append((perf_counter() - ended) * 1000)
    engine.close()
    held = sum(len(rule.row) for rule in timers.rules.values())
    if held < HOMES * _COLD_SHARE:
        raise AssertionError(f"only {held} timers run: the pass had nothing to judge")
    reference = Reference(name="four household rules by hand, dense numpy", value=median(dense_ms))
    return [
        Result(
            name="rules.full_pass_league",
            value=median(pass_ms),
            unit="ms",
            reference=reference,
            goal=Goal(at_most=GOAL_MS),
        )
    ]
