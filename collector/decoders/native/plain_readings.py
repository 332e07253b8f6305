"""Plain native readings as columns, many at a time: the mass of what comes, without a step for each row.

Plain is a reading with whole milliseconds as its time and known points only, without marks, without an id of its own
and without a batch. What does not live here: parsing, and the readings that need a second look
(`collector.decoders.native.decoder`).
"""

from collections.abc import Sequence
from itertools import chain, compress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from collector.messages.arrived_message import arrivals_of, messages_at, topics_of
from collector.messages.decoded import Decoded, numbers_of, untimed_of
from collector.messages.routes import NativeTopic
from heating.protocols import RawMessage
from heating.quality import Quality
from heating.samples import SampleBatch

__all__ = ["PlainReadings", "PointShape", "plain_decoded", "put_together"]


class PointShape(NamedTuple):
    """What a set of point names means for one measurement."""

    points: list[int]
    """Places of the known ones in `heating.points.POINTS`, in the order of the names."""
    columns: NDArray[np.int16]
    """(n,) the same as a column."""
    names: tuple[str, ...]
    """Names of the known ones."""
    unknown: str
    """The others as a text; empty when all are known."""


class PlainReadings(NamedTuple):
    """Readings side by side, one a message."""

    places: list[int]
    """Places of the messages in their batch, rising."""
    senders: list[NativeTopic]
    """What their topics name."""
    times_ms: list[int]
    """Measured times [epoch ms]."""
    values: list[dict[str, float | bool | None]]
    """Values by name, none empty."""
    shapes: list[PointShape]
    """What the names mean; no unknown ones."""
    numbers: list[int]
    """What the devices count by; -1: nothing."""

    def where(self, chosen: Sequence[bool]) -> "PlainReadings":
        """Return those marked True."""
        if all(chosen):
            return self
        return PlainReadings(
            list(compress(self.places, chosen)),
            list(compress(self.senders, chosen)),
            list(compress(self.times_ms, chosen)),
            list(compress(self.values, chosen)),
            list(compress(self.shapes, chosen)),
            list(compress(self.numbers, chosen)),
        )


def plain_decoded(readings: PlainReadings, messages: Sequence[RawMessage]) -> Decoded:
    """Return the rows of plain readings, at least one; null becomes NaN of bad quality."""
    whole = len(readings.places) == len(messages)
    chosen = messages if whole else messages_at(messages, readings.places)
    topics = topics_of(chosen)
    objects, index = readings.senders, np.arange(len(topics), dtype=np.int32)
    if len(set(topics)) < len(topics):
        objects = list(dict(zip(topics, readings.senders, strict=True)).values())
        number_of = {topic: number for number, topic in enumerate(dict.fromkeys(topics))}
        index = np.array([number_of[topic] for topic in topics], np.int32)
    counts, point = _points_of(readings.shapes)
    value = np.array(list(chain.from_iterable(map(dict.values, readings.values))), np.float64)
    samples = SampleBatch(
        objects=tuple([sender.ref for sender in objects]),
        object_index=np.repeat(index, counts),
        point=point,
        measured_ms=np.repeat(np.array(readings.times_ms, np.int64), counts),
        received_ms=np.repeat(np.array(arrivals_of(chosen), np.int64), counts),
        value=value,
        quality=np.where(np.isnan(value), np.uint8(Quality.BAD), np.uint8(Quality.GOOD)),
    )
    number = np.arange(len(topics), dtype=np.int32)
    place = number if whole else np.array(readings.places, np.int32)
    return Decoded(
        samples=samples,
        message=np.repeat(place, counts),
        reading=np.repeat(number, counts),
        areas=tuple([sender.area for sender in objects]),
        numbers=np.repeat(np.array(readings.numbers, np.int64), counts)
        if max(readings.numbers) >= 0
        else None,
    )


def _points_of(shapes: Sequence[PointShape]) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Return how many points each reading has, and the places of all of them."""
    first = shapes[0]
    if len(set(map(id, shapes))) == 1:
        return np.full(len(shapes), len(first.points), np.int64), np.tile(first.columns, len(shapes))
    counts = np.array([len(shape.points) for shape in shapes], np.int64)
    return counts, np.concatenate([shape.columns for shape in shapes])


def put_together(first: Decoded, second: Decoded) -> Decoded:
    """Return the rows of two decodings of one batch of messages, in the order of the messages.

    A message has rows in one of the two only. Objects may stand twice; validation merges them.
    """
    a, b = first.samples, second.samples
    message = np.concatenate([first.message, second.message])
    order: NDArray[np.intp] = np.argsort(message, kind="stable")
    after = np.int32(first.reading[-1] + 1 if len(first.reading) else 0)
    reading = np.concatenate([first.reading, second.reading + after])[order]
    untimed, numbers = untimed_of((first, second)), numbers_of((first, second))
    samples = SampleBatch(
        objects=a.objects + b.objects,
        object_index=np.concatenate([a.object_index, b.object_index + np.int32(len(a.objects))])[order],
        point=np.concatenate([a.point, b.point])[order],
        measured_ms=np.concatenate([a.measured_ms, b.measured_ms])[order],
        received_ms=np.concatenate([a.received_ms, b.received_ms])[order],
        value=np.concatenate([a.value, b.value])[order],
        quality=np.concatenate([a.quality, b.quality])[order],
    )
    return Decoded(
        samples=samples,
        message=message[order],
        reading=np.cumsum(np.diff(reading, prepend=reading[:1]) != 0, dtype=np.int32),
        areas=first.areas + second.areas,
        rejections=[*first.rejections, *second.rejections],
        notes=[*first.notes, *second.notes],
        extras=[*first.extras, *second.extras],
        untimed=None if untimed is None else untimed[order],
        numbers=None if numbers is None else numbers[order],
    )
