"""A test stand: three stations on a stiff primary network, with homes that answer like a fixed conductance."""

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from simulators.city_layout import CityLayout, lay_out
from simulators.effects import Effects, no_effects
from simulators.random_streams import RandomStreams
from simulators.stations.secondary_network import draw_connections
from simulators.stations.station_model import LoadOfHomes, StationsModel, StationSurroundings
from simulators.stations.station_parameters import draw_stations
from simulators.water import WATER_KJ_PER_M3_K, WATER_KW_PER_M3_PER_H_K
from tests.unit.simulators.cities import small_site

Floats = NDArray[np.float64]
MIDNIGHT_S = 1_768_406_400.0
"""A midnight in local time: 2026-01-14 16:00 UTC."""


class Stand:
    """Stations with everything around them under the control of a test."""

    def __init__(self, *, imbalance: float = 0.3, outdoor_c: float = -15.0, seed: int = 1) -> None:
        self.layout: CityLayout = lay_out(small_site())
        random = RandomStreams(seed)
        p = draw_stations(self.layout, random)
        connections = draw_connections(
            self.layout,
            random,
            station_flow_m3_per_h=p.flow_design_m3_per_h,
            network_loss_mpa=p.network_loss_mpa,
            supply_water_m3=p.supply_water_m3,
            imbalance=imbalance,
        )
        self.t_s = MIDNIGHT_S + 12 * 3600
        self.outdoor_c, self.radiation_w_per_m2 = outdoor_c, 0.0
        self.primary_c, self.supply_mpa, self.return_mpa = 95.0, 0.70, 0.40
        self.model = StationsModel(p, connections, outdoor_c=outdoor_c, t_s=self.t_s)
        self.effects: Effects = no_effects(self.layout)
        part = connections.design_flow_m3_per_h / p.flow_design_m3_per_h[connections.station]
        self.load = LoadOfHomes(
            emitter_kw_per_k=part * p.heat_design_kw[connections.station] / 34,
            room_c=np.full(len(part), 20.5),
            conductance_factor=np.ones(len(part)),
        )
        self.exchanged_kj, self.taken_kj, self.delivered_kj = np.zeros(3), np.zeros(3), np.zeros(3)

    def break_at(self, station: int, **values: float | bool) -> None:
        """Set effects of one station."""
        names = {field.name for field in fields(Effects)}
        for name, value in values.items():
            assert name in names
            getattr(self.effects, name)[station] = value

    def run(self, hours: float, dt_s: float = 60.0) -> dict[str, Floats]:
        """Go on; return the course of some values, shape ``(n_steps, n_stations)``."""
        course: dict[str, list[Floats]] = {}
        for _ in range(round(hours * 3600 / dt_s)):
            self.step(dt_s)
            for name, value in self.values().items():
                course.setdefault(name, []).append(value.astype(np.float64))
        return {name: np.array(rows) for name, rows in course.items()}

    def step(self, dt_s: float) -> None:
        self.t_s += dt_s
        model = self.model
        flow = model.primary_conductance(self.effects) * np.sqrt(self.supply_mpa - self.return_mpa)
        around = StationSurroundings(
            t_s=self.t_s,
            outdoor_c=self.outdoor_c,
            radiation_w_per_m2=self.radiation_w_per_m2,
            primary_supply_c=np.full(3, self.primary_c),
            primary_supply_mpa=np.full(3, self.supply_mpa),
            primary_return_mpa=np.full(3, self.return_mpa),
            primary_flow_m3_per_h=flow,
            effects=self.effects,
        )
        sent_c = model.service_c.copy()
        model.step(dt_s, around, self.load)
        self.exchanged_kj += model.exchanger_kw * dt_s
        self.taken_kj += WATER_KW_PER_M3_PER_H_K * flow * (self.primary_c - sent_c) * dt_s
        heat_kw, _, _ = model.take_delivery()
        self.delivered_kj += np.bincount(self.layout.building_station, heat_kw, 3) * dt_s

    def values(self) -> dict[str, NDArray[np.generic]]:
        model = self.model
        return {
            "setpoint_c": model.controllers.setpoint_c,
            "supply_c": model.supply_c,
            "return_c": model.return_c,
            "primary_return_c": model.primary_return_c,
            "primary_flow": model.primary_flow_m3_per_h,
            "command_pct": model.controllers.valve_command_pct,
            "valve_pct": model.controllers.valve_pct,
            "flow": model.flow_m3_per_h / model.parameters.flow_design_m3_per_h,
            "hz": model.circulation.frequency_hz,
            "power_kw": model.circulation.power_kw,
            "network_mpa": model.circulation.network_mpa,
            "hold_mpa": model.pressure.hold_mpa - model.parameters.pressure.setpoint_mpa,
            "makeup": model.pressure.makeup_m3_per_h,
            "makeup_total": model.pressure.makeup_total_m3,
            "tank_m": model.pressure.tank_m,
            "relief": model.pressure.relief_open,
            "heat_total": model.meters.heat_total_gj,
            "volume_total": model.meters.volume_total_m3,
            "kwh": model.electricity_total_kwh,
            "meter_flow": model.meters.flow_m3_per_h,
            "heat_kw": model.exchanger_kw,
        }

    def balance_kj(self) -> Floats:
        """Return what the exchangers gave less where it went, since the start; the start's content included."""
        model = self.model
        return self.exchanged_kj + model.water_kj - model.lost_kj - self.delivered_kj - model.stored_kj()

    def primary_balance_kj(self) -> Floats:
        """Return what the primary water brought less what the exchangers took and the station keeps."""
        kept = self.model.parameters.primary_water_m3 * self.model.service_c * WATER_KJ_PER_M3_K
        return np.asarray(self.taken_kj - self.exchanged_kj - kept)
