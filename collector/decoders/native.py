"""The native JSON format (interface.md): single readings, batches, and the retained link state.

The fast path joins the payloads of a batch to one JSON array and decodes it in one call. Between two payloads stands
a random number drawn once a process: a payload that swallows its neighbour, or that is two documents, changes the
count or the place of these numbers, and the batch is decoded one by one instead. So no device can put words into the
mouth of another.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import numpy as np

from collector.decoders.decoded import Decoded, Reason, SampleRows
from collector.decoders.plain_readings import PlainReadings, PointShape, plain_decoded, put_together
from collector.routes import NativeTopic, TopicKind, split_native_topic
from heating.intervals import to_epoch_ms
from heating.points import POINT_INDEX, Measurement
from heating.protocols import RawMessage
from heating.quality import Quality, quality_from_label

__all__ = ["NativeDecoder"]

_SEPARATOR: Final = 2**40 + secrets.randbelow(2**50)
_JOIN = b",%d," % _SEPARATOR
SHAPE_CACHE_ENTRIES = 20_000
"""Sets of point names whose places are remembered."""
MAX_CACHED_NAMES = 200
"""Longer sets of names are not remembered: they would fill the memory."""
LISTED_NAMES = 20
"""Unknown names told in one rejection."""
MAX_SALVAGED_PARTS = 500
"""Parts of a batch that are looked at one by one when one of them is wrong: keeps bad input below 10 ms."""
LIMIT_MS = 2**62
"""Whole numbers beyond it are no times [ms]; differences of those within it fit into 64 bits."""
TOPIC_CACHE_ENTRIES = 500_000
"""Topics whose meaning is remembered."""

Value = float | bool | None
_ABSENT: Final = msgspec.Raw(b"")
_UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError)


class _Reading(msgspec.Struct, gc=False):
    v: dict[str, Value] | None = None
    t: int | float | str | None = None
    q: dict[str, str] | None = None
    id: str | int | None = None
    batch: "list[_Reading] | None" = None
    cmd: msgspec.Raw = _ABSENT


class _LooseReading(msgspec.Struct, gc=False):
    """The same, each part undecoded, to find out which part is wrong."""

    v: msgspec.Raw = _ABSENT
    t: msgspec.Raw = _ABSENT
    q: msgspec.Raw = _ABSENT
    id: msgspec.Raw = _ABSENT
    batch: list[msgspec.Raw] | None = None
    cmd: msgspec.Raw = _ABSENT


_MANY = msgspec.json.Decoder(list[_Reading | int])
_ONE = msgspec.json.Decoder(_Reading)
_LOOSE = msgspec.json.Decoder(_LooseReading)
_POINTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_VALUE = msgspec.json.Decoder(float | bool | None)
_TIME = msgspec.json.Decoder(int | float | str | None)
_MARKS = msgspec.json.Decoder(dict[str, str] | None)
_ID = msgspec.json.Decoder(str | int | None)


class NativeDecoder:
    """Decodes `heat/{area}/{measurement}/{id}/{telemetry|status}`.

    Parameters
    ----------
    max_payload_bytes
        Longer payloads are rejected as too_big without a look inside [bytes].
    """

    def __init__(self, *, max_payload_bytes: int = 262_144) -> None:
        self._max_payload_bytes = max_payload_bytes
        self._topics: dict[str, NativeTopic | None] = {}
        self._shapes: dict[tuple[Measurement, tuple[str, ...]], PointShape] = {}

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; see `collector.decoders.decoded.Decoder`."""
        rows = SampleRows()
        senders = self._senders(messages)
        telemetry = self._telemetry_places(rows, messages, senders)
        readings = _decode_all([messages[place].payload for place in telemetry])
        plain = self._plain(telemetry, senders, readings)
        if plain.places and len(plain.places) == len(messages):
            return plain_decoded(plain, messages)
        taken = set(plain.places)
        for place, reading in zip(telemetry, readings, strict=True):
            topic = senders[place]
            if place in taken or topic is None:
                continue
            if reading is None:
                self._one(rows, place, messages[place], topic)
            else:
                self._telemetry(rows, place, messages[place], topic, reading)
        rest = rows.finish()
        return put_together(plain_decoded(plain, messages), rest) if plain.places else rest

    def _senders(self, messages: Sequence[RawMessage]) -> list[NativeTopic | None]:
        """Return what the topic of each message names."""
        topics = [message.topic for message in messages]
        senders = list(map(self._topics.get, topics))
        if None in senders:
            senders = list(map(self._topic, topics))
        return senders

    def _topic(self, topic: str) -> NativeTopic | None:
        try:
            return self._topics[topic]
        except KeyError:
            if len(self._topics) > TOPIC_CACHE_ENTRIES:
                self._topics.clear()
            meaning = self._topics[topic] = split_native_topic(topic)
            return meaning

    def _telemetry_places(
        self, rows: SampleRows, messages: Sequence[RawMessage], senders: Sequence[NativeTopic | None]
    ) -> list[int]:
        """Return the places of messages that may carry readings; the others are dealt with here."""
        telemetry: list[int] = []
        longest = self._max_payload_bytes
        for place, (message, topic) in enumerate(zip(messages, senders, strict=True)):
            if topic is None or topic.kind is not TopicKind.TELEMETRY:
                self._other(rows, place, message, topic)
            elif len(message.payload) > longest:
                rows.reject(place, Reason.TOO_BIG, f"{len(message.payload)} bytes")
            else:
                telemetry.append(place)
        return telemetry

    def _plain(
        self,
        telemetry: Sequence[int],
        senders: Sequence[NativeTopic | None],
        readings: Sequence[_Reading | None],
    ) -> PlainReadings:
        """Return the readings that need no second look: column by column, not message by message."""
        found: list[tuple[int, Any]] = [
            (place, reading)
            for place, reading in zip(telemetry, readings, strict=True)
            if reading is not None
            and reading.v
            and (time := reading.t).__class__ is int
            and -LIMIT_MS < time < LIMIT_MS
            and reading.id is None
            and not reading.q
            and reading.batch is None
            and reading.cmd is _ABSENT
        ]
        values = [reading.v for _place, reading in found]
        named: list[Any] = [senders[place] for place, _reading in found]
        keys = list(zip([sender.ref[0] for sender in named], map(tuple, values), strict=True))
        try:
            shapes = list(map(self._shapes.__getitem__, keys))
        except KeyError:
            shapes = list(map(self._shape, keys))
        plain = PlainReadings(
            [place for place, _reading in found],
            named,
            [reading.t for _place, reading in found],
            values,
            shapes,
        )
        return plain.where([not shape.unknown for shape in shapes])

    # --- not telemetry ----------------------------------------------------------------------------------------

    def _other(self, rows: SampleRows, place: int, message: RawMessage, topic: NativeTopic | None) -> None:
        if topic is None:
            rows.reject(place, Reason.BAD_TOPIC, message.topic)
        elif topic.kind is TopicKind.STATUS:
            self._status(rows, place, message, topic)
        else:
            rows.reject(place, Reason.NOT_TELEMETRY, message.topic)

    def _status(self, rows: SampleRows, place: int, message: RawMessage, topic: NativeTopic) -> None:
        word = message.payload.strip().lower()
        if word not in (b"online", b"offline"):
            rows.reject(place, Reason.WRONG_TYPE, f"status is neither online nor offline: {word[:80]!r}")
            return
        if message.retained:
            rows.quality[len(rows.value)] = Quality.UNCERTAIN_TIME
        rows.point.append(POINT_INDEX[topic.ref.measurement, "gateway_online"])
        rows.value.append(1.0 if word == b"online" else 0.0)
        rows.close_reading(
            place, rows.place_of(topic.ref, topic.area), message.received_ms, message.received_ms, 1
        )

    # --- telemetry --------------------------------------------------------------------------------------------

    def _telemetry(
        self, rows: SampleRows, place: int, message: RawMessage, topic: NativeTopic, reading: _Reading
    ) -> None:
        if reading.cmd is not _ABSENT:
            rows.reject(place, Reason.NOT_TELEMETRY, "a command or its echo")
        elif reading.batch is None:
            self._reading(rows, place, message, topic, reading)
        else:
            if not reading.batch:
                rows.reject(place, Reason.NOT_TELEMETRY, "an empty batch")
            bare = 0
            for part in reading.batch:
                if part.v and part.batch is None and part.cmd is _ABSENT:
                    self._reading(rows, place, message, topic, part)
                else:
                    bare += 1
            if bare:
                rows.reject(place, Reason.NOT_TELEMETRY, f"{bare} parts of the batch carry no readings")

    def _reading(
        self, rows: SampleRows, place: int, message: RawMessage, topic: NativeTopic, reading: _Reading
    ) -> None:
        values = reading.v
        if not values:
            rows.reject(place, Reason.NOT_TELEMETRY, "no readings: v is missing or empty")
            return
        if reading.id is not None and str(reading.id) != topic.ref.object_id:
            rows.reject(
                place, Reason.TOPIC_MISMATCH, f"payload says {reading.id}, topic {topic.ref.object_id}"
            )
            return
        time = reading.t
        measured_ms = self._time(rows, place, message, time)
        if measured_ms is None:
            return
        first = len(rows.value)
        known = self._append(rows, place, topic.ref.measurement, values)
        if not known:
            return
        if None in values.values() or time is None or reading.q:
            self._mark(rows, place, first, topic.ref.measurement, reading)
        rows.close_reading(
            place, rows.place_of(topic.ref, topic.area), measured_ms, message.received_ms, known
        )

    def _append(
        self, rows: SampleRows, place: int, measurement: Measurement, values: Mapping[str, Value]
    ) -> int:
        """Add the rows of known points; return how many."""
        shape = self._shape((measurement, tuple(values)))
        rows.point += shape.points
        if shape.unknown:
            rows.value += [values[name] for name in shape.names]
            rows.reject(place, Reason.UNKNOWN_POINT, shape.unknown)
        else:
            rows.value += values.values()
        return len(shape.points)

    def _shape(self, key: tuple[Measurement, tuple[str, ...]]) -> PointShape:
        """Return what a set of names means."""
        shape = self._shapes.get(key)
        return self._learn_shape(*key) if shape is None else shape

    def _learn_shape(self, measurement: Measurement, names: tuple[str, ...]) -> PointShape:
        known = [name for name in names if (measurement, name) in POINT_INDEX]
        known_set = set(known)
        unknown = ", ".join([name or '""' for name in names if name not in known_set][:LISTED_NAMES])
        points = [POINT_INDEX[measurement, name] for name in known]
        shape = PointShape(points, np.array(points, np.int16), tuple(known), unknown)
        if len(self._shapes) > SHAPE_CACHE_ENTRIES:
            self._shapes.clear()
        if len(names) <= MAX_CACHED_NAMES:
            self._shapes[measurement, names] = shape
        return shape

    def _time(
        self, rows: SampleRows, place: int, message: RawMessage, time: float | str | None
    ) -> int | None:
        """Return epoch milliseconds; None after a rejection."""
        if time is None:
            return message.received_ms
        if isinstance(time, str):
            try:
                return to_epoch_ms(msgspec.convert(time, datetime))
            except (msgspec.ValidationError, ValueError, OverflowError):
                rows.reject(place, Reason.WRONG_TYPE, f"t is no RFC 3339 time with a zone: {time[:40]!r}")
                return None
        if abs(time) < (LIMIT_MS if isinstance(time, int) else 2**53):
            return int(time)
        rows.reject(place, Reason.WRONG_TYPE, f"t is no epoch millisecond: {time}")
        return None

    def _mark(
        self, rows: SampleRows, place: int, first: int, measurement: Measurement, reading: _Reading
    ) -> None:
        """Set the quality of rows that are not plainly good."""
        names = [name for name in reading.v or () if (measurement, name) in POINT_INDEX]
        row_of = {name: first + offset for offset, name in enumerate(names)}
        if reading.t is None:
            rows.quality.update(dict.fromkeys(row_of.values(), int(Quality.UNCERTAIN_TIME)))
        for name, word in (reading.q or {}).items():
            code = _quality(word)
            if code is None:
                rows.reject(place, Reason.WRONG_TYPE, f"q of {name[:80]} is no quality word: {word[:40]!r}")
            elif name in row_of and code != Quality.GOOD:
                rows.quality[row_of[name]] = code
        for row in row_of.values():
            if rows.value[row] is None and rows.quality.get(row, 0) < Quality.BAD:
                rows.quality[row] = Quality.BAD

    # --- one by one -------------------------------------------------------------------------------------------

    def _one(self, rows: SampleRows, place: int, message: RawMessage, topic: NativeTopic) -> None:
        """Decode one payload alone, and find out which part of it is wrong."""
        try:
            self._telemetry(rows, place, message, topic, _ONE.decode(message.payload))
        except _UNREADABLE as error:
            self._salvage(rows, place, message, topic, error)

    def _salvage(
        self, rows: SampleRows, place: int, message: RawMessage, topic: NativeTopic, error: Exception
    ) -> None:
        try:
            message.payload.decode()
        except UnicodeDecodeError as fault:
            rows.reject(place, Reason.BAD_UTF8, str(fault))
            return
        try:
            loose = _LOOSE.decode(message.payload)
        except msgspec.ValidationError:
            rows.reject(place, *_why_not(message.payload, error))
            return
        except _UNREADABLE as fault:
            rows.reject(place, Reason.BAD_JSON, str(fault))
            return
        if loose.batch is None:
            self._salvage_reading(rows, place, message, topic, loose)
            return
        if not loose.batch:
            rows.reject(place, Reason.WRONG_TYPE, str(error))
        if len(loose.batch) > MAX_SALVAGED_PARTS:
            left = len(loose.batch) - MAX_SALVAGED_PARTS
            rows.reject(place, Reason.TOO_BIG, f"{left} more parts of a batch that has wrong ones")
        for part in loose.batch[:MAX_SALVAGED_PARTS]:
            try:
                self._salvage_reading(rows, place, message, topic, _LOOSE.decode(part))
            except _UNREADABLE as fault:
                rows.reject(place, Reason.WRONG_TYPE, f"a part of the batch: {fault}")

    def _salvage_reading(
        self, rows: SampleRows, place: int, message: RawMessage, topic: NativeTopic, loose: _LooseReading
    ) -> None:
        try:
            reading = _Reading(
                t=None if loose.t is _ABSENT else _TIME.decode(loose.t),
                q=None if loose.q is _ABSENT else _MARKS.decode(loose.q),
                id=None if loose.id is _ABSENT else _ID.decode(loose.id),
                cmd=loose.cmd,
            )
            parts = {} if loose.v is _ABSENT else _POINTS.decode(loose.v)
        except _UNREADABLE as fault:
            rows.reject(place, Reason.WRONG_TYPE, str(fault))
            return
        values: dict[str, Value] = {}
        wrong: list[str] = []
        for name, raw in parts.items():
            try:
                values[name] = _VALUE.decode(raw)
            except _UNREADABLE as fault:
                wrong.append(f"{name[:80]}: {fault}")
        if wrong:
            absurd = all("out of range" in text for text in wrong)
            rows.reject(place, Reason.RANGE if absurd else Reason.WRONG_TYPE, "; ".join(wrong[:10]))
        if values or not wrong:
            reading.v = values
            self._telemetry(rows, place, message, topic, reading)


