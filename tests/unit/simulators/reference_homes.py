"""Homes for the tests of buildings and people: one with the figures of the cooling table, and a small town of them."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulators.buildings.heat_delivery import DeliveredHeat, HeatDelivery, settle_homes
from simulators.buildings.home_parameters import HomeParameters
from simulators.buildings.homes import HomesModel, Outdoors
from simulators.city_layout import CityLayout, lay_out
from simulators.effects import Effects, no_effects
from simulators.random_streams import RandomStreams
from simulators.water import WATER_KW_PER_M3_PER_H_K
from tests.unit.simulators.cities import small_site

COLD = Outdoors(temp_c=-25.0, wind_m_per_s=3.6, radiation_w_per_m2=0.0)
USUAL = Outdoors(temp_c=-19.0, wind_m_per_s=3.6, radiation_w_per_m2=0.0)


def reference_home(count: int = 1) -> HomeParameters:
    """A 90 m² home inside a building: 80 W/K times 0.85, tight windows, no neighbours."""

    def all_of(value: float) -> NDArray[np.float32]:
        return np.full(count, value, np.float32)

    return HomeParameters(
        conductance_w_per_k=all_of(68),
        leakage_w_per_k=all_of(25),
        volume_m3=all_of(243),
        air_j_per_k=all_of(2.5e6),
        mass_j_per_k=all_of(20e6),
        inside_w_per_k=all_of(1100),
        light_share=0.9,
        gains_w=all_of(342),
        sun_m2=all_of(1),
        sun_on_air=all_of(0.3),
        emitter_w=all_of(40),
        floor_heating=np.zeros(count, np.bool_),
        neighbours=np.arange(count, dtype=np.int32)[None, :],
        shared_w_per_k=np.zeros((1, count), np.float32),
    )


def two_homes(shared_w_per_k: float) -> HomeParameters:
    """Two reference homes with a slab between them."""
    rates = np.full((1, 2), shared_w_per_k, np.float32)
    return replace(reference_home(2), neighbours=np.array([[1, 0]], np.int32), shared_w_per_k=rates)


def in_balance(model: HomesModel, outdoors: Outdoors, air_c: float) -> None:
    """Bring air and structure to the steady state of a heated home."""
    p = model.parameters
    outer = 0.1 * p.conductance_w_per_k
    model.air_c = np.full_like(model.air_c, air_c)
    model.mass_c = (p.inside_w_per_k * air_c + outer * outdoors.temp_c) / (p.inside_w_per_k + outer)


class Town:
    """The homes of three stations on water of a fixed temperature."""

    def __init__(self, supply_c: float = 58.0, seed: int = 1) -> None:
        self.layout: CityLayout = lay_out(small_site())
        n = len(self.layout.station_key)
        design_c = np.where(self.layout.station_floor_heating, 38.0, 55.0)
        self.delivery: HeatDelivery = settle_homes(self.layout, RandomStreams(seed), design_c)
        self.homes = self.delivery.homes
        self.heated = ~self.layout.home_suspended
        floor = self.layout.station_floor_heating[self.layout.building_station]
        self.supply_c = np.where(floor, supply_c - 17.0, supply_c)
        self.rate_kw_per_k = self.delivery.design_rate_kw_per_k.copy()
        self.stations = n

    def effects(self) -> Effects:
        """Return fresh effects in which nothing is broken."""
        return no_effects(self.layout)

    def delivered(self) -> DeliveredHeat:
        """Return what radiators would take at the answer of the step before, as a station would deliver it."""
        load = self.delivery.load
        taken = 1 - np.exp(-load.emitter_kw_per_k / self.rate_kw_per_k)
        heat_kw = self.rate_kw_per_k * taken * np.maximum(self.supply_c - load.room_c, 0)
        flow = self.rate_kw_per_k / WATER_KW_PER_M3_PER_H_K
        return DeliveredHeat(heat_kw=heat_kw, flow_m3_per_h=flow, supply_c=self.supply_c)

    def run(self, hours: float, effects: Effects | None = None, outdoors: Outdoors = USUAL) -> "Town":
        """Go on with steps of 300 s."""
        for _ in range(int(hours * 12)):
            self.delivery.step(300.0, self.delivered(), outdoors, None, effects)
        return self
