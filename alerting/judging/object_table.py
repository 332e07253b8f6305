"""The newest value of every point of the objects of one measurement.

A value is kept only when it is usable and newer than the one before; a bad one is noted as heard and marks the point as
bad. Not here: what a value means for an alarm (`alerting.judging.signals`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alerting.judging.by_object import ByObject, move_future
from heating.points import POINTS, Measurement, points_of
from heating.quality import is_judgeable
from heating.samples import SampleBatch

__all__ = ["POINT_MEASUREMENT", "POINT_ROW", "ObjectTable"]

_STATUS = "gateway_online"
_REMEMBERED_TUPLES = 16
"""Tuples of ids whose places are remembered, a table: pages ask for the same few again and again."""


class ObjectTable(ByObject):
    """Newest values of the objects of one measurement; matrices have shape ``(n_points, n_objects)``."""

    ARRAYS = dict.fromkeys(("value", "measured_ms", "received_ms", "newest_ms", "quality"), 1) | {
        "heard_ms": 0
    }

    def __init__(self, measurement: Measurement, ids: Sequence[str]) -> None:
        self.measurement = measurement
        self.ids = tuple(ids)
        self.index = {object_id: place for place, object_id in enumerate(self.ids)}
        self.points = {point.name: row for row, point in enumerate(points_of(measurement))}
        shape = (len(self.points), len(self.ids))
        self.value: NDArray[np.float64] = np.full(shape, np.nan)
        """Newest usable value; NaN: never came."""
        self.measured_ms: NDArray[np.int64] = np.zeros(shape, np.int64)
        """Measured time of `value`; 0: never."""
        self.received_ms: NDArray[np.int64] = np.zeros(shape, np.int64)
        self.newest_ms: NDArray[np.int64] = np.zeros(shape, np.int64)
        """Measured time of the newest row, usable or not."""
        self.quality: NDArray[np.uint8] = np.zeros(shape, np.uint8)
        """Quality of the newest row."""
        self._asked: dict[int, tuple[tuple[str, ...], NDArray[np.intp]]] = {}
        self.heard_ms: NDArray[np.int64] = np.zeros(len(self.ids), np.int64)
        """Newest arrival of any telemetry of the object; its online status does not count. 0: never."""

    def places_of(self, object_ids: Sequence[str]) -> NDArray[np.intp]:
        """Return the place of each object, -1 for unknown ones; a tuple asked for again is answered from memory."""
        if not isinstance(object_ids, tuple):
            return np.array([self.index.get(object_id, -1) for object_id in object_ids], np.intp)
        kept = self._asked.get(id(object_ids))
        if kept is None or kept[0] is not object_ids:
            places = np.array([self.index.get(object_id, -1) for object_id in object_ids], np.intp)
            if len(self._asked) >= _REMEMBERED_TUPLES:
                self._asked.clear()
            kept = self._asked[id(object_ids)] = (object_ids, places)
        return kept[1]

    def forget_before(self, since_ms: NDArray[np.int64]) -> None:
        """Forget what was measured before a moment of each object [epoch ms], shape ``(n_objects,)``.

        That it was heard stays known.
        """
        before = self.measured_ms < since_ms
        self.value[before] = np.nan
        self.measured_ms[before] = self.received_ms[before] = 0
        before = self.newest_ms < since_ms
        self.newest_ms[before] = self.quality[before] = 0

    def follow_clock(self, by_ms: int, *, now_ms: int) -> None:
        """Move arrivals as a whole, measured times where they would lie in the future."""
        for arrivals_ms in (self.heard_ms, self.received_ms):
            arrivals_ms[arrivals_ms > 0] += by_ms
        move_future(self.measured_ms, by_ms, now_ms)
        move_future(self.newest_ms, by_ms, now_ms)

    def current(self, point: str, *, oldest_ms: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a point of each object, NaN where its newest value is bad or was measured before `oldest_ms`."""
        row = self.points[point]
        doubted = ~is_judgeable(self.quality[row]) & (self.newest_ms[row] > self.measured_ms[row])
        known = (self.measured_ms[row] > 0) & (self.measured_ms[row] >= oldest_ms) & ~doubted
        return np.where(known, self.value[row], np.nan)

    def all_current(self, *, oldest_ms: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return every point of each object, as `current` does, shape ``(n_points, n_objects)``."""
        doubted = ~is_judgeable(self.quality) & (self.newest_ms > self.measured_ms)
        known = (self.measured_ms > 0) & (self.measured_ms >= oldest_ms) & ~doubted
        return np.where(known, self.value, np.nan)

    def hear(self, batch: SampleBatch, rows: NDArray[np.intp], place: NDArray[np.intp]) -> None:
        """Note that objects spoke; `place` is the object of each row, shape ``(len(rows),)``."""
        speaks = POINT_ROW[batch.point[rows]] != self.points[_STATUS]
        np.maximum.at(self.heard_ms, place[speaks], batch.received_ms[rows[speaks]])

    def apply(self, batch: SampleBatch, rows: NDArray[np.intp], place: NDArray[np.intp]) -> None:
        """Take rows of a batch; `place` is the object of each row, shape ``(len(rows),)``."""
        point_row = POINT_ROW[batch.point[rows]]
        key = point_row.astype(np.int64) * max(1, len(self.ids)) + place
        order = np.lexsort((batch.measured_ms[rows], key))
        rows, key = rows[order], key[order]
        usable = np.flatnonzero(is_judgeable(batch.quality[rows]) & np.isfinite(batch.value[rows]))
        self._newest(batch, rows, key)
        self._values(batch, rows[usable], key[usable])

    def _newest(self, batch: SampleBatch, rows: NDArray[np.intp], key: NDArray[np.int64]) -> None:
        rows, key = _last_of_each(rows, key)
        fresh = batch.measured_ms[rows] > self.newest_ms.reshape(-1)[key]
        self.newest_ms.reshape(-1)[key[fresh]] = batch.measured_ms[rows[fresh]]
        self.quality.reshape(-1)[key[fresh]] = batch.quality[rows[fresh]]

    def _values(self, batch: SampleBatch, rows: NDArray[np.intp], key: NDArray[np.int64]) -> None:
        rows, key = _last_of_each(rows, key)
        fresh = batch.measured_ms[rows] > self.measured_ms.reshape(-1)[key]
        rows, key = rows[fresh], key[fresh]
        self.value.reshape(-1)[key] = batch.value[rows]
        self.measured_ms.reshape(-1)[key] = batch.measured_ms[rows]
        self.received_ms.reshape(-1)[key] = batch.received_ms[rows]


def _last_of_each(
    rows: NDArray[np.intp], key: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    last = np.r_[key[1:] != key[:-1], True] if len(key) else np.zeros(0, np.bool_)
    return rows[last], key[last]


def _point_rows() -> NDArray[np.int16]:
    place = {point: row for m in Measurement for row, point in enumerate(points_of(m))}
    return np.array([place[point] for point in POINTS], np.int16)


POINT_ROW = _point_rows()
"""Row of each point of `POINTS` in the table of its measurement."""
POINT_MEASUREMENT = np.array([list(Measurement).index(point.measurement) for point in POINTS], np.int8)
"""Place of each point's measurement in `Measurement`."""