def _decode_all(payloads: Sequence[bytes]) -> list[_Reading | None]:
    """Decode payloads, all in one call if all are what they should be; None for one that is not."""
    joined = _decode_joined(payloads)
    return list(map(_decode_one, payloads)) if joined is None else joined


def _decode_one(payload: bytes) -> _Reading | None:
    try:
        return _ONE.decode(payload)
    except _UNREADABLE:
        return None


def _decode_joined(payloads: Sequence[bytes]) -> list[_Reading | None] | None:
    """Decode many payloads in one call; None when any is not what it should be."""
    if not payloads:
        return []
    try:
        found = _MANY.decode(b"[" + _JOIN.join(payloads) + b"]")
    except _UNREADABLE:
        return None
    readings: list[_Reading | None] = [item for item in found[::2] if item.__class__ is _Reading]
    if len(found) != 2 * len(payloads) - 1 or len(readings) != len(payloads):
        return None
    if found[1::2].count(_SEPARATOR) != len(payloads) - 1:
        return None
    return readings


def _why_not(payload: bytes, error: Exception) -> tuple[Reason, str]:
    """Tell a payload of the wrong shape from one that is no JSON at all."""
    try:
        msgspec.json.decode(payload)
    except _UNREADABLE as fault:
        return Reason.BAD_JSON, str(fault)
    return Reason.WRONG_TYPE, str(error)


def _quality(word: str) -> int | None:
    """Return the code of a quality word, None when it is none."""
    try:
        return int(quality_from_label(word))
    except KeyError:
        return None
