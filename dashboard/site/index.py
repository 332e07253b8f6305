"""The registry ready for look-ups: by id, by area, by building, and along the heat-supply tree.

Rebuilt when the registry changes or a sensor moves to another home; in between it is read from any thread. Personal
data are not in it.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dashboard.site.names import building_in_english, home_address, plant_in_english, riser_name, zone_name
from dashboard.web.security.viewer import Viewer
from dashboard.web.values import Bilingual
from heating.assets import Area, Building, Circuit, Community, Contract, Household, Sensor, Site, Station
from heating.circuits import circuit_of_buildings, circuits_of_stations
from heating.clock import Clock
from heating.heat_tree import HeatTree, Level, Node, build_heat_tree
from heating.intervals import to_epoch_ms
from heating.places import AreaTree, circuit_on_site, next_assignment_change, sensors_of_homes
from heating.protocols import RegistryRecords

__all__ = ["SensedHomes", "SiteIndex", "SiteSource"]


@dataclass(frozen=True)
class SensedHomes:
    """Homes with a sensor as columns ``(n,)``, ordered along the heat-supply tree."""

    household_ids: tuple[str, ...]
    sensor_ids: tuple[str, ...]
    number: NDArray[np.intp]
    """Node number in the tree, rising."""
    interval_s: NDArray[np.float64]
    """Expected time between messages [s]."""
    since_ms: NDArray[np.int64]
    """When the sensor began to measure the home [epoch ms]; what it measured before belongs to another home."""
    heated: NDArray[np.bool_]
    """Whether the contract says heating."""
    community: NDArray[np.int32]
    """Place of the home's community in `SiteIndex.site.communities`."""

    def below(self, tree: HeatTree, node: int) -> slice:
        """Return the rows of the homes below a node."""
        first, last = np.searchsorted(self.number, (node, tree.subtree_end[node]))
        return slice(int(first), int(last))


