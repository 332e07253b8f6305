"""Who is at home when, and how much heat people, cooking and appliances give.

What lives here: kinds of households, their hours, free days, and the profile of gains. What does not: windows and
thermostats (`simulators.people.habits`), complaints (`simulators.people.complaints`). Hours are those of the clock in
Inner Mongolia (UTC+8, no summer time).

Sources: mean gains of 3.8 W/m² are those of JGJ 26; the shape over the day follows time-use surveys (out at work from 8
to 12 and 14 to 18, lunch at home is usual in a small city); metabolic and cooking heat after ISO 7730 and EN 16798.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulators.city_layout import CityLayout
from simulators.random_streams import RandomStreams

__all__ = ["Presence", "is_day_off", "local_hour"]

Floats = NDArray[np.float32]

_ZONE_S = 8 * 3600
_SHARES = (0.32, 0.50, 0.18)
"""Households with someone in all day (retired, small children), of working people, and with shifts."""
_WORKING = 1
_DAYS = (
    ((0, 1.0), (8, 1.0), (9.5, 0.75), (11.5, 1.0), (14, 0.9), (15.5, 0.75), (17.5, 1.0), (24, 1.0)),
    (
        (0, 1.0),
        (6.5, 1.0),
        (8.5, 0.1),
        (11, 0.1),
        (12.5, 0.6),
        (14.5, 0.1),
        (16.5, 0.1),
        (19, 0.9),
        (24, 1.0),
    ),
    ((0, 0.7), (7, 0.7), (10, 0.55), (12, 0.65), (15.5, 0.55), (20, 0.8), (24, 0.7)),
)
"""Chance that someone is in by hour of the clock, linear between, for each kind of household."""
_DAY_OFF = ((0, 1.0), (8, 1.0), (10, 0.75), (12, 0.9), (14.5, 0.7), (18, 0.9), (20, 1.0), (24, 1.0))
_STANDBY, _COOKING, _EVENING, _PEOPLE = 0.35, 1.0, 0.55, 0.55
"""Parts of the gains against their mean: refrigerator and standby; stove; lamps and screens; people."""
_MEALS = ((7.0, 0.6, 0.7), (12.0, 0.7, 0.9), (18.3, 0.9, 1.2))
"""Hour, spread [h] and weight of cooking."""
_SPRING_FESTIVALS = {
    2024: date(2024, 2, 10),
    2025: date(2025, 1, 29),
    2026: date(2026, 2, 17),
    2027: date(2027, 2, 6),
    2028: date(2028, 1, 26),
    2029: date(2029, 2, 13),
    2030: date(2030, 2, 3),
}
"""First day of the lunar year, announced by the Purple Mountain Observatory."""
_FESTIVAL_DAYS = range(-1, 7)
_NIGHT_H = (6.5, 22.5)
"""From waking to bed."""
_AWAY_SHARE = 0.02
"""Heated homes whose people are travelling or live elsewhere at the time."""
_KEPT_HOURS = 64


def local_hour(t_s: float) -> float:
    """Return the hour of the clock, 0 to below 24, at a moment [epoch s]."""
    return (t_s + _ZONE_S) % 86400 / 3600


@lru_cache(maxsize=_KEPT_HOURS)
def _day_off(day: int) -> bool:
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date()
    festival = _SPRING_FESTIVALS.get(local.year)
    if festival is not None and (local - festival).days in _FESTIVAL_DAYS:
        return True
    return (local.month, local.day) == (1, 1) or local.weekday() >= 5


def is_day_off(t_s: float) -> bool:
    """Return whether most people need not work: weekend, New Year's Day, a week of Spring Festival (2024-2030)."""
    return _day_off(int((t_s + _ZONE_S) // 86400))


class Presence:
    """Presence and gains of all homes.

    Parameters
    ----------
    layout : CityLayout
        Homes; in suspended and vacant ones nobody lives.
    random : RandomStreams
        Streams ``people.kind``, ``people.away``.
    """

    def __init__(self, layout: CityLayout, random: RandomStreams) -> None:
        kind = np.searchsorted(
            np.cumsum(_SHARES[:-1]), random.uniform("people.kind", layout.home_key), "right"
        )
        away = random.uniform("people.away", layout.home_key) < _AWAY_SHARE
        self.lived_in: NDArray[np.bool_] = ~(layout.home_suspended | away)
        """(n_homes,) False where nobody lives this winter."""
        self._kind = np.where(self.lived_in, kind, len(_SHARES)).astype(np.intp)

    def at_home(self, t_s: float) -> Floats:
        """Return the chance that someone is in, shape ``(n_homes,)``, 0 to 1."""
        shares = [_present(kind, t_s) for kind in range(len(_SHARES))]
        return np.array([*shares, 0.0], np.float32)[self._kind]

    def awake_at_home(self, t_s: float) -> Floats:
        """Return the chance that someone is in and awake, shape ``(n_homes,)``."""
        wake, bed = _NIGHT_H
        awake = 1.0 if wake <= local_hour(t_s) < bed else 0.15
        return self.at_home(t_s) * np.float32(awake)

    def gains_factor(self, t_s: float) -> Floats:
        """Return gains against their mean over a week, shape ``(n_homes,)``: about 0.4 to 3; 0 where nobody lives."""
        factors = [_gains(kind, t_s) for kind in range(len(_SHARES))]
        return np.array([*factors, 0.0], np.float32)[self._kind]


def _present(kind: int, t_s: float) -> float:
    """Return the chance that someone of a kind of household is in, linear between full hours."""
    points = _DAY_OFF if kind == _WORKING and is_day_off(t_s) else _DAYS[kind]
    hours, shares = zip(*points, strict=True)
    return float(np.interp(local_hour(t_s), hours, shares))


def _gains(kind: int, t_s: float) -> float:
    hour, present = local_hour(t_s), _present(kind, t_s)
    meals = sum(weight * np.exp(-0.5 * ((hour - at) / spread) ** 2) for at, spread, weight in _MEALS)
    evening = 1.0 if 17 <= hour < _NIGHT_H[1] else 0.25
    return float(_STANDBY + present * (_PEOPLE + _COOKING * meals + _EVENING * evening)) / _MEAN_GAINS


def _mean_gains() -> float:
    """Return the mean of `_gains` over a week and all kinds before it is divided by the mean."""
    monday_s = 345_600 - _ZONE_S  # 5 January 1970
    moments = [monday_s + 1800.0 * step for step in range(336)]
    kinds = [share * np.mean([_gains(kind, t_s) for t_s in moments]) for kind, share in enumerate(_SHARES)]
    return float(np.sum(kinds))


_MEAN_GAINS = 1.0
_MEAN_GAINS = _mean_gains()
