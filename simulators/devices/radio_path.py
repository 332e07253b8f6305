"""The way of a room sensor's message: lost, repeated, late or out of order.

What lives here: the fate of each message, drawn from streams ``radio.*`` keyed by sensor and moment of sending, so that
a fault elsewhere changes nothing. What does not: the reading in it (`simulators.devices.room_sensors`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.city_layout import CityLayout
from simulators.devices.sensor_traits import SensorTraits
from simulators.effects import Effects
from simulators.random_streams import RandomStreams
from simulators.scenario_devices import SensorMix

__all__ = ["Fate", "RadioPath"]

_DAY_S = 86_400
_HOUR_MS = 3_600_000
_LATEST_HOURS = 8
"""A message held back comes one hour to this many hours late [h]."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of messages; arrays have shape ``(k,)``."""

    heard: NDArray[np.bool_]
    """It arrives at all."""
    copies: NDArray[np.int8]
    """How often."""
    delay_ms: NDArray[np.int64]
    """How much later than usual [ms]."""
    stored: NDArray[np.bool_]
    """The device held it back and says that it is history."""


class RadioPath:
    """Radio and platform between all room sensors and the broker.

    Parameters
    ----------
    layout : CityLayout
        Which sensor hangs in which building.
    random : RandomStreams
        Streams ``radio.*``.
    mix : SensorMix
        Shares.
    traits : SensorTraits
        Radio spots.
    """

    def __init__(
        self, layout: CityLayout, random: RandomStreams, mix: SensorMix, traits: SensorTraits
    ) -> None:
        self._random = random
        self._mix = mix
        self._loss = traits.loss
        self._keys = layout.sensor_key
        self._building = layout.home_building[layout.sensor_home]
        self._building_key = layout.building_key

    def fate(
        self,
        places: NDArray[np.int64],
        sent_ms: NDArray[np.int64],
        interval_ms: NDArray[np.int64],
        effects: Effects,
    ) -> Fate:
        """Return the fate of messages.

        Parameters
        ----------
        places : ndarray
            (k,) which sensors send.
        sent_ms : ndarray
            (k,) when [epoch ms].
        interval_ms : ndarray
            (k,) time between their messages [ms].
        effects : Effects
            What is broken.
        """
        keys, second, mix = self._keys[places], sent_ms // 1000, self._mix

        def draw(name: str) -> NDArray[np.float64]:
            return self._random.uniform(f"radio.{name}", keys, second)

        building = self._building[places]
        silent = effects.sensor_silent[places] | effects.building_gateway_silent[building]
        lost = draw("lost") < self._loss[places]
        stored = draw("late") < mix.late
        hours_late = 1 + (_LATEST_HOURS - 1) * draw("delay")
        disorder, disturbed = draw("disorder"), effects.sensor_disorder[places]
        swapped = disorder < 0.5 * disturbed
        twice = (draw("twice") < mix.duplicates) | (~swapped & (disorder < disturbed))
        delay_ms = np.where(stored, hours_late * _HOUR_MS, np.where(swapped, 1.5 * interval_ms, 0.0))
        return Fate(
            heard=~(silent | lost | self._outage(building, second)),
            copies=np.where(twice, 2, 1).astype(np.int8),
            delay_ms=delay_ms.astype(np.int64) // 1000 * 1000,
            stored=stored,
        )

    def _outage(self, building: NDArray[np.int32], second: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether the radio of a building is out: of the outages that began today or yesterday."""
        keys, out = self._building_key[building], np.zeros(len(building), np.bool_)
        if not self._mix.outages_per_day:
            return out
        for back in (0, 1):
            day = second // _DAY_S - back
            happens = self._random.uniform("radio.outage", keys, day) < self._mix.outages_per_day
            start = _DAY_S * (day + self._random.uniform("radio.outage_start", keys, day))
            drawn = -np.log1p(-self._random.uniform("radio.outage_length", keys, day))
            length = np.minimum(self._mix.outage_length * drawn, _DAY_S)
            out |= happens & (second >= start) & (second < start + length)
        return out
