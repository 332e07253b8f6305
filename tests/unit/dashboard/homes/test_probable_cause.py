"""Why a home is cold: first match, with evidence; and what follows for the clerk."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.homes.models import Verdict
from dashboard.homes.probable_cause import (
    HomeFacts,
    probable_cause,
    script_for,
    verdict_of,
)
from dashboard.incidents.models import IncidentView
from dashboard.stations.models import StationSummary
from dashboard.web.values import Bilingual, PointValue, Ratio

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def value(number: float | None, *, stale: bool = False, quality: str = "good") -> PointValue:
    return PointValue(
        point="room_temp_c",
        unit="°C",
        label=Bilingual("室温", "Room temperature"),
        value=number,
        t=NOW if number is not None else None,
        age_s=9000.0 if stale else 60.0,
        quality=quality,
        stale=stale,
    )


def incident(level: str = "station", *, promised: bool = False) -> IncidentView:
    return IncidentView(
        incident_id="i1",
        rule_id="ST-01",
        name=Bilingual("循环泵停", "Circulation pump stopped"),
        node_level=level,
        node_id="st-east",
        node_name=Bilingual("东站", "East"),
        area_id="xilinhot",
        opened_at=NOW,
        cleared_at=None,
        estimated_end=NOW + timedelta(hours=3) if promised else None,
        affected_households=54,
        root_alarm_id="a1",
    )


def station(deviation_k: float | None = 0.0) -> StationSummary:
    return StationSummary(
        station_id="st-east",
        name=Bilingual("东站", "East"),
        state="online",
        supply=value(50.0),
        setpoint=value(50.0),
        return_=value(40.0),
        deviation_k=deviation_k,
        open_alarms=0,
    )


FACTS = HomeFacts(
    contract="heating",
    vulnerable=False,
    has_sensor=True,
    sensor_fault=False,
    room=value(15.5),
    standard_c=18.0,
    incidents=[],
    station=station(),
    building=Ratio(numerator=0, denominator=8),
    riser=Ratio(numerator=0, denominator=3),
)
"""A cold home among warm neighbours below a normal station."""


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (FACTS, "single_home"),
        (replace(FACTS, contract="suspended", incidents=[incident()]), "suspended"),
        (replace(FACTS, contract="vacant"), "vacant"),
        (replace(FACTS, incidents=[incident()]), "incident"),
        (replace(FACTS, incidents=[incident("household")]), "single_home"),
        (replace(FACTS, has_sensor=False, room=value(None)), "no_sensor"),
        (replace(FACTS, sensor_fault=True), "sensor_fault"),
        (replace(FACTS, room=value(15.5, stale=True)), "sensor_silent"),
        (replace(FACTS, room=value(None)), "sensor_silent"),
        (replace(FACTS, room=value(18.0)), "not_cold"),
        (replace(FACTS, station=station(-5.0)), "station"),
        (replace(FACTS, station=station(-4.9)), "single_home"),
        (replace(FACTS, station=None), "single_home"),
        (replace(FACTS, building=Ratio(numerator=3, denominator=8)), "building"),
        (
            replace(
                FACTS, building=Ratio(numerator=2, denominator=8), riser=Ratio(numerator=2, denominator=3)
            ),
            "riser",
        ),
        (
            replace(
                FACTS, building=Ratio(numerator=0, denominator=1), riser=Ratio(numerator=0, denominator=0)
            ),
            "unknown",
        ),
    ],
)
def test_the_first_cause_that_fits_is_named(facts: HomeFacts, code: str) -> None:
    cause = probable_cause(facts)
    assert cause.code == code
    assert cause.evidence


def test_a_silent_sensor_below_an_incident_is_evidence_and_not_the_cause() -> None:
    cause = probable_cause(replace(FACTS, room=value(None), incidents=[incident()]))
    assert cause.code == "incident"
    assert [item.code for item in cause.evidence][:3] == ["root_alarm", "station_supply", "sensor_silent"]


def test_a_warm_home_below_an_incident_is_evidence_against_it() -> None:
    cause = probable_cause(replace(FACTS, room=value(21.0), incidents=[incident()]))
    room = next(item for item in cause.evidence if item.code == "room_now")
    assert not room.supports


def test_a_promise_reaches_the_script() -> None:
    promised = replace(FACTS, incidents=[incident(promised=True)])
    script = script_for(probable_cause(promised), promised)
    assert script.code == "incident_estimated"
    assert script.parameters["estimated_end"] == NOW + timedelta(hours=3)
    open_end = replace(FACTS, incidents=[incident()])
    assert script_for(probable_cause(open_end), open_end).code == "incident"


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (FACTS, Verdict.COLD),
        (replace(FACTS, room=value(16.0)), Verdict.COOL),
        (replace(FACTS, room=value(18.0)), Verdict.WARM),
        (replace(FACTS, room=value(30.0, stale=True)), Verdict.STALE),
        (replace(FACTS, room=value(None)), Verdict.STALE),
        (replace(FACTS, sensor_fault=True, room=value(30.0)), Verdict.SENSOR_FAULT),
        (replace(FACTS, has_sensor=False), Verdict.NO_SENSOR),
        (replace(FACTS, contract="vacant", room=value(30.0)), Verdict.SUSPENDED),
    ],
)
def test_a_dead_sensor_is_never_called_warm(facts: HomeFacts, verdict: Verdict) -> None:
    assert verdict_of(facts) is verdict


@pytest.mark.parametrize(
    ("building", "riser", "expected"),
    [
        (
            (5, 9),
            (4, 4),
            "riser",
        ),  # four of five cold homes on this riser: the lowest node that explains them
        ((4, 4), (4, 4), "riser"),  # a building is meant only when a second unit is cold too
        ((6, 9), (3, 4), "building"),
    ],
)
def test_a_cold_riser_is_blamed_before_its_building_when_it_holds_the_cold_homes(
    building: tuple[int, int], riser: tuple[int, int], expected: str
) -> None:
    of_building, of_riser = (Ratio(numerator=cold, denominator=all_) for cold, all_ in (building, riser))
    cause = probable_cause(replace(FACTS, building=of_building, riser=of_riser))
    assert cause.code == expected
    told = [evidence.parameters for evidence in cause.evidence if evidence.code == "other_units"]
    others = building[1] - riser[1]
    assert bool(told) == (expected == "riser" and others > 0)
    assert all(item == {"counted": others, "cold": building[0] - riser[0]} for item in told)


@given(
    room_c=st.one_of(st.none(), st.floats(-30, 60)),
    stale=st.booleans(),
    sensor=st.booleans(),
    fault=st.booleans(),
    counted=st.integers(0, 20),
    cold=st.integers(0, 20),
)
def test_whatever_is_known_a_cause_has_evidence_and_warm_needs_a_fresh_value(
    room_c: float | None, stale: bool, sensor: bool, fault: bool, counted: int, cold: int
) -> None:
    ratio = Ratio(numerator=min(cold, counted), denominator=counted)
    room = value(room_c, stale=stale and room_c is not None)
    facts = replace(FACTS, room=room, has_sensor=sensor, sensor_fault=fault, building=ratio, riser=ratio)
    assert probable_cause(facts).evidence
    if verdict_of(facts) is Verdict.WARM:
        assert sensor and not fault and not room.stale and room_c is not None and room_c >= 18.0
    if not sensor:
        assert probable_cause(facts).code == "no_sensor"


@pytest.mark.parametrize(("deviation_k", "cold", "speaks_for"), [(-8.0, 7, True), (0.2, 0, False)])
def test_what_an_incident_has_not_done_yet_speaks_against_it(
    deviation_k: float, cold: int, speaks_for: bool
) -> None:
    building = Ratio(numerator=cold, denominator=8)
    facts = replace(FACTS, incidents=[incident()], station=station(deviation_k), building=building)
    signs = {fact.code: fact.supports for fact in probable_cause(facts).evidence}
    around = "building_cold" if speaks_for else "neighbours_warm"
    assert (signs["root_alarm"], signs["station_supply"], signs[around]) == (True, speaks_for, speaks_for)


def test_warm_neighbours_speak_for_a_cause_inside_the_home() -> None:
    signs = {fact.code: fact.supports for fact in probable_cause(FACTS).evidence}
    assert signs["neighbours_warm"] is True
