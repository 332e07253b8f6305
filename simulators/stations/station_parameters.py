"""Constants of heat exchange stations, drawn per station around the nameplate figures of the registry.

What lives here: sizes, curves of the controllers, and their spread. What does not: state and its change
(`simulators.stations.station_model`). The curves are the simulator's own: nothing here is shared with rules or detectors.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.city_layout import CityLayout
from simulators.random_streams import RandomStreams
from simulators.water import WATER_KW_PER_M3_PER_H_K

__all__ = ["WATER_KW_PER_M3_PER_H_K", "StationParameters", "draw_stations"]

Floats = NDArray[np.float64]

_DESIGN_W_PER_M2 = 58.0
"""Heat wanted at design weather by the homes that this simulator draws [W/m²]."""
_PRIMARY_DESIGN_C = 100.0
_APPROACH_K = 4.0


@dataclass(frozen=True)
class StationParameters:
    """Shape ``(n_stations,)`` each."""

    floor_heating: NDArray[np.bool_]
    heat_design_kw: Floats
    flow_design_m3_per_h: Floats
    """Secondary flow at design frequency."""
    frequency_design_hz: Floats
    supply_mild_c: Floats
    """Supply setpoint at +5 °C outside."""
    supply_cold_c: Floats
    """Supply setpoint at -25 °C outside."""
    primary_flow_full_m3_per_h: Floats
    """Primary flow with an open valve at the usual differential pressure."""
    primary_film_k_per_kw: Floats
    """Resistance of the primary side of the exchanger at design flow."""
    secondary_film_k_per_kw: Floats
    return_water_m3: Floats
    supply_water_m3: Floats
    """Content of the supply pipes to the buildings."""
    header_water_m3: Floats
    """Content of exchanger and supply header, where the supply sensor sits."""
    distance: Floats
    """0 at the source, 1 at the far end of the primary network."""
    static_head_mpa: Floats
    hold_setpoint_mpa: Floats
    """Setpoint of the return pressure."""
    network_loss_mpa: Floats
    """Differential pressure of the secondary network at design flow."""
    leak_m3_per_h: Floats
    compliance_m3_per_mpa: Floats
    """Water taken up per rise of pressure: expansion vessel and air."""
    tank_full_m: Floats
    tank_m2: Floats
    pump_design_kw: Floats
    duty_pump: NDArray[np.int64]
    """Circulation pump in service, 1 or 2; the other stands by."""
    meter_gain: Floats
    """What the heat meter makes of the truth; class 2."""
    outdoor_bias_k: Floats

    def design_supply_c(self) -> Floats:
        """Return the supply temperature at design weather [°C]."""
        return self.supply_cold_c


def draw_stations(layout: CityLayout, random: RandomStreams) -> StationParameters:
    """Draw the constants of all stations from streams ``station.*`` around the registry's figures."""
    keys, stations = layout.station_key, layout.site.stations

    def between(name: str, low: float, high: float) -> Floats:
        return low + (high - low) * random.uniform(f"station.{name}", keys)

    def given(values: list[float | None], default: float) -> Floats:
        return np.array([default if value is None else value for value in values], np.float64)

    floor = layout.station_floor_heating
    area_m2 = given([station.heated_area_m2 for station in stations], 40_000.0)
    flow = given([station.design_flow_m3_per_h for station in stations], 120.0)
    heat_kw = area_m2 * _DESIGN_W_PER_M2 / 1000
    curve_shift_k = 0.5 * random.normal("station.curve", keys)
    cold_c = np.where(floor, 43.0, 63.0) + curve_shift_k
    mean_k, primary_flow = _exchanger(heat_kw, flow, cold_c)
    resistance = mean_k / heat_kw / between("exchanger", 1.1, 1.3)
    head = given([station.static_head_mpa for station in stations], 0.18)
    full_m = given([station.tank_height_m for station in stations], 1.8)
    return StationParameters(
        floor_heating=floor,
        heat_design_kw=heat_kw,
        flow_design_m3_per_h=flow,
        frequency_design_hz=between("frequency", 40, 46),
        supply_mild_c=np.where(floor, 32.0, 39.0) + curve_shift_k,
        supply_cold_c=cold_c,
        primary_flow_full_m3_per_h=primary_flow * between("valve", 2.0, 2.6),
        primary_film_k_per_kw=0.5 * resistance,
        secondary_film_k_per_kw=0.5 * resistance,
        return_water_m3=area_m2 * 0.0011,
        supply_water_m3=area_m2 * 0.0003,
        header_water_m3=np.maximum(flow * 0.012, 0.05),
        distance=between("distance", 0.05, 1.0),
        static_head_mpa=head,
        hold_setpoint_mpa=np.round(head + between("hold", 0.06, 0.09), 2),
        network_loss_mpa=between("network", 0.07, 0.12),
        leak_m3_per_h=flow * between("leak", 0.0008, 0.0025),
        compliance_m3_per_mpa=area_m2 * between("compliance", 2.0e-4, 3.0e-4),
        tank_full_m=full_m,
        tank_m2=between("tank", 2.0, 4.0),
        pump_design_kw=flow * between("pump", 0.07, 0.09),
        duty_pump=np.where(random.uniform("station.duty", keys) < 0.6, 1, 2).astype(np.int64),
        meter_gain=1 + 0.008 * random.normal("station.meter", keys),
        outdoor_bias_k=0.4 * random.normal("station.outdoor", keys),
    )


def _exchanger(heat_kw: Floats, flow_m3_per_h: Floats, supply_c: Floats) -> tuple[Floats, Floats]:
    """Return the mean temperature difference [K] and the primary flow [m³/h] of exchangers at design."""
    spread_k = heat_kw / (WATER_KW_PER_M3_PER_H_K * flow_m3_per_h)
    primary_return_c = supply_c - spread_k + _APPROACH_K
    hot_end_k = _PRIMARY_DESIGN_C - supply_c
    mean_k = (hot_end_k - _APPROACH_K) / np.log(hot_end_k / _APPROACH_K)
    return mean_k, heat_kw / (WATER_KW_PER_M3_PER_H_K * (_PRIMARY_DESIGN_C - primary_return_c))
