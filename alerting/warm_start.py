"""What the live state reads from the store at a start: newest values, and the rooms' readings of the last hours.

Bounded reads over all objects at once, oldest first, because the live state ignores what is older than it knows. The
rooms need more than their newest value: medians of the last 90 min from the last values of slices of five minutes,
the day behind degree hours from the roll-up of hours, or from last values of hours where there is no roll-up. No
query goes home by home. Not here: what is done with the readings (`alerting.live_state`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import RollupName, TimeSeriesStore
from heating.samples import SampleBatch

__all__ = ["WARM_WINDOWS", "read_newest", "read_room_hours", "read_rooms_lately"]

WARM_WINDOWS: Mapping[Measurement, timedelta] = {
    measurement: timedelta(hours=6) if measurement is Measurement.ROOM else timedelta(minutes=30)
    for measurement in Measurement
}
"""How far back the newest values are looked for, a measurement."""
_HOUR = timedelta(hours=1)
_DAY = timedelta(hours=23)
"""Whole hours behind the one that runs, so that the ring of 24 is full."""
_SLICE = timedelta(minutes=5)
_LATELY = timedelta(minutes=90)
"""Longest window of a median at one reading an hour."""
_IDS_AT_ONCE = 2000
_HOUR_MS = 3_600_000

Accept = Callable[[SampleBatch], None]
Fill = Callable[[Sequence[str], NDArray[np.int64], NDArray[np.float64]], None]
"""Takes sensor ids, hours [h since the epoch] and means [°C] of one roll-up answer, row by row."""


def read_room_hours(
    store: TimeSeriesStore, room_ids: Sequence[str], *, fill: Fill, accept: Accept, now: datetime
) -> int:
    """Read the 23 whole hours before the one that runs; returns how many rows came.

    Raises
    ------
    heating.errors.HeatingError
        When the store cannot answer.
    """
    last = now.replace(minute=0, second=0, microsecond=0)
    rows = 0
    for begin in range(0, len(room_ids), _IDS_AT_ONCE):
        ids = room_ids[begin : begin + _IDS_AT_ONCE]
        found = store.read_rollup(RollupName.ROOM_1H, "room_temp_c", ids, Interval(last - _DAY, last))
        counted = np.flatnonzero((found.count > 0) & np.isfinite(found.mean))
        fill(
            [found.object_ids[row] for row in counted.tolist()],
            found.bucket_ms[counted] // _HOUR_MS,
            found.mean[counted],
        )
        rows += len(counted)
    if rows or not room_ids:
        return rows
    return _slices(store, Interval(last - _DAY, now - _LATELY), _HOUR, accept)


def read_rooms_lately(store: TimeSeriesStore, *, accept: Accept, now: datetime) -> int:
    """Read about one reading in five minutes of every room of the last 90 min; returns how many rows came.

    Raises
    ------
    heating.errors.HeatingError
        When the store cannot answer.
    """
    return _slices(store, Interval(now - _LATELY, now), _SLICE, accept)


def read_newest(
    store: TimeSeriesStore, windows: Mapping[Measurement, timedelta], *, accept: Accept, now: datetime
) -> int:
    """Read the newest value of every point of every object inside the windows; returns how many rows came.

    Raises
    ------
    heating.errors.HeatingError
        When the store cannot answer.
    """
    rows = 0
    for measurement, window in windows.items():
        batch = store.latest(measurement, Interval.last(window, now=now))
        accept(batch)
        rows += len(batch)
    return rows


def _slices(store: TimeSeriesStore, whole: Interval, length: timedelta, accept: Accept) -> int:
    rows = 0
    for part in _parts(whole, length):
        batch = store.latest(Measurement.ROOM, part)
        accept(batch)
        rows += len(batch)
    return rows


def _parts(whole: Interval, length: timedelta) -> Iterator[Interval]:
    start = whole.start
    while start < whole.end:
        end = min(start + length, whole.end)
        yield Interval(start, end)
        start = end
