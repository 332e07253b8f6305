"""Homes as a thermal model: two capacities, exposure, neighbours, sun, people, open windows.

What lives here: state and physics of homes, vectorised float32, shape ``(n_homes,)``. What does not: their constants
(`simulators.buildings.home_parameters`), where their heat comes from (`simulators.buildings.heat_delivery`), what
people do (`simulators.people`), what a sensor on the wall makes of it (`simulators.devices.room_sensors`).

Model: C_i dT/dt = (T_m - T)/R_im + Q_rad + G_int + f_i Q_sol + Σ U_n (T_n - T) - (UA_w + 0.34 n V)(T - T_o)
and C_m dT_m/dt = (T - T_m)/R_im + (1 - f_i) Q_sol - UA_e (T_m - T_o). One step solves both nodes together (backward
Euler) with heat and neighbours of the step before, so any step up to 600 s is stable.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.buildings.home_parameters import AIR_WH_PER_M3_K, HomeParameters
from simulators.effects import Effects

__all__ = ["DomesticLife", "HomesModel", "Outdoors"]

Floats = NDArray[np.float32]

_USUAL_WIND_M_PER_S = 3.6
_WIND_SHARE = 0.03
"""Infiltration gained per m/s of wind."""
_AIRING_LIMIT_W_PER_K = np.float32(250.0)
"""All windows wide open in winter, about three air changes an hour [W/K]."""
_STRUCTURE_BEHIND_K = np.float32(0.4)


@dataclass(frozen=True, slots=True)
class Outdoors:
    """The weather at a moment."""

    temp_c: float
    wind_m_per_s: float
    radiation_w_per_m2: float


@dataclass(frozen=True, slots=True)
class DomesticLife:
    """What people do to their homes at a moment, shape ``(n_homes,)``."""

    gains_w: Floats
    """Heat from people, cooking, appliances [W]."""
    airs_above_c: Floats
    """Room temperature from which a window is opened [°C]."""
    airing_w_per_k2: Floats
    """How much ventilation grows per kelvin above that [W/K²]; 0 while nobody is in."""
    valve_opening: Floats
    """What thermostats leave of the usual flow, 0 to 1."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """Coefficients of the equations as long as effects and step stay the same."""

    light: Floats
    """UA_w and additional air changes [W/K]."""
    heavy: Floats
    """UA_e [W/K]."""
    sun_air_m2: Floats
    sun_mass_m2: Floats
    air_rate: Floats
    """C_i/Δt [W/K]."""
    mass_rate: Floats
    mass_total: Floats
    """C_m/Δt + 1/R_im + UA_e."""
    passed_on: Floats
    """Share of the structure's side that reaches the air: (1/R_im)/mass_total."""
    air_total: Floats
    """Everything on T that does not change with wind and windows."""


