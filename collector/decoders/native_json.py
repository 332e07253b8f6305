"""Parsing native payloads: many joined to one JSON array and decoded in one call, one by one where that fails.

Between two payloads stands a random number drawn once a process: a payload that swallows its neighbour, or that is two
documents, changes the count or the place of these numbers, and the payloads are decoded one by one instead. So no
device can put words into the mouth of another. What does not live here: what a reading means
(`collector.decoders.native`).
"""

import secrets
from collections.abc import Sequence
from typing import Annotated, Any, Final, NamedTuple, TypeVar

import msgspec

__all__ = [
    "ABSENT",
    "ID",
    "LIMIT_MS",
    "LOOSE",
    "MARKS",
    "ONE",
    "POINTS_OF",
    "TIME",
    "UNREADABLE",
    "VALUE",
    "FoundReadings",
    "LooseReading",
    "Reading",
    "Value",
    "decode_all",
]

_SEPARATOR: Final = 2**40 + secrets.randbelow(2**50)
_JOIN = b",%d," % _SEPARATOR
LIMIT_MS = 2**62
"""Whole numbers beyond it are no times [ms]; differences of those within it fit into 64 bits."""
JOINED_PAYLOADS = 500
"""Payloads decoded in one call: so many are read one by one when one of them is wrong."""
Value = float | bool | None
Kind = TypeVar("Kind")
ABSENT: Final = msgspec.Raw(b"")
UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError)


class Reading(msgspec.Struct, gc=False):
    v: dict[str, Value] | None = None
    t: int | float | str | None = None
    q: dict[str, str] | None = None
    id: str | int | None = None
    batch: "list[Reading] | None" = None
    cmd: msgspec.Raw = ABSENT


class LooseReading(msgspec.Struct, gc=False):
    """The same, each part undecoded, to find out which part is wrong."""

    v: msgspec.Raw = ABSENT
    t: msgspec.Raw = ABSENT
    q: msgspec.Raw = ABSENT
    id: msgspec.Raw = ABSENT
    batch: list[msgspec.Raw] | None = None
    cmd: msgspec.Raw = ABSENT


class PlainReading(msgspec.Struct, gc=False):
    """A reading that needs no second look: whoever sends more than this fails here and is read as `Reading`."""

    v: Annotated[dict[str, Value], msgspec.Meta(min_length=1)]
    t: Annotated[int, msgspec.Meta(gt=-LIMIT_MS, lt=LIMIT_MS)]
    q: msgspec.UnsetType = msgspec.UNSET
    id: msgspec.UnsetType = msgspec.UNSET
    batch: msgspec.UnsetType = msgspec.UNSET
    cmd: msgspec.UnsetType = msgspec.UNSET


class FoundReadings(NamedTuple):
    """What many payloads hold, by the places of their messages."""

    places: list[int]
    times_ms: list[int]
    values: list[dict[str, Value]]
    others: list[tuple[int, Reading | None]]
    """Readings that need a second look; None: unreadable."""

    def add(self, places: Sequence[int], readings: Sequence[Any]) -> None:
        """Add plain readings."""
        self.places.extend(places)
        self.times_ms.extend([reading.t for reading in readings])
        self.values.extend([reading.v for reading in readings])


_MANY_PLAIN = msgspec.json.Decoder(list[PlainReading | int])
_MANY = msgspec.json.Decoder(list[Reading | int])
ONE = msgspec.json.Decoder(Reading)
LOOSE = msgspec.json.Decoder(LooseReading)
POINTS_OF = msgspec.json.Decoder(dict[str, msgspec.Raw])
VALUE = msgspec.json.Decoder(float | bool | None)
TIME = msgspec.json.Decoder(int | float | str | None)
MARKS = msgspec.json.Decoder(dict[str, str] | None)
ID = msgspec.json.Decoder(str | int | None)


def decode_all(payloads: Sequence[bytes], places: Sequence[int]) -> FoundReadings:
    """Decode payloads, in one call if they are what they should be, and tell the plain readings from the others."""
    found = FoundReadings([], [], [], [])
    for start in range(0, len(payloads), JOINED_PAYLOADS):
        here = places[start : start + JOINED_PAYLOADS]
        part = payloads[start : start + JOINED_PAYLOADS]
        plain = _decode_joined(part, _MANY_PLAIN, PlainReading)
        if plain is not None:
            found.add(here, plain)
            continue
        joined = _decode_joined(part, _MANY, Reading)
        readings = [_decode_one(payload) for payload in part] if joined is None else joined
        for place, reading in zip(here, readings, strict=True):
            if reading is not None and _is_plain(reading):
                found.add((place,), (reading,))
            else:
                found.others.append((place, reading))
    return found


def _is_plain(reading: Reading) -> bool:
    """Return whether a reading is what `PlainReading` demands; empty marks say nothing either."""
    time = reading.t
    return bool(
        reading.v
        and isinstance(time, int)
        and -LIMIT_MS < time < LIMIT_MS
        and reading.id is None
        and not reading.q
        and reading.batch is None
        and reading.cmd is ABSENT
    )


def _decode_one(payload: bytes) -> Reading | None:
    try:
        return ONE.decode(payload)
    except UNREADABLE:
        return None


def _decode_joined(
    payloads: Sequence[bytes], decoder: msgspec.json.Decoder[list[Kind | int]], kind: type[Kind]
) -> list[Kind] | None:
    """Decode many payloads in one call; None when any is not what it should be."""
    try:
        found = decoder.decode(b"[" + _JOIN.join(payloads) + b"]")
    except UNREADABLE:
        return None
    readings = [item for item in found[::2] if isinstance(item, kind)]
    if len(found) != 2 * len(payloads) - 1 or len(readings) != len(payloads):
        return None
    if found[1::2].count(_SEPARATOR) != len(payloads) - 1:
        return None
    return readings
