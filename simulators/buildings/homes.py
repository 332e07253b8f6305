"""Homes as a thermal model: two capacities, exposure, neighbours, sun, people, and radiators.

What lives here: physics of homes in vectorised float32, shape ``(n_homes,)``. What does not: how warm the supply
water is (`simulators.stations.station_model`), what a sensor on the wall makes of it (`simulators.devices.room_sensors`).

Model (simulator.md): C_i dT/dt = (T_m - T)/R_im + Q_rad + G_int + Q_sun + Σ U_n (T_n - T) - (UA_w + 0.34 n V)(T - T_o)
and C_m dT_m/dt = (T - T_m)/R_im - UA_e (T_m - T_o). One step solves both nodes together (backward Euler) with heat
and neighbours of the step before, so any step up to 600 s is stable. Figures are ranges for 90 m² homes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.city_layout import CityLayout
from simulators.random_streams import RandomStreams

__all__ = ["HomeParameters", "HomesModel", "Outdoors", "draw_homes"]

Floats = NDArray[np.float32]

_EXPOSURE = np.array([0.85, 1.05, 1.15, 1.10, 1.40], np.float32)
"""Factor on the conductance, in the order of ``tuple(Position)``: middle, edge, top, ground, top corner."""
_WALL_SHARE = 0.9
"""Share of the conductance that acts on the air node (windows, light walls); the rest cools the heavy structure."""
_COMFORT_C = np.float32(21.0)
_DESIGN_OUTDOOR_C = np.float32(-25.2)
_WINDOW_OPENS_C = np.float32(23.2)
"""Above this people open windows [°C]."""
_WINDOW_W_PER_K2 = np.float32(45.0)
_VERTICAL_W_PER_K = np.float32(60.0)
_LANDING_W_PER_K = np.float32(45.0)
_WEAK_SHARE = 0.05
"""Homes with clogged, covered or too small radiators."""
_NEWTON_STEPS = 3


@dataclass(frozen=True, slots=True)
class Outdoors:
    """The weather at a moment."""

    temp_c: float
    wind_m_per_s: float
    radiation_w_per_m2: float


@dataclass(frozen=True)
class HomeParameters:
    """Constants of every home, shape ``(n_homes,)``."""

    conductance_w_per_k: Floats
    """Walls and windows to the outside."""
    leakage_w_per_k: Floats
    """Infiltration at a usual wind."""
    air_j_per_k: Floats
    mass_j_per_k: Floats
    inside_w_per_k: Floats
    """Between air and structure (1/R_im)."""
    gains_w: Floats
    """People, lamps, cooking."""
    sun_m2: Floats
    """Sun that comes in per W/m² on the ground."""
    emitter_w: Floats
    """Heat given off per K^n of mean water over room temperature."""
    emitter_exponent: Floats
    """1.3 for radiators, 1.1 for floor heating."""
    flow_share: Floats
    """Share of the station's flow, before valves and faults; the shares of a station add up to 1."""
    flow_design_w_per_k: Floats
    """Heat capacity rate at design flow."""


def draw_homes(
    layout: CityLayout, random: RandomStreams, mean_water_c: Floats, flow_w_per_k: Floats
) -> HomeParameters:
    """Draw the constants of all homes.

    Parameters
    ----------
    layout : CityLayout
        Places, areas, positions.
    random : RandomStreams
        Streams ``home.*``.
    mean_water_c : ndarray
        (n_stations,) mean of supply and return for which radiators were sized [°C].
    flow_w_per_k : ndarray
        (n_stations,) heat capacity rate of the secondary design flow [W/K].
    """
    keys, station = layout.home_key, layout.home_station

    def between(name: str, low: float, high: float) -> Floats:
        return (low + (high - low) * random.uniform(f"home.{name}", keys)).astype(np.float32)

    def spread(name: str, sigma: float) -> Floats:
        return np.exp(sigma * random.normal(f"home.{name}", keys)).astype(np.float32)

    size = layout.home_area_m2 / np.float32(90)
    exposure = _EXPOSURE[layout.home_position]
    conductance = np.float32(80) * exposure * size * spread("conductance", 0.07)
    leakage = np.float32(0.34 * 2.7) * layout.home_area_m2 * between("leakage", 0.27, 0.36)
    load_w = (conductance + leakage) * (_COMFORT_C - _DESIGN_OUTDOOR_C)
    exponent = np.where(layout.station_floor_heating, 1.1, 1.3).astype(np.float32)[station]
    over_k = np.maximum(mean_water_c[station] - _COMFORT_C, 5)
    sized_w = load_w * between("sizing", 0.84, 0.97) * spread("installation", 0.06)
    weak = random.uniform("home.weak", keys) < _WEAK_SHARE
    sized_w = np.where(weak, sized_w * between("weakness", 0.6, 0.85), sized_w).astype(np.float32)
    wanted = load_w * spread("balance", 0.22)
    per_station = np.bincount(station, wanted, len(mean_water_c)).astype(np.float32)
    share = wanted / per_station[station]
    return HomeParameters(
        conductance_w_per_k=conductance,
        leakage_w_per_k=leakage,
        air_j_per_k=between("air", 2.3e6, 2.5e6) * size,
        mass_j_per_k=between("mass", 18.5e6, 21.5e6) * size,
        inside_w_per_k=between("inside", 1000, 1100) * size,
        gains_w=np.float32(3.8) * layout.home_area_m2 * between("gains", 0.6, 1.4),
        sun_m2=between("sun", 0.1, 1.4),
        emitter_w=sized_w / over_k**exponent,
        emitter_exponent=exponent,
        flow_share=share,
        flow_design_w_per_k=share * flow_w_per_k[station],
    )


