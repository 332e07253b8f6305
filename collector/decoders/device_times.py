"""Times as devices write them, to epoch milliseconds; what cannot be a time of this system is no time.

A device clock that was never set (1970, 2000 …) or a date that no calendar holds gives None: the decoder then uses
the arrival time and says so in the quality. Late and future times are not judged here (`collector.messages.validation`).
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from heating.intervals import to_epoch_ms

__all__ = [
    "EARLIEST_MS",
    "LATEST_MS",
    "epoch_ms_of",
    "live_local_ms",
    "local_ms",
    "possible_ms",
    "rfc3339_ms",
]

EARLIEST_MS = 1_262_304_000_000
"""2010-01-01 UTC: an earlier clock was never set [epoch ms]."""
LATEST_MS = 4_102_444_800_000
"""2100-01-01 UTC: a later clock is broken [epoch ms]."""
HALF_HOUR_MS = 1_800_000
"""Zones differ by whole half hours (save for three of 45 minutes) [ms]."""
LIVE_TOLERANCE_MS = 120_000
"""A live reading arrives at most this long after its device stamped it [ms]."""
WIDEST_ZONES_MS = 26 * 3_600_000
"""Distance of the two farthest zones of the Earth [ms]."""

_SHAPE = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,12}))?\s?(Z|z|[+-]\d\d:?\d\d)?", re.ASCII
)


def possible_ms(epoch_ms: float | None) -> int | None:
    """Return a time that a working clock can show, None for any other."""
    if epoch_ms is None or not EARLIEST_MS <= epoch_ms < LATEST_MS:
        return None
    return int(epoch_ms)


def epoch_ms_of(value: object) -> int | None:
    """Return an epoch count in s, ms, µs or ns (its size says which) as milliseconds; None when it is no time."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    for per_ms in (0.001, 1.0, 1e3, 1e6):
        found = possible_ms(value / per_ms if abs(value) < 1e20 else None)
        if found is not None:
            return found
    return None


def rfc3339_ms(text: object) -> int | None:
    """Return an RFC 3339 time with a zone (0 to 12 fractional digits) as milliseconds; None when it is none."""
    moment = _moment(text, None)
    return None if moment is None else possible_ms(to_epoch_ms(moment))


def local_ms(text: object, zone: ZoneInfo) -> int | None:
    """Return a time whose zone may be missing; without one it is wall-clock time of `zone`."""
    moment = _moment(text, zone)
    return None if moment is None else possible_ms(to_epoch_ms(moment))


def live_local_ms(text: object, zone: ZoneInfo, *, received_ms: int) -> int | None:
    """Return the time of a reading sent at once by a clock without a zone.

    When the time lies whole half hours from the arrival (to `LIVE_TOLERANCE_MS`), the device lives in another zone
    than `zone`, and the difference is taken off; otherwise it is wall-clock time of `zone`.
    """
    found = local_ms(text, zone)
    if found is None or _zone_of(text):
        return found
    away = found - received_ms
    zones = round(away / HALF_HOUR_MS)
    if abs(away) <= WIDEST_ZONES_MS and abs(away - zones * HALF_HOUR_MS) <= LIVE_TOLERANCE_MS:
        return found - zones * HALF_HOUR_MS
    return found


def _zone_of(text: object) -> str | None:
    shape = _SHAPE.fullmatch(text.strip()) if isinstance(text, str) and len(text) < 64 else None
    return None if shape is None else shape.group(4)


def _moment(text: object, zone: ZoneInfo | None) -> datetime | None:
    shape = _SHAPE.fullmatch(text.strip()) if isinstance(text, str) and len(text) < 64 else None
    if shape is None:
        return None
    day, clock, fraction, offset = shape.groups()
    try:
        plain = datetime.fromisoformat(f"{day}T{clock}")
        plain += timedelta(microseconds=int((fraction or "0").ljust(6, "0")[:6]))
        if offset is None:
            return None if zone is None else plain.replace(tzinfo=zone).astimezone(UTC)
        if offset in "Zz":
            return plain.replace(tzinfo=UTC)
        sign = -1 if offset[0] == "-" else 1
        away = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
        if away >= timedelta(days=1) or int(offset[-2:]) > 59:
            return None
        return plain.replace(tzinfo=UTC) - sign * away
    except (ValueError, OverflowError):
        return None
