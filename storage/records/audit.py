"""The audit: who did or saw what. Append-only and hash-chained, so that a changed or missing entry shows.

An entry's hash covers the hash before it. What the chain alone cannot show is a cut at the very end: keep the last
hash elsewhere (a backup, a printed report) where that matters.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

import sqlalchemy as sa

from heating.errors import HeatingError
from storage.records.database import Database
from storage.records.people_values import AuditEntry, AuditLine
from storage.records.schema.columns import to_json
from storage.records.schema.people import audit_entries

__all__ = ["AuditRecords", "BrokenChainError", "write_line"]

_LOCK = "audit"
_BEFORE_THE_FIRST = "0" * 64
_COLUMNS = audit_entries.c


class BrokenChainError(HeatingError):
    """An entry of the audit was changed, or one is missing; the message names the sequence."""


class AuditRecords:
    """The audit trail."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(
        self,
        who: str,
        action: str,
        subject: str,
        detail: Mapping[str, object] | None = None,
        *,
        at: datetime,
        ip: str | None = None,
    ) -> AuditEntry:
        """Add an entry and return it with its place and hash."""
        line = AuditLine(at=at, who=who, action=action, subject=subject, detail=detail or {}, ip=ip)
        return self._database.write(lambda connection: write_line(self._database, connection, line))

    def entries(
        self,
        *,
        who: str | None = None,
        action: str | None = None,
        subject: str | None = None,
        since: datetime | None = None,
        before_sequence: int | None = None,
        limit: int = 100,
    ) -> list[AuditEntry]:
        """Return entries, newest first; go on with the last sequence as `before_sequence`."""
        statement = sa.select(audit_entries).order_by(_COLUMNS.sequence.desc()).limit(limit)
        for column, wanted in ((_COLUMNS.who, who), (_COLUMNS.action, action), (_COLUMNS.subject, subject)):
            if wanted is not None:
                statement = statement.where(column == wanted)
        if since is not None:
            statement = statement.where(_COLUMNS.at >= since)
        if before_sequence is not None:
            statement = statement.where(_COLUMNS.sequence < before_sequence)
        with self._database.reading() as connection:
            return [_entry(row) for row in connection.execute(statement).mappings()]

    def verify_chain(self) -> int:
        """Check every hash and return the number of entries. Raises `BrokenChainError`."""
        before, number = _BEFORE_THE_FIRST, 0
        statement = sa.select(audit_entries).order_by(_COLUMNS.sequence)
        with (
            self._database.reading() as connection,
            connection.execution_options(yield_per=1000).execute(statement) as rows,
        ):
            for row in rows.mappings():
                number += 1
                if row["sequence"] != number:
                    raise BrokenChainError(f"audit entry {number} is missing")
                if row["hash"] != _hash_of(before, row):
                    raise BrokenChainError(f"audit entry {number} or its hash was changed")
                before = row["hash"]
        return number


def write_line(database: Database, connection: sa.Connection, line: AuditLine) -> AuditEntry:
    """Add an entry inside the transaction of the act that it is about: both are kept, or neither."""
    database.lock(connection, _LOCK)
    last = connection.execute(
        sa.select(_COLUMNS.sequence, _COLUMNS.hash).order_by(_COLUMNS.sequence.desc()).limit(1)
    ).one_or_none()
    sequence, before = (1, _BEFORE_THE_FIRST) if last is None else (last.sequence + 1, last.hash)
    row = {
        "sequence": sequence,
        "at": line.at,
        "who": line.who,
        "action": line.action,
        "subject": line.subject,
        "detail": to_json(line.detail),
        "ip": line.ip,
    }
    row["hash"] = _hash_of(before, row)
    connection.execute(sa.insert(audit_entries).values(row))
    return _entry(row)


def _hash_of(before: str, row: Mapping[str, object] | sa.RowMapping) -> str:
    at = row["at"]
    if not isinstance(at, datetime):
        raise TypeError("an audit entry needs a moment")
    covered = [before, row["sequence"], at.astimezone(UTC).isoformat(timespec="microseconds")]
    covered += [row[name] for name in ("who", "action", "subject", "detail", "ip")]
    return sha256(to_json(covered).encode()).hexdigest()


def _entry(row: Mapping[str, object] | sa.RowMapping) -> AuditEntry:
    content = dict(row)
    return AuditEntry(**{**content, "detail": json.loads(str(content["detail"]))})
