"""The week of a station, learned: at which hours it usually runs. Working days and weekends have an hour each.

An hour is learned once, at its middle. An odd stop teaches nothing unless it comes again: what happens for the sixth time
in a row at one hour is the new schedule. Not here: whether a station runs (`alerting.judging.learned.operation`).
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from alerting.judging.by_object import ByObject

__all__ = ["HOURS_OF_WEEK", "RUNS_SURELY", "STANDS_SURELY", "Schedule", "hour_of_week"]

HOURS_OF_WEEK = 48
"""24 hours of working days, 24 of weekends."""
RUNS_SURELY, STANDS_SURELY = 0.7, 0.3
"""Above and below: a station usually runs, or stands still, at that hour."""
_ENOUGH = 4
"""Days before an hour is known."""
_MEMORY_DAYS = 10.0
"""Days of a kind that count."""
_ODD_DAYS = 5


def hour_of_week(weekday: int, hour: int) -> int:
    """Return the place of a local hour; Monday is 0."""
    return hour + (24 if weekday >= 5 else 0)


class Schedule(ByObject):
    """Empty schedules of some stations."""

    ARRAYS: ClassVar[Mapping[str, int]] = {"share": 1, "days": 1, "odd_days": 1}

    def __init__(self, stations: int) -> None:
        self.share: NDArray[np.float64] = np.zeros((HOURS_OF_WEEK, stations))
        """Share of the last days on which the station ran at an hour."""
        self.days: NDArray[np.float64] = np.zeros((HOURS_OF_WEEK, stations))
        """Days that taught it."""
        self.odd_days: NDArray[np.float64] = np.zeros((HOURS_OF_WEEK, stations))
        """Odd stops in a row."""

    def follow_clock(self, by_ms: int, *, now_ms: int) -> None:
        """Nothing here is a moment."""

    def running_share(self, place: int) -> NDArray[np.float64]:
        """Return how often each station runs at an hour, NaN until it is known."""
        return np.where(self.days[place] >= _ENOUGH, self.share[place], np.nan)

    def take(self, place: int, running: NDArray[np.float64], teaches: NDArray[np.bool_]) -> None:
        """Learn an hour; `running` is 1, 0 or NaN."""
        known = teaches & ~np.isnan(running)
        odd = known & (running == 0.0) & (self.running_share(place) > RUNS_SURELY)
        self.odd_days[place] = np.where(
            odd, self.odd_days[place] + 1, np.where(known, 0.0, self.odd_days[place])
        )
        taught = known & (~odd | (self.odd_days[place] > _ODD_DAYS))
        gain = 1.0 / np.minimum(self.days[place] + 1.0, _MEMORY_DAYS)
        moved = self.share[place] + gain * (running - self.share[place])
        self.share[place] = np.where(taught, moved, self.share[place])
        self.days[place] += taught

    def set_hours(self, row: int, running: NDArray[np.bool_]) -> None:
        """Set the week of a station: a person said so. `running` has shape ``(48,)``."""
        self.share[:, row] = running.astype(np.float64)
        self.days[:, row] = _MEMORY_DAYS
        self.odd_days[:, row] = 0.0

    def reset(self, row: int) -> None:
        """Forget the week of a station."""
        self.share[:, row] = self.days[:, row] = self.odd_days[:, row] = 0.0
