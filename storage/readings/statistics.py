"""Mean, minimum, maximum and count of readings in buckets of time: the arithmetic behind the roll-ups.

Pure array work. Which readings go in is the callers' business; only usable, finite values count. When buckets are
computed lives in `storage.readings.rollups`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from heating.intervals import Interval
from heating.points import POINTS, Measurement
from heating.protocols import RollupBatch, RollupName
from heating.quality import is_usable
from heating.samples import SampleBatch
from storage.readings.errors import StoreQueryError

__all__ = [
    "LONGEST_STATISTICS",
    "RollupStore",
    "Statistics",
    "bucket_statistics",
    "check_statistics_window",
    "merge_statistics",
    "of_group",
    "statistics_of_batch",
]

LONGEST_STATISTICS = timedelta(days=1)
"""Longest window of one statistics read over all objects of a measurement [d]: longer ones go piece by piece."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics of one point; all arrays ``(n,)``, one row an object and bucket, each pair once."""

    point: str
    object_ids: tuple[str, ...]
    bucket_ms: NDArray[np.int64]
    """Start of the bucket [epoch ms]."""
    mean: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    count: NDArray[np.int64]
    """Usable readings, at least 1."""

    def __len__(self) -> int:
        return len(self.count)

    def as_rollup(self, name: RollupName) -> RollupBatch:
        """Return the rows under the name of a roll-up."""
        return RollupBatch(
            name=name,
            object_ids=self.object_ids,
            point=self.point,
            bucket_ms=self.bucket_ms,
            mean=self.mean,
            minimum=self.minimum,
            maximum=self.maximum,
            count=self.count,
        )


class RollupStore(Protocol):
    """What the roll-ups need of a store; both adapters have it."""

    @property
    def has_lost_writes(self) -> bool:
        """Whether the store lost acknowledged writes before it was opened: roll-ups are computed again then."""
        ...

    def statistics(
        self, measurement: Measurement, points: Sequence[str], window: Interval, *, step: timedelta
    ) -> list[Statistics]:
        """Return statistics of raw readings in buckets of `step`, all objects of a measurement, by one scan.

        Points without readings are left out. At most `LONGEST_STATISTICS`.
        """
        ...

    def write_rollups(self, batches: Sequence[RollupBatch]) -> None:
        """Store rows of several roll-ups and points together, each replacing what was there."""
        ...


def check_statistics_window(window: Interval) -> None:
    """Refuse a statistics read that is too long.

    Raises
    ------
    StoreQueryError
        When the window is longer than `LONGEST_STATISTICS`.
    """
    if window.length > LONGEST_STATISTICS:
        raise StoreQueryError(f"statistics over all objects span at most {LONGEST_STATISTICS}, ask in pieces")


def bucket_statistics(
    point: str,
    object_ids: Sequence[str],
    index: NDArray[np.integer],
    bucket_ms: NDArray[np.int64],
    value: NDArray[np.float64],
) -> Statistics:
    """Return the statistics of single values of one point.

    Parameters
    ----------
    object_ids
        Names of the objects.
    index
        ``(n,)`` place of each value's object in `object_ids`.
    bucket_ms
        ``(n,)`` start of each value's bucket [epoch ms].
    value
        ``(n,)`` finite values.
    """
    order = np.lexsort((index, bucket_ms))
    objects, buckets, values = index[order], bucket_ms[order], value[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (objects[1:] != objects[:-1]) | (buckets[1:] != buckets[:-1])
    starts = np.flatnonzero(new)
    if not len(starts):
        empty = np.zeros(0)
        return Statistics(point, (), np.zeros(0, np.int64), empty, empty, empty, np.zeros(0, np.int64))
    count = np.diff(np.append(starts, len(order))).astype(np.int64)
    return Statistics(
        point=point,
        object_ids=tuple(object_ids[place] for place in objects[starts].tolist()),
        bucket_ms=buckets[starts].astype(np.int64),
        mean=np.add.reduceat(values, starts) / count,
        minimum=np.minimum.reduceat(values, starts),
        maximum=np.maximum.reduceat(values, starts),
        count=count,
    )


def merge_statistics(first: Statistics, second: Statistics) -> Statistics:
    """Return the statistics of both together; an object and bucket in both becomes one row.

    Raises
    ------
    ValueError
        When the points differ.
    """
    if first.point != second.point:
        raise ValueError(f"{first.point} and {second.point} do not merge")
    names = (*first.object_ids, *second.object_ids)
    places: dict[str, int] = {}
    index = np.array([places.setdefault(name, len(places)) for name in names], np.int64)
    pairs = [(first.bucket_ms, second.bucket_ms), (first.count, second.count), (first.mean, second.mean)]
    bucket_ms, count, mean = (np.concatenate(pair) for pair in pairs)
    minimum = np.concatenate((first.minimum, second.minimum))
    maximum = np.concatenate((first.maximum, second.maximum))
    order = np.lexsort((index, bucket_ms))
    new = np.ones(len(order), np.bool_)
    new[1:] = (index[order][1:] != index[order][:-1]) | (bucket_ms[order][1:] != bucket_ms[order][:-1])
    starts = np.flatnonzero(new)
    if not len(starts):
        return first
    ids = tuple(places)
    total = np.add.reduceat(count[order], starts)
    return Statistics(
        point=first.point,
        object_ids=tuple(ids[place] for place in index[order][starts].tolist()),
        bucket_ms=bucket_ms[order][starts],
        mean=np.add.reduceat((mean * count)[order], starts) / total,
        minimum=np.minimum.reduceat(minimum[order], starts),
        maximum=np.maximum.reduceat(maximum[order], starts),
        count=total,
    )


def statistics_of_batch(
    batch: SampleBatch, measurement: Measurement, points: Sequence[str], *, step: timedelta
) -> list[Statistics]:
    """Return the statistics of a batch's usable readings of one measurement, points without readings left out."""
    step_ms = step // timedelta(milliseconds=1)
    ids = [ref.object_id for ref in batch.objects]
    return [
        bucket_statistics(
            name,
            ids,
            batch.object_index[rows],
            batch.measured_ms[rows] - batch.measured_ms[rows] % step_ms,
            batch.value[rows],
        )
        for name, rows in _usable_rows(batch, measurement)
        if name in points
    ]


def _usable_rows(batch: SampleBatch, measurement: Measurement) -> Iterator[tuple[str, NDArray[np.intp]]]:
    usable = is_usable(batch.quality) & np.isfinite(batch.value)
    for place in np.unique(batch.point[usable]).tolist():
        if POINTS[place].measurement is measurement:
            yield POINTS[place].name, np.flatnonzero(usable & (batch.point == place))


def of_group(statistics: Statistics, group: Sequence[str]) -> Statistics:
    """Return the statistics of groups over the means of their members: each member counts once a bucket.

    Parameters
    ----------
    statistics
        Rows of members.
    group
        Name of the group of each row; empty: in none.
    """
    chosen = np.flatnonzero(np.array([bool(name) for name in group], np.bool_))
    places: dict[str, int] = {}
    index = np.array([places.setdefault(group[row], len(places)) for row in chosen.tolist()], np.int64)
    return bucket_statistics(
        statistics.point, tuple(places), index, statistics.bucket_ms[chosen], statistics.mean[chosen]
    )
