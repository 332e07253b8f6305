"""Judging decoded rows by registry, time and plausible range; all of it on columns.

Rules (reliability.md 4, 7, 8): an object that the registry does not know, or that speaks from a foreign area, makes
no series; a time too far ahead is quarantined, one too long ago refused; an absurd value is stored with quality
bad_range and leaves a rejection as well. Kept rows and rejections never contradict: each row that is not kept has a
rejection of its message.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from collector.messages.decoded import Decoded, NamedDevice, Reason, Rejection
from collector.messages.known_objects import KnownObjects
from heating.points import POINTS
from heating.quality import Quality
from heating.samples import SampleBatch

__all__ = ["TimeLimits", "merge_rejections", "validate"]

_MINIMUM: NDArray[np.float64] = np.array([point.minimum for point in POINTS], np.float64)
_MAXIMUM: NDArray[np.float64] = np.array([point.maximum for point in POINTS], np.float64)
_LISTED_VALUES = 5
"""Absurd values named in one rejection."""
_NAMED_DEVICES = 100
"""Unknown devices that one rejection keeps."""


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """How far the measured time may lie from the arrival."""

    future_ms: int = 300_000
    """Further ahead is quarantined [ms]."""
    late_ms: int = 7 * 86_400_000
    """Longer ago is refused [ms]."""


def validate(decoded: Decoded, *, known: KnownObjects, limits: TimeLimits) -> Decoded:
    """Return the rows that may be stored, and the rejections of the others added to those of the decoder.

    Parameters
    ----------
    decoded
        What a decoder made of a batch of messages.
    known
        Objects of the registry.
    limits
        Accepted distance between measured and arrival time.

    Returns
    -------
    Decoded
        Objects are distinct now; rejections are one for each message and reason.
    """
    rejections = list(decoded.rejections)
    samples = decoded.samples
    kept: NDArray[np.bool_] = np.ones(len(samples), np.bool_)
    if len(samples):
        kept &= _known_rows(decoded, known, rejections)
        kept &= _timely_rows(decoded, kept, limits, rejections)
    if not kept.all():
        decoded = decoded.where(kept)
    decoded = replace(decoded, samples=_mark_absurd(decoded, rejections))
    return replace(_with_distinct_objects(decoded), rejections=merge_rejections(rejections))


def merge_rejections(rejections: Sequence[Rejection]) -> list[Rejection]:
    """Return one rejection for each message and reason, details joined, in the order of the messages."""
    merged: dict[tuple[int, Reason], list[Rejection]] = {}
    for item in rejections:
        merged.setdefault((item.message, item.reason), []).append(item)
    in_order = sorted(merged.values(), key=lambda items: items[0].message)
    return [items[0] if len(items) == 1 else _merged(items) for items in in_order]


def _merged(items: Sequence[Rejection]) -> Rejection:
    """Return one rejection for several of one message and reason."""
    details = list(dict.fromkeys(item.detail for item in items))[:_LISTED_VALUES]
    devices = list(dict.fromkeys(device for item in items for device in item.devices))[:_NAMED_DEVICES]
    return replace(items[0], detail="; ".join(details), devices=tuple(devices))


def _known_rows(decoded: Decoded, known: KnownObjects, rejections: list[Rejection]) -> NDArray[np.bool_]:
    """Return which rows belong to objects that may make series."""
    refused: dict[int, Rejection] = {}
    objects, areas = decoded.samples.objects, decoded.areas
    owners = tuple(map(known.areas.get, objects))
    if owners == areas and None not in set(owners):
        return np.ones(len(decoded.samples), np.bool_)
    for place, (ref, area, own) in enumerate(zip(objects, areas, owners, strict=True)):
        if own is None:
            named = (NamedDevice("", ref.object_id),)
            detail = f"{ref.measurement.value} {ref.object_id}"
            refused[place] = Rejection(0, Reason.UNKNOWN_DEVICE, detail, named)
        elif area != own and area is not None and not known.accepts_area(ref, area):
            detail = f"{ref.object_id} belongs to {own}, not to {area}"
            refused[place] = Rejection(0, Reason.TOPIC_MISMATCH, detail)
    if not refused:
        return np.ones(len(decoded.samples), np.bool_)
    bad = np.isin(decoded.samples.object_index, np.fromiter(refused, np.int32, len(refused)))
    for row in np.flatnonzero(bad & _first_of_reading(decoded)):
        found = refused[int(decoded.samples.object_index[row])]
        rejections.append(replace(found, message=int(decoded.message[row])))
    return ~bad


def _first_of_reading(decoded: Decoded) -> NDArray[np.bool_]:
    """Return which rows open a reading."""
    return np.asarray(np.diff(decoded.reading, prepend=np.int32(-1)) != 0)


def _timely_rows(
    decoded: Decoded, kept: NDArray[np.bool_], limits: TimeLimits, rejections: list[Rejection]
) -> NDArray[np.bool_]:
    ahead_ms = decoded.samples.measured_ms - decoded.samples.received_ms
    future = ahead_ms > limits.future_ms
    late = ahead_ms < -limits.late_ms
    if not (future.any() or late.any()):
        return np.ones(len(ahead_ms), np.bool_)
    opening = _first_of_reading(decoded) & kept
    for reason, rows in ((Reason.FUTURE_TIME, future), (Reason.TOO_LATE, late)):
        for row in np.flatnonzero(rows & opening):
            measured_ms, distance_ms = int(decoded.samples.measured_ms[row]), int(ahead_ms[row])
            detail = (
                f"t={measured_ms} is {distance_ms // 1000:+d} s from its arrival{_seconds_hint(measured_ms)}"
            )
            rejections.append(Rejection(int(decoded.message[row]), reason, detail, ahead_ms=distance_ms))
    return ~(future | late)


def _seconds_hint(measured_ms: int) -> str:
    return " (seconds instead of milliseconds?)" if 10**9 <= measured_ms < 10**10 else ""


def _mark_absurd(decoded: Decoded, rejections: list[Rejection]) -> SampleBatch:
    """Give absurd values the quality bad_range; the value itself is kept for the record."""
    samples = decoded.samples
    below = samples.value < _MINIMUM[samples.point]
    above = samples.value > _MAXIMUM[samples.point]
    absurd = below | above
    if not absurd.any():
        return samples
    for row in np.flatnonzero(absurd):
        point = POINTS[samples.point[row]]
        detail = f"{point.name}={samples.value[row]:g}, plausible {point.minimum:g} to {point.maximum:g} {point.unit}"
        rejections.append(Rejection(int(decoded.message[row]), Reason.RANGE, detail))
    quality = samples.quality.copy()
    quality[absurd & (quality < Quality.BAD)] = Quality.BAD_RANGE
    return replace(samples, quality=quality)


def _with_distinct_objects(decoded: Decoded) -> Decoded:
    """Merge objects that came twice (with two claimed areas) and leave out those without rows."""
    samples = decoded.samples
    used = np.flatnonzero(np.bincount(samples.object_index, minlength=len(samples.objects)))
    if len(used) == len(samples.objects) and len(set(samples.objects)) == len(used):
        return decoded
    places: dict[object, int] = {}
    mapping = np.zeros(max(1, len(samples.objects)), np.int32)
    for place in used:
        mapping[place] = places.setdefault(samples.objects[place], len(places))
    chosen = tuple(dict.fromkeys(samples.objects[place] for place in used))
    index = mapping[samples.object_index] if len(samples) else samples.object_index
    return replace(
        decoded, samples=replace(samples, objects=chosen, object_index=index), areas=(None,) * len(chosen)
    )
