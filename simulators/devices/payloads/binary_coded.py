"""Digits, check sums and clocks as frames of meters and collectors carry them.

What lives here: BCD, byte sums, local calendar time. What does not: any frame.
"""

from datetime import UTC, datetime, timedelta

__all__ = ["bcd", "byte_sum", "local_time", "rfc3339"]

_CHINA = timedelta(hours=8)
"""Local time of the city against UTC; China has one zone and no summer time."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def bcd(number: int, size: int) -> bytes:
    """Return the last ``2 · size`` digits of a number as BCD, low byte first."""
    return bytes.fromhex(f"{number % 10 ** (2 * size):0{2 * size}d}")[::-1]


def byte_sum(data: bytes) -> int:
    """Return the low byte of the sum of all bytes."""
    return sum(data) % 256


def local_time(epoch_ms: int) -> datetime:
    """Return the wall-clock time of the city without a zone, to the second."""
    return (_EPOCH + timedelta(seconds=epoch_ms // 1000) + _CHINA).replace(tzinfo=None)


def rfc3339(epoch_ms: int) -> str:
    """Return a moment as RFC 3339 in UTC with milliseconds."""
    moment = _EPOCH + timedelta(milliseconds=epoch_ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{epoch_ms % 1000:03d}Z"
