"""Pages of lists: cursors that stay right while rows are inserted.

A cursor holds the sort key of the last row given out, so the next page starts behind that row whatever came since.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from heating.errors import HeatingError

__all__ = ["InvalidCursorError", "Page", "decode_cursor", "encode_cursor"]

Item = TypeVar("Item")


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
        moment, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        parsed = datetime.fromisoformat(moment)
    except (binascii.Error, ValueError, TypeError) as error:
        raise InvalidCursorError("this cursor does not belong to the list; ask without one") from error
    if parsed.tzinfo is None or not isinstance(key, str):
        raise InvalidCursorError("this cursor does not belong to the list; ask without one")
    return parsed, key
