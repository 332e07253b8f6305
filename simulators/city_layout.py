"""The registry as index arrays: which home is where, on which riser and station, and who its neighbours are.

What lives here: places. What does not: physical parameters, state, readings.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heating.assets import Contract, Emitter, Household, Position, Site
from heating.heat_tree import riser_id
from simulators.random_streams import entity_keys

__all__ = ["CityLayout", "lay_out"]

_POSITIONS = tuple(Position)


@dataclass(frozen=True)
class CityLayout:
    """Homes in registry order, shape ``(n_homes,)``; stations in registry order, shape ``(n_stations,)``."""

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
    building_ids: tuple[str, ...]
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
    station_floor_heating: NDArray[np.bool_]
    station_area: tuple[str, ...]
    """Top-level area of each station, the ``{area}`` of topics."""
    station_source: NDArray[np.int32]
    """Place of the source of each station."""
    sensor_home: NDArray[np.int32]
    """(n_sensors,) place of the home of each assigned sensor."""
    sensor_ids: tuple[str, ...]
    sensor_key: NDArray[np.uint64]
    sensor_interval_s: NDArray[np.float64]
    home_index: dict[str, int]
    station_index: dict[str, int]


def lay_out(site: Site) -> CityLayout:
    """Turn a registry into arrays; sensors without a current assignment are left out.

    Raises
    ------
    KeyError
        When an asset names a parent that is not there.
    """
    homes, stations = site.households, site.stations
    home_index = {home.household_id: place for place, home in enumerate(homes)}
    station_index = {station.station_id: place for place, station in enumerate(stations)}
    building_index = {building.building_id: place for place, building in enumerate(site.buildings)}
    building_station = np.array([station_index[b.station_id] for b in site.buildings], np.int32)
    home_building = np.array([building_index[home.building_id] for home in homes], np.int32)
    risers, home_riser, riser_building = _risers(homes, home_building)
    branches, branch_source, station_branch = _branches(site)
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
        building_ids=tuple(building_index),
        building_key=entity_keys(tuple(building_index)),
        building_station=building_station,
        building_index=building_index,
        branch_ids=branches,
        branch_source=branch_source,
        station_branch=station_branch,
        station_key=entity_keys([station.station_id for station in stations]),
        station_floor_heating=np.array([s.emitter is Emitter.FLOOR for s in stations], np.bool_),
        station_area=tuple(_top_area(station.area_id, parents) for station in stations),
        station_source=branch_source[station_branch],
        sensor_home=sensor_home,
        sensor_ids=sensors,
        sensor_key=entity_keys(sensors),
        sensor_interval_s=sensor_interval_s,
        home_index=home_index,
        station_index=station_index,
    )


def _branches(site: Site) -> tuple[tuple[str, ...], NDArray[np.int32], NDArray[np.int32]]:
    """Return the ids of all branches, the source of every branch, and the branch of every station."""
    sources = {source.source_id: place for place, source in enumerate(site.sources)}
    places = {branch.branch_id: place for place, branch in enumerate(site.branches)}
    of_branch = np.array([sources[branch.source_id] for branch in site.branches], np.int32)
    of_station = np.array([places[station.branch_id] for station in site.stations], np.int32)
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
