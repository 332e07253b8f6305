"""Weather from a table: recorded hours or a typical year, interpolated and repeated for ever.

What lives here: the table and reading it at a moment. What does not: formats of files
(`simulators.weather.weather_files`).

A typical year (EPW, TRY) belongs to no year: its hours are found by month, day and hour in the file's own zone, on a
year of 365 days; 29 February repeats the 28th. Hours with a date (CSV) are taken as they are while they last; outside
them, a table of a year or more repeats by seasons, a shorter one by whole days.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from simulators.random_streams import RandomStreams
from simulators.weather.weather_series import ColdSnap, ColdSnaps, SmoothNoise, forecast_error_k

__all__ = ["YEAR_S", "RecordedWeather", "WeatherTable"]

_DAY_S = 86400.0
YEAR_S = 365 * _DAY_S
"""Length of a typical year [s]."""
_MEAN_YEAR_S = 365.2425 * _DAY_S
_ENOUGH_FOR_A_YEAR_S = 360 * _DAY_S
_FIRST_OF_MARCH = 60
"""Day of a leap year, from 1."""


@dataclass(frozen=True, slots=True)
class WeatherTable:
    """Values at rising moments, shape ``(n,)``, n at least 2."""

    at_s: NDArray[np.float64]
    """Epoch seconds, or seconds since the start of a typical year in its zone [s]."""
    outdoor_temp_c: NDArray[np.float64]
    wind_speed_m_per_s: NDArray[np.float64]
    radiation_w_per_m2: NDArray[np.float64]
    radiation_late_s: float = 0.0
    """How far the moment of a value lies behind the middle of the time over which radiation is the mean [s]."""
    typical_year_zone_s: float | None = None
    """Zone of a typical year against UTC [s]; None for epoch seconds."""


class RecordedWeather:
    """A table as `simulators.weather.weather_series.WeatherSeries`.

    Parameters
    ----------
    table : WeatherTable
        The values.
    random : RandomStreams
        Streams ``weather.forecast*``: recorded weather has no recorded forecasts.
    day_of_year : int or None
        This day at all times, 1 to 366; None follows the calendar.
    shift_k : float
        Added to every temperature [K].
    cold_snaps : tuple of ColdSnap
        On top of everything else.
    """

    def __init__(
        self,
        table: WeatherTable,
        *,
        random: RandomStreams,
        day_of_year: int | None = None,
        shift_k: float = 0.0,
        cold_snaps: tuple[ColdSnap, ...] = (),
    ) -> None:
        self._noise = SmoothNoise(random)
        self._day_of_year, self._shift_k = day_of_year, shift_k
        self._snaps = ColdSnaps(cold_snaps)
        self._table = table
        self._start_s = float(table.at_s[0])
        step_s = float(np.median(np.diff(table.at_s)))
        span_s = float(table.at_s[-1]) - self._start_s + step_s
        self._last_s = float(table.at_s[-1])
        self._of_a_year = span_s >= _ENOUGH_FOR_A_YEAR_S
        self._period_s = YEAR_S if self._of_a_year else max(1, round(span_s / _DAY_S)) * _DAY_S
        self._at_s: list[float] = table.at_s.tolist()

    def outdoor_temp_c(self, t_s: float) -> float:
        """Return the outdoor temperature [°C] at a moment [epoch s]."""
        value = self._value(self._table.outdoor_temp_c, self._position(t_s))
        return value - self._snaps.drop_k(t_s) + self._shift_k

    def wind_speed_m_per_s(self, t_s: float) -> float:
        """Return the wind speed [m/s]."""
        return self._value(self._table.wind_speed_m_per_s, self._position(t_s))

    def radiation_w_per_m2(self, t_s: float) -> float:
        """Return the global solar radiation on the ground [W/m²]."""
        moment = self._position(t_s + self._table.radiation_late_s)
        return self._value(self._table.radiation_w_per_m2, moment)

    def forecast_temp_c(self, t_s: float, ahead_h: int) -> float:
        """Return what a forecast made at `t_s` says about `ahead_h` hours later [°C]; worse further ahead."""
        return self.outdoor_temp_c(t_s + ahead_h * 3600) + forecast_error_k(self._noise, t_s, ahead_h)

    def _position(self, t_s: float) -> float:
        """Return the moment in the table that stands for a moment of the simulation."""
        zone_s = self._table.typical_year_zone_s
        if zone_s is not None:
            moment = _second_of_year(t_s + zone_s, self._day_of_year)
        elif self._day_of_year is not None:
            first = datetime.fromtimestamp(self._start_s, UTC).replace(month=1, day=1)
            january_s = first.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
            moment = january_s + (self._day_of_year - 1) * _DAY_S + t_s % _DAY_S
        else:
            moment = t_s
        if self._start_s <= moment <= self._last_s:
            return moment
        since_s = moment - self._start_s
        if not self._of_a_year or zone_s is not None:
            return self._start_s + since_s % self._period_s
        years = since_s // _MEAN_YEAR_S
        since_s -= round(years * _MEAN_YEAR_S / _DAY_S) * _DAY_S  # whole days keep day and night apart
        return self._start_s + (since_s if since_s >= 0 else since_s + _DAY_S)

    def _value(self, column: NDArray[np.float64], moment: float) -> float:
        after = bisect_right(self._at_s, moment)
        if after < len(self._at_s):
            next_s, following = self._at_s[after], float(column[after])
        else:  # between the last value and the first one of the repetition
            next_s, following = max(self._start_s + self._period_s, moment + 1e-6), float(column[0])
        before_s, value = self._at_s[after - 1], float(column[after - 1])
        return value + (following - value) * (moment - before_s) / (next_s - before_s)


def _second_of_year(local_s: float, day_of_year: int | None) -> float:
    """Return seconds since 1 January on a calendar of 365 days."""
    local = datetime.fromtimestamp(0, UTC) + timedelta(seconds=local_s)
    day = local.timetuple().tm_yday
    leap = (local.year % 4 == 0 and local.year % 100 != 0) or local.year % 400 == 0
    if leap and day >= _FIRST_OF_MARCH:
        day -= 1
    return (min(day_of_year or day, 365) - 1) * _DAY_S + local_s % _DAY_S
