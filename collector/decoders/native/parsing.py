"""Parsing native payloads: many joined to one JSON array and decoded in one call, one by one where that fails.

The typed parser needs 10 µs for a number near the ends of the floating-point range, 256 kB of ``1e308`` would take half
a second. So long payloads are read one by one by a parser without that weakness, into the same types.

Between two payloads stands a random number drawn once a process: a payload that swallows its neighbour, or that is two
documents, changes the count or the place of these numbers, and the payloads are decoded one by one instead. So no
device can put words into the mouth of another. What does not live here: what a reading means
(`collector.decoders.native.decoder`).
"""

import secrets
from collections.abc import Sequence
from operator import itemgetter
from typing import Annotated, Any, Final, NamedTuple, TypeVar

import msgspec
import orjson

__all__ = [
    "LIMIT_MS",
    "LONG_BYTES",
    "UNREADABLE",
    "FoundReadings",
    "Reading",
    "Value",
    "decode_all",
    "read_one",
    "read_safely",
]

_SEPARATOR: Final = 2**40 + secrets.randbelow(2**50)
_JOIN = b",%d," % _SEPARATOR
LIMIT_MS = 2**62
"""Whole numbers beyond it are no times [ms]; differences of those within it fit into 64 bits."""
JOINED_PAYLOADS = 500
"""Payloads decoded in one call: so many are read one by one when one of them is wrong."""
LONG_BYTES = 2_048
"""Longer payloads are read one by one; the slowest numbers that fit into a shorter one cost 3 ms [bytes]."""
Value = float | bool | None
Kind = TypeVar("Kind")
UNREADABLE = (msgspec.MsgspecError, orjson.JSONDecodeError, UnicodeError, RecursionError, OverflowError)


class Reading(msgspec.Struct, gc=False):
    v: dict[str, Value] | None = None
    t: int | float | str | None = None
    q: dict[str, str] | None = None
    id: str | int | None = None
    batch: "list[Reading] | None" = None
    cmd: Any = msgspec.UNSET


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
_ONE = msgspec.json.Decoder(Reading)
_OUTLINE = msgspec.json.Decoder(BatchOutline)


def decode_all(payloads: Sequence[bytes], places: Sequence[int]) -> FoundReadings:
    """Decode payloads, in one call if they are what they should be, and tell the plain readings from the others.

    Long ones are not read here: they are among the others, and cost those beside them nothing.
    """
    found = FoundReadings([], [], [], [])
    long = [place for place, payload in zip(places, payloads, strict=True) if len(payload) > LONG_BYTES]
    if long:
        short = [number for number, payload in enumerate(payloads) if len(payload) <= LONG_BYTES]
        payloads, places = [payloads[number] for number in short], [places[number] for number in short]
    _decode_short(found, payloads, places)
    if long:
        found.others.extend((place, None) for place in long)
        found.others.sort(key=itemgetter(0))
    return found


def _decode_short(found: FoundReadings, payloads: Sequence[bytes], places: Sequence[int]) -> None:
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
        and reading.cmd is msgspec.UNSET
    )


def _decode_one(payload: bytes) -> Reading | None:
    try:
        return _ONE.decode(payload)
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
