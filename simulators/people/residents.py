"""The people of a city: how they live at a moment, and their calls in order of time.

What lives here: habits and complaints together, as the city needs them. What does not: either of them.
"""

import numpy as np
from numpy.typing import NDArray

from heating.intervals import to_epoch_ms
from simulators.buildings.homes import DomesticLife
from simulators.city_layout import CityLayout
from simulators.effects import Effects
from simulators.people.call_words import CallTruth
from simulators.people.complaints import Complaints
from simulators.people.habits import Habits
from simulators.random_streams import RandomStreams

__all__ = ["Residents"]

Floats = NDArray[np.float32]

_HOUR_MS = 3_600_000


class Residents:
    """Everybody.

    Parameters
    ----------
    layout : CityLayout
        Homes and buildings.
    random : RandomStreams
        Streams ``people.*``.
    gains_w : ndarray
        (n_homes,) mean gains of a lived-in home [W].
    """

    def __init__(self, layout: CityLayout, random: RandomStreams, gains_w: Floats) -> None:
        self.habits = Habits(layout, random, gains_w)
        self.complaints = Complaints(layout, random, self.habits.presence.lived_in)
        self._hour: int | None = None
        self._waiting: list[CallTruth] = []

    def live(self, t_s: float, dt_s: float, air_c: Floats) -> DomesticLife:
        """Return what people do to their homes; see `Habits.at`."""
        return self.habits.at(t_s, dt_s, air_c)

    def hear(self, now_ms: int, air_c: Floats, effects: Effects | None = None) -> None:
        """Let those call who will in the hour that begins, once in each hour.

        Parameters
        ----------
        now_ms : int
            Moment [epoch ms].
        air_c : ndarray
            (n_homes,) room temperatures [°C].
        effects : Effects or None
            Faults; None for none.
        """
        hour = now_ms // _HOUR_MS
        if hour != self._hour:
            self._hour = hour
            self._waiting += self.complaints.hour(hour, air_c, effects)

    def take_calls(self, now_ms: int) -> list[CallTruth]:
        """Return the calls up to a moment that were not yet taken, in order of time."""
        due = [truth for truth in self._waiting if to_epoch_ms(truth.call.moment) <= now_ms]
        self._waiting = self._waiting[len(due) :]
        return due
