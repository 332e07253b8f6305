"""The native JSON format (interface.md): single readings, batches, and the retained link state.

Plain readings, the mass of them, become columns together (`collector.decoders.native.plain_readings`); what needs a second
look is taken message by message. What does not live here: parsing
(`collector.decoders.native.parsing`), and saving what is good of a wrong payload (`collector.decoders.native.salvage`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from operator import itemgetter

import msgspec
import numpy as np
from msgspec import UNSET, Raw

from collector.decoders.foreign import FamilyOptions
from collector.decoders.native.parsing import (
    LIMIT_MS,
    UNREADABLE,
    FoundReadings,
    Reading,
    Value,
    plain_readings_of,
    read_one,
)
from collector.decoders.native.plain_readings import PlainReadings, PointShape, plain_decoded, put_together
from collector.decoders.native.salvage import Salvage
from collector.decoders.power_on import PowerOnColumns
from collector.messages.arrived_message import payloads_of, topics_of
from collector.messages.decoded import Decoded, Reason, SampleRows
from collector.messages.routes import NativeTopic, TopicKind, split_native_topic
from heating.intervals import to_epoch_ms
from heating.points import POINT_INDEX, Measurement
from heating.protocols import RawMessage
from heating.quality import QUALITY_OF_LABEL, Quality

__all__ = ["NativeDecoder"]

SHAPE_CACHE_ENTRIES = 20_000
"""Sets of point names whose places are remembered."""
MAX_CACHED_NAMES = 200
"""Longer sets of names are not remembered: they would fill the memory."""
LISTED_NAMES = 20
"""Unknown names that one rejection lists."""
MAX_BROKEN_PARTS = 500
"""Parts of one message that may be wrong, and rejections of one message that stay single; those beyond are
counted in one. Keeps bad input below 10 ms."""
TOPIC_CACHE_ENTRIES = 500_000
"""Topics whose meaning is remembered."""


class NativeDecoder:
    """Decodes `heat/{area}/{measurement}/{id}/{telemetry|status}`.

    Parameters
    ----------
    max_payload_bytes
        Longer payloads are rejected as too_big without a look inside [bytes].
    """

    def __init__(self, *, max_payload_bytes: int = 262_144) -> None:
        self._max_payload_bytes = max_payload_bytes
        self._power_on = PowerOnColumns()
        self._topics: dict[str, NativeTopic | None] = {}
        self._shapes: dict[tuple[Measurement, tuple[str, ...]], PointShape] = {}

    @classmethod
    def of_family(cls, options: FamilyOptions) -> "NativeDecoder":
        """Return the decoder for a route; it needs no device map, because topics carry our own ids."""
        return cls(max_payload_bytes=options.max_payload_bytes)

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; see `collector.messages.decoded.Decoder`."""
        decoded = self._decoded(messages)
        samples = self._power_on.judged(decoded.samples)
        return decoded if samples is decoded.samples else replace(decoded, samples=samples)

    def _decoded(self, messages: Sequence[RawMessage]) -> Decoded:
        rows = SampleRows()
        senders = self._senders(messages)
        telemetry = self._telemetry_places(rows, messages, senders)
        payloads = payloads_of(messages)
        if len(telemetry) < len(messages):
            payloads = [payloads[place] for place in telemetry]
        plain, others = self._with_shapes(plain_readings_of(payloads, telemetry), senders)
        if plain.places and len(plain.places) == len(messages):
            return plain_decoded(plain, messages)
        for place, reading in others:
            topic = senders[place]
            if topic is not None and reading is not None:
                self._telemetry(rows, place, messages[place], topic, reading)
            elif topic is not None:
                self._one(rows, place, messages[place], topic)
        rest = rows.finish()
        return put_together(plain_decoded(plain, messages), rest) if plain.places else rest

    def _senders(self, messages: Sequence[RawMessage]) -> list[NativeTopic | None]:
        """Return what the topic of each message names."""
        topics = topics_of(messages)
        # Not `get` and a search for None among what was found: that compares each of them as a dataclass.
        try:
            return list(map(self._topics.__getitem__, topics))
        except KeyError:
            return list(map(self._topic, topics))

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
    ) -> Sequence[int]:
        """Return the places of messages that may carry readings; the others are dealt with here."""
        payloads, longest = payloads_of(messages), self._max_payload_bytes
        kinds = {None if topic is None else topic.kind for topic in senders}
        if kinds == {TopicKind.TELEMETRY} and max(map(len, payloads)) <= longest:
            return range(len(senders))
        telemetry: list[int] = []
        for place, (payload, topic) in enumerate(zip(payloads, senders, strict=True)):
            if topic is None or topic.kind is not TopicKind.TELEMETRY:
                self._other(rows, place, messages[place], topic)
            elif len(payload) > longest:
                rows.reject(place, Reason.TOO_BIG, f"{len(payload)} bytes")
            else:
                telemetry.append(place)
        return telemetry

    def _with_shapes(
        self, found: FoundReadings, senders: Sequence[NativeTopic | None]
    ) -> tuple[PlainReadings, list[tuple[int, Reading | None]]]:
        """Return the readings whose points are all known, and the others in the order of their messages."""
        named = [sender for place in found.places if (sender := senders[place]) is not None]
        plain = PlainReadings(
            found.places,
            named,
            found.times_ms,
            found.values,
            self._shapes_of(named, found.values),
            found.numbers,
        )
        others: list[tuple[int, Reading | None]] = [(place, None) for place in found.others]
        known = [not shape.unknown for shape in plain.shapes]
        if all(known):
            return plain, others
        others += [
            (place, Reading(v=values, t=time_ms, seq=number))
            for place, values, time_ms, number, is_known in zip(
                plain.places, plain.values, plain.times_ms, plain.numbers, known, strict=True
            )
            if not is_known
        ]
        return plain.where(known), sorted(others, key=itemgetter(0))

    def _shapes_of(
        self, senders: Sequence[NativeTopic], values: Sequence[dict[str, Value]]
    ) -> list[PointShape]:
        """Return what the names of each reading mean; the first speaks for readings that all look alike."""
        if not values:
            return []
        kinds = {sender.ref[0] for sender in senders}
        names = tuple(values[0])
        if len(kinds) == 1 and set(map(len, values)) == {len(names)}:
            alike = list(chain.from_iterable(values)) == list(names) * len(values)
            if alike:
                return [self._shape((senders[0].ref[0], names))] * len(values)
        keys = [(sender.ref[0], tuple(item)) for sender, item in zip(senders, values, strict=True)]
        try:
            return list(map(self._shapes.__getitem__, keys))
        except KeyError:
            return list(map(self._shape, keys))

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
        rows.close_reading(place, rows.place_of(topic.ref, topic.area), None, message.received_ms, 1)

    # --- telemetry --------------------------------------------------------------------------------------------

    def _telemetry(
        self, rows: SampleRows, place: int, message: RawMessage, topic: NativeTopic, reading: Reading
    ) -> None:
        if reading.cmd is not UNSET:
            rows.reject(place, Reason.NOT_TELEMETRY, "a command or its echo")
        elif reading.batch is None:
            self._reading(rows, place, message, topic, reading)
        else:
            if not reading.batch:
                rows.reject(place, Reason.NOT_TELEMETRY, "an empty batch")
            self._parts(rows, place, message, topic, reading.batch, Salvage(rows, place))

    def _parts(
        self,
        rows: SampleRows,
        place: int,
        message: RawMessage,
        topic: NativeTopic,
        parts: Sequence[Reading | Raw],
        salvage: Salvage,
    ) -> None:
        """Take the parts of a batch, until so many of them were wrong that the others are not worth a look."""
        first_rejection, broken, bare = len(rows.rejections), 0, 0
        for number, part in enumerate(parts):
            if broken >= MAX_BROKEN_PARTS:
                rows.reject(
                    place, Reason.TOO_BIG, f"{len(parts) - number} more parts of a batch that has wrong ones"
                )
                break
            before = (rows.readings, salvage.saved)
            reading = salvage.reading_of(part)
            if reading is not None and reading.v and reading.batch is None and reading.cmd is UNSET:
                self._reading(rows, place, message, topic, reading)
            elif reading is not None:
                bare += 1
            broken += rows.readings == before[0] or salvage.saved > before[1]
        if bare:
            rows.reject(place, Reason.NOT_TELEMETRY, f"{bare} parts of the batch carry no readings")
        rows.fold(place, first_rejection + MAX_BROKEN_PARTS)

    def _reading(
        self, rows: SampleRows, place: int, message: RawMessage, topic: NativeTopic, reading: Reading
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
        measured_ms = None if time is None else self._time(rows, place, time)
        if measured_ms is None and time is not None:
            return
        first = len(rows.value)
        known = self._append(rows, place, topic.ref.measurement, values)
        if not known:
            return
        if None in values.values() or time is None or reading.q:
            self._mark(rows, place, first, topic.ref.measurement, reading)
        rows.close_reading(
            place,
            rows.place_of(topic.ref, topic.area),
            measured_ms,
            message.received_ms,
            known,
            number=reading.number,
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

    def _time(self, rows: SampleRows, place: int, time: float | str) -> int | None:
        """Return epoch milliseconds; None after a rejection."""
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
        self, rows: SampleRows, place: int, first: int, measurement: Measurement, reading: Reading
    ) -> None:
        """Set the quality of rows that are not plainly good."""
        names = [name for name in reading.v or () if (measurement, name) in POINT_INDEX]
        row_of = {name: first + offset for offset, name in enumerate(names)}
        if reading.t is None:
            rows.quality.update(dict.fromkeys(row_of.values(), int(Quality.UNCERTAIN_TIME)))
        wrong: list[str] = []
        for name, word in (reading.q or {}).items():
            code = QUALITY_OF_LABEL.get(word)
            if code is None:
                wrong.append(name)
            elif name in row_of and code != Quality.GOOD:
                rows.quality[row_of[name]] = int(code)
        if wrong:
            listed = ", ".join(f"{name[:40]}: {(reading.q or {})[name][:40]!r}" for name in wrong[:10])
            rows.reject(place, Reason.WRONG_TYPE, f"{len(wrong)} words of q are no quality: {listed}")
        for row in row_of.values():
            if rows.value[row] is None and rows.quality.get(row, 0) < Quality.BAD:
                rows.quality[row] = Quality.BAD

    # --- one by one -------------------------------------------------------------------------------------------

    def _one(self, rows: SampleRows, place: int, message: RawMessage, topic: NativeTopic) -> None:
        """Decode one payload alone, and save what is good of one with a wrong part."""
        salvage = Salvage(rows, place)
        found: Reading | list[Raw] | None
        try:
            found = read_one(message.payload)
        except UNREADABLE as error:
            found = salvage.parts_of(message.payload, error)
        if isinstance(found, list):
            self._parts(rows, place, message, topic, found, salvage)
        elif found is not None:
            self._telemetry(rows, place, message, topic, found)
