"""Long windows of one object read from roll-ups: a few thousand rows instead of every reading.

Of each bucket two rows are made, the smallest value and the largest, at a quarter and three quarters of the bucket;
which came first is not known. What the roll-ups do not cover yet, or never did, comes from the readings themselves.
"""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from heating.intervals import Interval, from_epoch_ms
from heating.points import Measurement
from heating.protocols import RollupBatch, RollupName, SeriesColumns, TimeSeriesStore
from heating.samples import ObjectRef

__all__ = ["LONG_WINDOW", "RESOLUTIONS", "long_series", "rollup_for"]

LONG_WINDOW = timedelta(days=2)
"""Longer windows are read from roll-ups [d]."""
RESOLUTIONS = {RollupName.STATION_5M: "5m", RollupName.CIRCUIT_5M: "5m", RollupName.ROOM_1H: "1h"}
"""How the interface names what a trend was made of; readings themselves are ``raw``."""
_ROLLUPS = {
    Measurement.STATION: RollupName.STATION_5M,
    Measurement.CIRCUIT: RollupName.CIRCUIT_5M,
    Measurement.ROOM: RollupName.ROOM_1H,
}
_MOST_HOLES = 4
"""Stretches without roll-ups that are looked up among the readings; shorter ones beyond stay empty."""
_SHORTEST_HOLE_BUCKETS = 6
"""A stretch of fewer missing buckets inside the window is taken for a gap of the device."""


def rollup_for(measurement: Measurement, window: Interval) -> RollupName | None:
    """Return the roll-up that serves a window, None where the readings do."""
    return _ROLLUPS.get(measurement) if window.length > LONG_WINDOW else None


def long_series(
    store: TimeSeriesStore,
    name: RollupName,
    ref: ObjectRef,
    points: Sequence[str],
    window: Interval,
    *,
    max_points: int,
) -> tuple[list[SeriesColumns], int]:
    """Return pieces of a series in order of time, and how many buckets they rest on; 0: only readings were found.

    Parameters
    ----------
    name
        Roll-up that has the points of `ref`.
    max_points
        Rows wanted of the whole window; smallest and largest values are kept when pieces are thinned.
    """
    step_ms = name.step // timedelta(milliseconds=1)
    aligned = Interval(from_epoch_ms(window.start_ms - window.start_ms % step_ms), window.end)
    batches = {point: store.read_rollup(name, point, [ref.object_id], aligned) for point in points}
    filled = [batch.bucket_ms[batch.count > 0] for batch in batches.values()]
    buckets = np.unique(np.concatenate([np.zeros(0, np.int64), *filled]))
    pieces = [_rows_of(batches, buckets, step_ms, window)] if len(buckets) else []
    for hole in _holes(buckets, aligned, step_ms):
        start, end = max(hole.start, window.start), min(hole.end, window.end)
        if start < end:
            pieces.append(store.series(ref, points, Interval(start, end), max_points=max_points))
    return pieces, len(buckets)


def _rows_of(
    batches: dict[str, RollupBatch], buckets: NDArray[np.int64], step_ms: int, window: Interval
) -> SeriesColumns:
    """Return two rows a bucket, or one where nothing varied in it."""
    low = {point: np.full(len(buckets), np.nan) for point in batches}
    high = {point: np.full(len(buckets), np.nan) for point in batches}
    for point, batch in batches.items():
        counted = batch.count > 0
        rows = np.searchsorted(buckets, batch.bucket_ms[counted])
        low[point][rows], high[point][rows] = batch.minimum[counted], batch.maximum[counted]
    varied = np.zeros(len(buckets), np.bool_)
    for point in batches:
        varied |= low[point] < high[point]
    time_ms = np.concatenate([buckets + step_ms // 4, buckets[varied] + 3 * step_ms // 4])
    order = np.argsort(time_ms, kind="stable")
    inside = order[(time_ms[order] >= window.start_ms) & (time_ms[order] < window.end_ms)]
    values = {point: np.concatenate([low[point], high[point][varied]])[inside] for point in batches}
    quality = {point: np.zeros(len(inside), np.uint8) for point in batches}
    return SeriesColumns(time_ms=time_ms[inside], values=values, quality=quality)


def _holes(buckets: NDArray[np.int64], window: Interval, step_ms: int) -> list[Interval]:
    """Return the stretches without roll-ups: before the first, after the last, and the longest between."""
    if not len(buckets):
        return [window]
    edges = np.concatenate([[window.start_ms - step_ms], buckets, [window.end_ms]])
    missing = (np.diff(edges) - step_ms) // step_ms
    missing[-1] = max(int(missing[-1]), int(window.end_ms > int(buckets[-1]) + step_ms))
    outer = {0, len(missing) - 1}
    inner = [
        place for place in np.flatnonzero(missing >= _SHORTEST_HOLE_BUCKETS).tolist() if place not in outer
    ]
    inner = sorted(inner, key=lambda place: -int(missing[place]))[:_MOST_HOLES]
    chosen = sorted({place for place in outer if missing[place] > 0} | set(inner))
    ends = {place: int(edges[place + 1]) for place in chosen}
    return [
        Interval(from_epoch_ms(int(edges[place]) + step_ms), from_epoch_ms(ends[place])) for place in chosen
    ]
