"""Hourly mean room temperatures of the last 24 h of every sensor, and the cold degree hours that follow from them.

A ring of 24 means a sensor (float32, 96 B), in the rows of the layout. Sums over whole hours are kept
and computed again once an hour, and where a reading or a roll-up changed a past hour. Not here: which readings count
(`alerting.judging.room_readings`) and when a sum is current (`alerting.judging.signals.rooms`).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerting.judging.by_object import ByObject

__all__ = ["HOURS_KEPT", "DegreeHours", "RoomHours"]

HOURS_KEPT = 24
"""Hours of the ring: the window of the cold degree hours [h]."""
_HOUR_MS = 3_600_000
_NIGHT_FROM, _NIGHT_TO = 23, 6
"""Local hours of the night: people are in bed, a cold room counts less."""
_NIGHT_WEIGHT = 0.7
"""Weight of a night hour (rules.yaml HB-01)."""


class RoomHours(ByObject):
    """The ring.

    Parameters
    ----------
    sensors : int
        How many sensors.
    """

    ARRAYS: ClassVar[Mapping[str, int]] = {"mean_c": 1, "newest_hour": 0, "_count": 0}

    def __init__(self, sensors: int) -> None:
        self.mean_c: NDArray[np.float32] = np.full((HOURS_KEPT, sensors), np.nan, np.float32)
        """Mean of each hour [°C], at the place ``hour % 24``; NaN: no good reading in it."""
        self.newest_hour: NDArray[np.int32] = np.zeros(sensors, np.int32)
        """Hour of the newest reading [h since the epoch]; the ring holds it and the 23 before it."""
        self._count: NDArray[np.uint16] = np.zeros(sensors, np.uint16)
        self.touched: NDArray[np.bool_] = np.ones(sensors, np.bool_)
        """Sensors whose past hours changed since the last look."""

    def follow_clock(self, by_ms: int, *, now_ms: int) -> None:
        """Turn the rings of sensors whose newest hour would lie in the future back by whole hours."""
        ahead = self.newest_hour > now_ms // _HOUR_MS
        hours = round(min(by_ms, 0) / _HOUR_MS)
        self.mean_c[:, ahead] = np.roll(self.mean_c[:, ahead], hours, axis=0)
        self.newest_hour[ahead] += hours
        self.touched[:] = True

    def note(
        self, sensor: NDArray[np.intp], time_ms: NDArray[np.int64], value_c: NDArray[np.float64]
    ) -> None:
        """Add one good reading of each of some different sensors; those of hours before the newest are left out."""
        hour = (time_ms // _HOUR_MS).astype(np.int32)
        timely = hour >= self.newest_hour[sensor]
        sensor, hour, value_c = sensor[timely], hour[timely], value_c[timely]
        self._turn_to(sensor, hour)
        count = self._count[sensor] + 1
        slot = hour % HOURS_KEPT
        before = np.where(count == 1, 0.0, self.mean_c[slot, sensor])
        self.mean_c[slot, sensor] = before + (value_c - before) / count
        self._count[sensor] = count
        self.touched[sensor] = True

    def _turn_to(self, sensor: NDArray[np.intp], hour: NDArray[np.int32]) -> None:
        ahead = np.minimum(hour - self.newest_hour[sensor], HOURS_KEPT)
        for step in range(int(ahead.max(initial=0))):
            passed = ahead > step
            self.mean_c[(hour[passed] - step) % HOURS_KEPT, sensor[passed]] = np.nan
        self._count[sensor[ahead > 0]] = 0
        self.newest_hour[sensor] = np.maximum(hour, self.newest_hour[sensor])

    def fill(
        self,
        sensor: NDArray[np.intp],
        hour: NDArray[np.int64],
        mean_c: NDArray[np.float64],
        *,
        whole: bool = False,
    ) -> None:
        """Fill hours that have no reading yet, in any order; older ones than the ring are left out.

        With `whole` the means are those of whole hours: they take the place of what single readings said of past ones.
        """
        newest = np.zeros(len(self.newest_hour), np.int32)
        np.maximum.at(newest, sensor, hour.astype(np.int32))
        newer = np.flatnonzero(newest > self.newest_hour)
        self._turn_to(newer, newest[newer])
        age = self.newest_hour[sensor] - hour
        slot = hour % HOURS_KEPT
        fits = (age >= 0) & (age < HOURS_KEPT) & (np.isnan(self.mean_c[slot, sensor]) | (whole & (age > 0)))
        self.mean_c[slot[fits], sensor[fits]] = mean_c[fits]
        alone = sensor[fits & (age == 0)]
        self._count[alone] = np.maximum(self._count[alone], 1)
        self.touched[sensor[fits]] = True

    def forget_before(self, since_ms: NDArray[np.int64]) -> None:
        """Forget the hours of each sensor that began before a moment [epoch ms], shape ``(n_sensors,)``."""
        first = -(-since_ms // _HOUR_MS)
        slots = np.arange(HOURS_KEPT)[:, None]
        hour = self.newest_hour - (self.newest_hour - slots) % HOURS_KEPT
        before = (hour < first) & ~np.isnan(self.mean_c)
        self.mean_c[before] = np.nan
        changed = before.any(axis=0)
        self._count[changed & (self.newest_hour < first)] = 0
        self.touched |= changed

    def of_hour(self, hour: int, sensors: NDArray[np.intp] | None = None) -> NDArray[np.float32]:
        """Return the means of one hour [°C], of some sensors or of all; NaN where the ring has none."""
        chosen = slice(None) if sensors is None else sensors
        newest = self.newest_hour[chosen]
        kept = (newest >= hour) & (newest < hour + HOURS_KEPT)
        return np.where(kept, self.mean_c[hour % HOURS_KEPT, chosen], np.float32(np.nan))


class DegreeHours:
    """Cold degree hours of the last 24 h: Σ weight · max(0, limit - hourly mean) · 1 h, up to `now`.

    Parameters
    ----------
    hours : RoomHours
        The ring; one `DegreeHours` looks at it.
    limit_c : ndarray
        Indoor standard of each sensor's home [°C], shape ``(n_sensors,)``.
    zone : ZoneInfo
        Site time, for the nights.
    """

    def __init__(self, hours: RoomHours, *, limit_c: NDArray[np.float64], zone: ZoneInfo) -> None:
        self._hours, self._zone = hours, zone
        self._limit_c = limit_c.astype(np.float32)
        self._past_kh: NDArray[np.float32] = np.zeros(len(limit_c), np.float32)
        self._past_covered: NDArray[np.float32] = np.zeros(len(limit_c), np.float32)
        self._hour = -1

    def at(self, now_ms: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return cold degree hours [K·h] and covered hours [h], each of shape ``(n_sensors,)``; without NaN.

        The sum runs over the hours that have good readings, so with gaps the true sum is at least this. The hour that
        runs counts as far as it has come.
        """
        hour, passed = now_ms // _HOUR_MS, (now_ms % _HOUR_MS) / _HOUR_MS
        rows = None if hour != self._hour else np.flatnonzero(self._hours.touched)
        if rows is None or len(rows):
            self._sum_past(hour, rows)
            self._hours.touched[:] = False
        self._hour = hour
        deficit_k, known = self._deficit(hour, None)
        total_kh = self._past_kh + deficit_k * np.float32(passed * self._weight(hour))
        covered = self._past_covered + known * np.float32(passed)
        return total_kh.astype(np.float64), covered.astype(np.float64)

    def _sum_past(self, hour: int, rows: NDArray[np.intp] | None) -> None:
        chosen = slice(None) if rows is None else rows
        size = len(self._limit_c) if rows is None else len(rows)
        total_kh, covered = np.zeros(size, np.float32), np.zeros(size, np.float32)
        for past in range(hour - HOURS_KEPT + 1, hour):
            deficit_k, known = self._deficit(past, rows)
            total_kh += deficit_k * np.float32(self._weight(past))
            covered += known
        self._past_kh[chosen], self._past_covered[chosen] = total_kh, covered

    def _deficit(
        self, hour: int, rows: NDArray[np.intp] | None
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        mean_c = self._hours.of_hour(hour, rows)
        limit_c = self._limit_c if rows is None else self._limit_c[rows]
        known = ~np.isnan(mean_c)
        return np.where(known, np.maximum(limit_c - mean_c, 0), np.float32(0)), known

    def _weight(self, hour: int) -> float:
        local = datetime.fromtimestamp(hour * 3600, UTC).astimezone(self._zone).hour
        return _NIGHT_WEIGHT if local >= _NIGHT_FROM or local < _NIGHT_TO else 1.0
