"""Notices waiting for delivery. They are written by `AlarmRecords.append_events`, in the transaction of their cause."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from heating.errors import HeatingError
from heating.protocols import OutboxMessage
from storage.records.database import Database
from storage.records.schema.alarms import outbox_messages

__all__ = ["OutboxRecords", "UnknownMessageError", "write_messages"]

_COLUMNS = outbox_messages.c
_FIELDS = (
    _COLUMNS.message_id,
    _COLUMNS.channel,
    _COLUMNS.key,
    _COLUMNS.due_at,
    _COLUMNS.body,
    _COLUMNS.attempts,
)
_LONGEST_WAIT = timedelta(minutes=30)
"""No message waits for longer between two tries."""
_WAITING = sa.and_(_COLUMNS.delivered_at.is_(None), _COLUMNS.dead_at.is_(None))


class UnknownMessageError(HeatingError):
    """There is no such message in the outbox."""


class OutboxRecords:
    """Implements `heating.protocols.OutboxRecords`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, *, now: datetime, limit: int = 100) -> list[OutboxMessage]:
        """Return undelivered messages that are due, oldest first.

        One that is due later than any wait for another try lasts was written before the clock went back: it is due.
        """
        return self._messages(
            sa.select(*_FIELDS)
            .where(_WAITING, sa.or_(_COLUMNS.due_at <= now, _COLUMNS.due_at > now + _LONGEST_WAIT))
            .order_by(_COLUMNS.due_at, _COLUMNS.message_id)
            .limit(limit)
        )

    def delivered(self, message_id: int, *, at: datetime) -> None:
        """Mark a message as delivered; a second mark changes nothing. Raises `UnknownMessageError`."""
        self._change(
            message_id,
            delivered_at=sa.func.coalesce(_COLUMNS.delivered_at, sa.literal(at, _COLUMNS.delivered_at.type)),
            last_try_at=at,
            attempts=_COLUMNS.attempts + 1,
        )

    def failed(self, message_id: int, *, at: datetime, reason: str, next_due: datetime | None) -> None:
        """Note a failed try; `next_due` None gives up: the message stays, visible as dead.

        Raises
        ------
        UnknownMessageError
            When there is no such message.
        """
        tried: dict[str, object] = {
            "attempts": _COLUMNS.attempts + 1,
            "last_try_at": at,
            "last_error": reason,
        }
        self._change(message_id, **tried, **({"dead_at": at} if next_due is None else {"due_at": next_due}))

    def dead(self, *, limit: int = 100) -> list[OutboxMessage]:
        """Return messages given up, newest first."""
        return self._messages(
            sa.select(*_FIELDS)
            .where(_COLUMNS.dead_at.is_not(None), _COLUMNS.delivered_at.is_(None))
            .order_by(_COLUMNS.dead_at.desc(), _COLUMNS.message_id.desc())
            .limit(limit)
        )

    def error_of(self, message_id: int) -> str | None:
        """Return why the last try failed, None when none did."""
        with self._database.reading() as connection:
            return connection.scalar(sa.select(_COLUMNS.last_error).where(_COLUMNS.message_id == message_id))

    def depth(self) -> int:
        """Return how many messages wait."""
        with self._database.reading() as connection:
            return connection.scalar(sa.select(sa.func.count()).where(_WAITING)) or 0

    def dead_count(self) -> int:
        """Return how many messages were given up."""
        given_up = sa.and_(_COLUMNS.dead_at.is_not(None), _COLUMNS.delivered_at.is_(None))
        with self._database.reading() as connection:
            return connection.scalar(sa.select(sa.func.count()).where(given_up)) or 0

    def _messages(self, statement: sa.Select[tuple[object, ...]]) -> list[OutboxMessage]:
        with self._database.reading() as connection:
            return [OutboxMessage(**row) for row in connection.execute(statement).mappings()]

    def _change(self, message_id: int, **values: object) -> None:
        def work(connection: sa.Connection) -> None:
            done = connection.execute(
                sa.update(outbox_messages).where(_COLUMNS.message_id == message_id).values(**values)
            )
            if done.rowcount == 0:
                raise UnknownMessageError(f"no message {message_id} in the outbox")

        self._database.write(work)


def write_messages(database: Database, connection: sa.Connection, messages: Sequence[OutboxMessage]) -> None:
    """Insert messages inside a transaction; a key that is there already is left as it is."""
    if not messages:
        return
    connection.execute(
        database.insert(outbox_messages).on_conflict_do_nothing(index_elements=["key"]),
        [
            {
                "channel": message.channel,
                "key": message.key,
                "due_at": message.due_at,
                "body": dict(message.body),
                "attempts": message.attempts,
            }
            for message in messages
        ],
    )
