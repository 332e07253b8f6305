"""Complaints: who feels cold and calls, and who calls about something else.

What lives here: chances of calls per home and hour, and the calls drawn from them. What does not: words
(`simulators.people.call_words`), where calls go (`simulators.people.hotline`).

P(feels cold) = 1/(1 + exp(-(15.41 - 1.043 T))), T room temperature [°C], fitted to 774 winter votes from Harbin in the
ASHRAE global thermal comfort database; chance of a call per day P·0.04·(1 + 0.5·days cold), spread over the day by a
profile. Other calls come at a rate of their own. Together about 1.6e-3 calls per home and day in a usual January.
"""

import numpy as np
from numpy.typing import NDArray

from heating.intervals import from_epoch_ms
from simulators.city_layout import CityLayout
from simulators.effects import Effects
from simulators.people.call_words import Call, CallReason, CallTopic, CallTruth, words_for
from simulators.people.presence import local_hour
from simulators.random_streams import RandomStreams

__all__ = ["Complaints", "chance_feels_cold"]

Floats = NDArray[np.float32]

_CONSTANT, _PER_K = 15.41, 1.043
_CALLS_PER_COLD_DAY = 0.04
_PER_DAY_COLD = 0.5
_MOST_DAYS_COLD = 6.0
"""From then on people have called as often as they will, or given up [d]."""
_COLD_BELOW_C = 18.0
_FORGETS = 4.0
"""How many times faster a warm home takes back its days of cold."""
_OTHER_CALLS_PER_DAY = 1.0e-3
"""Per home: leaks, noise, fees, and complaints that the room gives no reason for."""
_OTHER_TOPICS = (
    (CallTopic.OTHER, 0.45),
    (CallTopic.INSUFFICIENT, 0.25),
    (CallTopic.LEAK, 0.18),
    (CallTopic.NOISE, 0.12),
)
_NO_HEAT_BELOW_C = 15.0
_MORNING_HOURS = (0.15, 0.08, 0.05, 0.05, 0.1, 0.25, 0.7, 1.4, 1.9, 1.8, 1.6, 1.3)
_EVENING_HOURS = (1.0, 0.95, 1.1, 1.2, 1.2, 1.3, 1.6, 1.9, 1.8, 1.3, 0.8, 0.35)
_HOURS = (*_MORNING_HOURS, *_EVENING_HOURS)
"""Calls against their mean, by hour of the clock: in the morning and after work."""
_MEAN_HOUR = sum(_HOURS) / 24


def chance_feels_cold(room_temp_c: Floats) -> Floats:
    """Return the chance that a person in a room feels cold, 0 to 1, shape as given.

    Parameters
    ----------
    room_temp_c : ndarray
        Room temperature [°C].
    """
    return np.asarray(1 / (1 + np.exp(np.float32(_PER_K) * room_temp_c - np.float32(_CONSTANT))), np.float32)


class Complaints:
    """Calls of a city.

    Parameters
    ----------
    layout : CityLayout
        Homes.
    random : RandomStreams
        Streams ``people.call*``.
    lived_in : ndarray
        (n_homes,) False where nobody lives: nobody calls.

    Attributes
    ----------
    days_cold : ndarray
        (n_homes,) how long the room has been below 18 °C [d], at most 6.
    """

    def __init__(self, layout: CityLayout, random: RandomStreams, lived_in: NDArray[np.bool_]) -> None:
        self._layout, self._random = layout, random
        self._lived_in = lived_in.astype(np.float32)
        self.days_cold = np.zeros(len(lived_in), np.float32)

    def daily_rates(self, air_c: Floats, effects: Effects | None = None) -> tuple[Floats, Floats]:
        """Return expected calls per day because of cold and for other reasons, shape ``(n_homes,)`` each.

        Parameters
        ----------
        air_c : ndarray
            (n_homes,) room temperatures [°C].
        effects : Effects or None
            Faults: a home that has become vacant, without gains, does not call.
        """
        more = 1 + np.float32(_PER_DAY_COLD) * self.days_cold
        cold = np.float32(_CALLS_PER_COLD_DAY) * chance_feels_cold(air_c) * more
        there = self._lived_in
        if effects is not None:
            there = there * np.minimum(effects.home_gains_factor, np.float32(1))
        return cold * there, np.float32(_OTHER_CALLS_PER_DAY) * there

    def hour(self, hour: int, air_c: Floats, effects: Effects | None = None) -> list[CallTruth]:
        """Return the calls of one hour in order of time, and count the hour for `days_cold`.

        Parameters
        ----------
        hour : int
            Hours since 1970 (UTC).
        air_c : ndarray
            (n_homes,) room temperatures at its beginning [°C].
        effects : Effects or None
            Faults; None for none.
        """
        share = _HOURS[int(local_hour(hour * 3600.0))] / _MEAN_HOUR / 24
        cold, other = self.daily_rates(air_c, effects)
        chance = self._random.uniform("people.call", self._layout.home_key, hour)
        at_all = 1 - np.exp(-share * (cold + other))
        calls = [
            self._call(int(home), hour, float(chance[home]) < 1 - np.exp(-share * cold[home]), air_c)
            for home in np.flatnonzero(chance < at_all)
        ]
        below = air_c < _COLD_BELOW_C
        self.days_cold += np.where(below, np.float32(1 / 24), np.float32(-_FORGETS / 24))
        np.clip(self.days_cold, 0, _MOST_DAYS_COLD, out=self.days_cold)
        return sorted(calls, key=lambda truth: (truth.call.moment, truth.call.household_id))

    def _call(self, home: int, hour: int, because_of_cold: bool, air_c: Floats) -> CallTruth:
        key = self._layout.home_key[home : home + 1]
        drawn = {
            name: float(self._random.uniform(f"people.call_{name}", key, hour)[0])
            for name in ("moment", "topic", "words")
        }
        room_c = float(air_c[home])
        topic = _cold_topic(room_c) if because_of_cold else _other_topic(drawn["topic"])
        text, text_key = words_for(topic, drawn["words"])
        moment = from_epoch_ms(hour * 3_600_000 + int(drawn["moment"] * 3_600_000))
        household = self._layout.site.households[home].household_id
        return CallTruth(
            call=Call(household, moment, topic, text, text_key),
            home=home,
            reason=CallReason.FELT_COLD if because_of_cold else CallReason.UNRELATED,
            room_temp_c=room_c,
            chance_feels_cold=float(chance_feels_cold(air_c[home : home + 1])[0]),
            days_cold=float(self.days_cold[home]),
        )


def _cold_topic(room_c: float) -> CallTopic:
    return CallTopic.NO_HEAT if room_c < _NO_HEAT_BELOW_C else CallTopic.INSUFFICIENT


def _other_topic(chance: float) -> CallTopic:
    for topic, share in _OTHER_TOPICS:
        chance -= share
        if chance < 0:
            return topic
    return CallTopic.OTHER
