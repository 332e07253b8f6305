"""A finding belongs to a fault by place and time; one is true, more are repeats, the rest is false."""

from dataclasses import replace
from datetime import timedelta

import pytest

from simulators.fault_kinds import FaultType, RootCause
from simulators.scoring.findings import findings_of
from simulators.scoring.happenings import Alarm, Incident, TrueFault, claimed_class
from simulators.scoring.matching import Matching, Reach, Verdict, match
from simulators.truth.topology import Place
from tests.unit.simulators.scoring.made_up import (
    HOMES,
    alarm,
    fault,
    hour,
    perfect_alarms,
    small_tree,
    usual_faults,
)


def matched(faults: list[TrueFault], alarms: list[Alarm], *incidents: Incident) -> Matching:
    known = {incident.incident_id: incident for incident in incidents}
    return match(faults, findings_of(alarms, known, announced_only=True), small_tree())


def verdicts(matching: Matching) -> list[str]:
    return [verdict.value for _, verdict, _ in matching.verdicts]


TRIP = usual_faults()[0]
RISER = usual_faults()[1]


def test_an_alarm_on_the_place_of_each_fault_is_true() -> None:
    found = matched(usual_faults(), perfect_alarms())
    assert verdicts(found) == ["true"] * 4
    assert {name: finding.alarms[0].alarm_id for name, finding in found.first.items()} == {
        "trip": "a-trip",
        "riser": "a-riser",
        "valve": "a-valve",
        "silent": "a-silent",
    }


@pytest.mark.parametrize(
    ("at_h", "expected"),
    [(9.99, "false"), (10, "true"), (14, "true"), (20, "true"), (20.01, "false")],
    ids=["before the onset", "at the onset", "at the end", "at the end of the grace", "after the grace"],
)
def test_time_decides_whether_an_alarm_belongs_to_a_fault(at_h: float, expected: str) -> None:
    assert verdicts(matched([TRIP], [alarm("a", ("station", "st-1"), at_h)])) == [expected]


def test_a_fault_without_an_end_is_found_at_any_later_time() -> None:
    late = alarm("a", ("household", "st-1/b2/h1"), 600, rule="DQ-01")
    assert verdicts(matched([usual_faults()[3]], [late])) == ["true"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (("household", "st-2/b1/h1"), True),
        (("household", "st-2/b1/h2"), False),
        (("riser", "st-2/b1/u1"), True),
        (("building", "st-2/b1"), False),
        (("station", "st-2"), False),
        (("household", "st-1/b1/h1"), False),
        (("household", "unheard of"), False),
    ],
)
def test_reach_of_a_riser_is_itself_and_the_homes_it_cooled(place: Place, expected: bool) -> None:
    assert Reach(RISER, small_tree()).holds(place, RootCause.HOME) is expected


def test_stations_below_a_source_feel_its_fault_before_homes_cool() -> None:
    source = fault("s", FaultType.SOURCE_TRIP, ("source", "src-1"), 0, 5)
    reach = Reach(source, small_tree())
    assert reach.holds(("station", "st-2"), RootCause.STATION)
    assert reach.holds(("branch", "br-1"), RootCause.PRIMARY)
    assert not reach.holds(("building", "st-2/b1"), RootCause.BUILDING)


def test_a_cooled_neighbour_outside_the_tree_below_is_in_reach() -> None:
    valve = replace(usual_faults()[2], affected=frozenset({"st-2/b2/h1", "st-2/b2/h2"}))
    assert Reach(valve, small_tree()).holds(("household", "st-2/b2/h2"), RootCause.HOME)


def test_silent_devices_below_a_silent_concentrator_are_in_reach_but_cold_homes_are_not() -> None:
    silent = fault("c", FaultType.CONCENTRATOR_SILENT, ("building", "st-1/b1"), 0, 5)
    reach = Reach(silent, small_tree())
    assert reach.holds(("household", "st-1/b1/h1"), RootCause.SENSOR)
    assert not reach.holds(("household", "st-1/b1/h1"), RootCause.HOME)


