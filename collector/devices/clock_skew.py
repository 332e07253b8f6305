"""`ClockSkewWatch`: how far the clock of each device is off, as the median of received minus measured.

Positive: the clock is behind, or the messages are slow; negative: it is ahead. Readings without a time of their own
say nothing. Readings quarantined for their time count too: a device that sends local time as UTC is found this way.
A backlog shows as skew until as many fresh readings came. What does not live here: the judgement of times
(`collector.messages.validation`).
"""

import threading
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from collector.messages.decoded import Rejection
from collector.messages.routes import split_native_topic
from heating.protocols import RawMessage
from heating.samples import ObjectRef, SampleBatch
from storage.records.device_values import DeviceClock

__all__ = ["ClockSkewWatch"]

READINGS = 15
"""Readings behind an estimate; the newest ones."""
LEAST_READINGS = 3
"""With fewer there is no estimate."""
MAX_DEVICES = 1_000_000


class ClockSkewWatch:
    """A ring of differences a device. A `heating.protocols.BatchSink`."""

    def __init__(self) -> None:
        self._places: dict[ObjectRef, int] = {}
        self._rings: NDArray[np.float64] = np.full((64, READINGS), np.nan)
        self._counts: NDArray[np.int64] = np.zeros(64, np.int64)
        self._changed: set[int] = set()
        self._lock = threading.Lock()

    def accept(self, batch: SampleBatch) -> None:
        """Take the newest reading of each object of a batch."""
        timed = batch.measured_ms != batch.received_ms
        if not timed.any():
            return
        rows = np.flatnonzero(timed)
        order = rows[np.lexsort((batch.measured_ms[rows], batch.object_index[rows]))]
        last = order[np.flatnonzero(np.diff(batch.object_index[order], append=-1))]
        skew = (batch.received_ms[last] - batch.measured_ms[last]).astype(np.float64)
        with self._lock:
            places = [self._place(batch.objects[index]) for index in batch.object_index[last].tolist()]
            self._write(np.array(places, np.intp), skew)

    def note_quarantined(self, messages: Sequence[RawMessage], rejections: Sequence[Rejection]) -> None:
        """Count readings that were refused for their time; native topics only."""
        for item in rejections:
            topic = None if item.ahead_ms is None else split_native_topic(messages[item.message].topic)
            if topic is not None:
                with self._lock:
                    place = self._place(topic.ref)
                    self._write(np.array([place]), np.array([-float(item.ahead_ms or 0)]))

    def _place(self, ref: ObjectRef) -> int:
        place = self._places.get(ref)
        if place is None:
            if len(self._places) >= MAX_DEVICES:
                return -1
            place = self._places[ref] = len(self._places)
            if place >= len(self._counts):
                self._rings = np.concatenate([self._rings, np.full_like(self._rings, np.nan)])
                self._counts = np.concatenate([self._counts, np.zeros_like(self._counts)])
        return place

    def _write(self, places: NDArray[np.intp], skew_ms: NDArray[np.float64]) -> None:
        kept = places >= 0
        places = places[kept]
        self._rings[places, self._counts[places] % READINGS] = skew_ms[kept]
        self._counts[places] += 1
        self._changed.update(places.tolist())

    def estimates(self, *, now: datetime) -> list[DeviceClock]:
        """Return the estimates that changed since the last call."""
        with self._lock:
            changed = sorted(place for place in self._changed if self._counts[place] >= LEAST_READINGS)
            self._changed.clear()
            if not changed:
                return []
            medians = np.nanmedian(self._rings[changed], axis=1)
            counts = np.minimum(self._counts[changed], READINGS)
            names = list(self._places)
        return [
            DeviceClock(ref=names[place], skew_ms=round(median), readings=count, updated_at=now)
            for place, median, count in zip(changed, medians.tolist(), counts.tolist(), strict=True)
        ]
