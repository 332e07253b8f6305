"""Every cold home has a cause: its contract, a fault, the weather, its building, or itself."""

from typing import Any

import numpy as np
import pytest

from heating.intervals import to_epoch_ms
from simulators.city import City
from simulators.fault_kinds import RootCause
from simulators.scenario import Scenario
from simulators.truth.paired_run import without_faults
from simulators.truth.root_causes import CAUSES, COLD_BELOW_C, HourOfTruth, RootCauses
from tests.unit.simulators.cities import ORIGIN, small_site

ORIGIN_MS = to_epoch_ms(ORIGIN)
SITE = small_site()


def scenario_of(*faults: dict[str, Any], **fields: Any) -> Scenario:
    plan = {"site": "smoke", "spin_up": "1h", "weather": {"day_of_year": 15}, "faults": faults, **fields}
    return Scenario.model_validate(plan)


def city_of(scenario: Scenario) -> City:
    city = City(site=SITE, scenario=scenario, seed=1, origin=ORIGIN, start=ORIGIN)
    city.spin_up()
    return city


def fault(kind: str, **fields: Any) -> dict[str, Any]:
    return {"id": kind, "type": kind, "target": "st-002", "onset": "0s", **fields}


def look(
    *faults: dict[str, Any], temps: Any = None, paired: bool = True, **fields: Any
) -> tuple[City, RootCauses, HourOfTruth]:
    """Return the truth of a moment after the onsets; `temps` sets room temperatures of city and twin by hand."""
    scenario = scenario_of(*faults, **fields)
    city, twin = city_of(scenario), city_of(without_faults(scenario))
    causes = RootCauses(city)
    for each in (city, twin):
        each.step(60.0)
        each.homes.air_c[:] = 21.0
    causes.follow(city)
    if temps is not None:
        temps(city, twin)
    return city, causes, causes.at_hour(city, twin if paired else None)


def cause_of(hour: HourOfTruth, home: int) -> RootCause:
    return CAUSES[int(hour.cause[home])]


def heated_of(city: City, station: int) -> np.ndarray[Any, np.dtype[np.intp]]:
    return np.flatnonzero((city.layout.home_station == station) & ~city.layout.home_suspended)


def test_a_warm_city_has_no_causes() -> None:
    _, _, hour = look()
    assert not hour.cold.any()
    assert {cause_of(hour, home) for home in range(len(hour.cause))} == {RootCause.NONE}


def test_a_home_that_a_station_fault_has_cooled_is_put_down_to_the_station() -> None:
    def cool(city: City, _twin: City) -> None:
        city.homes.air_c[city.layout.home_station == 1] = 16.0

    city, causes, hour = look(fault("pump_trip"), temps=cool)
    homes = heated_of(city, 1)
    assert {cause_of(hour, home) for home in homes} == {RootCause.STATION}
    assert {causes.fault_ids[hour.fault[home]] for home in homes} == {"pump_trip"}
    assert {int(hour.fault[home]) for home in heated_of(city, 0)} == {-1}


def test_a_home_that_was_as_cold_without_the_fault_is_not_put_down_to_it() -> None:
    def cool(city: City, twin: City) -> None:
        homes = heated_of(city, 1)
        city.homes.air_c[homes] = 17.0
        city.homes.air_c[homes[0]] = 15.0
        twin.homes.air_c[homes[0]] = 15.2

    city, _, hour = look(fault("pump_trip"), temps=cool)
    first, *others = heated_of(city, 1)
    assert cause_of(hour, int(first)) is not RootCause.STATION
    assert {cause_of(hour, int(home)) for home in others} == {RootCause.STATION}


def test_of_two_faults_the_narrow_one_gets_the_home_for_which_half_a_kelvin_is_left() -> None:
    plan = (fault("pump_trip"), fault("household_valve_shut"))
    probe = city_of(scenario_of(*plan))
    valve = next(o for o in probe.faults.active(ORIGIN_MS + 1) if o.fault.plan.id == "household_valve_shut")
    place = valve.fault.place

    def cool(city: City, _twin: City) -> None:
        city.homes.air_c[city.layout.home_station == 1] = 17.5
        city.homes.air_c[place] = 14.0

    city, _, hour = look(*plan, temps=cool)
    assert cause_of(hour, place) is RootCause.HOME
    others = [home for home in heated_of(city, 1) if home != place]
    assert {cause_of(hour, int(home)) for home in others} == {RootCause.STATION}


