"""What people do to the climate of their homes: gains, windows, thermostats.

What lives here: habits drawn per home and what they come to at a moment. What does not: the physics that follows
(`simulators.buildings`), windows left open by mistake (a fault). Windows: people in northern flats rather open one than
shut a valve; thresholds and strengths scatter widely (field studies of window opening in Chinese district heating).
Thermostatic valves (GB/T 29414) sit in 10 to 30 % of homes, in whole buildings that were fitted with heat metering.
"""

import numpy as np
from numpy.typing import NDArray

from simulators.buildings.homes import DomesticLife
from simulators.city_layout import CityLayout
from simulators.people.presence import Presence
from simulators.random_streams import RandomStreams

__all__ = ["Habits"]

Floats = NDArray[np.float32]

_AIRS_ABOVE_C = (23.4, 0.9)
"""Mean and spread of the room temperature at which a window is opened [°C]."""
_AIRING_W_PER_K2 = (20.0, 80.0)
_METERED_BUILDINGS = 0.28
"""Share of buildings with thermostatic valves."""
_VALVES_IN_USE = 0.75
_SETPOINTS_C = (20.0, 23.0)
_BAND_K = 2.0
"""Proportional band of a thermostatic valve."""
_LEAST_OPENING = 0.03
_VALVE_LAG_S = 1200.0
"""Time constant of the wax element."""


class Habits:
    """Habits of all homes, with the thermostats' state.

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
        keys = layout.home_key
        self.presence = Presence(layout, random)
        self._gains_w = gains_w
        mean, spread = _AIRS_ABOVE_C
        threshold = mean + spread * random.normal("people.window_above", keys)
        self._airs_above_c = np.maximum(threshold, 21.5).astype(np.float32)
        low, high = _AIRING_W_PER_K2
        self._airing = (low + (high - low) * random.uniform("people.window_width", keys)).astype(np.float32)
        metered = random.uniform("building.metered", layout.building_key) < _METERED_BUILDINGS
        in_use = random.uniform("people.thermostat", keys) < _VALVES_IN_USE
        thermostat = metered[layout.home_building] & in_use & ~layout.home_suspended
        self.with_thermostat: NDArray[np.intp] = np.flatnonzero(thermostat)
        """(k,) places of the homes with a thermostat in use."""
        cool, warm = _SETPOINTS_C
        setpoint = cool + (warm - cool) * random.uniform("people.setpoint", keys)
        self._setpoint_c = setpoint[self.with_thermostat].astype(np.float32)
        self._opening = np.ones(len(keys), np.float32)

    def at(self, t_s: float, dt_s: float, air_c: Floats) -> DomesticLife:
        """Return what people do during the next step.

        Parameters
        ----------
        t_s : float
            Moment [epoch s].
        dt_s : float
            Time since the call before [s]; thermostats move in it.
        air_c : ndarray
            (n_homes,) room temperatures [°C].
        """
        self._turn_thermostats(dt_s, air_c)
        return DomesticLife(
            gains_w=self._gains_w * self.presence.gains_factor(t_s),
            airs_above_c=self._airs_above_c,
            airing_w_per_k2=self._airing * self.presence.awake_at_home(t_s),
            valve_opening=self._opening,
        )

    def _turn_thermostats(self, dt_s: float, air_c: Floats) -> None:
        homes = self.with_thermostat
        band = np.float32(_BAND_K)
        wanted = np.clip(0.5 + (self._setpoint_c - air_c[homes]) / band, _LEAST_OPENING, 1.0)
        moved = np.float32(1 - np.exp(-dt_s / _VALVE_LAG_S))
        now = self._opening[homes]
        self._opening[homes] = now + (wanted - now) * moved
