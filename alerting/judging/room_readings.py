"""Recent room temperatures of every sensor, and their running medians.

A ring of the last readings a sensor, as two arrays in the rows of the layout. Medians are kept and
computed again only where a reading came or one left the window. The same readings feed the hourly means
(`alerting.judging.room_hours`). Not here: which readings are usable (`alerting.judging.windows`).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from alerting.judging.by_object import ByObject, move_future
from alerting.judging.room_hours import RoomHours

__all__ = ["READINGS_KEPT", "RoomReadings"]

READINGS_KEPT = 12
"""Readings kept a sensor: an hour at one every five minutes."""
_SPACING_MS = 240_000
"""Readings closer than this to the last kept one are not kept [ms], so that chatty sensors keep an hour too."""
_HOUR_MS = 3_600_000
_NEVER = np.iinfo(np.int64).max


class _RunningMedian:
    def __init__(self, sensors: int) -> None:
        self.value: NDArray[np.float64] = np.full(sensors, np.nan)
        self.stale = np.ones(sensors, np.bool_)
        self.expires_ms = np.full(sensors, _NEVER, np.int64)


class RoomReadings(ByObject):
    """The rings.

    Parameters
    ----------
    sensors : int
        How many sensors.
    """

    ARRAYS = dict.fromkeys(("value", "time_ms", "_newest_ms", "_next"), 0)

    def __init__(self, sensors: int) -> None:
        self.value: NDArray[np.float64] = np.full((sensors, READINGS_KEPT), np.nan)
        self.time_ms: NDArray[np.int64] = np.zeros((sensors, READINGS_KEPT), np.int64)
        self._newest_ms: NDArray[np.int64] = np.zeros(sensors, np.int64)
        self._next = np.zeros(sensors, np.int64)
        self._medians: dict[int, _RunningMedian] = {}
        self.hours = RoomHours(sensors)
        """Hourly means of the last day."""

    def follow_clock(self, by_ms: int, *, now_ms: int) -> None:
        """Move readings that would lie in the future; every median is looked at again."""
        move_future(self.time_ms, by_ms, now_ms)
        move_future(self._newest_ms, by_ms, now_ms)
        for median in self._medians.values():
            median.stale[:] = True

    def add(self, sensor: NDArray[np.intp], time_ms: NDArray[np.int64], value: NDArray[np.float64]) -> None:
        """Add usable readings, sorted by sensor and time; those not later than the last kept one are ignored.

        Parameters
        ----------
        sensor, time_ms, value : ndarray
            Shape ``(n,)``: place of the sensor, measured time [epoch ms], temperature [°C].
        """
        for turn in _turns(sensor):
            rows = turn[time_ms[turn] >= self._newest_ms[sensor[turn]] + _SPACING_MS]
            who = sensor[rows]
            self.value[who, self._next[who]] = value[rows]
            self.time_ms[who, self._next[who]] = time_ms[rows]
            self._newest_ms[who] = time_ms[rows]
            self._next[who] = (self._next[who] + 1) % READINGS_KEPT
            self.hours.note(who, time_ms[rows], value[rows])
            for median in self._medians.values():
                median.stale[who] = True

    def fill(self, sensor: NDArray[np.intp], time_ms: NDArray[np.int64], value: NDArray[np.float64]) -> None:
        """Add usable readings of the past, sorted by sensor; what is kept stays, gaps before and between are filled.

        Parameters
        ----------
        sensor, time_ms, value : ndarray
            Shape ``(n,)``: place of the sensor, measured time [epoch ms], temperature [°C].
        """
        for turn in _turns(sensor):
            near_ms = np.abs(self.time_ms[sensor[turn]] - time_ms[turn, None]).min(axis=1)
            rows = turn[near_ms >= _SPACING_MS]
            who = sensor[rows]
            times = np.column_stack((self.time_ms[who], time_ms[rows]))
            values = np.column_stack((self.value[who], value[rows]))
            order = np.argsort(times, axis=1, kind="stable")[
                :, 1:
            ]  # one too many: the oldest, or an empty place
            self.time_ms[who] = np.take_along_axis(times, order, axis=1)
            self.value[who] = np.take_along_axis(values, order, axis=1)
            self._next[who] = 0
            self._newest_ms[who] = np.maximum(self._newest_ms[who], time_ms[rows])
            self._fill_hours(who, time_ms[rows], value[rows])
            for median in self._medians.values():
                median.stale[who] = True

    def _fill_hours(
        self, sensor: NDArray[np.intp], time_ms: NDArray[np.int64], value: NDArray[np.float64]
    ) -> None:
        """Count readings of the hour that runs into its mean; let those of past hours stand where nothing else is."""
        hour = time_ms // _HOUR_MS
        runs = hour >= self.hours.newest_hour[sensor]
        self.hours.note(sensor[runs], time_ms[runs], value[runs])
        self.hours.fill(sensor[~runs], hour[~runs], value[~runs])

    def median(self, name_ms: int, window_ms: NDArray[np.int64], *, now_ms: int) -> NDArray[np.float64]:
        """Return the median of the readings in the window before now, shape ``(n_sensors,)``; NaN without any.

        Parameters
        ----------
        name_ms : int
            Nominal window [ms]; names the running median, `window_ms` must be the same at every call.
        window_ms : ndarray
            Window of each sensor [ms].
        now_ms : int
            End of the window [epoch ms].
        """
        median = self._medians.setdefault(name_ms, _RunningMedian(len(self._next)))
        rows = np.flatnonzero(median.stale | (median.expires_ms <= now_ms))
        if len(rows):
            times = self.time_ms[rows]
            inside = (times > now_ms - window_ms[rows, None]) & (times > 0)
            median.value[rows] = _median_of(self.value[rows], inside)
            oldest = np.where(inside, times, _NEVER).min(axis=1)
            ends = np.where(oldest == _NEVER, _NEVER, np.minimum(oldest, _NEVER // 2) + window_ms[rows])
            median.expires_ms[rows] = ends
            median.stale[rows] = False
        return median.value

    def forget_before(self, since_ms: NDArray[np.int64]) -> None:
        """Forget what each sensor measured before a moment [epoch ms], shape ``(n_sensors,)``."""
        before = (self.time_ms > 0) & (self.time_ms < since_ms[:, None])
        self.value[before] = np.nan
        self.time_ms[before] = 0
        self._newest_ms[self._newest_ms < since_ms] = 0
        for median in self._medians.values():
            median.stale[before.any(axis=1)] = True
        self.hours.forget_before(since_ms)


def _turns(sensor: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Yield the rows of sorted sensors so that no turn names a sensor twice: the first of each, the second …"""
    if not len(sensor):
        return
    starts = np.flatnonzero(np.r_[True, sensor[1:] != sensor[:-1]])
    rank = np.arange(len(sensor)) - np.repeat(starts, np.diff(np.r_[starts, len(sensor)]))
    for place in range(int(rank.max()) + 1):
        yield np.flatnonzero(rank == place)


def _median_of(values: NDArray[np.float64], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    ordered = np.sort(np.where(inside, values, np.inf), axis=1)
    count = inside.sum(axis=1)
    row = np.arange(len(values))
    low = ordered[row, (count - 1) // 2]
    high = ordered[row, count // 2]
    known = count > 0
    result = np.full(len(values), np.nan)
    result[known] = (low[known] + high[known]) / 2
    return result
