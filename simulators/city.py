"""The whole city: weather, source, stations, homes, devices and faults, moved forward together.

What lives here: the order of a step and what is reported during it. What does not: clocks, files and MQTT
(`simulators.publishing.history`, `simulators.publishing.live`). The same calls give the same reports, byte for byte.
"""

import math
import threading
from collections.abc import Iterator
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from heating.assets import Site
from heating.intervals import from_epoch_ms, to_epoch_ms
from simulators.buildings.heat_delivery import DeliveredHeat, settle_homes
from simulators.buildings.homes import Outdoors
from simulators.city_layout import lay_out
from simulators.devices.families import draw_families
from simulators.devices.room_sensors import RoomSensors
from simulators.devices.senders import Senders
from simulators.devices.station_instruments import StationInstruments
from simulators.effects import Effects
from simulators.faults.planning import cold_snaps_of, schedule_of
from simulators.network.primary_network import StationDemand, draw_primary_network
from simulators.people.call_words import CallTruth
from simulators.people.residents import Residents
from simulators.random_streams import RandomStreams
from simulators.reports import Report, Timetable
from simulators.scenario import Scenario
from simulators.stations.secondary_network import draw_connections
from simulators.stations.station_model import StationsModel, StationSurroundings
from simulators.stations.station_parameters import StationParameters, draw_stations
from simulators.stations.station_readings import (
    source_fleet,
    source_report,
    weather_fleet,
    weather_report,
)
from simulators.water import WATER_KW_PER_M3_PER_H_K
from simulators.weather.recorded import RecordedWeather
from simulators.weather.synthetic import Weather
from simulators.weather.weather_files import read_weather_file
from simulators.weather.weather_series import ColdSnap, WeatherSeries

__all__ = ["City"]

_SOURCE_INTERVAL_S = 60.0
_WEATHER_INTERVAL_S = 300.0
_COARSE_STEP_S = 60.0


