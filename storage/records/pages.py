"""Pages of lists: cursors that stay right while rows are inserted.

A cursor holds the sort key of the last row given out, so the next page starts behind that row whatever came since.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

import sqlalchemy as sa

from heating.errors import HeatingError

__all__ = [
    "InvalidCursorError",
    "Page",
    "after_cursor",
    "decode_cursor",
    "encode_cursor",
    "keys_of",
    "moment_of",
    "page_of",
]

Item = TypeVar("Item")

MAX_CURSOR_CHARACTERS = 1024
"""Longest cursor that is looked at; ours have some hundred characters."""
_FOREIGN = "this cursor does not belong to the list; ask without one"


class InvalidCursorError(HeatingError):
    """The cursor was not made by this list; start again without one."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Rows of a list and where to go on."""

    items: list[Item]
    next_cursor: str | None = None
    """Opaque; None on the last page."""


def encode_cursor(moment: datetime, key: str) -> str:
    """Return the cursor behind the row with this time (aware UTC) and id."""
    return base64.urlsafe_b64encode(json.dumps([moment.isoformat(), key]).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[datetime, str]:
    """Return time (aware UTC) and id of the last row given out.

    Raises
    ------
    InvalidCursorError
        When the text is no cursor of `encode_cursor`.
    """
    try:
        moment, key = keys_of(cursor)
    except ValueError as error:
        raise InvalidCursorError(_FOREIGN) from error
    if not isinstance(key, str):
        raise InvalidCursorError(_FOREIGN)
    return moment_of(moment), key


def keys_of(cursor: str) -> list[object]:
    """Return the sort keys inside a cursor, of any kind. Raises `InvalidCursorError`."""
    try:
        if len(cursor) > MAX_CURSOR_CHARACTERS:
            raise InvalidCursorError(_FOREIGN)
        keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidCursorError(_FOREIGN) from error
    if not isinstance(keys, list) or any("\x00" in key for key in keys if isinstance(key, str)):
        raise InvalidCursorError(_FOREIGN)
    return keys


def moment_of(key: object) -> datetime:
    """Return the moment that a key of a cursor names, in UTC. Raises `InvalidCursorError`."""
    try:
        moment = datetime.fromisoformat(key) if isinstance(key, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:  # «9999-12-31T23:59-12:00» is a form, but no moment in UTC
        raise InvalidCursorError(_FOREIGN) from error
    raise InvalidCursorError(_FOREIGN)


def after_cursor(
    moment: sa.ColumnElement[datetime], key: sa.ColumnElement[str], cursor: str | None
) -> sa.ColumnElement[bool]:
    """Return the condition for rows behind a cursor in a list that is newest first."""
    if cursor is None:
        return sa.true()
    last_moment, last_key = decode_cursor(cursor)
    return sa.or_(moment < last_moment, sa.and_(moment == last_moment, key < last_key))


def page_of(rows: list[Item], size: int, sort_key: Callable[[Item], tuple[datetime, str]]) -> Page[Item]:
    """Return a page of `size` from up to ``size + 1`` rows: the one too many only says that there is more."""
    if len(rows) <= size:
        return Page(rows)
    return Page(rows[:size], encode_cursor(*sort_key(rows[size - 1])))
