"""The outbox: due, tried again, given up but visible."""

from datetime import timedelta

import pytest

from heating.protocols import HealthStatus, OutboxMessage
from storage.records.outbox import UnknownMessageError
from storage.records.records import Records
from tests.support.sample_alarms import RAISED_AT


def put(records: Records, key: str, *, minutes: float = 0) -> None:
    """Write a message due some minutes after `RAISED_AT`."""
    due_at = RAISED_AT + timedelta(minutes=minutes)
    message = OutboxMessage(channel="console", key=key, due_at=due_at, body={"code": "ST-02", "n": 1})
    records.alarms.append_events([], outbox=[message])


def test_only_what_is_due_is_given_out_oldest_first(records: Records) -> None:
    put(records, "later", minutes=2)
    put(records, "now", minutes=0)
    put(records, "future", minutes=20)
    due = records.outbox.due(now=RAISED_AT + timedelta(minutes=2))
    assert [message.key for message in due] == ["now", "later"]
    assert due[0].due_at == RAISED_AT
    assert due[0].attempts == 0
    assert len(records.outbox.due(now=RAISED_AT + timedelta(days=1), limit=1)) == 1
    assert records.outbox.depth() == 3


def test_a_delivered_message_is_never_given_out_again(records: Records) -> None:
    put(records, "k")
    (message,) = records.outbox.due(now=RAISED_AT)
    assert message.message_id is not None
    records.outbox.delivered(message.message_id, at=RAISED_AT)
    records.outbox.delivered(message.message_id, at=RAISED_AT + timedelta(hours=1))
    assert records.outbox.due(now=RAISED_AT + timedelta(days=1)) == []
    assert records.outbox.depth() == 0
    put(records, "k")
    assert records.outbox.depth() == 0


def test_a_failed_message_comes_back_later_and_counts_its_tries(records: Records) -> None:
    put(records, "k")
    (message,) = records.outbox.due(now=RAISED_AT)
    assert message.message_id is not None
    again = RAISED_AT + timedelta(seconds=30)
    records.outbox.failed(message.message_id, at=RAISED_AT, reason="HTTP 503", next_due=again)
    assert records.outbox.due(now=RAISED_AT) == []
    (retried,) = records.outbox.due(now=again)
    assert retried.attempts == 1
    assert records.outbox.error_of(message.message_id) == "HTTP 503"


def test_a_dead_message_stays_visible(records: Records) -> None:
    put(records, "k")
    assert records.health().status is HealthStatus.OK
    (message,) = records.outbox.due(now=RAISED_AT)
    assert message.message_id is not None
    records.outbox.failed(message.message_id, at=RAISED_AT, reason="HTTP 404", next_due=None)
    assert records.outbox.due(now=RAISED_AT + timedelta(days=9)) == []
    assert [dead.key for dead in records.outbox.dead()] == ["k"]
    health = records.health()
    assert health.status is HealthStatus.DEGRADED
    assert health.figures["outbox_dead"] == 1


def test_an_unknown_message_is_refused(records: Records) -> None:
    with pytest.raises(UnknownMessageError, match="77"):
        records.outbox.delivered(77, at=RAISED_AT)


def test_a_message_from_before_the_clock_was_set_back_is_due(records: Records) -> None:
    ahead = OutboxMessage(channel="console", key="ahead", due_at=RAISED_AT + timedelta(hours=2), body={})
    soon = OutboxMessage(channel="console", key="soon", due_at=RAISED_AT + timedelta(minutes=10), body={})
    records.alarms.append_events([], outbox=[ahead, soon])
    assert [message.key for message in records.outbox.due(now=RAISED_AT)] == ["ahead"]