class City:
    """A simulated city.

    Parameters
    ----------
    site : Site
        The registry; every station needs a branch and a source.
    scenario : Scenario
        Weather and faults.
    seed : int
        Same arguments, same city.
    origin : datetime
        The moment from which faults and cold snaps count, aware UTC.
    start : datetime
        Where the simulation begins, not after `origin`.
    """

    def __init__(
        self, *, site: Site, scenario: Scenario, seed: int, origin: datetime, start: datetime
    ) -> None:
        self.scenario = scenario
        self.layout = lay_out(site)
        random = RandomStreams(seed)
        self.weather = _weather(scenario, random, origin)
        self.faults = schedule_of(
            scenario, self.layout, random, live_ms=to_epoch_ms(origin), start_ms=to_epoch_ms(start)
        )
        self.now_ms = to_epoch_ms(start)
        outdoor_c = self.weather.outdoor_temp_c(self.now_ms / 1000)
        parameters = draw_stations(self.layout, random)
        connections = draw_connections(
            self.layout,
            random,
            station_flow_m3_per_h=parameters.flow_design_m3_per_h,
            network_loss_mpa=parameters.network_loss_mpa,
            supply_water_m3=parameters.supply_water_m3,
            imbalance=scenario.imbalance,
        )
        self.network, difference_mpa = draw_primary_network(
            self.layout,
            random,
            station_m3_per_h=parameters.primary_design_m3_per_h,
            outdoor_c=outdoor_c,
            capacity_factor=scenario.source.capacity_factor,
        )
        self.stations = StationsModel(
            parameters,
            connections,
            outdoor_c=outdoor_c,
            t_s=self.now_ms / 1000,
            primary_difference_mpa=difference_mpa,
        )
        self.delivery = settle_homes(self.layout, random, _mean_water_c(parameters))
        self.homes = self.delivery.homes
        self.residents = Residents(self.layout, random, self.homes.parameters.gains_w)
        self.delivered_to_homes_kj = np.zeros(len(site.buildings))
        self._since_homes_s = 0.0
        self._around = self._surroundings()
        self._devices(random)

    def _devices(self, random: RandomStreams) -> None:
        layout = self.layout
        self.instruments = StationInstruments(layout, random)
        self.families = draw_families(layout, random, self.scenario.payload_mix)
        self.sensors = RoomSensors(layout, random, self.scenario.sensor_mix, self.families.rooms)
        self.senders = Senders(layout, self.families, self.instruments.fleet)
        self.source_fleet = source_fleet(layout)
        self.weather_fleet = weather_fleet(layout)
        live_s = [station.report_interval_s for station in layout.stations]
        self._live_interval_ms = (np.array(live_s, np.float64) * 1000).astype(np.int64)
        history_s = np.maximum(live_s, self.scenario.history_station_interval)
        phase = random.uniform("device.phase", layout.house_key)[layout.station_house]
        start = self.now_ms
        self._station_times = Timetable(
            interval_ms=(history_s * 1000).astype(np.int64), phase=phase, start_ms=start
        )
        rooms_s = np.maximum(layout.sensor_interval_s, self.scenario.history_room_interval)
        self._room_times = Timetable(
            interval_ms=self.sensors.rhythm((rooms_s * 1000).astype(np.int64)),
            phase=random.uniform("device.phase", layout.sensor_key),
            start_ms=start,
        )
        self._source_times = _regular(len(self.source_fleet.ids), self._slow_s(_SOURCE_INTERVAL_S), start)
        self._weather_times = _regular(len(self.weather_fleet.ids), _WEATHER_INTERVAL_S, start)

    def _slow_s(self, interval_s: float) -> float:
        return max(interval_s, self.scenario.history_station_interval)

    def spin_up(self, stop: threading.Event | None = None) -> None:
        """Run from `scenario.spin_up` before now until now without a report, so that homes have a past.

        Parameters
        ----------
        stop : threading.Event or None
            Setting it ends the run early.
        """
        end_ms, length_s = self.now_ms, self.scenario.spin_up
        self.now_ms = end_ms - int(length_s * 1000)
        self.homes.seed_temperatures(np.where(self.layout.home_suspended, 16.0, 20.8).astype(np.float32))
        while self.now_ms < end_ms and not (stop and stop.is_set()):
            self.step(min(_COARSE_STEP_S, (end_ms - self.now_ms) / 1000))
        self.take_calls()

    def go_live(self, now: datetime) -> None:
        """Report at the live rhythm from now on, and count the onsets of faults to come from `now`."""
        self.faults.go_live(to_epoch_ms(now))
        self._station_times.restart(interval_ms=self._live_interval_ms, start_ms=self.now_ms)
        rooms_ms = (self.layout.sensor_interval_s * 1000).astype(np.int64)
        self._room_times.restart(interval_ms=self.sensors.rhythm(rooms_ms), start_ms=self.now_ms)
        n = len(self.source_fleet.ids)
        self._source_times = _regular(n, min(_SOURCE_INTERVAL_S, self._fastest_s()), self.now_ms)
        self._weather_times = _regular(
            len(self.weather_fleet.ids), min(_WEATHER_INTERVAL_S, 6 * self._fastest_s()), self.now_ms
        )

    def _fastest_s(self) -> float:
        return float(self._live_interval_ms.min(initial=60_000)) / 1000

    def step(self, dt_s: float) -> None:
        """Go on by `dt_s` seconds, above 0 and at most 60."""
        self.now_ms += round(dt_s * 1000)
        effects = self.faults.effects(self.now_ms)
        stations = self.stations
        demand = StationDemand(
            conductance=stations.primary_conductance(effects),
            return_c=stations.service_c,
            leak_m3_per_h=stations.exchanger_leak_m3_per_h,
        )
        self.network.step(dt_s, self.weather.outdoor_temp_c(self.now_ms / 1000), demand, effects)
        around = self._around = self._surroundings()
        self.stations.step(dt_s, around, self.delivery.load)
        self._since_homes_s += dt_s
        if self._since_homes_s >= self.scenario.home_step:
            self._step_homes(effects)
        self.residents.hear(self.now_ms, self.homes.air_c, effects)

    def _surroundings(self) -> StationSurroundings:
        effects = self.faults.effects(self.now_ms)
        temperature, supply, returned = self.network.at_stations()
        return StationSurroundings(
            t_s=self.now_ms / 1000,
            radiation_w_per_m2=self.weather.radiation_w_per_m2(self.now_ms / 1000),
            outdoor_c=self.weather.outdoor_temp_c(self.now_ms / 1000),
            primary_supply_c=temperature,
            primary_supply_mpa=supply,
            primary_return_mpa=returned,
            primary_flow_m3_per_h=self.network.flow_m3_per_h,
            effects=effects,
        )

    def _step_homes(self, effects: Effects) -> None:
        """Hand the delivered heat to the homes and let them live since the step before."""
        dt_s, t_s = self._since_homes_s, self.now_ms / 1000
        delivered = DeliveredHeat(*self.stations.take_delivery())
        self.delivered_to_homes_kj += delivered.heat_kw * dt_s
        outdoors = Outdoors(
            temp_c=self._around.outdoor_c,
            wind_m_per_s=self.weather.wind_speed_m_per_s(t_s),
            radiation_w_per_m2=self.weather.radiation_w_per_m2(t_s),
        )
        life = self.residents.live(t_s, dt_s, self.homes.air_c)
        self.delivery.step(dt_s, delivered, outdoors, life, effects)
        self._since_homes_s = 0.0

    def reports(self) -> Iterator[Report]:
        """Yield what devices have measured up to now and not yet reported."""
        effects = self.faults.effects(self.now_ms)
        for places, moments in self._weather_times.due(self.now_ms):
            yield weather_report(self.weather_fleet, self.weather, places, moments)
        for places, moments in self._source_times.due(self.now_ms):
            yield source_report(self.source_fleet, self.network.metered(), places, moments)
        for places, moments in self._station_times.due(self.now_ms):
            heard = ~effects.gateway_silent[places]
            if heard.any():
                yield from self.instruments.reports(
                    self.stations, self._around, places[heard], moments[heard]
                )
        for places, moments in self._room_times.due(self.now_ms):
            report = self.sensors.report(self.homes.air_c, effects, places, moments)
            if len(report.places):
                yield report
        held = self.sensors.overdue(self.now_ms)
        if held is not None:
            yield held

    def take_calls(self) -> list[CallTruth]:
        """Return the calls to the hotline up to now that were not yet taken, with what only the truth may know."""
        return self.residents.take_calls(self.now_ms)

    def gateways_online(self) -> NDArray[np.bool_]:
        """Return which houses' gateways are connected, shape ``(n_houses,)``."""
        return ~self.faults.effects(self.now_ms).gateway_silent[self.layout.house_first]

    def coarse_step_s(self, until_ms: int) -> float:
        """Return the step to take towards a moment when nobody watches: `Scenario.step`, or what is left."""
        return min(self.scenario.step, max((until_ms - self.now_ms) / 1000, 0.001))


