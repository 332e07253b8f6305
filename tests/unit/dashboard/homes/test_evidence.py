"""What is said for and against a cause: each fact with its sign, and nothing from values that are stale or missing."""

from dataclasses import replace

import pytest

from dashboard.homes.probable_cause import HomeFacts, probable_cause
from dashboard.incidents.models import IncidentView
from dashboard.stations.models import StationSummary
from dashboard.web.values import PointValue, Ratio
from heating.points import Measurement
from tests.support.page_readings import NOW, both, missing, reading

SUPPLY, SETPOINT, RETURN = (
    f"secondary_{name}_c" for name in ("supply_temp", "supply_temp_setpoint", "return_temp")
)


def room(value_c: float | None) -> PointValue:
    return reading("room_temp_c", value_c, age_s=60.0, measurement=Measurement.ROOM)


def station(
    deviation_k: float | None = 0.0, *, state: str = "online", supply: PointValue | None = None
) -> StationSummary:
    return StationSummary(
        station_id="S1",
        name=both("东站", "East"),
        state=state,
        supply=reading(SUPPLY, 50.0) if supply is None else supply,
        setpoint=reading(SETPOINT, 50.0),
        return_=reading(RETURN, 40.0),
        deviation_k=deviation_k,
        open_alarms=0,
    )


INCIDENT = IncidentView(
    incident_id="i1",
    rule_id="ST-01",
    name=both("循环泵停", "Circulation pump stopped"),
    node_level="station",
    node_id="S1",
    node_name=both("东站", "East"),
    area_id="xilinhot",
    opened_at=NOW,
    cleared_at=None,
    estimated_end=None,
    affected_households=54,
    root_alarm_id="a1",
)
COLD = HomeFacts(
    contract="heating",
    vulnerable=False,
    has_sensor=True,
    sensor_fault=False,
    room=room(15.0),
    standard_c=18.0,
    incidents=[],
    station=None,
    building=Ratio(numerator=0, denominator=8),
    riser=Ratio(numerator=0, denominator=3),
)
"""A cold home among warm neighbours."""
BELOW_INCIDENT = replace(COLD, incidents=[INCIDENT])


def signs(facts: HomeFacts) -> dict[str, bool]:
    """Return which facts are named, and whether each speaks for the cause."""
    return {fact.code: fact.supports for fact in probable_cause(facts).evidence}


@pytest.mark.parametrize(
    ("known", "named"),
    [
        (station(), True),
        (station(state="offline"), False),
        (station(None), False),  # without a setpoint nobody knows whether it is normal
        (None, False),
    ],
)
def test_a_normal_station_speaks_against_a_cold_home_only_while_it_is_online(
    known: StationSummary | None, named: bool
) -> None:
    expected = {"room_low": True, "neighbours_warm": True} | ({"station_normal": False} if named else {})
    assert signs(replace(COLD, station=known)) == expected


@pytest.mark.parametrize(
    ("deviation_k", "supports"), [(-5.1, True), (-5.0, True), (-4.9, False), (None, True)]
)
def test_a_supply_five_kelvin_low_speaks_for_an_incident_above_the_home(
    deviation_k: float | None, supports: bool
) -> None:
    assert signs(replace(BELOW_INCIDENT, station=station(deviation_k)))["station_supply"] is supports


@pytest.mark.parametrize(
    "supply", [missing(SUPPLY), reading(SUPPLY, 50.0, stale=True), reading(SUPPLY, None)]
)
def test_a_supply_that_is_stale_or_missing_says_nothing(supply: PointValue) -> None:
    facts = replace(BELOW_INCIDENT, station=station(supply=supply))
    assert signs(facts) == {"root_alarm": True, "room_low": True, "neighbours_warm": False}
    assert "station_supply" not in signs(BELOW_INCIDENT)


def test_a_home_without_a_sensor_below_an_incident_has_no_reading_for_or_against_it() -> None:
    facts = replace(BELOW_INCIDENT, has_sensor=False, room=room(None))
    assert signs(facts) == {"root_alarm": True, "no_sensor": True, "neighbours_warm": False}


@pytest.mark.parametrize(
    "facts",
    [
        replace(COLD, has_sensor=False, room=room(None)),
        replace(COLD, sensor_fault=True),
        replace(COLD, room=room(None)),
    ],
    ids=["no sensor", "fault", "silent"],
)
def test_neighbours_stand_in_for_a_sensor_that_says_nothing(facts: HomeFacts) -> None:
    def around(cold: int, measured: int) -> tuple[str, bool]:
        _, found = signs(replace(facts, building=Ratio(numerator=cold, denominator=measured))).items()
        return found

    assert around(0, 1) == ("too_few_sensors", False)
    assert around(0, 2) == ("neighbours_warm", True)  # two are enough to look at
    assert around(2, 7) == ("neighbours_warm", True)
    assert around(3, 10) == ("building_cold", True)  # exactly three tenths


@pytest.mark.parametrize(
    ("measured", "expected"),
    [(4, None), (5, {"counted": 1, "cold": 1}), (9, {"counted": 5, "cold": 1})],
)
def test_the_other_units_are_named_when_at_least_one_of_their_homes_is_measured(
    measured: int, expected: dict[str, int] | None
) -> None:
    facts = replace(
        COLD,
        building=Ratio(numerator=min(5, measured), denominator=measured),
        riser=Ratio(numerator=4, denominator=4),
    )
    found = [fact.parameters for fact in probable_cause(facts).evidence if fact.code == "other_units"]
    assert found == ([] if expected is None else [expected])


def test_too_few_sensors_speak_against_any_cause() -> None:
    alone = replace(COLD, building=Ratio(numerator=0, denominator=1), riser=Ratio(numerator=0, denominator=0))
    assert signs(alone) == {"room_low": True, "too_few_sensors": False}


def test_the_figures_of_a_fact_are_those_it_was_judged_by() -> None:
    facts = replace(COLD, station=station(-6.0), building=Ratio(numerator=4, denominator=9))
    low, deviation, around = probable_cause(facts).evidence
    assert (low.code, low.parameters) == ("room_low", {"value_c": 15.0, "standard_c": 18.0})
    assert (deviation.code, deviation.parameters) == ("station_deviation", {"deviation_k": -6.0})
    assert (around.code, around.parameters) == ("building_cold", {"counted": 9, "cold": 4})
