"""Heat exchange stations: pumps, control valve, exchanger, pressures, make-up, registers.

What lives here: the state of all stations and one step of it, vectorised over ``(n_stations,)``. What does not: their
constants (`simulators.stations.station_parameters`), what instruments show (`simulators.stations.station_readings`), homes.

Energy closes by construction: what the exchanger gives goes into the water of the loop or to the homes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.stations.secondary_network import BuildingConnections, BuildingSupply
from simulators.stations.station_parameters import StationParameters
from simulators.water import WATER_KJ_PER_M3_K, WATER_KW_PER_M3_PER_H_K

__all__ = ["LoadOfHomes", "StationSurroundings", "StationsModel"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_COAST_DOWN_S = 2.5
_STROKE_S = 100.0
_OUTDOOR_FILTER_S = 3 * 3600.0
_GAIN_PCT_PER_K = 0.9
_RESET_S = 300.0
_RANGEABILITY = 30.0
_STANDING_S = 4 * 3600.0
"""Time in which standing water in a stopped station takes on the temperature of the room [s]."""
_ROOM_C = 28.0
_MAKEUP_START_MPA = 0.009
_MAKEUP_STOP_MPA = 0.004
_MAKEUP_SHARE = 0.022
"""Delivery of the make-up pump as a share of design flow."""
_PRIMARY_SHARE_NOMINAL_MPA = 0.30
_NO_FLOW = 1e-3


@dataclass(frozen=True, slots=True)
class StationSurroundings:
    """What a station meets during a step."""

    outdoor_c: float
    primary_supply_c: Floats
    """(n_stations,) temperature of the arriving primary water [°C]."""
    primary_supply_mpa: Floats
    primary_return_mpa: Floats
    mains_ok: Flags
    """(n_stations,) False where the mains are lost."""
    pump_tripped: Flags
    """(n_stations,) True where the duty pump has tripped and the standby does not start."""


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
    """State of all stations; every array has shape ``(n_stations,)``."""

    def __init__(
        self, parameters: StationParameters, connections: BuildingConnections, *, outdoor_c: float
    ) -> None:
        p = self.parameters = parameters
        n = len(p.heat_design_kw)
        self.outdoor_filtered_c = np.full(n, outdoor_c)
        self.setpoint_c = self._curve()
        self.supply_c = self.setpoint_c.copy()
        self.buildings = BuildingSupply(connections, supply_c=self.supply_c)
        self.return_c = self.setpoint_c - 0.6 * p.heat_design_kw / (
            WATER_KW_PER_M3_PER_H_K * p.flow_design_m3_per_h
        )
        self.flow_m3_per_h = p.flow_design_m3_per_h.copy()
        self.frequency_hz = p.frequency_design_hz.copy()
        self.pump_runs = np.ones(n, np.bool_)
        self.valve_command_pct = np.full(n, 60.0)
        self.valve_pct = np.full(n, 60.0)
        self._integral_pct = np.full(n, 60.0)
        self.primary_flow_m3_per_h = np.zeros(n)
        self.primary_return_c = np.full(n, 48.0)
        self.exchanger_kw = np.zeros(n)
        self.hold_mpa = p.hold_setpoint_mpa - 0.003
        self.makeup_runs = np.zeros(n, np.bool_)
        self.makeup_m3_per_h = np.zeros(n)
        self.tank_m = 0.82 * p.tank_full_m
        self.heat_total_gj = 40_000 + 0.35 * p.heat_design_kw * 90
        self.volume_total_m3 = 120_000 + 30 * p.heat_design_kw
        self.makeup_total_m3 = 800 + 2 * p.flow_design_m3_per_h
        self.electricity_total_kwh = 50_000 + 400 * p.pump_design_kw
        self.pump_kw = np.zeros(n)
        buildings = len(connections.station)
        self.delivered_kj = np.zeros(buildings)
        """(n_buildings,) given to the homes since `take_delivery` [kJ]."""
        self._flow_seconds = np.zeros(buildings)
        self._supply_seconds = np.zeros(buildings)
        self._seconds = 0.0
        self.lost_kj = np.zeros(n)
        """Lost from the secondary supply pipes to the ground [kJ]."""
        self.mains_ok = np.ones(n, np.bool_)
        self.pump_fault = np.zeros(n, np.bool_)

    def step(self, dt_s: float, around: StationSurroundings, load: LoadOfHomes) -> None:
        """Go on by `dt_s` seconds, 1 to 60."""
        self.mains_ok = around.mains_ok
        self.pump_fault = around.pump_tripped
        self._run_pumps(dt_s)
        self._control(dt_s, around.outdoor_c)
        self._exchange(dt_s, around, load)
        self._hold_pressure(dt_s)
        self._count(dt_s)

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
        p = self.parameters
        content = p.return_water_m3 * self.return_c + p.header_water_m3 * self.supply_c
        buildings = self.buildings
        pipes = np.bincount(buildings.connections.station, buildings.stored_kj(), len(self.supply_c))
        return content * WATER_KJ_PER_M3_K + pipes

    def building_flow_m3_per_h(self) -> Floats:
        """Return the present flow through each building, shape ``(n_buildings,)`` [m³/h]."""
        return self.buildings.flow_m3_per_h

    def _curve(self) -> Floats:
        p = self.parameters
        cold = np.clip((5 - self.outdoor_filtered_c) / 30, -0.2, 1.15)
        bend = 0.08 * np.sin(np.pi * np.clip(cold, 0, 1))
        return np.asarray(p.supply_mild_c + (p.supply_cold_c - p.supply_mild_c) * (cold + bend))

    def _run_pumps(self, dt_s: float) -> None:
        p = self.parameters
        self.pump_runs = self.mains_ok & ~self.pump_fault
        relief = np.clip((-10 - self.outdoor_filtered_c) / 20, -0.5, 1.0)
        wanted_hz = np.where(self.pump_runs, p.frequency_design_hz * (0.94 + 0.06 * relief), 0.0)
        rate = np.where(self.pump_runs, 1.5 * dt_s, 100.0)
        self.frequency_hz = self.frequency_hz + np.clip(wanted_hz - self.frequency_hz, -rate, rate)
        target = p.flow_design_m3_per_h * self.frequency_hz / p.frequency_design_hz
        self.flow_m3_per_h = target + (self.flow_m3_per_h - target) * np.exp(-dt_s / _COAST_DOWN_S)
        self.flow_m3_per_h[self.flow_m3_per_h < 0.002 * p.flow_design_m3_per_h] = 0.0
        self.pump_kw = np.where(
            self.pump_runs, p.pump_design_kw * (self.frequency_hz / p.frequency_design_hz) ** 3, 0.0
        )

    def _control(self, dt_s: float, outdoor_c: float) -> None:
        keep = np.exp(-dt_s / _OUTDOOR_FILTER_S)
        self.outdoor_filtered_c = outdoor_c + (self.outdoor_filtered_c - outdoor_c) * keep
        self.setpoint_c = np.round(self._curve(), 1)
        error_k = self.setpoint_c - self.supply_c
        steered = self.mains_ok & self.pump_runs
        self._integral_pct = np.where(
            steered,
            np.clip(self._integral_pct + _GAIN_PCT_PER_K * error_k * dt_s / _RESET_S, 2, 98),
            self._integral_pct,
        )
        wanted = np.clip(self._integral_pct + _GAIN_PCT_PER_K * error_k, 0, 100)
        wanted = np.where(self.pump_runs, wanted, 0.0)  # interlock: no circulation, valve shut
        self.valve_command_pct = np.where(self.mains_ok, wanted, self.valve_command_pct)
        travel = np.where(self.mains_ok, 100 * dt_s / _STROKE_S, 0.0)
        self.valve_pct = self.valve_pct + np.clip(self.valve_command_pct - self.valve_pct, -travel, travel)

    def _exchange(self, dt_s: float, around: StationSurroundings, load: LoadOfHomes) -> None:
        p, c = self.parameters, WATER_KW_PER_M3_PER_H_K
        pressure = np.maximum(around.primary_supply_mpa - around.primary_return_mpa, 0.0)
        open_share = (_RANGEABILITY ** (self.valve_pct / 100) - 1) / (_RANGEABILITY - 1)
        self.primary_flow_m3_per_h = (
            p.primary_flow_full_m3_per_h * open_share * np.sqrt(pressure / _PRIMARY_SHARE_NOMINAL_MPA)
        )
        flowing = self.flow_m3_per_h > 0
        flow = np.maximum(self.flow_m3_per_h, _NO_FLOW)
        rate_1, rate_2 = c * np.maximum(self.primary_flow_m3_per_h, _NO_FLOW), c * flow
        share = self._effectiveness(rate_1, rate_2)
        heat = share * np.minimum(rate_1, rate_2) * (around.primary_supply_c - self.return_c)
        self.exchanger_kw = np.where(flowing & (self.primary_flow_m3_per_h > 0), heat, 0.0)
        returned = around.primary_supply_c - self.exchanger_kw / rate_1
        settle = 1 - np.exp(-dt_s / np.where(self.primary_flow_m3_per_h > 0.5, 40.0, 3600.0))
        self.primary_return_c = self.primary_return_c + (returned - self.primary_return_c) * settle
        hours = dt_s / 3600
        exchanged = flow * hours / p.header_water_m3
        leaving = self.return_c + self.exchanger_kw / rate_2
        supply = (self.supply_c + exchanged * leaving) / (1 + exchanged)
        back, delivered_kw = self._through_buildings(dt_s, supply, load)
        exchanged = np.minimum(flow * hours / p.return_water_m3, 1.0)
        returned = self.return_c + exchanged * (back - self.return_c)
        stand = 1 - np.exp(-dt_s / _STANDING_S)
        self.supply_c = np.where(flowing, supply, self.supply_c + (_ROOM_C - self.supply_c) * stand)
        self.return_c = np.where(flowing, returned, self.return_c + (_ROOM_C - self.return_c) * stand)
        self.delivered_kj += delivered_kw * dt_s
        self._flow_seconds += self.buildings.flow_m3_per_h * dt_s
        self._supply_seconds += self.buildings.flow_m3_per_h * self.buildings.supply_c * dt_s
        self._seconds += dt_s

    def _through_buildings(self, dt_s: float, supply_c: Floats, load: LoadOfHomes) -> tuple[Floats, Floats]:
        """Return the temperature of the water coming back (n_stations,) [°C] and the heat to homes (n_buildings,) [kW]."""
        buildings, n = self.buildings, len(self.supply_c)
        buildings.set_openings(load.conductance_factor)
        buildings.divide(self.flow_m3_per_h, buildings.station_conductance(n))
        lost_kw = buildings.carry(dt_s, supply_c)
        self.lost_kj += np.bincount(buildings.connections.station, lost_kw, n) * dt_s
        rate = WATER_KW_PER_M3_PER_H_K * buildings.flow_m3_per_h
        taken = 1 - np.exp(-load.emitter_kw_per_k / np.maximum(rate, 1e-6))
        delivered = rate * taken * np.maximum(buildings.supply_c - load.room_c, 0)
        warm = rate * buildings.supply_c - delivered
        total = np.bincount(buildings.connections.station, warm, n)
        together = WATER_KW_PER_M3_PER_H_K * np.maximum(self.flow_m3_per_h, _NO_FLOW)
        return total / together, delivered

    def _effectiveness(self, rate_1: Floats, rate_2: Floats) -> Floats:
        """Return the share of the possible heat that a counter-flow exchanger passes on."""
        p, c = self.parameters, WATER_KW_PER_M3_PER_H_K
        part_1 = rate_1 / c / (p.primary_flow_full_m3_per_h / 2.3)
        part_2 = rate_2 / c / p.flow_design_m3_per_h
        resistance = p.primary_film_k_per_kw * part_1**-0.7 + p.secondary_film_k_per_kw * part_2**-0.7
        low, high = np.minimum(rate_1, rate_2), np.maximum(rate_1, rate_2)
        ratio = np.minimum(low / high, 0.999)
        decay = np.exp(-np.minimum((1 - ratio) / (resistance * low), 60.0))
        return np.asarray((1 - decay) / (1 - ratio * decay))

    def _hold_pressure(self, dt_s: float) -> None:
        p = self.parameters
        below = p.hold_setpoint_mpa - self.hold_mpa
        wants = np.where(self.makeup_runs, below > -_MAKEUP_STOP_MPA, below > _MAKEUP_START_MPA)
        self.makeup_runs = wants & self.mains_ok & (self.tank_m > 0.15)
        self.makeup_m3_per_h = np.where(self.makeup_runs, _MAKEUP_SHARE * p.flow_design_m3_per_h, 0.0)
        gain_m3 = (self.makeup_m3_per_h - p.leak_m3_per_h) * dt_s / 3600
        self.hold_mpa = np.maximum(self.hold_mpa + gain_m3 / p.compliance_m3_per_mpa, 0.0)
        inlet = np.clip((0.85 * p.tank_full_m - self.tank_m) * 20, 0, 6)  # float valve [m³/h]
        self.tank_m = self.tank_m + (inlet - self.makeup_m3_per_h) * dt_s / 3600 / p.tank_m2

    def _count(self, dt_s: float) -> None:
        hours = dt_s / 3600
        metered = np.maximum(self.exchanger_kw, 0) * self.parameters.meter_gain
        self.heat_total_gj += metered * dt_s * 1e-6
        self.volume_total_m3 += self.primary_flow_m3_per_h * hours
        self.makeup_total_m3 += self.makeup_m3_per_h * hours
        self.electricity_total_kwh += (self.pump_kw + np.where(self.mains_ok, 0.8, 0.0)) * hours
