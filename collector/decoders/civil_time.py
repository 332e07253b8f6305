"""Times of Chinese station and platform equipment: calendar parts, and texts in the ways such equipment writes them.

What does not live here: epoch counts and RFC 3339 (`collector.decoders.device_times`), judging a time
(`collector.messages.validation`).
"""

import re
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from collector.decoders.device_times import epoch_ms_of, local_ms, possible_ms
from heating.intervals import to_epoch_ms

__all__ = ["civil_ms", "loose_time_ms"]

_LOOSE: Final = re.compile(
    r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?[T\s]?\s?(\d{1,2})[:时]?(\d{2})(?:[:分]?(\d{2})秒?)?",
    re.ASCII,
)
MAX_TIME_CHARACTERS = 40
"""Longer texts are no time [characters]."""


def civil_ms(parts: tuple[int, int, int, int, int, int], zone: ZoneInfo) -> int | None:
    """Return the epoch milliseconds of year, month, day, hour, minute, second in a zone; None: no such moment."""
    try:
        return to_epoch_ms(datetime(*parts, tzinfo=zone))
    except (ValueError, OverflowError):
        return None


def loose_time_ms(value: object, zone: ZoneInfo) -> int | None:
    """Return epoch milliseconds of what a device calls a time; None when it is none, or was never set.

    Parameters
    ----------
    value
        Epoch count (number or digits), RFC 3339, ``2026-01-15 08:30:00``, ``2026/1/15 8:30``, ``2026年1月15日 8:30``
        or ``20260115083000``.
    zone
        Zone of times that name none.
    """
    if not isinstance(value, str):
        return epoch_ms_of(value)
    text = value.strip()
    if not text or len(text) > MAX_TIME_CHARACTERS:
        return None
    if text.isascii() and text.isdecimal() and len(text) in (10, 13, 16):
        return epoch_ms_of(int(text))
    plain = local_ms(text, zone)
    if plain is not None:
        return plain
    found = _LOOSE.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    return possible_ms(civil_ms((year, month, day, hour, minute, second), zone))
