"""Parsing native payloads: one typed parse each, and a second, slower look at whatever is not plain.

The typed parser needs 10 µs for a number near the ends of the floating-point range, 256 kB of ``1e308`` would take half
a second. So long payloads are read by a parser without that weakness, into the same types. What does not live here:
what a reading means (`collector.decoders.native.decoder`).
"""

from collections.abc import Sequence
from itertools import compress
from typing import Annotated, Any, NamedTuple

import msgspec
import orjson

__all__ = [
    "LIMIT_MS",
    "LONG_BYTES",
    "UNREADABLE",
    "FoundReadings",
    "Reading",
    "Value",
    "plain_readings_of",
    "read_one",
    "read_safely",
]

LIMIT_MS = 2**62
"""Whole numbers beyond it are no times [ms]; differences of those within it fit into 64 bits."""
LONG_BYTES = 2_048
"""Longer payloads get the slower look; the slowest numbers that fit into a shorter one cost 3 ms [bytes]."""
Value = float | bool | None
UNREADABLE = (msgspec.MsgspecError, orjson.JSONDecodeError, UnicodeError, RecursionError, OverflowError)


class Reading(msgspec.Struct, gc=False):
    v: dict[str, Value] | None = None
    t: int | float | str | None = None
    q: dict[str, str] | None = None
    id: str | int | None = None
    batch: "list[Reading] | None" = None
    cmd: Any = msgspec.UNSET
    seq: Any = None

    @property
    def number(self) -> int:
        """What the device counts its readings by; -1: it does not, or not in whole numbers."""
        return self.seq if type(self.seq) is int and 0 <= self.seq < LIMIT_MS else -1


class BatchOutline(msgspec.Struct, gc=False):
    """A batch, its parts unread."""

    batch: list[msgspec.Raw] | None = None
    cmd: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class PlainReading(msgspec.Struct, gc=False):
    """A reading that needs no second look: whoever sends more than this fails here and is read as `Reading`."""

    v: Annotated[dict[str, Value], msgspec.Meta(min_length=1)]
    t: Annotated[int, msgspec.Meta(gt=-LIMIT_MS, lt=LIMIT_MS)]
    q: msgspec.UnsetType = msgspec.UNSET
    id: msgspec.UnsetType = msgspec.UNSET
    seq: Annotated[int, msgspec.Meta(ge=0, lt=LIMIT_MS)] = -1
    batch: msgspec.UnsetType = msgspec.UNSET
    cmd: msgspec.UnsetType = msgspec.UNSET


class FoundReadings(NamedTuple):
    """The plain readings among many payloads, side by side, by the places of their messages."""

    places: list[int]
    times_ms: list[int]
    values: list[dict[str, Value]]
    numbers: list[int]
    others: list[int]
    """Places of the messages that need a second look."""


_PLAIN = msgspec.json.Decoder(PlainReading)
_ONE = msgspec.json.Decoder(Reading)
_OUTLINE = msgspec.json.Decoder(BatchOutline)


def plain_readings_of(payloads: Sequence[bytes], places: Sequence[int]) -> FoundReadings:
    """Return the plain readings, and the places of the payloads that are something else."""
    # One call a payload, although joining many to one array looks cheaper: it is not (0.29 against 0.22 µs), one broken
    # payload then costs those beside it a second pass, and a payload could speak for its neighbour.
    others: list[int] = []
    short = payloads
    if payloads and max(map(len, payloads)) > LONG_BYTES:
        is_short = [len(payload) <= LONG_BYTES for payload in payloads]
        others = [place for place, fits in zip(places, is_short, strict=True) if not fits]
        short, places = list(compress(payloads, is_short)), list(compress(places, is_short))
    readings: list[PlainReading] = []
    broken: list[int] = []
    parsing = map(_PLAIN.decode, short)
    while len(readings) + len(broken) < len(short):
        # What was parsed before a broken payload stays in the list, and the iterator goes on behind it.
        try:
            readings.extend(parsing)
        except UNREADABLE:
            broken.append(len(readings) + len(broken))
    found = list(places)
    if broken:
        others = sorted([*others, *(found[number] for number in broken)])
        unread = set(broken)
        found = [place for number, place in enumerate(found) if number not in unread]
    return FoundReadings(
        found,
        [item.t for item in readings],
        [item.v for item in readings],
        [item.seq for item in readings],
        others,
    )


def read_one(payload: bytes) -> Reading | list[msgspec.Raw]:
    """Read one payload; of a long batch return the parts unread.

    Raises
    ------
    msgspec.MsgspecError, orjson.JSONDecodeError, UnicodeError, RecursionError, OverflowError
        `UNREADABLE`, when it is no reading.
    """
    if len(payload) <= LONG_BYTES:
        return _ONE.decode(payload)
    payload.decode()
    outline = _OUTLINE.decode(payload)
    if outline.batch and outline.cmd is msgspec.UNSET:
        return outline.batch
    return read_safely(payload)


def read_safely(payload: bytes | msgspec.Raw) -> Reading:
    """Read a reading by the parser that every number costs the same; raises what `read_one` raises."""
    return msgspec.convert(orjson.loads(memoryview(payload)), Reading)
