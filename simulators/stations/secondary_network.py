"""The secondary network of a station: buildings in parallel behind supply pipes of different length.

What lives here: how the flow of a station divides among its buildings, and the way of the warm water to them with delay
and loss. What does not: the pump (`simulators.stations.circulation`), homes and what they take (`simulators.buildings`).

Every building is a supply and return pipe in series with its own risers: R_b = R_pipe + R_inner / f², with f the share of
the conductance of the risers that home valves and faults leave. All losses are turbulent, Δp = R·G², so conductances
K = R^-1/2 of parallel buildings add up and the flow divides in proportion to them, exactly and without iteration.
Ranges: supply pipe 40 to 650 m, DN 65 to 150; heat loss 18 W/m of a pre-insulated pair at 40 K over the ground
(EN 13941 practice). Imbalance by the design of the simulator: near 1.3 to 1.8, far 0.5 to 0.8 of the design flow
while nobody has balanced.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.city_layout import CityLayout
from simulators.random_streams import RandomStreams
from simulators.water import WATER_KJ_PER_M3_K

__all__ = ["BuildingConnections", "BuildingSupply", "draw_connections"]

Floats = NDArray[np.float64]

_GROUND_C = 4.0
"""Ground at the depth of the pipes in winter [°C]."""
_NEAR_FACTOR, _FAR_FACTOR = 1.55, 0.65
"""Flow over design flow at the nearest and the farthest building of a network nobody balanced."""
_SPREAD = 0.1
"""Lognormal spread around it."""
_LEAST_FACTOR = 0.01


@dataclass(frozen=True)
class BuildingConnections:
    """Constants of the connections, shape ``(n_buildings,)``."""

    station: NDArray[np.int32]
    """Place of the feeding station."""
    distance: Floats
    """0 beside the station, 1 at the far end."""
    design_flow_m3_per_h: Floats
    """What the building should get; by floor area."""
    pipe_resistance: Floats
    """Of supply and return pipe [MPa/(m³/h)²]."""
    inner_resistance: Floats
    """Of risers and homes with all valves open [MPa/(m³/h)²]."""
    water_m3: Floats
    """Content of the supply pipe."""
    loss_kw_per_k: Floats
    """Heat loss of the supply pipe per kelvin over the ground."""

    def conductance(self, factor: Floats) -> Floats:
        """Return flow over the root of differential pressure [m³/h/MPa^½].

        Parameters
        ----------
        factor : ndarray
            (n_buildings,) share of the inner conductance that is left, 0 to 1 (above 1 for balancing work).
        """
        inner = self.inner_resistance / np.square(np.maximum(factor, _LEAST_FACTOR))
        return np.asarray(1.0 / np.sqrt(self.pipe_resistance + inner))


def draw_connections(
    layout: CityLayout,
    random: RandomStreams,
    *,
    station_flow_m3_per_h: Floats,
    network_loss_mpa: Floats,
    supply_water_m3: Floats,
    imbalance: float,
) -> BuildingConnections:
    """Draw the connections of all buildings from streams ``building.*``.

    Parameters
    ----------
    layout : CityLayout
        Which building hangs on which station, floor areas.
    random : RandomStreams
        Where the numbers come from.
    station_flow_m3_per_h : ndarray
        (n_stations,) design flow.
    network_loss_mpa : ndarray
        (n_stations,) differential pressure between the headers at design flow.
    supply_water_m3 : ndarray
        (n_stations,) content of all supply pipes.
    imbalance : float
        0 balanced to 1 as built.
    """
    station, n = layout.building_station, len(station_flow_m3_per_h)
    keys = layout.building_key
    area = np.bincount(layout.home_building, layout.home_area_m2, len(keys)).astype(np.float64)
    share = area / np.maximum(np.bincount(station, area, n), 1e-9)[station]
    design = np.maximum(share * station_flow_m3_per_h[station], 1e-3)
    distance = random.uniform("building.distance", keys)
    fall = np.log(_NEAR_FACTOR / _FAR_FACTOR)
    noise = _SPREAD * random.normal("building.balance", keys)
    ratio = np.exp(imbalance * (np.log(_NEAR_FACTOR) - fall * distance + noise))
    flow = ratio * design
    flow *= (station_flow_m3_per_h / np.maximum(np.bincount(station, flow, n), 1e-9))[station]
    resistance = network_loss_mpa[station] / np.square(flow)
    in_pipe = 0.1 + 0.5 * distance
    water = design * (0.4 + 1.2 * distance)
    water *= (supply_water_m3 / np.maximum(np.bincount(station, water, n), 1e-9))[station]
    length_m = 40 + 610 * distance * random.uniform("building.length", keys)
    return BuildingConnections(
        station=station,
        distance=distance,
        design_flow_m3_per_h=design,
        pipe_resistance=resistance * in_pipe,
        inner_resistance=resistance * (1 - in_pipe),
        water_m3=np.maximum(water, 0.01),
        loss_kw_per_k=length_m * 0.00022,
    )


class BuildingSupply:
    """Water on its way to the buildings; every array has shape ``(n_buildings,)``."""

    def __init__(self, connections: BuildingConnections, *, supply_c: Floats) -> None:
        self.connections = connections
        n = len(connections.station)
        self.supply_c = supply_c[connections.station].astype(np.float64)
        """Temperature at which the water enters the building [°C]."""
        self.flow_m3_per_h = connections.design_flow_m3_per_h.copy()
        self.conductance = connections.conductance(np.ones(n))

    def set_openings(self, factor: Floats) -> None:
        """Take over how far home valves and faults leave the buildings open, shape ``(n_buildings,)``."""
        self.conductance = self.connections.conductance(factor)

    def station_conductance(self, n_stations: int) -> Floats:
        """Return the conductance of all buildings of each station together [m³/h/MPa^½]."""
        return np.asarray(np.bincount(self.connections.station, self.conductance, n_stations), np.float64)

    def divide(self, flow_m3_per_h: Floats, together: Floats) -> None:
        """Divide the flow of the stations among their buildings; `together` is `station_conductance`."""
        per_conductance = flow_m3_per_h / np.maximum(together, 1e-12)
        self.flow_m3_per_h = self.conductance * per_conductance[self.connections.station]

    def carry(self, dt_s: float, leaving_c: Floats) -> Floats:
        """Move warm water towards the buildings for `dt_s` seconds.

        Parameters
        ----------
        dt_s : float
            Length of the step.
        leaving_c : ndarray
            (n_stations,) temperature at which water leaves the stations [°C].

        Returns
        -------
        lost_kw : ndarray
            (n_buildings,) heat lost to the ground.
        """
        p = self.connections
        exchanged = self.flow_m3_per_h * (dt_s / 3600) / p.water_m3
        lost = p.loss_kw_per_k * dt_s / (WATER_KJ_PER_M3_K * p.water_m3)
        arriving = self.supply_c + exchanged * leaving_c[p.station] + lost * _GROUND_C
        self.supply_c = arriving / (1 + exchanged + lost)
        return np.asarray(p.loss_kw_per_k * (self.supply_c - _GROUND_C))

    def stored_kj(self) -> Floats:
        """Return the heat in the supply pipes above 0 °C [kJ]."""
        return np.asarray(self.connections.water_m3 * self.supply_c * WATER_KJ_PER_M3_K)