def _mean_water_c(parameters: StationParameters) -> NDArray[np.float64]:
    """Return the mean of supply and return at design weather, shape ``(n_stations,)`` [°C]."""
    flow_kw_per_k = WATER_KW_PER_M3_PER_H_K * parameters.flow_design_m3_per_h
    return parameters.design_supply_c() - parameters.heat_design_kw / flow_kw_per_k / 2


def _weather(scenario: Scenario, random: RandomStreams, origin: datetime) -> WeatherSeries:
    plan = scenario.weather
    snaps = tuple(
        ColdSnap(from_epoch_ms(to_epoch_ms(origin) + int(snap.onset * 1000)), snap.drop_k, snap.duration)
        for snap in cold_snaps_of(scenario)
    )
    day, shift_k = plan.day_of_year, plan.shift_k
    if plan.file is None:
        return Weather(random=random, day_of_year=day, shift_k=shift_k, cold_snaps=snaps)
    table = read_weather_file(plan.file)
    return RecordedWeather(table, random=random, day_of_year=day, shift_k=shift_k, cold_snaps=snaps)


def _regular(count: int, interval_s: float, start_ms: int) -> Timetable:
    interval_ms = np.full(count, math.ceil(interval_s * 1000), np.int64)
    return Timetable(interval_ms=interval_ms, phase=np.zeros(count), start_ms=start_ms)
