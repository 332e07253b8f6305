"""The registry as index arrays: which home is where, on which riser and station, and who its neighbours are.

What lives here: places. What does not: physical parameters, state, readings.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from heating.assets import Circuit, Contract, Emitter, Household, Position, Site, Station
from heating.circuits import circuit_of_buildings, circuits_of_stations
from heating.heat_tree import riser_id
from simulators.random_streams import entity_keys

__all__ = ["CityLayout", "lay_out"]

_POSITIONS = tuple(Position)


@dataclass(frozen=True)
class CityLayout:
    """Homes in registry order, shape ``(n_homes,)``; stations in registry order, shape ``(n_stations,)``.

    A «station» here is what has an exchanger, pumps and buildings of its own: a station of the registry with one circuit,
    or one circuit of a station with several. The stations of the registry are called houses, shape ``(n_houses,)``.
    """

    site: Site
    home_key: NDArray[np.uint64]
    """Key of the random streams."""
    home_station: NDArray[np.int32]
    """Place of the station that feeds the home."""
    home_riser: NDArray[np.int32]
    """Place of the riser in `riser_ids`."""
    home_building: NDArray[np.int32]
    """Place of the building in the registry."""
    home_position: NDArray[np.int8]
    """Place in ``tuple(Position)``."""
    home_area_m2: NDArray[np.float32]
    home_suspended: NDArray[np.bool_]
    """True where the contract is not for heating."""
    neighbours: NDArray[np.int32]
    """(4, n_homes) places of the homes above, below, across the landing and behind the wall to the next unit; the home
    itself where there is none."""
    riser_ids: tuple[str, ...]
    riser_building: NDArray[np.int32]
    """(n_risers,) place of the building of each riser."""
    building_key: NDArray[np.uint64]
    building_station: NDArray[np.int32]
    """(n_buildings,) place of the station that feeds each building."""
    building_index: dict[str, int]
    branch_ids: tuple[str, ...]
    branch_source: NDArray[np.int32]
    """(n_branches,) place of the source of each branch of the primary network."""
    station_branch: NDArray[np.int32]
    """(n_stations,) place of the branch on which each station lies."""
    station_key: NDArray[np.uint64]
    station_area: tuple[str, ...]
    """Top-level area of each station, the ``{area}`` of topics."""
    stations: tuple[Station, ...]
    """The stations; a circuit bears its own id, and what the registry says of it."""
    station_house: NDArray[np.int64]
    """(n_stations,) place of each station's house in the registry."""
    house_first: NDArray[np.int64]
    """(n_houses,) place of the first station in each house; the only one where the house has one circuit."""
    sensor_home: NDArray[np.int32]
    """(n_sensors,) place of the home of each assigned sensor."""
    sensor_ids: tuple[str, ...]
    sensor_key: NDArray[np.uint64]
    sensor_interval_s: NDArray[np.float64]
    home_index: dict[str, int]
    station_index: dict[str, int]
    """Place by id; the id of a house with several stations leads to its first."""

    @cached_property
    def building_ids(self) -> tuple[str, ...]:
        """Ids of the buildings, in registry order."""
        return tuple(self.building_index)

    @cached_property
    def house_key(self) -> NDArray[np.uint64]:
        """Key of the random streams of each house, shape ``(n_houses,)``."""
        return entity_keys([house.station_id for house in self.site.stations])

    @cached_property
    def station_floor_heating(self) -> NDArray[np.bool_]:
        """Whether the homes of each station have floor heating."""
        return np.array([station.emitter is Emitter.FLOOR for station in self.stations], np.bool_)

    @cached_property
    def station_source(self) -> NDArray[np.int32]:
        """Place of the source of each station."""
        return self.branch_source[self.station_branch]

    @cached_property
    def shares_house(self) -> NDArray[np.bool_]:
        """Return which stations are circuits of a house with several, shape ``(n_stations,)``."""
        return np.asarray(
            np.bincount(self.station_house, minlength=len(self.house_first))[self.station_house] > 1
        )

    def in_house_of(self, station: int) -> NDArray[np.int64]:
        """Return the places of all stations in the house of one."""
        return np.flatnonzero(self.station_house == self.station_house[station])


def lay_out(site: Site) -> CityLayout:
    """Turn a registry into arrays; sensors without a current assignment are left out.

    Raises
    ------
    KeyError
        When an asset names a parent that is not there.
    """
    homes = site.households
    stations, station_house, house_first, station_index = _stations(site)
    home_index = {home.household_id: place for place, home in enumerate(homes)}
    building_index = {building.building_id: place for place, building in enumerate(site.buildings)}
    building_station = _feeding(site, station_index)
    home_building = np.array([building_index[home.building_id] for home in homes], np.int32)
    risers, home_riser, riser_building = _risers(homes, home_building)
    branches, branch_source, station_branch = _branches(site, stations)
    parents = {area.area_id: area.parent_id for area in site.areas}
    sensors, sensor_home, sensor_interval_s = _sensors(site, home_index)
    return CityLayout(
        site=site,
        home_key=entity_keys([home.household_id for home in homes]),
        home_station=building_station[home_building],
        home_riser=home_riser,
        home_building=home_building,
        home_position=np.array([_POSITIONS.index(home.position) for home in homes], np.int8),
        home_area_m2=np.array([home.area_m2 for home in homes], np.float32),
        home_suspended=np.array([home.contract is not Contract.HEATING for home in homes], np.bool_),
        neighbours=_neighbours(homes),
        riser_ids=risers,
        riser_building=riser_building,
        building_key=entity_keys(tuple(building_index)),
        building_station=building_station,
        building_index=building_index,
        branch_ids=branches,
        branch_source=branch_source,
        station_branch=station_branch,
        station_key=entity_keys([station.station_id for station in stations]),
        station_area=tuple(_top_area(station.area_id, parents) for station in stations),
        stations=stations,
        station_house=station_house,
        house_first=house_first,
        sensor_home=sensor_home,
        sensor_ids=sensors,
        sensor_key=entity_keys(sensors),
        sensor_interval_s=sensor_interval_s,
        home_index=home_index,
        station_index=station_index,
    )


