"""Numbers, days, phones and ids in the forms in which offices keep them; what cannot be meant is refused.

Pure functions of a cell's text. Which column takes which form is in `storage.registry_files.columns`.
"""

import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

__all__ = [
    "UnreadableCellError",
    "first_phone",
    "is_total",
    "moment_of",
    "number_of",
    "plain_id",
    "plain_text",
]

_LOCAL = timezone(timedelta(hours=8))
"""A moment without zone in a file is time of China (UTC+8, no summer time)."""
_DASHES = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_INVISIBLE = re.compile(r"[\u200b-\u200d\u2060\ufeff]+")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_WITH_UNIT = re.compile(r"([+-]?[\d.,]+(?:e[+-]?\d+)?)\s*(\D.*)?", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE)
_DAY = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:\s*[T ]?\s*(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})秒?)?分?)?"
)
_BETWEEN_PHONES = re.compile(r"[/、,;|\n]|\s{2,}|(?<=\d{11})\s+(?=1\d{10})")
_TOTAL = re.compile(r"(合\s*计|总\s*计|小\s*计|共\s*计|累\s*计|total\b|subtotal\b)", re.IGNORECASE)
_AS_TEXT = "Format the column as text in the spreadsheet and type the number again."


class UnreadableCellError(ValueError):
    """A cell that is no value of its column."""

    def __init__(self, remedy: str) -> None:
        super().__init__(remedy)
        self.remedy = remedy
        """What to do, one sentence."""


def plain_text(cell: str) -> str:
    """Return text in the plain forms of its signs (１２ and ㎡ become 12 and m2), dashes as ``-``, no space at the ends."""
    return unicodedata.normalize("NFKC", _DASHES.sub("-", cell)).strip()


def plain_id(cell: str) -> str:
    """Return an id or the number of a door: plain signs, groups of digits without the spaces between them.

    Raises
    ------
    UnreadableCellError
        For what a spreadsheet makes of a long number.
    """
    text = _INVISIBLE.sub("", plain_text(cell)).strip()
    if re.fullmatch(r"[\d\s-]+", text):
        text = re.sub(r"\s", "", text)
    if _SCIENTIFIC.fullmatch(text):
        raise UnreadableCellError(_AS_TEXT)
    return text


def number_of(cell: str, units: Iterable[str] = ()) -> float:
    """Return a number: thousands may be set apart by commas, one of the units may stand behind.

    Raises
    ------
    UnreadableCellError
        When it is none, or has another unit.
    """
    found = _WITH_UNIT.fullmatch(plain_text(cell))
    if found is None:
        words = plain_text(cell).casefold().lstrip("+-") in ("nan", "inf", "infinity")
        raise UnreadableCellError("Write a finite number." if words else "Write a number, for example 43.9.")
    digits, unit = found[1], (found[2] or "").strip().casefold()
    if unit and unit not in units:
        told = " or ".join(units)
        raise UnreadableCellError(
            f"Write the number in {told} or without a unit." if told else "Write the number without a unit."
        )
    if "," in digits:
        if not _GROUPED.fullmatch(digits):
            raise UnreadableCellError("Write a number, for example 43.9.")
        digits = digits.replace(",", "")
    try:
        value = float(digits)
    except ValueError:
        raise UnreadableCellError("Write a number, for example 43.9.") from None
    if not math.isfinite(value):
        raise UnreadableCellError("Write a finite number.")
    return value


def moment_of(cell: str) -> datetime:
    """Return a moment, aware UTC: RFC 3339, or a day as 2026/10/15, 2026.10.15 or 2026年10月15日, with a time or not.

    Raises
    ------
    UnreadableCellError
        When it is none.
    """
    text = plain_text(cell)
    found = _DAY.fullmatch(text)
    try:
        if found is not None:
            year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=_LOCAL).astimezone(UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UnreadableCellError(
            "Write a moment, for example 2026-10-01T00:00:00+08:00 or 2026/10/1."
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=_LOCAL)).astimezone(UTC)


def first_phone(cell: str) -> tuple[str, bool]:
    """Return the digits of the first phone of a cell, and whether there is another.

    Raises
    ------
    UnreadableCellError
        For what a spreadsheet makes of a long number.
    """
    parts = [part for part in _BETWEEN_PHONES.split(plain_text(cell)) if part.strip()]
    digits = re.sub(r"[\s\-()]", "", parts[0]) if parts else ""
    if _SCIENTIFIC.fullmatch(digits):
        raise UnreadableCellError(_AS_TEXT)
    if re.fullmatch(r"\+861\d{10}", digits):
        digits = digits.removeprefix("+86")
    return digits, len(parts) > 1


def is_total(cell: str) -> bool:
    """Return whether a row that begins so is a sum below a table and no object."""
    return _TOTAL.match(plain_text(cell)) is not None