def test_further_findings_of_a_fault_are_repeats_and_alarms_of_its_incident_are_neither() -> None:
    station: Place = ("station", "st-1")
    incident = Incident(incident_id="i", rule_id="ST-02", place=station, opened_at=hour(11))
    alarms = [
        alarm("root", station, 11, rule="ST-02", incident="i"),
        alarm("member", ("household", HOMES[0]), 12, rule="HB-02", incident="i"),
        alarm("again", station, 13),
        alarm("elsewhere", ("station", "st-2"), 13),
    ]
    found = matched([TRIP], alarms, incident)
    assert verdicts(found) == ["true", "repeat", "false"]
    assert len(found.first["trip"].alarms) == 2


def test_an_incident_belongs_to_a_fault_by_any_of_its_alarms() -> None:
    elsewhere = Incident(incident_id="i", rule_id="ST-02", place=("station", "st-2"), opened_at=hour(11))
    member = alarm("member", ("household", HOMES[0]), 12, rule="HB-02", incident="i")
    assert verdicts(matched([TRIP], [member], elsewhere)) == ["true"]


def test_the_fault_on_the_very_place_goes_before_a_wide_one_above() -> None:
    home = fault("home", FaultType.FILTER_CLOGGED, ("household", HOMES[0]), 9, 40, affected=(HOMES[0],))
    found = matched([TRIP, home], [alarm("a", ("household", HOMES[0]), 12, rule="HB-02")])
    assert list(found.first) == ["home"]


def test_of_two_faults_on_one_home_an_alarm_about_devices_takes_that_of_the_device() -> None:
    place: Place = ("household", HOMES[0])
    faults = [
        fault("valve", FaultType.HOUSEHOLD_VALVE_SHUT, place, 5, 50, affected=(HOMES[0],)),
        fault("silent", FaultType.SENSOR_SILENT, place, 4, 50),
    ]
    assert list(matched(faults, [alarm("a", place, 12, rule="DQ-01")]).first) == ["silent"]
    assert list(matched(faults, [alarm("a", place, 12, rule="HB-02")]).first) == ["valve"]


def test_what_was_only_recorded_is_no_finding_told_to_people() -> None:
    silent = alarm("a", ("station", "st-1"), 11, told=False)
    assert verdicts(matched([TRIP], [silent])) == []
    recorded = match([TRIP], findings_of([silent], {}, announced_only=False), small_tree())
    assert verdicts(recorded) == [Verdict.TRUE.value]


def test_order_of_faults_and_alarms_does_not_matter() -> None:
    faults, alarms = usual_faults(), perfect_alarms()
    there, back = matched(faults, alarms), matched(faults[::-1], alarms[::-1])
    assert there == back


def test_a_longer_grace_lets_a_late_alarm_count() -> None:
    late = findings_of([alarm("a", ("station", "st-1"), 30)], {}, announced_only=True)
    assert verdicts(match([TRIP], late, small_tree())) == ["false"]
    assert verdicts(match([TRIP], late, small_tree(), grace=timedelta(hours=16))) == ["true"]


@pytest.mark.parametrize(
    ("rule", "level", "expected"),
    [
        ("ST-02", "station", RootCause.STATION),
        ("HB-02", "household", RootCause.HOME),
        ("DQ-08", "station", RootCause.SENSOR),
        ("PN-01", "branch", RootCause.PRIMARY),
        ("X-01", "moon", RootCause.NONE),
    ],
)
def test_an_alarm_claims_a_class_by_rule_and_level(rule: str, level: str, expected: RootCause) -> None:
    assert claimed_class(rule, level) is expected


def test_an_alarm_from_before_an_incident_that_is_attached_to_it_later_keeps_its_own_time() -> None:
    station: Place = ("station", "st-1")
    incident = Incident(incident_id="i", rule_id="ST-02", place=station, opened_at=hour(11.02))
    alarms = [
        alarm("old", ("household", HOMES[0]), 2, rule="HB-02", incident="i"),
        alarm("root", station, 11, rule="ST-02", incident="i"),
        alarm("member", ("household", HOMES[1]), 12, rule="HB-02", incident="i"),
    ]
    found = findings_of(alarms, {"i": incident}, announced_only=True)
    assert [(finding.at, len(finding.alarms)) for finding in found] == [(hour(2), 1), (hour(11), 2)]
    assert verdicts(matched([TRIP], alarms, incident)) == ["false", "true"]
