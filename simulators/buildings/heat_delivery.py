"""Heat on its last metres: from the warm water of buildings to the radiators of homes, and back to the station.

What lives here: the order in which water, radiators and homes act on one another in one step of the homes. What does
not: laws of radiators (`simulators.buildings.radiators`), of homes (`simulators.buildings.homes`), of valves
(`simulators.buildings.circulation`).

Energy closes by construction: the water counts what it gave off in each building between two steps of the homes;
radiators want a share each at the temperatures of the moment, and the counted heat is dealt out in these shares.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.buildings.circulation import BuildingCirculation
from simulators.buildings.home_parameters import draw_homes
from simulators.buildings.homes import DomesticLife, HomesModel, Outdoors
from simulators.buildings.radiators import EXPONENTS, RadiatorTable
from simulators.city_layout import CityLayout
from simulators.effects import Effects
from simulators.random_streams import RandomStreams
from simulators.stations.station_model import LoadOfHomes
from simulators.water import WATER_KW_PER_M3_PER_H_K

__all__ = ["DeliveredHeat", "HeatDelivery", "settle_homes"]

Floats = NDArray[np.float64]
HomeFloats = NDArray[np.float32]

_STANDING_SHARE = 0.03
"""Below this share of its design flow a building counts as standing: radiators are then asked at design flow."""
_DESIGN_SPREAD_K = 15.0
_LEAST_EXCESS_K = np.float32(1e-3)
_LEAST_RATE_W_PER_K = np.float32(1e-3)
_TELLING_EXCESS_K = 1e-3
_EVERY = np.ones(1, np.float32)
_MOST_TAKEN = 0.98
_START_EXCESS_K = 30.0
_ANSWER_EXCESS_K = 2.0
"""Water less than this above the rooms says nothing about radiators."""


@dataclass(frozen=True, slots=True)
class DeliveredHeat:
    """What came to the buildings since the step before, as means, shape ``(n_buildings,)``."""

    heat_kw: Floats
    """Given off by the water."""
    flow_m3_per_h: Floats
    supply_c: Floats
    """Temperature at which the water enters [°C]."""


class HeatDelivery:
    """Homes of a city on the water of their stations.

    Parameters
    ----------
    layout : CityLayout
        Which home is in which building.
    circulation : BuildingCirculation
        Shares of flow inside buildings.
    homes : HomesModel
        State of the homes.

    Attributes
    ----------
    load : LoadOfHomes
        The buildings' answer to warm water, for the stations; a new object after each step.
    design_rate_kw_per_k : ndarray
        (n_buildings,) heat capacity rate of a usual design flow [kW/K].
    building_heat_kw, building_return_c : ndarray
        (n_buildings,) heat taken and temperature of the water going back, of the last step [kW], [°C].
    """

    def __init__(self, layout: CityLayout, circulation: BuildingCirculation, homes: HomesModel) -> None:
        self._circulation, self.homes = circulation, homes
        p = homes.parameters
        self._building = layout.home_building.astype(np.intp)
        self._power = np.where(p.floor_heating, EXPONENTS[1] - 1, EXPONENTS[0] - 1).astype(np.float32)
        self._table = RadiatorTable()
        self._work = np.empty((4, len(self._building)), np.float32)
        self.design_rate_kw_per_k = np.maximum(circulation.building_design_w / 1000 / _DESIGN_SPREAD_K, 1e-6)
        self._emitter_of: Effects | None = None
        self._log_emitter = self._make_log_emitter(None)
        n = len(layout.building_ids)
        self.building_heat_kw = np.zeros(n)
        self.building_return_c = np.full(n, 40.0)
        self.load = LoadOfHomes(
            emitter_kw_per_k=circulation.building_design_w / 1000 / _START_EXCESS_K,
            room_c=np.full(n, 20.5),
            conductance_factor=np.ones(n),
        )

    def step(
        self,
        dt_s: float,
        delivered: DeliveredHeat,
        outdoors: Outdoors,
        life: DomesticLife | None = None,
        effects: Effects | None = None,
    ) -> None:
        """Deal out the delivered heat, let the homes live for `dt_s` seconds, and renew `load`.

        Parameters
        ----------
        dt_s : float
            Step, above 0 and at most 600 [s].
        delivered : DeliveredHeat
            What came since the step before.
        outdoors, life, effects
            See `HomesModel.step`.
        """
        homes, circulation, supply_c = self.homes, self._circulation, delivered.supply_c
        opening = _EVERY if life is None else life.valve_opening
        conductance = circulation.home_conductance(opening, effects)
        share = circulation.home_share(conductance)
        flowing = WATER_KW_PER_M3_PER_H_K * delivered.flow_m3_per_h
        stands = flowing < _STANDING_SHARE * self.design_rate_kw_per_k
        rate = np.where(stands, self.design_rate_kw_per_k, flowing)
        wanted_w = self._wanted_w(share, rate, supply_c, effects)
        wanted_kw = circulation.by_building(wanted_w) / 1000
        room_c = circulation.by_building(share * homes.air_c)
        self.building_heat_kw = delivered.heat_kw
        self.building_return_c = np.where(stands, room_c, supply_c - delivered.heat_kw / rate)
        homes.step(
            dt_s,
            self._dealt_out(delivered.heat_kw, share, wanted_w, wanted_kw, rate),
            outdoors,
            life,
            effects,
        )
        answer = self._answer(rate, wanted_kw, supply_c - room_c)
        self.load = LoadOfHomes(
            emitter_kw_per_k=np.where(np.isnan(answer), self.load.emitter_kw_per_k, answer),
            room_c=room_c,
            conductance_factor=circulation.building_factor(conductance, effects),
        )

    def _wanted_w(
        self, share: HomeFloats, rate_kw_per_k: Floats, supply_c: Floats, effects: Effects | None
    ) -> HomeFloats:
        """Return what every radiator would take at the temperatures of the moment [W]."""
        if effects is not self._emitter_of:
            self._emitter_of, self._log_emitter = effects, self._make_log_emitter(effects)
        rate, excess, log_kappa, scratch = self._work
        np.take((rate_kw_per_k * 1000).astype(np.float32), self._building, out=rate, mode="clip")
        rate *= share
        np.maximum(rate, _LEAST_RATE_W_PER_K, out=rate)
        np.take(supply_c.astype(np.float32), self._building, out=excess, mode="clip")
        excess -= self.homes.air_c
        np.maximum(excess, _LEAST_EXCESS_K, out=excess)
        np.log(excess, out=log_kappa)
        log_kappa *= self._power
        log_kappa += self._log_emitter
        log_kappa -= np.log(rate, out=scratch)
        wanted = self._table.share(log_kappa, self.homes.parameters.floor_heating, out=scratch)
        wanted *= rate
        wanted *= excess
        return wanted

    def _make_log_emitter(self, effects: Effects | None) -> HomeFloats:
        emitter = self.homes.parameters.emitter_w
        if effects is not None:
            emitter = emitter * effects.home_emitter_factor
        return np.log(np.maximum(emitter, np.float32(1e-4)))

    def _dealt_out(
        self, heat_kw: Floats, share: HomeFloats, wanted_w: HomeFloats, wanted_kw: Floats, rate: Floats
    ) -> HomeFloats:
        """Return the heat of every home [W]; per building together `heat_kw`."""
        tells = wanted_kw > _TELLING_EXCESS_K * rate
        scale = np.where(tells, heat_kw / np.maximum(wanted_kw, 1e-9), 0.0)
        given_w = np.take(scale.astype(np.float32), self._building)
        given_w *= wanted_w
        rest_kw = np.where(tells, 0.0, heat_kw)
        if rest_kw.any():  # rooms as warm as the water: heat goes where the water goes
            given_w += share * (rest_kw * 1000).astype(np.float32)[self._building]
        return given_w

    def _answer(self, rate: Floats, wanted_kw: Floats, excess_k: Floats) -> Floats:
        """Return the conductance of the radiators of each building [kW/K]; NaN where the water is too cold to tell."""
        taken = wanted_kw / (rate * np.maximum(excess_k, 0.5))
        answer = -np.log1p(-np.clip(taken, 0.0, _MOST_TAKEN)) * rate
        return np.where(excess_k > _ANSWER_EXCESS_K, answer, np.nan)


def settle_homes(layout: CityLayout, random: RandomStreams, mean_water_c: Floats) -> HeatDelivery:
    """Draw homes and their place in the circulation.

    Parameters
    ----------
    layout : CityLayout
        Places.
    random : RandomStreams
        Streams ``home.*``, ``riser.*``, ``building.*``.
    mean_water_c : ndarray
        (n_stations,) mean of supply and return water at design weather [°C].
    """
    parameters = draw_homes(layout, random, mean_water_c)
    return HeatDelivery(layout, BuildingCirculation(layout, parameters, random), HomesModel(parameters))
