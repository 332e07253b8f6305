"""Synthetic winter of Xilinhot: outdoor temperature, wind and sun as functions of time.

What lives here: climate figures and how they vary. What does not: what the weather does to homes. Every value is a
pure function of seed and time, so that a forecast can look ahead and any moment can be asked for in any order.

Climate: annual mean 2.8 °C, January about -19 °C, design -25.2 °C (domain.md); latitude 43.93°, longitude 116.09°.
"""

import math

from simulators.random_streams import RandomStreams
from simulators.weather.weather_series import ColdSnap, ColdSnaps, SmoothNoise, forecast_error_k

__all__ = ["ColdSnap", "Weather"]

_MEAN_C = 1.0
_SEASON_SWING_C = 20.0
"""Half the difference between January and July means [K]."""
_COLDEST_DAY = 15
_DAY_SWING_C = 4.5
"""Half the difference between night and afternoon on a clear winter day [K]."""
_FRONT_S = 60 * 3600
"""Time between the knots of the weather of fronts [s]."""
_FRONT_C = 3.2
_LATITUDE = math.radians(43.93)
_SOLAR_OFFSET_S = 116.09 / 360 * 86400
_CLEAR_SKY_W_PER_M2 = 900.0


class Weather:
    """The weather of one site.

    Parameters
    ----------
    random : RandomStreams
        Stream ``weather``.
    day_of_year : int or None
        Climate of this day at all times; None follows the calendar. 15 makes a deep winter whenever the demo runs.
    shift_k : float
        Added to every temperature [K].
    cold_snaps : tuple of ColdSnap
        On top of everything else.
    """

    def __init__(
        self,
        *,
        random: RandomStreams,
        day_of_year: int | None = None,
        shift_k: float = 0.0,
        cold_snaps: tuple[ColdSnap, ...] = (),
    ) -> None:
        self._noise = SmoothNoise(random)
        self._day_of_year = day_of_year
        self._shift_k = shift_k
        self._snaps = ColdSnaps(cold_snaps)

    def _day(self, t_s: float) -> float:
        return self._day_of_year if self._day_of_year is not None else t_s / 86400 % 365.2425

    def outdoor_temp_c(self, t_s: float) -> float:
        """Return the outdoor temperature [°C] at a moment [epoch s], between -42 and 40."""
        season = _MEAN_C - _SEASON_SWING_C * math.cos(
            2 * math.pi * (self._day(t_s) - _COLDEST_DAY) / 365.2425
        )
        hour = (t_s + _SOLAR_OFFSET_S) % 86400 / 3600
        daily = -_DAY_SWING_C * math.cos(2 * math.pi * (hour - 3.5) / 24)
        fronts = _FRONT_C * self._noise.at("front", t_s, _FRONT_S) + 0.5 * self._noise.at("hour", t_s, 5400)
        return min(40.0, max(-42.0, season + daily + fronts - self._snaps.drop_k(t_s) + self._shift_k))

    def wind_speed_m_per_s(self, t_s: float) -> float:
        """Return the wind speed [m/s], never negative."""
        return max(
            0.2, 3.6 + 1.6 * self._noise.at("wind", t_s, 4 * 3600) + 0.5 * self._noise.at("gust", t_s, 600)
        )

    def radiation_w_per_m2(self, t_s: float) -> float:
        """Return the global solar radiation on the ground [W/m²], 0 at night."""
        declination = math.radians(-23.45 * math.cos(2 * math.pi * (self._day(t_s) + 10) / 365.2425))
        hour_angle = 2 * math.pi * (((t_s + _SOLAR_OFFSET_S) % 86400) / 86400 - 0.5)
        height = math.sin(_LATITUDE) * math.sin(declination) + math.cos(_LATITUDE) * math.cos(
            declination
        ) * math.cos(hour_angle)
        clearness = min(1.0, max(0.2, 0.75 + 0.25 * self._noise.at("cloud", t_s, 3 * 3600)))
        return max(0.0, _CLEAR_SKY_W_PER_M2 * height * clearness)

    def forecast_temp_c(self, t_s: float, ahead_h: int) -> float:
        """Return what a forecast made at `t_s` says about `ahead_h` hours later [°C]; worse further ahead."""
        return self.outdoor_temp_c(t_s + ahead_h * 3600) + forecast_error_k(self._noise, t_s, ahead_h)
