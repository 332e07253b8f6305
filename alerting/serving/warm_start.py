"""How the live state is filled from the store at a start: newest values first, then the rooms' last hours.

Bounded reads over all objects at once, so no query goes home by home. The first part is what a house needs to be of
use: the newest value of everything that spoke lately. The second part runs beside the house in slices of time, the
newest first, and may be stopped between two of them: the medians of the last 60 to 90 min from the last values of
slices as long as the sensors' interval, the sensors that were silent for longer, and the day behind the degree hours
from the roll-up of hours (or from last values of hours where there is no roll-up). Not here: what becomes of the
readings (`alerting.judging.windows`) and when a part is read (`runtime.assembling.warm_start`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import structlog
from numpy.typing import NDArray

from alerting.judging.live_state import LiveState
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import RollupName, TimeSeriesStore
from heating.samples import SampleBatch

__all__ = ["Stopped", "WarmWindows", "warm_newest", "warm_past", "warm_windows"]

_log = structlog.get_logger()

_ROOM_PAST = timedelta(hours=6)
"""How far back the newest value of a room sensor is looked for."""
_FIRST = timedelta(minutes=30)
"""How far back the first part looks at the most."""
_FIRST_AT_LEAST = timedelta(minutes=5)
_COVERED = 0.9
"""Share of the room sensors that report within the window of the first part, where `_FIRST` allows it."""
_MARGIN = 1.5
"""Windows are longer than the reporting interval by this factor: reports come late or get lost."""
_HOUR = timedelta(hours=1)
_DAY = timedelta(hours=23)
"""Whole hours behind the one that runs, so that the ring of 24 is full."""
_LATELY = (timedelta(minutes=60), timedelta(minutes=90))
"""Longest window of a median: for quick sensors, and at one reading an hour."""
_SLICES = (timedelta(minutes=5), timedelta(minutes=30))
"""Shortest and longest slice; closer readings than 5 min make no better median."""
_EMPTY_HOURS = 2
"""After so many hours without a reading of any room there is taken to be nothing before."""
_IDS_AT_ONCE = 2000
_HOUR_MS = 3_600_000

Accept = Callable[[SampleBatch], None]
Fill = Callable[[Sequence[str], NDArray[np.int64], NDArray[np.float64]], None]
"""Takes sensor ids, hours [h since the epoch] and means [°C] of one roll-up answer, row by row."""
Stopped = Callable[[], bool]
"""Whether to read no further slice."""


@dataclass(frozen=True, slots=True)
class WarmWindows:
    """How far back a start looks, by how often the room sensors report."""

    newest: Mapping[Measurement, timedelta]
    """For the first part, a measurement."""
    lately: timedelta
    """For the medians."""
    slice: timedelta
    """Of which one reading of each room is taken."""


def warm_windows(sensor_intervals_s: Sequence[float]) -> WarmWindows:
    """Return how far back to look.

    Rooms are many and their readings of half an hour are most of what a start reads: where sensors report every few
    minutes, a few minutes hold a reading of nearly each.

    Parameters
    ----------
    sensor_intervals_s : sequence of float
        Expected time between messages of each room sensor [s].
    """
    intervals_s = sensor_intervals_s or (3600.0,)
    quick, usual = (timedelta(seconds=float(s)) for s in np.quantile(intervals_s, (1 - _COVERED, _COVERED)))
    newest = dict.fromkeys(Measurement, _FIRST)
    newest[Measurement.ROOM] = _within(_MARGIN * usual, _FIRST_AT_LEAST, _FIRST)
    return WarmWindows(newest, _within(_MARGIN * usual, *_LATELY), _within(quick, *_SLICES))


def _within(length: timedelta, shortest: timedelta, longest: timedelta) -> timedelta:
    return min(max(length, shortest), longest)


def warm_newest(live: LiveState, store: TimeSeriesStore, *, now: datetime) -> int:
    """Fill the newest values from what was stored lately: the part a start waits for; returns the rows read.

    From here on `LiveState.past_is_missing` is set, until `warm_past` has read what medians and silence need.

    Raises
    ------
    heating.errors.HeatingError
        When the store cannot answer.
    """
    windows = warm_windows([sensor.interval_s for sensor in live.layout.site.sensors])
    rows = _read_newest(store, windows.newest, accept=live.accept, now=now)
    live.past_is_missing = bool(live.layout.ids[Measurement.ROOM])
    _log.info("alerting.newest_values_warmed", rows=rows)
    return rows


def warm_past(
    live: LiveState, store: TimeSeriesStore, *, now: datetime, stopped: Stopped = lambda: False
) -> int:
    """Fill the rooms' last hours while values come in: older ones change nothing newer; returns the rows read.

    Parameters
    ----------
    live : LiveState
        What is filled.
    store : TimeSeriesStore
        Read in slices.
    now : datetime
        End of the past; that of `warm_newest`.
    stopped : callable, optional
        Asked between two slices; true ends the reading and leaves `past_is_missing` set.

    Raises
    ------
    heating.errors.HeatingError
        When the store cannot answer.
    """
    windows = warm_windows([sensor.interval_s for sensor in live.layout.site.sensors])
    rooms = live.layout.ids[Measurement.ROOM]
    rows = _read_rooms_lately(store, windows, accept=live.accept_past, now=now, stopped=stopped)
    if not stopped() and live.anyone_unheard(Measurement.ROOM):
        rows += _read_silent_rooms(store, windows, accept=live.accept_past, now=now)
    # The medians are known from here on; the day behind the degree hours may follow, they wait for 18 covered hours.
    if not stopped():
        live.past_is_missing = False
    rows += _read_room_hours(
        store, rooms, fill=live.fill_hours, accept=live.accept_past, now=now, stopped=stopped
    )
    _log.info("alerting.past_warmed", rows=rows)
    return rows


def _read_newest(
    store: TimeSeriesStore, windows: Mapping[Measurement, timedelta], *, accept: Accept, now: datetime
) -> int:
    """Read the newest value of every point of every object inside the windows; returns how many rows came."""
    rows = 0
    for measurement, window in windows.items():
        batch = store.latest(measurement, Interval.last(window, now=now))
        accept(batch)
        rows += len(batch)
    return rows


def _read_room_hours(
    store: TimeSeriesStore,
    room_ids: Sequence[str],
    *,
    fill: Fill,
    accept: Accept,
    now: datetime,
    stopped: Stopped = lambda: False,
) -> int:
    """Read the 23 whole hours before the one that runs; returns how many rows came."""
    last = now.replace(minute=0, second=0, microsecond=0)
    rows = 0
    for begin in range(0, len(room_ids), _IDS_AT_ONCE):
        if stopped():
            return rows
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
    return _slices(store, Interval(last - _DAY, last), _HOUR, accept, stopped, empty=_EMPTY_HOURS)


def _read_rooms_lately(
    store: TimeSeriesStore,
    windows: WarmWindows,
    *,
    accept: Accept,
    now: datetime,
    stopped: Stopped = lambda: False,
) -> int:
    """Read one reading of each slice of the last while of every room; returns how many rows came."""
    return _slices(store, Interval(now - windows.lately, now), windows.slice, accept, stopped)


def _read_silent_rooms(store: TimeSeriesStore, windows: WarmWindows, *, accept: Accept, now: datetime) -> int:
    """Read the newest values of rooms from 6 h ago up to the last while; returns how many rows came."""
    batch = store.latest(Measurement.ROOM, Interval(now - _ROOM_PAST, now - windows.lately))
    accept(batch)
    return len(batch)


def _slices(
    store: TimeSeriesStore,
    whole: Interval,
    length: timedelta,
    accept: Accept,
    stopped: Stopped,
    *,
    empty: int | None = None,
) -> int:
    """Read slices, the newest first; `empty` ones in a row end it."""
    rows = nothing = 0
    for part in _newest_first(whole, length):
        if stopped() or nothing == empty:
            break
        batch = store.latest(Measurement.ROOM, part)
        accept(batch)
        rows += len(batch)
        nothing = 0 if len(batch) else nothing + 1
    return rows


def _newest_first(whole: Interval, length: timedelta) -> Iterator[Interval]:
    end = whole.end
    while whole.start < end:
        start = max(end - length, whole.start)
        yield Interval(start, end)
        end = start
