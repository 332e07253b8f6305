"""Faults find their targets, come and go on time, and repeat."""

import numpy as np
import pytest

from heating.intervals import to_epoch_ms
from simulators.city_layout import CityLayout, lay_out
from simulators.faults.fault_schedule import FaultSchedule, place_faults
from simulators.scenario import FaultPlan, ScenarioError
from tests.unit.simulators.cities import ORIGIN, small_site

ORIGIN_MS = to_epoch_ms(ORIGIN)


@pytest.fixture(scope="module")
def layout() -> CityLayout:
    return lay_out(small_site())


def plan(**fields: object) -> FaultPlan:
    return FaultPlan.model_validate(
        {"id": "f", "type": "pump_trip", "target": "st-002", "onset": "+1m", **fields}
    )


def schedule(layout: CityLayout, *plans: FaultPlan) -> FaultSchedule:
    return FaultSchedule(place_faults(plans, layout), layout, live_ms=ORIGIN_MS)


def test_a_fault_is_active_from_its_onset_until_just_before_its_end(layout: CityLayout) -> None:
    faults = schedule(layout, plan(duration="2m"))
    active = [bool(faults.effects(ORIGIN_MS + s * 1000).pump_tripped[1]) for s in (59, 60, 179, 180)]
    assert active == [False, True, True, False]


def test_a_repeated_fault_comes_back_with_a_new_number(layout: CityLayout) -> None:
    faults = schedule(layout, plan(duration="1m", repeat="10m"))
    numbers = [[o.number for o in faults.active(ORIGIN_MS + m * 60_000)] for m in (0, 1, 2, 11, 21)]
    assert numbers == [[], [0], [], [1], [2]]


def test_going_live_late_moves_faults_to_come_and_leaves_the_old_ones(layout: CityLayout) -> None:
    faults = schedule(layout, plan(), plan(id="old", target="st-001", onset="-1h"))
    faults.go_live(ORIGIN_MS + 300_000)
    assert faults.effects(ORIGIN_MS + 301_000).pump_tripped.tolist() == [True, False, False]
    assert faults.effects(ORIGIN_MS + 360_000).pump_tripped.tolist() == [True, True, False]
    assert [o.onset_ms - ORIGIN_MS for o in faults.active(ORIGIN_MS + 360_000)] == [360_000, -3_600_000]


def test_overlapping_faults_of_homes_multiply(layout: CityLayout) -> None:
    home = layout.site.households[0].household_id
    half = {"type": "household_valve_shut", "target": home, "severity": 0.5, "onset": "-1h"}
    faults = schedule(layout, plan(id="a", **half), plan(id="b", **half))
    usual = schedule(layout).effects(ORIGIN_MS).home_opening[0]
    assert faults.effects(ORIGIN_MS).home_opening[0] == pytest.approx(0.25 * usual)


def test_a_station_as_target_means_the_best_observed_riser_below_it(layout: CityLayout) -> None:
    (fault,) = place_faults([plan(type="riser_blocked", target="st-001")], layout)
    sensed = np.bincount(layout.home_riser[layout.sensor_home], minlength=len(layout.riser_ids))
    of_station = np.unique(layout.home_riser[layout.home_station == 0])
    assert sensed[layout.riser_ids.index(fault.target)] == sensed[of_station].max() >= 3
    assert {int(layout.home_station[home]) for home in fault.homes} == {0}


def test_two_faults_with_a_station_as_target_take_different_homes_and_sensors(layout: CityLayout) -> None:
    for kind in ("household_valve_shut", "sensor_silent", "riser_blocked"):
        plans = [plan(id=name, type=kind, target="st-001") for name in "ab"]
        assert len({fault.target for fault in place_faults(plans, layout)}) == 2


def test_every_target_that_is_not_there_is_named(layout: CityLayout) -> None:
    plans = [
        plan(id="a", target="st-999"),
        plan(id="b", type="riser_blocked", target="b-0001/u99"),
        plan(id="c", type="household_valve_shut", target="h-999999"),
        plan(id="d", type="sensor_silent", target="rs-999999"),
        plan(id="fine"),
    ]
    with pytest.raises(ScenarioError) as caught:
        place_faults(plans, layout)
    assert [line.split("'")[1] for line in str(caught.value).splitlines()] == ["a", "b", "c", "d"]