def test_without_a_twin_the_fault_above_a_cold_home_gets_it() -> None:
    def cool(city: City, _twin: City) -> None:
        city.homes.air_c[city.layout.home_station == 1] = 17.0

    city, _, hour = look(fault("pump_trip"), temps=cool, paired=False)
    assert {cause_of(hour, int(home)) for home in heated_of(city, 1)} == {RootCause.STATION}


def test_a_suspended_home_is_cold_because_it_is_suspended() -> None:
    def cool(city: City, twin: City) -> None:
        for each in (city, twin):
            each.homes.air_c[each.layout.home_suspended] = 13.0

    city, _, hour = look(temps=cool)
    suspended = np.flatnonzero(city.layout.home_suspended)
    assert len(suspended) > 0
    assert {cause_of(hour, int(home)) for home in suspended} == {RootCause.SUSPENDED}


@pytest.mark.parametrize(("whole", "expected"), [(False, RootCause.HOME), (True, RootCause.BUILDING)])
def test_without_faults_it_is_the_building_when_most_homes_of_it_are_cold(
    whole: bool, expected: RootCause
) -> None:
    def cool(city: City, twin: City) -> None:
        homes = np.flatnonzero((city.layout.home_building == 0) & ~city.layout.home_suspended)
        for each in (city, twin):
            each.homes.air_c[homes if whole else homes[:1]] = 17.0

    city, _, hour = look(temps=cool)
    home = int(np.flatnonzero((city.layout.home_building == 0) & ~city.layout.home_suspended)[0])
    assert cause_of(hour, home) is expected


def test_a_home_that_grows_cold_in_a_cold_snap_is_put_down_to_the_weather() -> None:
    weather = {"day_of_year": 15, "cold_snaps": [{"onset": "-2h", "drop_k": 14, "duration": "2d"}]}

    def cool(city: City, twin: City) -> None:
        for each in (city, twin):
            each.homes.air_c[heated_of(city, 0)[:3]] = 17.0

    city, _, hour = look(temps=cool, weather=weather)
    assert {cause_of(hour, int(home)) for home in heated_of(city, 0)[:3]} == {RootCause.WEATHER}


def test_a_home_that_was_cold_before_the_snap_keeps_its_cause() -> None:
    weather = {
        "day_of_year": 15,
        "shift_k": 15,
        "cold_snaps": [{"onset": "+30m", "drop_k": 14, "duration": "2d"}],
    }
    city = city_of(scenario_of(weather=weather))
    causes = RootCauses(city)
    homes = heated_of(city, 0)
    for minutes in (1, 60):
        while city.now_ms < ORIGIN_MS + minutes * 60_000:
            city.step(60.0)
        causes.follow(city)
        city.homes.air_c[:] = 21.0
        city.homes.air_c[homes[: 1 if minutes == 1 else 2]] = 17.0
        hour = causes.at_hour(city, None)
    assert cause_of(hour, int(homes[0])) is RootCause.HOME
    assert cause_of(hour, int(homes[1])) is RootCause.WEATHER


def test_a_warm_home_with_a_faulty_sensor_has_the_cause_sensor() -> None:
    city, _, hour = look(fault("sensor_moved_cold"))
    (place,) = np.flatnonzero(hour.cause == CAUSES.index(RootCause.SENSOR))
    assert place in city.layout.sensor_home
    assert not hour.cold[place]


def test_cold_is_below_the_standard() -> None:
    def cool(city: City, _twin: City) -> None:
        city.homes.air_c[0] = np.float32(COLD_BELOW_C)
        city.homes.air_c[1] = np.nextafter(np.float32(COLD_BELOW_C), np.float32(0))

    _, _, hour = look(temps=cool)
    assert hour.cold[:2].tolist() == [False, True]