class HomesModel:
    """State of all homes.

    Attributes
    ----------
    air_c, mass_c : ndarray
        (n_homes,) temperatures of air and structure [°C]; new arrays after each step.
    heat_w : ndarray
        (n_homes,) heat taken from the network during the last step [W].
    airing_w_per_k : ndarray
        (n_homes,) ventilation by windows that people opened during the last step [W/K].
    """

    def __init__(self, parameters: HomeParameters) -> None:
        self.parameters = parameters
        n = len(parameters.gains_w)
        self._coupling = parameters.shared_w_per_k.sum(axis=0)
        self._rows = [row for row, rates in enumerate(parameters.shared_w_per_k) if rates.any()]
        self._neighbours = parameters.neighbours.astype(np.intp)
        self._work = np.empty((4, n), np.float32)
        self._terms_of: tuple[Effects | None, float] | None = None
        self.air_c = np.full(n, 20.0, np.float32)
        self.mass_c = np.full(n, 19.5, np.float32)
        self.heat_w = np.zeros(n, np.float32)
        self.airing_w_per_k = np.zeros(n, np.float32)

    def step(
        self,
        dt_s: float,
        heat_w: Floats,
        outdoors: Outdoors,
        life: DomesticLife | None = None,
        effects: Effects | None = None,
    ) -> None:
        """Go on in time.

        Parameters
        ----------
        dt_s : float
            Step, above 0 and at most 600 [s].
        heat_w : ndarray
            (n_homes,) heat from the network [W].
        outdoors : Outdoors
            Weather during the step.
        life : DomesticLife or None
            What people do; None for a mean week with shut windows.
        effects : Effects or None
            Faults; None for none.
        """
        p, terms = self.parameters, self._terms(effects, dt_s)
        out = np.float32(outdoors.temp_c)
        fixed, loss, scratch, structure = self._work
        wind = np.float32(max(0.0, 1 + _WIND_SHARE * (outdoors.wind_m_per_s - _USUAL_WIND_M_PER_S)))
        np.multiply(p.leakage_w_per_k, wind, out=loss)
        if life is not None:
            loss += self._airing(life)
        np.add(loss, terms.light, out=scratch)
        np.multiply(scratch, out, out=fixed)
        fixed += heat_w
        fixed += self._gains(life, effects)
        np.multiply(terms.mass_rate, self.mass_c, out=structure)
        structure += np.multiply(terms.heavy, out, out=scratch)
        if outdoors.radiation_w_per_m2 > 0:
            sun = np.float32(outdoors.radiation_w_per_m2)
            fixed += np.multiply(terms.sun_air_m2, sun, out=scratch)
            structure += np.multiply(terms.sun_mass_m2, sun, out=scratch)
        self._add_neighbours(fixed, scratch)
        fixed += np.multiply(terms.air_rate, self.air_c, out=scratch)
        fixed += np.multiply(terms.passed_on, structure, out=scratch)
        loss += terms.air_total
        self.air_c = fixed / loss
        structure += np.multiply(p.inside_w_per_k, self.air_c, out=scratch)
        self.mass_c = structure / terms.mass_total
        self.heat_w = heat_w

    def _airing(self, life: DomesticLife) -> Floats:
        airing = self.air_c - life.airs_above_c
        np.clip(airing, 0, None, out=airing)
        airing *= life.airing_w_per_k2
        self.airing_w_per_k = np.minimum(airing, _AIRING_LIMIT_W_PER_K, out=airing)
        return airing

    def _gains(self, life: DomesticLife | None, effects: Effects | None) -> Floats:
        gains = self.parameters.gains_w if life is None else life.gains_w
        return gains if effects is None else gains * effects.home_gains_factor

    def _add_neighbours(self, fixed: Floats, scratch: Floats) -> None:
        for row in self._rows:
            np.take(self.air_c, self._neighbours[row], out=scratch, mode="clip")
            scratch *= self.parameters.shared_w_per_k[row]
            fixed += scratch

    def _terms(self, effects: Effects | None, dt_s: float) -> _Terms:
        if self._terms_of is None or self._terms_of[0] is not effects or self._terms_of[1] != dt_s:
            self._kept = self._make_terms(effects, np.float32(dt_s))
            self._terms_of = (effects, dt_s)
        return self._kept

    def _make_terms(self, effects: Effects | None, dt_s: np.float32) -> _Terms:
        p = self.parameters
        conductance, sun, air = p.conductance_w_per_k, p.sun_m2, np.zeros_like(p.sun_m2)
        if effects is not None:
            conductance = conductance * effects.home_conductance_factor
            sun = sun * effects.home_sun_factor
            air = np.float32(AIR_WH_PER_M3_K) * effects.home_extra_air_per_h * p.volume_m3
        light = np.float32(p.light_share) * conductance + air
        heavy = np.float32(1 - p.light_share) * conductance
        air_rate, mass_rate = p.air_j_per_k / dt_s, p.mass_j_per_k / dt_s
        mass_total = mass_rate + p.inside_w_per_k + heavy
        passed_on = (p.inside_w_per_k / mass_total).astype(np.float32)
        return _Terms(
            light=light,
            heavy=heavy,
            sun_air_m2=sun * p.sun_on_air,
            sun_mass_m2=sun * (1 - p.sun_on_air),
            air_rate=air_rate,
            mass_rate=mass_rate,
            mass_total=mass_total,
            passed_on=passed_on,
            air_total=air_rate + p.inside_w_per_k * (1 - passed_on) + self._coupling + light,
        )

    def seed_temperatures(self, air_c: Floats) -> None:
        """Start from the given air temperatures, shape ``(n_homes,)`` [°C]; the structure starts a little cooler."""
        self.air_c = air_c.astype(np.float32)
        self.mass_c = (air_c - _STRUCTURE_BEHIND_K).astype(np.float32)
