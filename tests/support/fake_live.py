"""A `LatestValues` and a `TimeSeriesStore` for reading, filled by hand: for tests of what people see."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import LatestValue, RollupBatch, RollupName, SeriesColumns
from heating.samples import ObjectRef

__all__ = ["FakeLive", "FakeSeries"]


class FakeLive:
    """Newest values as told by `put`."""

    def __init__(self) -> None:
        self._values: dict[ObjectRef, dict[str, LatestValue]] = {}

    def put(
        self,
        measurement: Measurement,
        object_id: str,
        at_ms: int,
        *,
        quality: int = 0,
        **points: float,
    ) -> None:
        """Note points of an object as measured and received at `at_ms` [epoch ms]."""
        of_object = self._values.setdefault(ObjectRef(measurement, object_id), {})
        for name, value in points.items():
            of_object[name] = LatestValue(float(value), quality, at_ms, at_ms)

    def of_object(self, ref: ObjectRef) -> Mapping[str, LatestValue]:
        """Return what was put for an object."""
        return self._values.get(ref, {})

    def column(
        self, measurement: Measurement, point: str, object_ids: Sequence[str]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.uint8]]:
        """Return one point of many objects; NaN, 0 and 0 where nothing was put."""
        found = [self._values.get(ObjectRef(measurement, name), {}).get(point) for name in object_ids]
        return (
            np.array([np.nan if latest is None else latest.value for latest in found], np.float64),
            np.array([0 if latest is None else latest.measured_ms for latest in found], np.int64),
            np.array([0 if latest is None else latest.quality for latest in found], np.uint8),
        )


class FakeSeries:
    """History as told by `put`; the reading half of a `TimeSeriesStore`."""

    def __init__(self) -> None:
        self._rows: dict[tuple[ObjectRef, str], list[tuple[int, float, int]]] = {}
        self.asked: list[tuple[ObjectRef, tuple[str, ...], Interval]] = []
        """Every question, for tests that count."""

    def put(
        self, measurement: Measurement, object_id: str, point: str, rows: Sequence[tuple[int, float]]
    ) -> None:
        """Add rows of time [epoch ms] and value."""
        held = self._rows.setdefault((ObjectRef(measurement, object_id), point), [])
        held.extend((time_ms, value, 0) for time_ms, value in rows)
        held.sort()

    def series(
        self,
        ref: ObjectRef,
        points: Sequence[str],
        window: Interval,
        *,
        max_points: int | None = None,
    ) -> SeriesColumns:
        """Return the rows inside a window; thinned by taking the first `max_points`."""
        self.asked.append((ref, tuple(points), window))
        held = {
            name: [
                row for row in self._rows.get((ref, name), []) if window.start_ms <= row[0] < window.end_ms
            ]
            for name in points
        }
        times = sorted({row[0] for rows in held.values() for row in rows})[:max_points]
        place = {time_ms: i for i, time_ms in enumerate(times)}
        values = {name: np.full(len(times), np.nan) for name in points}
        quality = {name: np.zeros(len(times), np.uint8) for name in points}
        for name, rows in held.items():
            for time_ms, value, code in rows:
                if time_ms in place:
                    values[name][place[time_ms]] = value
                    quality[name][place[time_ms]] = code
        return SeriesColumns(np.array(times, np.int64), values, quality)

    def read_rollup(
        self, name: RollupName, point: str, object_ids: Sequence[str], window: Interval
    ) -> RollupBatch:
        """Return no row: nothing writes roll-ups here."""
        empty = np.zeros(0)
        return RollupBatch(name, (), point, np.zeros(0, np.int64), empty, empty, empty, np.zeros(0, np.int64))
