"""Alarms and their history: one transaction, append-only, one open alarm a fingerprint, no writer lost."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from heating.alarms import Alarm, AlarmEventKind, AlarmState, ForbiddenTransitionError, apply_event
from heating.protocols import AlarmRecords, OutboxMessage, OutboxRecords, RegistryRecords
from storage.records.alarms import UnknownIncidentError
from storage.records.database import open_database
from storage.records.people_values import AuditLine
from storage.records.records import Records
from tests.support.sample_alarms import RAISED_AT, event_of, incident_of, raising

Kind = AlarmEventKind


def notice(key: str, *, minutes: float = 0) -> OutboxMessage:
    """A message for the console."""
    return OutboxMessage(
        channel="console", key=key, due_at=RAISED_AT + timedelta(minutes=minutes), body={"code": "ST-02"}
    )


def test_the_parts_fit_the_protocols(records: Records) -> None:
    alarms: AlarmRecords = records.alarms
    outbox: OutboxRecords = records.outbox
    registry: RegistryRecords = records.registry
    assert alarms.last_sequence() == 0
    assert outbox.due(now=RAISED_AT) == []
    assert registry.version() == 0


def test_a_raised_alarm_is_kept_as_it_was(records: Records) -> None:
    event = raising("a1")
    (kept,) = records.alarms.append_events([event])
    assert kept == replace(event, sequence=1)
    assert records.alarms.alarm("a1") == event.opening
    assert records.alarms.open_alarms() == [event.opening]
    assert records.alarms.history_of("a1") == [kept]
    assert records.alarms.events_since(0) == [kept]
    assert records.alarms.last_sequence() == 1


def test_the_history_replayed_gives_the_row(records: Records) -> None:
    until = RAISED_AT + timedelta(hours=2)
    records.alarms.append_events(
        [
            raising("a1"),
            event_of("a1", Kind.ATTACHED, incident_id="i1"),
            event_of("a1", Kind.INHIBITED, minutes=2, inhibitor="a0"),
            event_of("a1", Kind.RELEASED, minutes=3),
            event_of("a1", Kind.ESCALATED, minutes=3, priority=1),
            event_of("a1", Kind.SHELVED, minutes=4, by="王芳", comment="检修", until=until),
            event_of("a1", Kind.UNSHELVED, minutes=5, by="王芳"),
            event_of("a1", Kind.ACKNOWLEDGED, minutes=6, by="dispatcher", until=until),
            event_of("a1", Kind.COMMENTED, minutes=7, by="dispatcher", comment="班组已出发"),
            event_of("a1", Kind.CLEARED, minutes=30),
        ]
    )
    replayed: Alarm | None = None
    for event in records.alarms.history_of("a1"):
        replayed = apply_event(replayed, event)
    assert replayed == records.alarms.alarm("a1")
    assert replayed is not None
    assert replayed.state is AlarmState.NORMAL
    assert records.alarms.open_alarms() == []
    assert [event.sequence for event in records.alarms.events_since(7)] == [8, 9, 10]
    assert [event.sequence for event in records.alarms.events_since(0, limit=3)] == [1, 2, 3]


def test_an_event_that_does_not_fit_writes_nothing(records: Records) -> None:
    records.alarms.append_events([raising("a1")])
    with pytest.raises(ForbiddenTransitionError):
        records.alarms.append_events(
            [raising("a2", station="st-west"), event_of("a1", Kind.UNSHELVED)],
            incidents=[incident_of("i1")],
            outbox=[notice("k1")],
            engine_state={"timers": b"new"},
        )
    assert records.alarms.last_sequence() == 1
    assert records.alarms.alarm("a2") is None
    assert records.alarms.incident("i1") is None
    assert records.outbox.depth() == 0
    assert records.alarms.engine_state("timers") is None


def test_a_crash_between_alarm_and_outbox_leaves_neither(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr("storage.records.alarms.write_messages", crash)
        with pytest.raises(RuntimeError, match="power cut"):
            records.alarms.append_events(
                [raising("a1")], incidents=[incident_of("i1")], outbox=[notice("k1")]
            )
    assert records.alarms.last_sequence() == 0
    assert records.alarms.open_alarms() == []
    assert records.alarms.open_incidents() == []
    records.alarms.append_events([raising("a1")], outbox=[notice("k1")])
    assert records.outbox.depth() == 1


def test_only_one_alarm_of_a_fingerprint_is_open(records: Records) -> None:
    records.alarms.append_events([raising("a1")])
    with pytest.raises(ForbiddenTransitionError, match="fingerprint"):
        records.alarms.append_events([raising("a2", minutes=9)])
    superseding = [event_of("a1", Kind.SUPERSEDED, minutes=10), raising("a2", minutes=10)]
    records.alarms.append_events(superseding)
    assert [alarm.alarm_id for alarm in records.alarms.open_alarms()] == ["a2"]


def test_an_event_may_not_open_another_alarm(records: Records) -> None:
    crossed = replace(raising("a1"), alarm_id="a2")
    with pytest.raises(ForbiddenTransitionError, match="opens another alarm"):
        records.alarms.append_events([crossed])


def test_a_notice_of_the_same_key_is_written_once(records: Records) -> None:
    records.alarms.append_events([raising("a1")], outbox=[notice("k1"), notice("k1"), notice("k2")])
    records.alarms.append_events([], outbox=[notice("k1", minutes=5)])
    due = records.outbox.due(now=RAISED_AT)
    assert [message.key for message in due] == ["k1", "k2"]
    assert due[0].body == {"code": "ST-02"}


def test_engine_state_is_replaced(records: Records) -> None:
    records.alarms.append_events([], engine_state={"timers": b"\x00\xff", "cursor": b"1"})
    records.alarms.append_events([], engine_state={"timers": b"later"})
    assert records.alarms.engine_state("timers") == b"later"
    assert records.alarms.engine_state("cursor") == b"1"
    assert records.alarms.engine_state("other") is None


def test_values_that_json_does_not_know_are_kept_as_null(records: Records) -> None:
    event = replace(raising("a1"), parameters={"value_c": float("nan"), "limit_c": float("inf"), "n": 1.5})
    records.alarms.append_events([event])
    assert records.alarms.history_of("a1")[0].parameters == {"value_c": None, "limit_c": None, "n": 1.5}


@pytest.mark.parametrize("statement", ["UPDATE alarm_events SET comment = 'x'", "DELETE FROM alarm_events"])
def test_the_history_cannot_be_changed_even_by_hand(
    records: Records, records_url: str, statement: str
) -> None:
    records.alarms.append_events([raising("a1")])
    database = open_database(records_url)
    with pytest.raises(DBAPIError, match="append-only"):
        database.write(lambda connection: connection.execute(sa.text(statement)))
    database.close()
    assert len(records.alarms.history_of("a1")) == 1


def test_two_writers_at_once_lose_nothing_and_keep_the_order(
    records: Records, open_again: Callable[[], Records]
) -> None:
    rounds = 8
    stations = ("st-east", "st-west")
    records.alarms.append_events([raising("shared", station="shared")])
    failures: list[Exception] = []
    seen: list[int] = []
    done = threading.Event()

    def write(part: Records, station: str) -> None:
        try:
            for number in range(rounds):
                name = f"{station}-{number}"
                comment = event_of("shared", Kind.COMMENTED, comment=name, by=station)
                part.alarms.append_events([raising(name, station=station, minutes=number), comment])
                part.alarms.append_events([event_of(name, Kind.SUPERSEDED, minutes=number)])
        except Exception as error:  # noqa: BLE001 (any failure of a thread fails the test)
            failures.append(error)

    def follow(part: Records) -> None:
        cursor = 0
        while True:
            last_look = done.is_set()
            for event in part.alarms.events_since(cursor):
                seen.append(event.sequence or 0)
                cursor = event.sequence or 0
            if last_look:
                return

    writers = [threading.Thread(target=write, args=(open_again(), station)) for station in stations]
    reader = threading.Thread(target=follow, args=(open_again(),))
    for thread in (*writers, reader):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert failures == []
    expected = 1 + len(stations) * rounds * 3
    assert seen == list(range(1, expected + 1))
    comments = [event.comment for event in records.alarms.history_of("shared")[1:]]
    assert sorted(comments) == sorted(
        f"{station}-{number}" for station in stations for number in range(rounds)
    )


def test_two_who_acknowledge_at_once_one_is_refused(
    records: Records, open_again: Callable[[], Records]
) -> None:
    records.alarms.append_events([raising("a1")])
    parts = [open_again(), open_again()]
    start = threading.Barrier(2)
    refused: list[ForbiddenTransitionError] = []

    def acknowledge(part: Records, by: str) -> None:
        start.wait()
        try:
            part.alarms.append_events([event_of("a1", Kind.ACKNOWLEDGED, by=by)])
        except ForbiddenTransitionError as error:
            refused.append(error)

    threads = [threading.Thread(target=acknowledge, args=(part, f"u{n}")) for n, part in enumerate(parts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert len(records.alarms.history_of("a1")) == 2


def line(**changes: object) -> AuditLine:
    values: dict[str, object] = {
        "at": RAISED_AT,
        "who": "wang",
        "action": "alarm.acknowledged",
        "subject": "alarm:a1",
    }
    return AuditLine(**(values | changes))  # type: ignore[arg-type]


def test_an_act_and_its_line_of_the_audit_are_kept_together(records: Records) -> None:
    records.alarms.append_events([raising("a1")])
    records.alarms.append_events([event_of("a1", Kind.ACKNOWLEDGED)], audit=line())
    (entry,) = records.audit.entries()
    assert (entry.who, entry.action, entry.subject) == ("wang", "alarm.acknowledged", "alarm:a1")
    assert records.audit.verify_chain() == 1


def test_a_line_that_cannot_be_kept_leaves_no_act(records: Records) -> None:
    records.alarms.append_events([raising("a1")])
    before = records.alarms.alarm("a1")
    with pytest.raises(TypeError):
        records.alarms.append_events([event_of("a1", Kind.ACKNOWLEDGED)], audit=line(detail={"x": object()}))
    assert records.alarms.alarm("a1") == before
    assert len(records.alarms.history_of("a1")) == 1
    assert records.audit.entries() == []


def test_an_act_that_is_refused_leaves_no_line(records: Records) -> None:
    records.alarms.append_events([raising("a1")])
    records.alarms.append_events([event_of("a1", Kind.ACKNOWLEDGED)])
    with pytest.raises(ForbiddenTransitionError):
        records.alarms.append_events([event_of("a1", Kind.ACKNOWLEDGED)], audit=line())
    with pytest.raises(UnknownIncidentError):
        records.alarms.set_incident_promise("i9", None, by="wang", at=RAISED_AT, audit=line())
    assert records.audit.entries() == []


def test_acts_and_other_audited_looks_at_once_keep_the_chain_whole(
    records: Records, open_again: Callable[[], Records]
) -> None:
    records.alarms.append_events([raising("a1")])
    parts = [open_again() for _ in range(4)]
    start = threading.Barrier(4)

    def act(part: Records, number: int) -> None:
        start.wait()
        for _ in range(5):
            if number % 2:
                part.audit.append("li", "household.seen", "household:h1", at=RAISED_AT)
            else:
                part.alarms.append_events([event_of("a1", Kind.COMMENTED)], audit=line())

    threads = [threading.Thread(target=act, args=(part, number)) for number, part in enumerate(parts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert records.audit.verify_chain() == 20
