"""Constants of heat exchange stations, drawn per station around the nameplate figures of the registry.

What lives here: sizes of exchanger, valve, pumps and loop, and their spread. What does not: state and its change
(`simulators.stations.station_model`). Nothing here is shared with rules or detectors.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.city_layout import CityLayout
from simulators.random_streams import RandomStreams
from simulators.stations.circulation import PumpParameters, draw_pumps
from simulators.stations.controller import ControllerParameters, draw_controllers
from simulators.stations.heat_meter import MeterErrors, draw_meter_errors
from simulators.stations.pressure_keeping import PressureParameters
from simulators.water import WATER_KW_PER_M3_PER_H_K

__all__ = ["StationParameters", "draw_stations"]

Floats = NDArray[np.float64]

_DESIGN_W_PER_M2 = 58.0
"""Heat wanted at design weather by the homes that this simulator draws [W/m²]."""
_PRIMARY_DESIGN_C = 100.0
_APPROACH_K = 4.0
_FLOOR_SUPPLY_C, _RADIATOR_SUPPLY_C = 43.0, 63.0
"""Supply temperature at design weather [°C]."""
_OPERATORS_ADD_K = 1.3
"""What operators add to the curve of a usual station, against complaints from far ends [K] (own)."""
_PRIMARY_EXCHANGER_MPA, _PRIMARY_STRAINER_MPA = 0.020, 0.005
"""Loss of clean exchanger and strainer on the primary side at design flow."""
_OPEN_FLOW = 1.6
"""Flow through the open valve over design flow at design differential pressure."""
_LEAST_AUTHORITY = 0.25
_NOMINAL_MPA = 0.30


@dataclass(frozen=True)
class StationParameters:
    """Shape ``(n_stations,)`` each."""

    floor_heating: NDArray[np.bool_]
    heat_design_kw: Floats
    flow_design_m3_per_h: Floats
    """Secondary flow at design frequency."""
    supply_design_c: Floats
    """Supply temperature at design weather, without what operators have added."""
    primary_design_m3_per_h: Floats
    exchanger_kw_per_k: Floats
    """Conductance of the clean exchanger at design flows."""
    primary_water_m3: Floats
    """Content of the primary side of the station and its service pipes."""
    return_water_m3: Floats
    """Content of radiators and return pipes."""
    supply_water_m3: Floats
    """Content of the supply pipes to the buildings."""
    header_water_m3: Floats
    """Content of exchanger and supply header, where the supply sensor sits."""
    static_head_mpa: Floats
    network_loss_mpa: Floats
    """Differential pressure of the secondary network at design flow."""
    pumps: PumpParameters
    pressure: PressureParameters
    controllers: ControllerParameters
    meters: MeterErrors

    def design_supply_c(self) -> Floats:
        """Return the supply temperature at design weather [°C]."""
        return self.supply_design_c

    def open_conductance(self, difference_mpa: Floats | None = None) -> Floats:
        """Return the conductance of the open control valve [m³/h/MPa^½].

        Parameters
        ----------
        difference_mpa : ndarray or None
            (n_stations,) differential pressure of the primary network at design, for which the valve was chosen;
            None takes 0.30 MPa everywhere.
        """
        pressure = (
            np.full_like(self.heat_design_kw, _NOMINAL_MPA) if difference_mpa is None else difference_mpa
        )
        square = np.square(_OPEN_FLOW * self.primary_design_m3_per_h)
        rest = np.maximum(
            pressure / square - self.fixed_resistance(1.0), _LEAST_AUTHORITY * pressure / square
        )
        return np.asarray(1 / np.sqrt(rest))

    def fixed_resistance(self, strainer_factor: Floats | float) -> Floats:
        """Return the resistance of exchanger and strainer on the primary side [MPa/(m³/h)²]."""
        loss = _PRIMARY_EXCHANGER_MPA + _PRIMARY_STRAINER_MPA * strainer_factor
        return np.asarray(loss / np.square(self.primary_design_m3_per_h))

    def primary_strainer_mpa(self, flow_m3_per_h: Floats, strainer_factor: Floats) -> Floats:
        """Return the pressure loss of the primary strainer [MPa]."""
        part = flow_m3_per_h / self.primary_design_m3_per_h
        return np.asarray(_PRIMARY_STRAINER_MPA * strainer_factor * part * part)


def draw_stations(layout: CityLayout, random: RandomStreams) -> StationParameters:
    """Draw the constants of all stations from streams ``station.*`` around the registry's figures."""
    keys, stations = layout.station_key, layout.stations

    def between(name: str, low: float, high: float) -> Floats:
        return low + (high - low) * random.uniform(f"station.{name}", keys)

    floor = layout.station_floor_heating
    area_m2 = _given([station.heated_area_m2 for station in stations], 40_000.0)
    flow = _given([station.design_flow_m3_per_h for station in stations], 120.0)
    head = _given([station.static_head_mpa for station in stations], 0.18)
    heat_kw = area_m2 * _DESIGN_W_PER_M2 / 1000
    supply_c = np.where(floor, _FLOOR_SUPPLY_C, _RADIATOR_SUPPLY_C)
    spread_k = heat_kw / (WATER_KW_PER_M3_PER_H_K * flow)
    offset_k = _OPERATORS_ADD_K + 0.7 * random.normal("station.curve", keys)
    mean_k, primary_flow = _exchanger(heat_kw, spread_k, supply_c)
    network_mpa = between("network", 0.07, 0.12)
    return StationParameters(
        floor_heating=floor,
        heat_design_kw=heat_kw,
        flow_design_m3_per_h=flow,
        supply_design_c=supply_c,
        primary_design_m3_per_h=primary_flow,
        exchanger_kw_per_k=heat_kw / mean_k * between("exchanger", 0.95, 1.15),
        primary_water_m3=np.maximum(primary_flow * 0.05, 0.05),
        return_water_m3=area_m2 * 0.0011,
        supply_water_m3=area_m2 * 0.0003,
        header_water_m3=np.maximum(flow * 0.012, 0.05),
        static_head_mpa=head,
        network_loss_mpa=network_mpa,
        pumps=draw_pumps(layout, random, flow_m3_per_h=flow, network_mpa=network_mpa),
        pressure=_pressure(layout, random, flow=flow, head_mpa=head, area_m2=area_m2),
        controllers=draw_controllers(
            layout, random, curve_supply_c=supply_c, spread_k=spread_k, offset_k=offset_k
        ),
        meters=draw_meter_errors(layout, random, primary_flow),
    )