@dataclass(frozen=True)
class SiteIndex:
    """One version of the registry."""

    site: Site
    version: int
    tree: HeatTree
    areas: dict[str, Area]
    stations: dict[str, Station]
    communities: dict[str, Community]
    buildings: dict[str, Building]
    households: dict[str, Household]
    sensors: dict[str, Sensor]
    sensor_of: dict[str, str]
    """Sensor id by household id, at the moment of the build."""
    measured_since_ms: dict[str, int]
    """When that sensor began to measure the home [epoch ms], by household id."""
    homes_of: dict[str, list[Household]]
    """Homes by building id, in the order of unit, floor, room."""
    contracts_of: dict[str, Counter[Contract]]
    """How many homes of each contract a community has, by community id."""
    buildings_of_station: dict[str, list[Building]]
    circuits: dict[str, Circuit]
    circuits_of_station: dict[str, tuple[Circuit, ...]]
    """Of the stations that have several."""
    circuit_of_building: Mapping[str, Circuit]
    """Of the buildings of those stations."""
    buildings_of_community: dict[str, list[Building]]
    sensed: SensedHomes
    valid_until: datetime | None
    """When the next sensor assignment starts or ends; None: never."""
    _area_tree: AreaTree = field(repr=False)

    def lies_in(self, area_id: str, wanted: str) -> bool:
        """Return whether an area is the wanted one or lies below it."""
        return wanted in self._area_tree.chain(area_id)

    def root_areas(self, viewer: Viewer) -> list[Area]:
        """Return the highest areas that the viewer sees, in the order of the registry."""
        seen = [area.area_id for area in self.site.areas if self.sees(viewer, area.area_id)]
        return [self.areas[area_id] for area_id in self._area_tree.roots(seen)]

    def sees(self, viewer: Viewer, area_id: str) -> bool:
        """Return whether an area is one of the viewer's or lies below one."""
        return viewer.area_ids is None or not viewer.area_ids.isdisjoint(self._area_tree.chain(area_id))

    def area_of_building(self, building: Building) -> str:
        """Return the area of a building: that of its community."""
        return self.communities[building.community_id].area_id

    def area_name(self, area_id: str) -> Bilingual:
        """Return the name of an area; an unknown one is shown by its id."""
        area = self.areas.get(area_id)
        return Bilingual(area_id, area_id) if area is None else Bilingual(area.name, area.name_en)

    def address_of(self, household_id: str) -> Bilingual:
        """Return the address of a home as it is written on site; its id when the registry does not have it."""
        home = self.households.get(household_id)
        if home is None:
            return Bilingual(household_id, household_id)
        building = self.buildings[home.building_id]
        community = self.communities[building.community_id]
        name = Bilingual(community.name, community.name_en)
        return home_address(name, building.name, home.unit, home.room)

    def node_name(self, node: Node) -> Bilingual:
        """Return how people call a node; what the registry no longer has is shown by its id."""
        match node.level:
            case Level.STATION if station := self.stations.get(node.object_id):
                return Bilingual(station.name, station.name_en)
            case Level.CIRCUIT if circuit := self.circuits.get(node.object_id):
                return self.circuit_name(circuit)
            case Level.BUILDING if building := self.buildings.get(node.object_id):
                return self._building_name(building)
            case Level.RISER:
                building_id, _, unit = node.object_id.rpartition("/u")
                if found := self.buildings.get(building_id):
                    return riser_name(self.communities[found.community_id], found, unit)
            case Level.HOUSEHOLD if home := self.households.get(node.object_id):
                name = self._building_name(self.buildings[home.building_id])
                return Bilingual(f"{name.zh}{home.unit}-{home.room}", f"{name.en} {home.unit}-{home.room}")
            case Level.SOURCE | Level.BRANCH:
                plain = self._network_names.get(node)
                if plain is not None:
                    return Bilingual(plain, plant_in_english(plain, self.site.areas))
        return Bilingual(node.object_id, node.object_id)

    def circuit_name(self, circuit: Circuit) -> Bilingual:
        """Return how people call a circuit: its station and its own name."""
        station, name = self.stations[circuit.station_id], zone_name(circuit)
        return Bilingual(
            circuit_on_site(station.name, name.zh),
            f"{station.name_en or station.name}, {name.in_locale('en')}",
        )

    @property
    def _network_names(self) -> dict[Node, str]:
        sources = {Node(Level.SOURCE, item.source_id): item.name for item in self.site.sources}
        return sources | {Node(Level.BRANCH, item.branch_id): item.name for item in self.site.branches}

    def _building_name(self, building: Building) -> Bilingual:
        community = self.communities[building.community_id]
        return Bilingual(
            f"{community.name}{building.name}",
            f"{community.name_en or community.name} {building_in_english(building.name)}",
        )

    def nodes_above(self, household_id: str) -> list[Node]:
        """Return a home and what feeds it, nearest first; empty when the registry does not have it."""
        number = self.tree.get(Level.HOUSEHOLD, household_id)
        if number is None:
            return []
        return [self.tree.node(number), *(self.tree.node(above) for above in self.tree.ancestors(number))]


