"""Signs of life that the rooms give one another, so that a dead room is seen while it is away and told afterwards.

What lives here: the words and when a room counts as missing. What does not: where signs are kept
(`storage.records.room_reports`) and who shows them (`dashboard.overview.missing_rooms`).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["MISSING_AFTER_S", "SIGN_EVERY_S", "MissingRoom", "SignKind"]

SIGN_EVERY_S = 10.0
"""Pause between two signs of a room [s]."""
MISSING_AFTER_S = 45.0
"""A room that gave no sign for so long is missing [s]: four signs may fail before anybody is called."""


class SignKind(StrEnum):
    """What a sign says."""

    ALIVE = "alive"
    """The process runs; the span begins with its start."""
    JUDGED = "judged"
    """The rules were judged until the end of the span, in the time that data are judged by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRoom:
    """A room that nobody runs now."""

    room: str
    """Its word: ``collector``, ``alerting`` or ``dashboard``."""
    since: datetime | None
    """Last sign of it; None: it never gave one."""
