"""Heat exchange stations: primary water, exchanger, circulating loop, pressures, meters, all stepped together.

What lives here: the state of all stations and one step of it, vectorised over ``(n_stations,)``. What does not: the parts
(`controller`, `circulation`, `pressure_keeping`, `heat_exchanger`, `heat_meter`, `secondary_network`), their constants
(`station_parameters`), what instruments show (`station_readings`, `simulators.devices.station_instruments`), homes.

Energy closes by construction: what the exchanger gives goes into the water of the loop, to the homes, or is lost and
counted in `lost_kj`; cold make-up and primary water that comes in are counted in `water_kj`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.effects import Effects
from simulators.orifice import orifice_m3_per_h
from simulators.stations.circulation import Circulation
from simulators.stations.control_valve import primary_conductance
from simulators.stations.controller import StationControllers
from simulators.stations.heat_exchanger import counter_flow_effectiveness, plate_conductance
from simulators.stations.heat_meter import HeatMeters
from simulators.stations.pressure_keeping import PressureKeeping
from simulators.stations.secondary_network import BuildingConnections, BuildingSupply
from simulators.stations.station_parameters import StationParameters
from simulators.water import WATER_KJ_PER_M3_K, WATER_KW_PER_M3_PER_H_K

__all__ = ["LoadOfHomes", "StationSurroundings", "StationsModel"]

Floats = NDArray[np.float64]

_STANDING_S = 4 * 3600.0
"""Time in which standing water in a stopped station takes on the temperature of the room [s]."""
_ROOM_C = 28.0
_SENSOR_S = 40.0
"""Lag of the sensor in the primary return while water flows [s]."""
_MAKEUP_C = 15.0
_NO_FLOW = 1e-3
_BASE_LOAD_KW = 0.8
"""Lamps, controller, fan of a station."""


@dataclass(frozen=True, slots=True)
class StationSurroundings:
    """What stations meet during a step; arrays have shape ``(n_stations,)``."""

    t_s: float
    """The moment at the end of the step [epoch s]."""
    outdoor_c: float
    radiation_w_per_m2: float
    primary_supply_c: Floats
    """Temperature of the arriving primary water [°C]."""
    primary_supply_mpa: Floats
    primary_return_mpa: Floats
    primary_flow_m3_per_h: Floats
    """What the network drives through the station, see `StationsModel.primary_conductance`."""
    effects: Effects
    """What is broken."""


@dataclass(slots=True)
class LoadOfHomes:
    """How the homes answer to warm water, building by building, renewed after each step of the homes."""

    emitter_kw_per_k: Floats
    """(n_buildings,) conductance that gives the effectiveness of all radiators together:
    heat = flow · (1 - exp(-emitter / flow)) · (supply - room), with the flow in kW/K."""
    room_c: Floats
    """(n_buildings,) mean room temperature, weighted by flow [°C]."""
    conductance_factor: Floats
    """(n_buildings,) share of the conductance of the building that home valves and faults leave, 1 when all is open."""


class StationsModel:
    """State of all stations; every array has shape ``(n_stations,)`` unless it says otherwise.

    Parameters
    ----------
    parameters : StationParameters
        Constants.
    connections : BuildingConnections
        The secondary networks.
    outdoor_c : float
        Weather at the start [°C].
    t_s : float
        Moment of the start [epoch s].
    primary_difference_mpa : ndarray or None
        (n_stations,) differential pressure at design for which control valves are chosen; None takes the same for all.
    """

    def __init__(
        self,
        parameters: StationParameters,
        connections: BuildingConnections,
        *,
        outdoor_c: float,
        t_s: float = 0.0,
        primary_difference_mpa: Floats | None = None,
    ) -> None:
        p = self.parameters = parameters
        n, buildings = len(p.heat_design_kw), len(connections.station)
        self.controllers = StationControllers(p.controllers, outdoor_c=outdoor_c, t_s=t_s)
        self.circulation = Circulation(p.pumps)
        self.pressure = PressureKeeping(p.pressure)
        self.pressure.makeup_total_m3 += 800 + 2 * p.flow_design_m3_per_h
        self.meters = HeatMeters(
            p.meters,
            heat_total_gj=40_000 + 0.35 * p.heat_design_kw * 90,
            volume_total_m3=120_000 + 30 * p.heat_design_kw,
        )
        self._open_conductance = p.open_conductance(primary_difference_mpa)
        self.supply_c = self.controllers.setpoint_c.copy()
        self.return_c = self.supply_c - 0.6 * p.heat_design_kw / (
            WATER_KW_PER_M3_PER_H_K * p.flow_design_m3_per_h
        )
        self.buildings = BuildingSupply(connections, supply_c=self.supply_c)
        self.primary_flow_m3_per_h = np.zeros(n)
        self.primary_return_c = np.full(n, 48.0)
        """What the sensor in the primary return shows without noise."""
        self.service_c = np.full(n, 48.0)
        """Temperature at which primary water leaves the station into the network."""
        self.exchanger_kw = np.zeros(n)
        self.exchanger_leak_m3_per_h = np.zeros(n)
        self.primary_strainer_mpa = np.zeros(n)
        self.electricity_total_kwh = 50_000 + 32 * p.flow_design_m3_per_h
        self.delivered_kj = np.zeros(buildings)
        """(n_buildings,) given to the homes since `take_delivery` [kJ]."""
        self._flow_seconds = np.zeros(buildings)
        self._supply_seconds = np.zeros(buildings)
        self._seconds = 0.0
        self.lost_kj = np.zeros(n)
        """Lost from pipes to the ground and from standing water to the room, since the start [kJ]."""
        self.water_kj = np.zeros(n)
        """Heat of water that came into the loop over the return temperature, since the start [kJ]; negative, as
        make-up is cold."""
        self.mains_ok = np.ones(n, np.bool_)

    def step(self, dt_s: float, around: StationSurroundings, load: LoadOfHomes) -> None:
        """Go on by `dt_s` seconds, above 0 and at most 60."""
        effects, controllers, circulation = around.effects, self.controllers, self.circulation
        self.mains_ok = effects.mains_ok
        controllers.look_outside(
            dt_s, around.outdoor_c, around.radiation_w_per_m2, effects.outdoor_sensor_sun
        )
        circulation.drive(
            dt_s, around.t_s, controllers.outdoor_filtered_c, self.pressure.pump_allowed, effects
        )
        n = len(self.supply_c)
        self.buildings.set_openings(load.conductance_factor)
        together = self.buildings.station_conductance(n)
        circulation.flow(dt_s, around.t_s, together, effects)
        self.buildings.divide(circulation.flow_m3_per_h, together)
        controllers.steer(dt_s, around.t_s, self.supply_c, circulation.runs, effects)
        self._leak_through_plates(around)
        self._primary_side(dt_s, around)
        self._loop(dt_s, load)
        self.pressure.step(dt_s, circulation.network_mpa, self.exchanger_leak_m3_per_h, effects)
        self._count(dt_s, around)

    def primary_conductance(self, effects: Effects) -> Floats:
        """Return what the stations let through of the primary network [m³/h/MPa^½], for the network's next step."""
        return primary_conductance(
            self.controllers.valve_pct,
            self._open_conductance,
            self.parameters.fixed_resistance(effects.strainer_primary_factor),
        )

    @property
    def flow_m3_per_h(self) -> Floats:
        """Secondary flow [m³/h]."""
        return self.circulation.flow_m3_per_h

    def building_flow_m3_per_h(self) -> Floats:
        """Return the present flow through each building, shape ``(n_buildings,)`` [m³/h]."""
        return self.buildings.flow_m3_per_h

    def take_delivery(self) -> tuple[Floats, Floats, Floats]:
        """Return what the homes of each building got since the last call and start anew.

        Returns
        -------
        heat_kw, flow_m3_per_h, supply_c : ndarray
            (n_buildings,) means over the time between; `supply_c` is the present one where nothing flowed.
        """
        seconds = max(self._seconds, 1e-9)
        heat, flow = self.delivered_kj / seconds, self._flow_seconds / seconds
        supply = np.where(
            self._flow_seconds > _NO_FLOW,
            self._supply_seconds / np.maximum(self._flow_seconds, _NO_FLOW),
            self.buildings.supply_c,
        )
        self.delivered_kj = np.zeros_like(self.delivered_kj)
        self._flow_seconds = np.zeros_like(self._flow_seconds)
        self._supply_seconds = np.zeros_like(self._supply_seconds)
        self._seconds = 0.0
        return heat, flow, supply

    def stored_kj(self) -> Floats:
        """Return the heat in the water of the loop above 0 °C [kJ], for the check of the heat balance."""
        p, buildings = self.parameters, self.buildings
        content = p.return_water_m3 * self.return_c + p.header_water_m3 * self.supply_c
        pipes = np.bincount(buildings.connections.station, buildings.stored_kj(), len(self.supply_c))
        return content * WATER_KJ_PER_M3_K + pipes

    def primary_stored_kj(self) -> Floats:
        """Return the heat in the primary side of the stations above 0 °C [kJ]."""
        return np.asarray(self.parameters.primary_water_m3 * self.service_c * WATER_KJ_PER_M3_K)

    def _leak_through_plates(self, around: StationSurroundings) -> None:
        over = 0.5 * (around.primary_supply_mpa + around.primary_return_mpa) - self.pressure.hold_mpa
        through = orifice_m3_per_h(around.effects.exchanger_leak_m2, over)
        self.exchanger_leak_m3_per_h = np.minimum(through, around.primary_flow_m3_per_h)

    def _primary_side(self, dt_s: float, around: StationSurroundings) -> None:
        """Cool the primary water in the exchanger and mix it into what stands in the station."""
        p, c, effects = self.parameters, WATER_KW_PER_M3_PER_H_K, around.effects
        flow_1, flow_2 = around.primary_flow_m3_per_h, self.circulation.flow_m3_per_h
        self.primary_flow_m3_per_h = flow_1
        self.primary_strainer_mpa = p.primary_strainer_mpa(flow_1, effects.strainer_primary_factor)
        part_1, part_2 = flow_1 / p.primary_design_m3_per_h, flow_2 / p.flow_design_m3_per_h
        conductance = plate_conductance(p.exchanger_kw_per_k, part_1, part_2, effects.exchanger_ua_factor)
        rate_1, rate_2 = c * np.maximum(flow_1, _NO_FLOW), c * np.maximum(flow_2, _NO_FLOW)
        low, high = np.minimum(rate_1, rate_2), np.maximum(rate_1, rate_2)
        share = counter_flow_effectiveness(conductance / low, low / high)
        flows = (flow_2 > 0) & (flow_1 > _NO_FLOW)
        heat = share * low * (around.primary_supply_c - self.return_c)
        self.exchanger_kw = np.where(flows, heat, 0.0)
        leaving = around.primary_supply_c - self.exchanger_kw / rate_1
        exchanged = np.minimum(flow_1 * (dt_s / 3600) / p.primary_water_m3, 1.0)
        self.service_c = self.service_c + exchanged * (leaving - self.service_c)
        settle = 1 - np.exp(-dt_s / np.where(flow_1 > 0.5, _SENSOR_S, 3600.0))
        self.primary_return_c = self.primary_return_c + (leaving - self.primary_return_c) * settle

    def _loop(self, dt_s: float, load: LoadOfHomes) -> None:
        """Let the water of the loop go round: header, buildings, return."""
        p, hours = self.parameters, dt_s / 3600
        flow = self.circulation.flow_m3_per_h
        flowing = flow > 0
        some = np.maximum(flow, _NO_FLOW)
        exchanged = some * hours / p.header_water_m3
        leaving = self.return_c + self.exchanger_kw / (WATER_KW_PER_M3_PER_H_K * some)
        stand = 1 - np.exp(-dt_s / _STANDING_S)
        stood = self.supply_c + (_ROOM_C - self.supply_c) * stand
        supply = np.where(flowing, (self.supply_c + exchanged * leaving) / (1 + exchanged), stood)
        back, delivered_kw = self._through_buildings(dt_s, supply, load)
        exchanged = np.where(flowing, np.minimum(some * hours / p.return_water_m3, 1.0), 0.0)
        returned = self.return_c + exchanged * (back - self.return_c)
        standing = np.where(flowing, 0.0, (returned - _ROOM_C) * stand)
        room_kj = p.return_water_m3 * standing + np.where(
            flowing, 0.0, p.header_water_m3 * (self.supply_c - stood)
        )
        self.lost_kj += room_kj * WATER_KJ_PER_M3_K
        self.supply_c = supply
        self.return_c = self._with_fresh_water(dt_s, returned - standing)
        self.delivered_kj += delivered_kw * dt_s
        self._flow_seconds += self.buildings.flow_m3_per_h * dt_s
        self._supply_seconds += self.buildings.flow_m3_per_h * self.buildings.supply_c * dt_s
        self._seconds += dt_s

    def _with_fresh_water(self, dt_s: float, return_c: Floats) -> Floats:
        """Return the return temperature after make-up and leaking primary water have mixed in."""
        hours = dt_s / 3600
        cold = self.pressure.makeup_m3_per_h * hours * (_MAKEUP_C - return_c)
        warm = self.exchanger_leak_m3_per_h * hours * (self.service_c - return_c)
        self.water_kj += (cold + warm) * WATER_KJ_PER_M3_K
        return np.asarray(return_c + (cold + warm) / self.parameters.return_water_m3)

    def _through_buildings(self, dt_s: float, supply_c: Floats, load: LoadOfHomes) -> tuple[Floats, Floats]:
        """Return the temperature of the water coming back (n_stations,) [°C] and the heat to homes (n_buildings,) [kW]."""
        buildings, n = self.buildings, len(self.supply_c)
        station = buildings.connections.station
        lost_kw = buildings.carry(dt_s, supply_c)
        self.lost_kj += np.bincount(station, lost_kw, n) * dt_s
        rate = WATER_KW_PER_M3_PER_H_K * buildings.flow_m3_per_h
        taken = 1 - np.exp(-load.emitter_kw_per_k / np.maximum(rate, 1e-6))
        delivered = rate * taken * np.maximum(buildings.supply_c - load.room_c, 0)
        total = np.bincount(station, rate * buildings.supply_c - delivered, n)
        together = WATER_KW_PER_M3_PER_H_K * np.maximum(self.circulation.flow_m3_per_h, _NO_FLOW)
        return total / together, delivered

    def _count(self, dt_s: float, around: StationSurroundings) -> None:
        self.meters.count(
            dt_s,
            flow_m3_per_h=self.primary_flow_m3_per_h,
            supply_c=around.primary_supply_c,
            return_c=self.primary_return_c,
            failed=around.effects.meter_failed,
            resets=around.effects.meter_resets,
        )
        base = np.where(self.mains_ok, _BASE_LOAD_KW + 1.1 * self.pressure.makeup_runs, 0.0)
        self.electricity_total_kwh += (self.circulation.power_kw + base) * dt_s / 3600
