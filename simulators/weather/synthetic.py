"""Synthetic winter of Xilinhot: outdoor temperature, wind and sun as functions of time.

What lives here: climate figures and how they vary. What does not: what the weather does to homes. Every value is a
pure function of seed and time, so that a forecast can look ahead and any moment can be asked for in any order.

Climate: annual mean 2.8 °C, January about -19 °C, design -25.2 °C (domain.md); latitude 43.93°, longitude 116.09°.
"""

import math
from dataclasses import dataclass
from datetime import datetime

from heating.intervals import to_epoch_ms
from simulators.random_streams import RandomStreams, entity_keys

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
_KNOTS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class ColdSnap:
    """A sudden fall of temperature."""

    start: datetime
    drop_k: float
    """Fall at its deepest [K]; negative for a thaw."""
    duration_s: float
    """From the first fall until the old level is back [s]; half of it is the fall, with a slow return."""


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
        self._random = random
        self._day_of_year = day_of_year
        self._shift_k = shift_k
        self._snaps = [(to_epoch_ms(snap.start) / 1000, snap) for snap in cold_snaps]
        self._key = entity_keys(["site"])
        self._knots: dict[tuple[str, int], float] = {}

    def _noise(self, name: str, t_s: float, spacing_s: float) -> float:
        """Return smooth noise with a standard deviation near 0.8, from knots `spacing_s` apart."""
        knot, part = divmod(t_s / spacing_s, 1.0)
        first, second = self._knot(name, int(knot)), self._knot(name, int(knot) + 1)
        return first + (second - first) * part * part * (3 - 2 * part)

    def _knot(self, name: str, number: int) -> float:
        value = self._knots.get((name, number))
        if value is None:
            if len(self._knots) > _KNOTS_KEPT:
                self._knots.clear()
            value = float(self._random.normal(f"weather.{name}", self._key, number)[0])
            self._knots[name, number] = value
        return value

    def _day(self, t_s: float) -> float:
        return self._day_of_year if self._day_of_year is not None else t_s / 86400 % 365.2425

    def outdoor_temp_c(self, t_s: float) -> float:
        """Return the outdoor temperature [°C] at a moment [epoch s], between -42 and 40."""
        season = _MEAN_C - _SEASON_SWING_C * math.cos(
            2 * math.pi * (self._day(t_s) - _COLDEST_DAY) / 365.2425
        )
        hour = (t_s + _SOLAR_OFFSET_S) % 86400 / 3600
        daily = -_DAY_SWING_C * math.cos(2 * math.pi * (hour - 3.5) / 24)
        fronts = _FRONT_C * self._noise("front", t_s, _FRONT_S) + 0.5 * self._noise("hour", t_s, 5400)
        snaps = sum(_snap_k(t_s - start_s, snap) for start_s, snap in self._snaps)
        return min(40.0, max(-42.0, season + daily + fronts - snaps + self._shift_k))

    def wind_speed_m_per_s(self, t_s: float) -> float:
        """Return the wind speed [m/s], never negative."""
        return max(0.2, 3.6 + 1.6 * self._noise("wind", t_s, 4 * 3600) + 0.5 * self._noise("gust", t_s, 600))

    def radiation_w_per_m2(self, t_s: float) -> float:
        """Return the global solar radiation on the ground [W/m²], 0 at night."""
        declination = math.radians(-23.45 * math.cos(2 * math.pi * (self._day(t_s) + 10) / 365.2425))
        hour_angle = 2 * math.pi * (((t_s + _SOLAR_OFFSET_S) % 86400) / 86400 - 0.5)
        height = math.sin(_LATITUDE) * math.sin(declination) + math.cos(_LATITUDE) * math.cos(
            declination
        ) * math.cos(hour_angle)
        clearness = min(1.0, max(0.2, 0.75 + 0.25 * self._noise("cloud", t_s, 3 * 3600)))
        return max(0.0, _CLEAR_SKY_W_PER_M2 * height * clearness)

    def forecast_temp_c(self, t_s: float, ahead_h: int) -> float:
        """Return what a forecast made at `t_s` says about `ahead_h` hours later [°C]; worse further ahead."""
        error_k = 0.25 * math.sqrt(ahead_h) * self._noise(f"forecast{ahead_h}", t_s, 6 * 3600)
        return self.outdoor_temp_c(t_s + ahead_h * 3600) + error_k


def _snap_k(since_s: float, snap: ColdSnap) -> float:
    """Return how many kelvin a snap takes away: a steep fall in the first third, then a slow return."""
    part = since_s / snap.duration_s
    if not 0 <= part < 1:
        return 0.0
    depth = part * 3 if part < 1 / 3 else 1.0 if part < 0.6 else (1 - part) / 0.4
    return snap.drop_k * depth * depth * (3 - 2 * depth)