def _given(values: list[float | None], default: float) -> Floats:
    return np.array([default if value is None else value for value in values], np.float64)


def _pressure(
    layout: CityLayout, random: RandomStreams, *, flow: Floats, head_mpa: Floats, area_m2: Floats
) -> PressureParameters:
    """Draw what keeps the pressure of the loops."""

    def between(name: str, low: float, high: float) -> Floats:
        return low + (high - low) * random.uniform(f"station.{name}", layout.station_key)

    return PressureParameters(
        setpoint_mpa=np.round(head_mpa + between("hold", 0.06, 0.09), 2),
        compliance_m3_per_mpa=area_m2 * between("compliance", 2.0e-4, 3.0e-4),
        makeup_m3_per_h=PressureParameters.makeup_of(flow),
        seepage_m3_per_h=flow * between("leak", 0.0008, 0.0025),
        tank_full_m=_given([station.tank_height_m for station in layout.stations], 1.8),
        tank_m2=between("tank", 2.0, 4.0),
    )


def _exchanger(heat_kw: Floats, spread_k: Floats, supply_c: Floats) -> tuple[Floats, Floats]:
    """Return the mean temperature difference [K] and the primary flow [m³/h] of exchangers at design."""
    primary_return_c = supply_c - spread_k + _APPROACH_K
    hot_end_k = _PRIMARY_DESIGN_C - supply_c
    mean_k = (hot_end_k - _APPROACH_K) / np.log(hot_end_k / _APPROACH_K)
    return mean_k, heat_kw / (WATER_KW_PER_M3_PER_H_K * (_PRIMARY_DESIGN_C - primary_return_c))
