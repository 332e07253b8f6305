"""The book of open alarms answers from memory what the records would, after every event."""

from datetime import UTC, datetime, timedelta

import pytest

from alerting.alarms.book import AlarmBook
from heating.alarms import Alarm, AlarmEvent, AlarmEventKind, ForbiddenTransitionError, Priority
from heating.heat_tree import Level, Node, build_heat_tree
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)
TREE = build_heat_tree(small_site())
K = AlarmEventKind


def alarm(
    alarm_id: str, subject: str = "S1", *, level: Level = Level.STATION, rule_id: str = "ST-02"
) -> Alarm:
    return Alarm(
        alarm_id=alarm_id,
        rule_id=rule_id,
        subject=Node(level, subject),
        area_id="xilinhot",
        priority=Priority.P2,
        raised_at=T0,
        annunciated_at=T0,
    )


def home(alarm_id: str, subject: str) -> Alarm:
    return alarm(alarm_id, subject, level=Level.HOUSEHOLD, rule_id="HB-01")


def event(alarm_id: str, kind: AlarmEventKind, **fields: object) -> AlarmEvent:
    return AlarmEvent(alarm_id=alarm_id, kind=kind, at=T0, **fields)  # type: ignore[arg-type]


def raise_in(book: AlarmBook, opening: Alarm) -> None:
    book.apply(event(opening.alarm_id, K.RAISED, opening=opening))


def below(book: AlarmBook, level: Level, object_id: str) -> list[str]:
    return [one.alarm_id for one in book.active_below(TREE.find(level, object_id))]


def test_alarms_below_a_node_follow_every_raising_and_clearing() -> None:
    book = AlarmBook(TREE, [home("a", "H1-1"), home("b", "H2-1")])
    assert below(book, Level.SOURCE, "P1") == ["a", "b"]
    assert below(book, Level.STATION, "S1") == ["a"]
    raise_in(book, alarm("c", "S1"))
    raise_in(book, home("d", "H1-2"))
    assert sorted(below(book, Level.STATION, "S1")) == ["a", "c", "d"]
    assert below(book, Level.STATION, "S2") == ["b"]
    book.apply(event("a", K.CLEARED))
    book.apply(event("c", K.CLEARED))
    assert below(book, Level.STATION, "S1") == ["d"]
    assert below(book, Level.HOUSEHOLD, "H1-1") == []
    raise_in(book, home("e", "H1-1"))
    assert sorted(below(book, Level.STATION, "S1")) == ["d", "e"]


def test_what_stands_below_one_station_ends_where_the_next_begins() -> None:
    book = AlarmBook(TREE, [alarm("a"), home("b", "H1-4"), alarm("c", "S2"), home("d", "H2-1")])
    assert below(book, Level.STATION, "S1") == ["a", "b"]
    assert below(book, Level.STATION, "S2") == ["c", "d"]


def test_an_alarm_at_a_node_is_found_until_it_clears() -> None:
    book = AlarmBook(TREE, [alarm("a"), alarm("b", rule_id="ST-03")])
    number = TREE.find(Level.STATION, "S1")
    assert [one.alarm_id for one in book.active_at(number)] == ["a", "b"]
    book.apply(event("a", K.CLEARED))
    assert [one.alarm_id for one in book.active_at(number)] == ["b"]
    book.apply(event("b", K.CLEARED))
    assert book.active_at(number) == ()


def test_occurrences_of_one_rule_and_subject_are_found_until_they_are_closed() -> None:
    book = AlarmBook(TREE, [alarm("a")])
    book.apply(event("a", K.CLEARED))
    raise_in(book, alarm("b"))
    assert [one.alarm_id for one in book.with_fingerprint("ST-02|station:S1")] == ["a", "b"]
    book.apply(event("a", K.ACKNOWLEDGED, by="wang"))
    assert [one.alarm_id for one in book.with_fingerprint("ST-02|station:S1")] == ["b"]
    book.apply(event("b", K.ACKNOWLEDGED, by="wang"))
    book.apply(event("b", K.CLEARED))
    assert book.with_fingerprint("ST-02|station:S1") == ()
    assert len(book) == 0


def test_what_an_alarm_inhibits_follows_inhibition_and_release() -> None:
    book = AlarmBook(TREE, [alarm("a"), home("b", "H1-1"), home("c", "H1-2")])
    book.apply(event("b", K.INHIBITED, inhibitor="a"))
    book.apply(event("c", K.INHIBITED, inhibitor="a"))
    assert sorted(one.alarm_id for one in book.inhibited_by("a")) == ["b", "c"]
    book.apply(event("b", K.RELEASED))
    assert [one.alarm_id for one in book.inhibited_by("a")] == ["c"]
    assert book.inhibited_by("b") == ()


@pytest.mark.parametrize("kind", [K.SHELVED, K.ACKNOWLEDGED])
def test_an_alarm_with_an_end_is_looked_at_until_it_is_closed(kind: AlarmEventKind) -> None:
    book = AlarmBook(TREE, [alarm("a"), alarm("b", "S2")])
    book.apply(event("a", kind, by="wang", until=T0 + timedelta(hours=1)))
    assert [one.alarm_id for one in book.timed()] == ["a"]
    if kind is K.SHELVED:
        book.apply(event("a", K.ACKNOWLEDGED, by="wang"))
    book.apply(event("a", K.CLEARED))
    if kind is K.SHELVED:
        assert [one.alarm_id for one in book.timed()] == ["a"]
        book.apply(event("a", K.SHELVE_EXPIRED))
    assert book.timed() == ()
    assert [one.alarm_id for one in book.calling()] == ["b"]


def test_a_comment_on_a_closed_alarm_changes_nothing_and_any_other_event_on_it_is_refused() -> None:
    book = AlarmBook(TREE)
    assert book.apply(event("gone", K.COMMENTED, comment="pump changed")) is None
    with pytest.raises(ForbiddenTransitionError):
        book.apply(event("gone", K.ACKNOWLEDGED, by="wang"))


def test_a_comment_on_an_open_alarm_leaves_it_as_it_is() -> None:
    book = AlarmBook(TREE, [alarm("a")])
    assert book.apply(event("a", K.COMMENTED, comment="on my way")) == alarm("a")
    assert book.get("a") == alarm("a")


def test_an_alarm_at_a_subject_that_left_the_registry_is_kept_and_can_close() -> None:
    book = AlarmBook(TREE, [alarm("a", "S9")])
    assert book.number_of(alarm("a", "S9")) is None
    book.apply(event("a", K.CLEARED))
    book.apply(event("a", K.ACKNOWLEDGED, by="wang"))
    assert list(book) == []
