"""The order in which a dispatcher reads alarms: by priority, then by incident, the one with most homes first.

Single homes come after the plants of their priority, since one plant may stand for hundreds of them. What does not live
here: which alarms are listed (`storage.records.alarms`).
"""

import base64
import json
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from heating.heat_tree import Level
from storage.records.pages import InvalidCursorError, keys_of, moment_of
from storage.records.schema.alarms import alarms, incidents

__all__ = ["KEYS", "URGENT_FIRST", "after_urgent_cursor", "urgent_cursor", "with_incidents"]

_columns = alarms.c
_TERMS: tuple[tuple[sa.ColumnElement[object], bool], ...] = (
    (_columns.priority, False),
    (sa.case((_columns.level == Level.HOUSEHOLD.word, 1), else_=0), False),
    (sa.func.coalesce(incidents.c.affected_households, 0), True),
    (sa.func.coalesce(_columns.incident_id, ""), False),
    (_columns.raised_at, True),
    (_columns.alarm_id, True),
)
"""Sort terms, and whether each falls."""
_LARGEST = 2**31 - 1
"""Larger numbers are none of the databases' integers."""
_RAISED_AT = 4
"""Place of the moment among them."""

KEYS = tuple(term.label(f"key_{place}") for place, (term, _) in enumerate(_TERMS))
"""Columns to select, so that a row knows its place."""
URGENT_FIRST = tuple(term.desc() if falls else term.asc() for term, falls in _TERMS)
"""ORDER BY of the list."""


def with_incidents() -> sa.FromClause:
    """Return the alarms with their incidents, whose homes the order needs."""
    return alarms.outerjoin(incidents, incidents.c.incident_id == alarms.c.incident_id)


def urgent_cursor(keys: Sequence[object]) -> str:
    """Return the cursor behind the row with these keys."""
    plain = [key.isoformat() if isinstance(key, datetime) else key for key in keys]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def after_urgent_cursor(cursor: str | None) -> sa.ColumnElement[bool]:
    """Return the condition for rows behind a cursor. Raises `InvalidCursorError`."""
    if cursor is None:
        return sa.true()
    last = _read(cursor)
    behind: list[sa.ColumnElement[bool]] = []
    for place, ((term, falls), value) in enumerate(zip(_TERMS, last, strict=True)):
        same = [before == known for (before, _), known in zip(_TERMS[:place], last, strict=False)]
        behind.append(sa.and_(*same, term < value if falls else term > value))
    return sa.or_(*behind)


def _read(cursor: str) -> list[object]:
    keys = keys_of(cursor)
    kinds = [type(key) for key in keys]
    if kinds != [int, int, int, str, str, str] or any(
        isinstance(key, int) and abs(key) > _LARGEST for key in keys
    ):
        raise InvalidCursorError("this cursor does not belong to the list; ask without one")
    keys[_RAISED_AT] = moment_of(keys[_RAISED_AT])
    return keys