def _stations(
    site: Site,
) -> tuple[tuple[Station, ...], NDArray[np.int64], NDArray[np.int64], dict[str, int]]:
    """Return the stations, circuits of one house side by side, the house of each, the first of each house, and places."""
    circuits = circuits_of_stations(site)
    stations: list[Station] = []
    houses: list[int] = []
    first: list[int] = []
    for place, house in enumerate(site.stations):
        first.append(len(stations))
        own = [_of_circuit(house, circuit) for circuit in circuits.get(house.station_id, ())] or [house]
        stations += own
        houses += [place] * len(own)
    index = {station.station_id: place for place, station in enumerate(stations)}
    for house, place in zip(site.stations, first, strict=True):
        index.setdefault(house.station_id, place)
    return tuple(stations), np.array(houses, np.int64), np.array(first, np.int64), index


def _feeding(site: Site, station_index: dict[str, int]) -> NDArray[np.int32]:
    """Return the place of the station, or circuit of one, that feeds each building."""
    circuits = circuit_of_buildings(site)
    fed_by = (
        circuits[b.building_id].circuit_id if b.building_id in circuits else b.station_id
        for b in site.buildings
    )
    return np.array([station_index[station_id] for station_id in fed_by], np.int32)


def _of_circuit(house: Station, circuit: Circuit) -> Station:
    return replace(
        house,
        station_id=circuit.circuit_id,
        emitter=circuit.emitter or house.emitter,
        heated_area_m2=circuit.heated_area_m2,
        design_flow_m3_per_h=circuit.design_flow_m3_per_h,
        static_head_mpa=circuit.static_head_mpa,
        tank_height_m=circuit.tank_height_m or house.tank_height_m,
    )


def _branches(
    site: Site, stations: Sequence[Station]
) -> tuple[tuple[str, ...], NDArray[np.int32], NDArray[np.int32]]:
    """Return the ids of all branches, the source of every branch, and the branch of every station."""
    sources = {source.source_id: place for place, source in enumerate(site.sources)}
    places = {branch.branch_id: place for place, branch in enumerate(site.branches)}
    of_branch = np.array([sources[branch.source_id] for branch in site.branches], np.int32)
    of_station = np.array([places[station.branch_id] for station in stations], np.int32)
    return tuple(places), of_branch, of_station


def _sensors(
    site: Site, home_index: dict[str, int]
) -> tuple[tuple[str, ...], NDArray[np.int32], NDArray[np.float64]]:
    """Return the ids of all assigned sensors, their homes, and the time between their messages [s]."""
    current = [assignment for assignment in site.assignments if assignment.end is None]
    ids = tuple(assignment.sensor_id for assignment in current)
    homes = np.array([home_index[assignment.household_id] for assignment in current], np.int32)
    intervals = {sensor.sensor_id: sensor.interval_s for sensor in site.sensors}
    return ids, homes, np.array([intervals[sensor_id] for sensor_id in ids], np.float64)


def _risers(
    homes: Sequence[Household], home_building: NDArray[np.int32]
) -> tuple[tuple[str, ...], NDArray[np.int32], NDArray[np.int32]]:
    """Return the ids of all risers, the riser of every home, and the building of every riser."""
    places: dict[str, int] = {}
    of_home = np.array(
        [places.setdefault(riser_id(home.building_id, home.unit), len(places)) for home in homes], np.int32
    )
    building = np.zeros(len(places), np.int32)
    building[of_home] = home_building
    return tuple(places), of_home, building


def _top_area(area_id: str, parents: dict[str, str | None]) -> str:
    while (above := parents.get(area_id)) is not None:
        area_id = above
    return area_id


def _neighbours(homes: Iterable[Household]) -> NDArray[np.int32]:
    homes = list(homes)
    door = [home.room[-2:] for home in homes]
    places = {(h.building_id, h.unit, h.floor, door[i]): i for i, h in enumerate(homes)}
    table = np.empty((4, len(homes)), np.int32)
    for place, home in enumerate(homes):
        building, unit, floor, own = home.building_id, home.unit, home.floor, door[place]
        across, next_unit = ("02", unit - 1) if own == "01" else ("01", unit + 1)
        table[0, place] = places.get((building, unit, floor + 1, own), place)
        table[1, place] = places.get((building, unit, floor - 1, own), place)
        table[2, place] = places.get((building, unit, floor, across), place)
        table[3, place] = places.get((building, next_unit, floor, across), place)
    return table
