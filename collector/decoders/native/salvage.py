"""What is good of a native payload that has a wrong part: each part is read alone, the wrong ones are rejected.

What does not live here: payloads of the right shape (`collector.decoders.native.parsing`), what a reading means
(`collector.decoders.native.decoder`).
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from typing import Final

import msgspec
import orjson

from collector.decoders.finite_json import finite_json
from collector.decoders.native.parsing import UNREADABLE, Reading, Value, read_safely
from collector.messages.decoded import Reason, SampleRows

__all__ = ["MAX_SALVAGED_VALUES", "Salvage"]

MAX_SALVAGED_VALUES = 2_000
"""Values of a payload with a wrong one that are read; the rejection counts those beyond."""
LISTED_VALUES = 10
"""Wrong values that one rejection names."""
_ABSENT: Final = msgspec.Raw(b"")
_NUMBER: Final = re.compile(rb"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
"""A sound JSON number; one that cannot be read is beyond all numbers that we can hold."""


class LooseReading(msgspec.Struct, gc=False):
    """A reading, each part undecoded, to find out which part is wrong."""

    v: msgspec.Raw = _ABSENT
    t: msgspec.Raw = _ABSENT
    q: msgspec.Raw = _ABSENT
    id: msgspec.Raw = _ABSENT
    seq: msgspec.Raw = _ABSENT
    batch: list[msgspec.Raw] | None = None
    cmd: msgspec.Raw = _ABSENT


_LOOSE = msgspec.json.Decoder(LooseReading)
_POINTS_OF = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TIME = msgspec.json.Decoder(int | float | str | None)
_MARKS = msgspec.json.Decoder(dict[str, str] | None)
_NUMBERED = msgspec.json.Decoder(int)
_ID = msgspec.json.Decoder(str | int | None)


class Salvage:
    """Saves what is good of one payload.

    Parameters
    ----------
    rows
        Takes the rejections.
    place
        Place of the message in its batch.
    """

    def __init__(self, rows: SampleRows, place: int) -> None:
        self._rows = rows
        self._place = place
        self._values_left = MAX_SALVAGED_VALUES
        self.saved = 0
        """Parts that had to be taken apart."""

    def parts_of(self, payload: bytes, error: Exception) -> Reading | list[msgspec.Raw] | None:
        """Return the parts of a batch, or what can be saved of a single reading; None after a rejection.

        Parameters
        ----------
        payload
            The bytes.
        error
            Why the payload as a whole is no reading.
        """
        try:
            payload.decode()
            loose = _LOOSE.decode(payload)
        except UnicodeDecodeError as fault:
            self._reject(Reason.BAD_UTF8, str(fault))
        except msgspec.ValidationError:
            self._reject(*_why_not(payload, error))
        except UNREADABLE as fault:
            return self._finite(payload, fault)
        else:
            if loose.batch is None:
                return self._reading(loose)
            if loose.batch:
                return loose.batch
            self._reject(Reason.WRONG_TYPE, str(error))
        return None

    def _finite(self, payload: bytes, fault: Exception) -> Reading | list[msgspec.Raw] | None:
        """Read a payload that is no JSON by the numbers in it that are none; None after a rejection."""
        finite = finite_json(payload)
        if finite is None or finite == payload:
            self._reject(Reason.BAD_JSON, str(fault))
            return None
        try:
            return read_safely(finite)
        except UNREADABLE as error:
            return self.parts_of(finite, error)

    def reading_of(self, part: Reading | msgspec.Raw) -> Reading | None:
        """Return the reading of a part of a batch, what is good of it; None after a rejection."""
        if isinstance(part, Reading):
            return part
        try:
            return read_safely(part)
        except UNREADABLE:
            self.saved += 1
        try:
            return self._reading(_LOOSE.decode(part))
        except UNREADABLE as fault:
            self._reject(Reason.WRONG_TYPE, f"a part of the batch: {fault}")
            return None

    def _reading(self, loose: LooseReading) -> Reading | None:
        try:
            reading = Reading(
                t=None if loose.t is _ABSENT else _TIME.decode(loose.t),
                q=None if loose.q is _ABSENT else _MARKS.decode(loose.q),
                id=None if loose.id is _ABSENT else _ID.decode(loose.id),
                cmd=msgspec.UNSET if loose.cmd is _ABSENT else loose.cmd,
            )
            parts = {} if loose.v is _ABSENT else _POINTS_OF.decode(loose.v)
        except UNREADABLE as fault:
            self._reject(Reason.WRONG_TYPE, str(fault))
            return None
        # A number that cannot be read costs nothing but itself: the device is taken for one that does not count.
        with suppress(*UNREADABLE):
            reading.seq = None if loose.seq is _ABSENT else _NUMBERED.decode(loose.seq)
        values, wrong = self._values(parts)
        if wrong and not values:
            return None
        reading.v = values
        return reading

    def _values(self, parts: Mapping[str, msgspec.Raw]) -> tuple[dict[str, Value], int]:
        """Return the good values by name, and how many are wrong or were not looked at."""
        values: dict[str, Value] = {}
        wrong: list[tuple[str, str]] = []
        for name, raw in islice(parts.items(), self._values_left):
            try:
                values[name] = _value(raw)
            except UNREADABLE as fault:
                wrong.append((name, str(fault)))
        left = len(parts) - len(values) - len(wrong)
        self._values_left -= len(values) + len(wrong)
        if wrong:
            absurd = all(_NUMBER.fullmatch(parts[name]) for name, _fault in wrong)
            listed = "; ".join(f"{name[:80]}: {fault}" for name, fault in wrong[:LISTED_VALUES])
            self._reject(
                Reason.RANGE if absurd else Reason.WRONG_TYPE, f"{len(wrong)} wrong values: {listed}"
            )
        if left:
            self._reject(Reason.TOO_BIG, f"{left} more values of a payload that has wrong ones")
        return values, len(wrong) + left

    def _reject(self, reason: Reason, detail: str) -> None:
        self._rows.reject(self._place, reason, detail)


def _value(raw: msgspec.Raw) -> Value:
    """Return a number, truth value or null; texts, lists and objects raise."""
    return msgspec.convert(orjson.loads(memoryview(raw)), float | bool | None)


def _why_not(payload: bytes, error: Exception) -> tuple[Reason, str]:
    """Tell a payload of the wrong shape from one that is no JSON at all."""
    try:
        orjson.loads(payload)
    except UNREADABLE as fault:
        return Reason.BAD_JSON, str(fault)
    return Reason.WRONG_TYPE, str(error)
