"""What every weather offers, made up or recorded, and what can lie on top of it.

What lives here: the seam `WeatherSeries`, sudden falls of temperature, smooth noise. What does not: a climate
(`simulators.weather.synthetic`), files (`simulators.weather.weather_files`), what weather does to homes.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from heating.intervals import to_epoch_ms
from simulators.random_streams import RandomStreams, entity_keys

__all__ = ["ColdSnap", "ColdSnaps", "SmoothNoise", "WeatherSeries", "forecast_error_k"]

_KNOTS_KEPT = 10_000
_FORECAST_S = 6 * 3600


class WeatherSeries(Protocol):
    """Weather of one place; pure functions of time, in any order, as far ahead as wanted."""

    def outdoor_temp_c(self, t_s: float) -> float:
        """Return the outdoor temperature [°C] at a moment [epoch s]."""
        ...

    def wind_speed_m_per_s(self, t_s: float) -> float:
        """Return the wind speed [m/s], never negative."""
        ...

    def radiation_w_per_m2(self, t_s: float) -> float:
        """Return the global solar radiation on the ground [W/m²], 0 at night."""
        ...

    def forecast_temp_c(self, t_s: float, ahead_h: int) -> float:
        """Return what a forecast made at `t_s` says about `ahead_h` hours later [°C]."""
        ...


@dataclass(frozen=True, slots=True)
class ColdSnap:
    """A sudden fall of temperature."""

    start: datetime
    drop_k: float
    """Fall at its deepest [K]; negative for a thaw."""
    duration_s: float
    """From the first fall until the old level is back [s]; a third of it is the fall, with a slow return."""


class ColdSnaps:
    """Several falls of temperature."""

    def __init__(self, snaps: Iterable[ColdSnap]) -> None:
        self._snaps = [(to_epoch_ms(snap.start) / 1000, snap) for snap in snaps]

    def drop_k(self, t_s: float) -> float:
        """Return how many kelvin they take away together at a moment."""
        return sum(_drop_k(t_s - start_s, snap) for start_s, snap in self._snaps)


def _drop_k(since_s: float, snap: ColdSnap) -> float:
    """Return how many kelvin a snap takes away: a steep fall in the first third, then a slow return."""
    part = since_s / snap.duration_s
    if not 0 <= part < 1:
        return 0.0
    depth = part * 3 if part < 1 / 3 else 1.0 if part < 0.6 else (1 - part) / 0.4
    return snap.drop_k * depth * depth * (3 - 2 * depth)


class SmoothNoise:
    """Noise that is smooth in time and the same from any side.

    Parameters
    ----------
    random : RandomStreams
        Streams ``weather.<name>``.
    """

    def __init__(self, random: RandomStreams) -> None:
        self._random = random
        self._key = entity_keys(["site"])
        self._knots: dict[tuple[str, int], float] = {}

    def at(self, name: str, t_s: float, spacing_s: float) -> float:
        """Return noise with a standard deviation near 0.8, from knots `spacing_s` apart."""
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


def forecast_error_k(noise: SmoothNoise, t_s: float, ahead_h: int) -> float:
    """Return the error of a forecast made at `t_s` for `ahead_h` hours later [K]; grows with the root of the lead."""
    return 0.25 * math.sqrt(ahead_h) * noise.at(f"forecast{ahead_h}", t_s, _FORECAST_S)
