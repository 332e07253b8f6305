"""Dates and times of EN 13757-3, annex A: types F, G, I and J, told by their length.

Read here and not by the m-bus-parser library, which takes the 31st for «every day» and knows no invalid times.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Final

__all__ = ["carries_date", "date_text"]

TIME_POINTS: Final = (0x6C, 0x6D)
"""VIFs of a date, and of a date and time."""
_EXTENDED_TIME_POINTS: Final = frozenset({(0x7D, 0x30), (0x7D, 0x70)})
"""(extension table, VIF) of the beginning of a tariff and of the last change of the battery."""
_DATE_OF: Final = frozenset({0x42, 0x43, 0x46, 0x47, 0x4A, 0x4B, 0x4E, 0x4F, 0x6A, 0x6B, 0x6E, 0x6F})
"""VIFEs that make a date of the value: when a limit was passed, when a value began or ended."""
_DATE_BYTES: Final = frozenset({2, 3, 4, 6})
CENTURY: Final = 81
"""Two-digit years from here on belong to the century before, unless the hundred-year bits say otherwise."""


def carries_date(vif: Sequence[int], extensions: Sequence[int], size: int) -> bool:
    """Return whether the data of a record are a date or a time.

    Parameters
    ----------
    vif
        The VIF, or an extension table and the VIF in it, without their extension bits.
    extensions
        The VIFEs without theirs.
    size
        Data bytes.
    """
    if size not in _DATE_BYTES:
        return False
    told = tuple(vif)
    time_point = told in _EXTENDED_TIME_POINTS or (len(told) == 1 and told[0] in TIME_POINTS)
    return time_point or not _DATE_OF.isdisjoint(extensions)


def date_text(data: bytes) -> str | None:
    """Return a date and time, a date or a time in the spelling of ISO 8601, without a zone; None: invalid.

    Two bytes are of type G, three of type J, four of type F, six of type I.
    """
    try:
        match len(data):
            case 2:
                return date(*_day(data)).isoformat()
            case 3:
                return time(data[2] & 0x1F, data[1] & 0x3F, data[0] & 0x3F).isoformat()
            case 4 if not data[0] & 0x80:
                day = _day(data[2:], hundreds=data[1] >> 5 & 3)
                return datetime.combine(date(*day), time(data[1] & 0x1F, data[0] & 0x3F)).isoformat()
            case 6 if not data[1] & 0x80:
                day = _day(data[3:5])
                clock = time(data[2] & 0x1F, data[1] & 0x3F, data[0] & 0x3F)
                return datetime.combine(date(*day), clock).isoformat()
    except ValueError:
        pass
    return None


def _day(data: bytes, *, hundreds: int = 0) -> tuple[int, int, int]:
    """Return year, month and day; raises ValueError for «every year» (months and days are checked by the calendar)."""
    year = data[0] >> 5 | data[1] >> 4 << 3
    if year > 99:
        raise ValueError("every year")
    century = 1900 + 100 * hundreds if hundreds else 2000 if year < CENTURY else 1900
    return century + year, data[1] & 0x0F, data[0] & 0x1F