class HomesModel:
    """State of all homes.

    Attributes
    ----------
    air_c, mass_c : ndarray
        (n_homes,) temperatures of air and structure [°C].
    heat_w : ndarray
        (n_homes,) heat taken from the network during the last step [W].
    """

    def __init__(self, parameters: HomeParameters, neighbours: NDArray[np.int32]) -> None:
        self.parameters = parameters
        n = len(parameters.gains_w)
        self._neighbours = neighbours
        itself = np.arange(n)
        rates = (_VERTICAL_W_PER_K, _VERTICAL_W_PER_K, _LANDING_W_PER_K)
        self._rates = [np.where(neighbours[i] == itself, 0, rates[i]).astype(np.float32) for i in range(3)]
        self.air_c = np.full(n, 20.0, np.float32)
        self.mass_c = np.full(n, 19.5, np.float32)
        self.heat_w = np.zeros(n, np.float32)

    def emission_w(self, supply_c: Floats, rate_w_per_k: Floats) -> Floats:
        """Return what the radiators would take [W] from water of a temperature and heat capacity rate.

        Parameters
        ----------
        supply_c : ndarray
            (n_homes,) inlet temperature [°C].
        rate_w_per_k : ndarray
            (n_homes,) heat capacity rate of the flow through the home [W/K]; 0 gives 0.

        Notes
        -----
        Solves Q = K (T_s - Q/2W - T)^n by Newton from the limit Q = W (T_s - T); the function falls steadily in Q.
        """
        p = self.parameters
        rate = np.maximum(rate_w_per_k, np.float32(0.05))
        excess = np.maximum(supply_c - self.air_c, np.float32(0))
        limit = rate * excess
        heat = np.minimum(limit, p.emitter_w * excess**p.emitter_exponent)
        half = np.float32(0.5) / rate
        for _ in range(_NEWTON_STEPS):
            over = np.maximum(excess - heat * half, np.float32(0.02))
            power = p.emitter_w * over ** (p.emitter_exponent - 1)
            slope = p.emitter_exponent * power * half + 1
            heat = np.clip(heat + (power * over - heat) / slope, 0, limit)
        return np.where(rate_w_per_k > 0, heat, np.float32(0)).astype(np.float32)

    def step(self, dt_s: float, heat_w: Floats, outdoors: Outdoors) -> None:
        """Go on by `dt_s` seconds with the given heat from the network, shape ``(n_homes,)`` [W]."""
        p = self.parameters
        air, mass, out = self.air_c, self.mass_c, np.float32(outdoors.temp_c)
        wind = np.float32(1 + 0.03 * (outdoors.wind_m_per_s - 3.6))
        windows = _WINDOW_W_PER_K2 * np.maximum(air - _WINDOW_OPENS_C, np.float32(0))
        loss = np.float32(_WALL_SHARE) * p.conductance_w_per_k + p.leakage_w_per_k * wind + windows
        outer = np.float32(1 - _WALL_SHARE) * p.conductance_w_per_k
        fixed = heat_w + p.gains_w + p.sun_m2 * np.float32(outdoors.radiation_w_per_m2) + loss * out
        coupling = np.zeros_like(air)
        for rate, other in zip(self._rates, self._neighbours, strict=True):
            fixed = fixed + rate * air[other]
            coupling += rate
        air_rate = p.air_j_per_k / np.float32(dt_s)
        mass_rate = p.mass_j_per_k / np.float32(dt_s)
        a = air_rate + p.inside_w_per_k + loss + coupling
        d = mass_rate + p.inside_w_per_k + outer
        b_air = air_rate * air + fixed
        b_mass = mass_rate * mass + outer * out
        determinant = a * d - p.inside_w_per_k**2
        self.air_c = (b_air * d + p.inside_w_per_k * b_mass) / determinant
        self.mass_c = (a * b_mass + p.inside_w_per_k * b_air) / determinant
        self.heat_w = heat_w

    def seed_temperatures(self, air_c: Floats) -> None:
        """Start from the given air temperatures, shape ``(n_homes,)`` [°C]; the structure starts a little cooler."""
        self.air_c = air_c.astype(np.float32)
        self.mass_c = (air_c - np.float32(0.4)).astype(np.float32)
