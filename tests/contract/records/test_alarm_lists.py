"""Lists of alarms and incidents: filters, areas, pages that stay right while alarms come in, counts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from heating.alarms import AlarmEventKind, AlarmState, Priority
from heating.heat_tree import Level, Node
from storage.records.alarms import UnknownIncidentError
from storage.records.pages import InvalidCursorError
from storage.records.queries import AlarmQuery, AlarmSubjects, IncidentQuery
from storage.records.records import Records
from tests.contract.records.test_registry_records import fill
from tests.support.sample_alarms import RAISED_AT, event_of, incident_of, raising

Kind = AlarmEventKind


@pytest.fixture
def console(records: Records) -> Records:
    """Four alarms: a1 acknowledged, a2 inhibited, a3 closed, a4 in another area; and i1 with two members."""
    fill(records)
    records.alarms.append_events(
        [
            raising("a1", priority=Priority.P1),
            raising("a2", rule_id="ST-03", minutes=1, annunciated=False),
            raising("a3", rule_id="ST-15", priority=Priority.P3, minutes=2),
            raising("a4", station="st-west", area_id="abag", minutes=3),
            event_of("a1", Kind.ACKNOWLEDGED, minutes=4, by="dispatcher"),
            event_of("a2", Kind.INHIBITED, minutes=4, inhibitor="a1"),
            event_of("a1", Kind.ATTACHED, minutes=4, incident_id="i1"),
            event_of("a2", Kind.ATTACHED, minutes=4, incident_id="i1"),
            event_of("a3", Kind.ACKNOWLEDGED, minutes=4, by="dispatcher"),
            event_of("a3", Kind.CLEARED, minutes=5),
        ],
        incidents=[
            incident_of("i1"),
            incident_of("i2", node=Node(Level.STATION, "st-west"), area_id="abag", minutes=9),
        ],
    )
    return records


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (AlarmQuery(), ["a4", "a3", "a2", "a1"]),
        (AlarmQuery(open_only=True), ["a4", "a2", "a1"]),
        (AlarmQuery(annunciated_only=True), ["a4", "a3", "a1"]),
        (AlarmQuery(states=frozenset({AlarmState.ACK_ACTIVE, AlarmState.NORMAL})), ["a3", "a1"]),
        (AlarmQuery(states=frozenset({AlarmState.SUPPRESSED_BY_DESIGN})), ["a2"]),
        (AlarmQuery(states=frozenset()), []),
        (AlarmQuery(priorities=frozenset({Priority.P1, Priority.P3})), ["a3", "a1"]),
        (AlarmQuery(level=Level.STATION, object_id="st-west"), ["a4"]),
        (AlarmQuery(level=Level.BUILDING), []),
        (AlarmQuery(rule_id="ST-15"), ["a3"]),
        (AlarmQuery(incident_id="i1"), ["a2", "a1"]),
        (AlarmQuery(since=RAISED_AT + timedelta(minutes=2)), ["a4", "a3"]),
        (AlarmQuery(area_ids=frozenset({"abag"})), ["a4"]),
        (AlarmQuery(area_ids=frozenset({"xilinhot"})), ["a3", "a2", "a1"]),
        (AlarmQuery(area_ids=frozenset({"xirtala"})), []),
        (AlarmQuery(area_ids=frozenset()), []),
    ],
)
def test_a_query_gives_exactly_its_alarms_newest_first(
    console: Records, query: AlarmQuery, expected: list[str]
) -> None:
    assert [alarm.alarm_id for alarm in console.alarms.find(query).items] == expected


def test_pages_hold_while_new_alarms_come_in(records: Records) -> None:
    for number in range(7):
        # Pairs are raised in the same moment: the id decides between them.
        records.alarms.append_events([raising(f"a{number}", rule_id=f"R-{number}", minutes=number // 2)])
    first = records.alarms.find(AlarmQuery(limit=3))
    records.alarms.append_events([raising("late", rule_id="R-late", minutes=60)])
    second = records.alarms.find(AlarmQuery(limit=3, cursor=first.next_cursor))
    third = records.alarms.find(AlarmQuery(limit=3, cursor=second.next_cursor))
    seen = [alarm.alarm_id for page in (first, second, third) for alarm in page.items]
    assert seen == ["a6", "a5", "a4", "a3", "a2", "a1", "a0"]
    assert third.next_cursor is None


def test_urgent_lists_go_by_priority_then_incident_on_every_page(console: Records) -> None:
    home = Node(Level.HOUSEHOLD, "jx-12-1-101")
    late = raising("a5", rule_id="HB-03", minutes=20)
    assert late.opening is not None
    cold = replace(late, opening=replace(late.opening, subject=home))
    console.alarms.append_events([cold, event_of("a5", Kind.ATTACHED, minutes=21, incident_id="i1")])
    seen: list[str] = []
    cursor: str | None = None
    while cursor is not None or not seen:
        page = console.alarms.find_urgent(AlarmQuery(open_only=True, limit=1, cursor=cursor))
        seen += [alarm.alarm_id for alarm in page.items]
        cursor = page.next_cursor
    assert seen == ["a1", "a2", "a4", "a5"]
    assert console.alarms.count(AlarmQuery(open_only=True)) == len(seen)
    assert set(console.alarms.incidents_of(["i1", "i9"])) == {"i1"}


@pytest.mark.parametrize("cursor", ["", "x", "é", "bnVsbA", "WzEsMl0", "WyIyMDI2LTExLTAxIiwgImEiXQ"])
def test_an_urgent_list_refuses_a_foreign_cursor(records: Records, cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        records.alarms.find_urgent(AlarmQuery(cursor=cursor))


@pytest.mark.parametrize(
    ("subjects", "expected"),
    [
        (AlarmSubjects(object_ids=frozenset({"st-west"})), ["a4"]),
        (AlarmSubjects(rule_ids=frozenset({"ST-15"})), ["a3"]),
        (AlarmSubjects(place_key="xizhan"), ["a4"]),
        (AlarmSubjects(place_key="%"), []),
        (AlarmSubjects(), []),
    ],
)
def test_alarms_are_found_by_what_they_are_about(
    console: Records, subjects: AlarmSubjects, expected: list[str]
) -> None:
    assert [alarm.alarm_id for alarm in console.alarms.find(AlarmQuery(about=subjects)).items] == expected


def test_the_last_full_page_has_no_cursor(records: Records) -> None:
    records.alarms.append_events([raising("a1"), raising("a2", rule_id="R-2")])
    assert records.alarms.find(AlarmQuery(limit=2)).next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "é", "bnVsbA", "WzEsMl0", "WyIyMDI2LTExLTAxIiwgImEiXQ"])
def test_a_foreign_cursor_is_refused(records: Records, cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        records.alarms.find(AlarmQuery(cursor=cursor))


def test_counts_are_of_open_alarms_in_the_areas(console: Records) -> None:
    everywhere = console.alarms.counts(None)
    assert everywhere.by_priority == {Priority.P1: 1, Priority.P2: 2, Priority.P3: 0, Priority.P4: 0}
    assert everywhere.by_state[AlarmState.ACK_ACTIVE] == 1
    assert everywhere.by_state[AlarmState.SHELVED] == 0
    assert everywhere.by_priority_and_state[Priority.P2, AlarmState.UNACK_ACTIVE] == 1
    assert sum(console.alarms.counts(frozenset({"abag"})).by_priority.values()) == 1
    assert sum(console.alarms.counts(frozenset()).by_priority.values()) == 0


def test_an_alarm_outside_the_areas_does_not_exist(console: Records) -> None:
    assert console.alarms.alarm("a4", area_ids=frozenset({"xilinhot"})) is None
    assert console.alarms.alarm("a4", area_ids=frozenset({"abag"})) is not None
    assert console.alarms.incident("i2", area_ids=frozenset({"xilinhot"})) is None
    assert console.alarms.incident("i2", area_ids=frozenset({"abag"})) is not None


def test_incidents_are_listed_by_area_and_by_being_open(console: Records) -> None:
    def names(query: IncidentQuery) -> list[str]:
        return [one.incident_id for one in console.alarms.incidents(query).items]

    assert names(IncidentQuery()) == ["i2", "i1"]
    assert names(IncidentQuery(area_ids=frozenset({"xilinhot"}))) == ["i1"]
    page = console.alarms.incidents(IncidentQuery(limit=1))
    assert names(IncidentQuery(limit=1, cursor=page.next_cursor)) == ["i1"]
    assert [alarm.alarm_id for alarm in console.alarms.members_of("i1")] == ["a1", "a2"]


def test_members_are_counted_without_the_alarm_that_names_the_cause(console: Records) -> None:
    both = console.alarms.incidents(IncidentQuery()).items
    assert {one.incident_id: one.root_alarm_id for one in both}["i1"] == "a1"
    assert console.alarms.member_counts(both) == {"i1": 1, "i2": 0}
    assert console.alarms.member_counts([]) == {}


def test_incidents_of_a_home_are_those_on_its_way_up(console: Records) -> None:
    way_up = [Node(Level.HOUSEHOLD, "h"), Node(Level.BUILDING, "st-west"), Node(Level.STATION, "st-east")]
    assert [one.incident_id for one in console.alarms.incident_for_node(way_up)] == ["i1"]
    assert console.alarms.incident_for_node([]) == []


def test_a_promise_outlives_the_next_write_of_the_engine(console: Records) -> None:
    promised = RAISED_AT + timedelta(hours=4)
    console.alarms.set_incident_promise("i1", promised, by="dispatcher", at=RAISED_AT)
    grown = console.alarms.incident("i1")
    assert grown is not None
    assert grown.estimated_end == promised
    cleared = replace(grown, estimated_end=None, affected_households=99, cleared_at=promised)
    console.alarms.append_events([], incidents=[cleared, cleared])
    kept = console.alarms.incident("i1")
    assert kept == replace(cleared, estimated_end=promised)
    assert [one.incident_id for one in console.alarms.open_incidents()] == ["i2"]
    assert console.alarms.incident_for_node([Node(Level.STATION, "st-east")]) == []


def test_a_promise_for_an_unknown_incident_is_refused(records: Records) -> None:
    with pytest.raises(UnknownIncidentError, match="i9"):
        records.alarms.set_incident_promise("i9", None, by="x", at=RAISED_AT)