class SiteSource:
    """Gives the present index and rebuilds it when needed.

    Parameters
    ----------
    registry : RegistryRecords
        Where the registry is kept.
    clock : Clock
        The time that decides which sensor measures which home.
    """

    def __init__(self, *, registry: RegistryRecords, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock
        self._lock = threading.Lock()
        self._index: SiteIndex | None = None

    def current(self) -> SiteIndex:
        """Return the index of the newest registry; others wait while one rebuilds."""
        version = self._registry.version()
        now = self._clock.now()
        known = self._index
        if known is not None and self._fits(known, version, now):
            return known
        with self._lock:
            known = self._index
            if known is None or not self._fits(known, version, now):
                known = build_site_index(self._registry.load_site(), version=version, now=now)
                self._index = known
        return known

    @staticmethod
    def _fits(index: SiteIndex, version: int, now: datetime) -> bool:
        return index.version >= version and (index.valid_until is None or now < index.valid_until)


def build_site_index(site: Site, *, version: int, now: datetime) -> SiteIndex:
    """Build the index of a registry as it is at `now`.

    Raises
    ------
    heating.heat_tree.BrokenTreeError
        When the registry is not whole.
    """
    tree = build_heat_tree(site)
    areas = {area.area_id: area for area in site.areas}
    households = {home.household_id: home for home in site.households}
    sensors = {sensor.sensor_id: sensor for sensor in site.sensors}
    current = sensors_of_homes(site.assignments, now)
    sensor_of = {home: assignment.sensor_id for home, assignment in current.items()}
    since_ms = {home: to_epoch_ms(assignment.start) for home, assignment in current.items()}
    homes: dict[str, list[Household]] = defaultdict(list)
    for home in sorted(site.households, key=lambda h: (h.unit, h.floor, h.room)):
        homes[home.building_id].append(home)
    return SiteIndex(
        site=site,
        version=version,
        tree=tree,
        areas=areas,
        stations={station.station_id: station for station in site.stations},
        communities={community.community_id: community for community in site.communities},
        buildings={building.building_id: building for building in site.buildings},
        households=households,
        sensors=sensors,
        sensor_of=sensor_of,
        measured_since_ms=since_ms,
        homes_of=dict(homes),
        contracts_of=_contracts(site),
        buildings_of_station=_grouped(site.buildings, "station_id"),
        circuits={circuit.circuit_id: circuit for circuit in site.circuits},
        circuits_of_station=circuits_of_stations(site),
        circuit_of_building=circuit_of_buildings(site),
        buildings_of_community=_grouped(site.buildings, "community_id"),
        sensed=_sensed(site, tree, households, sensors, sensor_of, since_ms),
        valid_until=next_assignment_change(site.assignments, now),
        _area_tree=AreaTree.of(site.areas),
    )


def _grouped(buildings: Iterable[Building], key: str) -> dict[str, list[Building]]:
    groups: dict[str, list[Building]] = defaultdict(list)
    for building in buildings:
        groups[getattr(building, key)].append(building)
    return dict(groups)


def _contracts(site: Site) -> dict[str, Counter[Contract]]:
    community_of = {item.building_id: item.community_id for item in site.buildings}
    counts: dict[str, Counter[Contract]] = {item.community_id: Counter() for item in site.communities}
    for home in site.households:
        counts[community_of[home.building_id]][home.contract] += 1
    return counts


def _sensed(
    site: Site,
    tree: HeatTree,
    households: dict[str, Household],
    sensors: dict[str, Sensor],
    sensor_of: dict[str, str],
    since_ms: dict[str, int],
) -> SensedHomes:
    places = {community.community_id: place for place, community in enumerate(site.communities)}
    community_of = {item.building_id: places[item.community_id] for item in site.buildings}
    rows = sorted(
        (tree.find(Level.HOUSEHOLD, household_id), household_id, sensor_id)
        for household_id, sensor_id in sensor_of.items()
        if household_id in households
    )
    homes = [households[household_id] for _, household_id, _ in rows]
    plain = Sensor(sensor_id="")
    return SensedHomes(
        household_ids=tuple(household_id for _, household_id, _ in rows),
        sensor_ids=tuple(sensor_id for _, _, sensor_id in rows),
        number=np.array([number for number, _, _ in rows], np.intp),
        interval_s=np.array([sensors.get(sensor, plain).interval_s for _, _, sensor in rows], np.float64),
        since_ms=np.array([since_ms[household_id] for _, household_id, _ in rows], np.int64),
        heated=np.array([home.contract is Contract.HEATING for home in homes], np.bool_),
        community=np.array([community_of[home.building_id] for home in homes], np.int32),
    )
