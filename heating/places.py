"""Where things are: the areas above a place, addresses as they are written on site, which sensor measures which home.

The one place that knows it; pages, notices, records and the collector ask here. Not here: names in English, which only
pages show (`dashboard.site.names`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import numpy as np

from heating.assets import Area, Contract, SensorAssignment, Site
from heating.heat_tree import HeatTree, Level

__all__ = [
    "AreaTree",
    "Places",
    "address_on_site",
    "circuit_on_site",
    "next_assignment_change",
    "riser_on_site",
    "sensors_of_homes",
]

_FULL_NAMES = ("楼", "栋", "幢", "座")
"""Endings that make a building's name a name by itself; any other is a number."""


class AreaTree:
    """Districts, streets and grids, each with the areas above it.

    Parameters
    ----------
    parents : mapping of str to str or None
        The area above each area; None, or left out, at the top.
    """

    def __init__(self, parents: Mapping[str, str | None]) -> None:
        self._chains = {area_id: _chain(area_id, parents) for area_id in parents}

    @classmethod
    def of(cls, areas: Iterable[Area]) -> "AreaTree":
        """Return the tree of the areas of a registry."""
        return cls({area.area_id: area.parent_id for area in areas})

    def chain(self, area_id: str) -> tuple[str, ...]:
        """Return an area and those above it, nearest first; an unknown one stands for itself."""
        return self._chains.get(area_id, (area_id,))

    def roots(self, area_ids: Iterable[str]) -> tuple[str, ...]:
        """Return those of some areas that lie below no other of them, in the order given."""
        given = tuple(area_ids)
        known = set(given)
        return tuple(one for one in given if known.isdisjoint(self.chain(one)[1:]))


def _chain(area_id: str, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    chain = [area_id]
    # A ring cannot be imported, but one in the database must not hang whoever reads it.
    while (above := parents.get(chain[-1])) is not None and above not in chain:
        chain.append(above)
    return tuple(chain)


def riser_on_site(community: str, building: str, unit: int | str) -> str:
    """Return the name of a unit's riser, for example ``锦绣苑12号楼3单元``; a bare number becomes a building's name."""
    named = building if building.endswith(_FULL_NAMES) else f"{building}号楼"
    return f"{community}{named}{unit}单元"


def address_on_site(community: str, building: str, unit: int, room: str) -> str:
    """Return the address of a home as it is written on site, for example ``锦绣苑12号楼3单元301``."""
    return riser_on_site(community, building, unit) + room


def circuit_on_site(station: str, circuit: str) -> str:
    """Return the name of a circuit with its station, for example ``锦绣苑换热站 高区``."""
    return f"{station} {circuit}"


def sensors_of_homes(
    assignments: Iterable[SensorAssignment], at: datetime | None
) -> dict[str, SensorAssignment]:
    """Return which sensor measures each home at a moment, by household id; of several the one that started last.

    Without a moment, assignments that have an end are left out.
    """
    current = [a for a in assignments if (a.end is None if at is None else a.holds_at(at))]
    return {a.household_id: a for a in sorted(current, key=lambda a: (a.start, a.sensor_id))}


def next_assignment_change(assignments: Iterable[SensorAssignment], after: datetime) -> datetime | None:
    """Return when the next sensor comes to a home or leaves it; None: never."""
    moments = (moment for a in assignments for moment in (a.start, a.end) if moment is not None)
    return min((moment for moment in moments if moment > after), default=None)


class Places:
    """Nearest area, name and homes of every node of one heat-supply tree.

    Parameters
    ----------
    site : Site
        The registry.
    tree : HeatTree
        Its heat-supply tree.
    """

    def __init__(self, site: Site, tree: HeatTree) -> None:
        self.tree = tree
        self._site = site
        communities = {c.community_id: c for c in site.communities}
        self._buildings = {
            b.building_id: (communities[b.community_id].name, b.name)
            for b in site.buildings
            if b.community_id in communities
        }
        self._area: dict[tuple[Level, str], str] = {}
        self._name: dict[tuple[Level, str], str] = {}
        for source in site.sources:
            self._add(Level.SOURCE, source.source_id, source.area_id, source.name)
        source_area = {source.source_id: source.area_id for source in site.sources}
        for branch in site.branches:
            area = source_area.get(branch.source_id, "")
            self._add(Level.BRANCH, branch.branch_id, area, branch.name)
        for station in site.stations:
            self._add(Level.STATION, station.station_id, station.area_id, station.name)
        station_of = {station.station_id: station for station in site.stations}
        for circuit in site.circuits:
            if (station_above := station_of.get(circuit.station_id)) is not None:
                name = circuit_on_site(station_above.name, circuit.name)
                self._add(Level.CIRCUIT, circuit.circuit_id, station_above.area_id, name)
        for building in site.buildings:
            community = communities.get(building.community_id)
            area, before = ("", "") if community is None else (community.area_id, community.name)
            self._add(Level.BUILDING, building.building_id, area, f"{before}{building.name}")
        self._unit_and_room: dict[str, tuple[int, str]] | None = None
        heated = np.zeros(len(tree) + 1, np.int64)
        for home in site.households:
            if home.contract is Contract.HEATING:
                heated[tree.find(Level.HOUSEHOLD, home.household_id) + 1] = 1
        self._heated_before = heated.cumsum()

    def _add(self, level: Level, object_id: str, area_id: str, name: str) -> None:
        self._area[level, object_id] = area_id
        self._name[level, object_id] = name

    def area_of(self, number: int) -> str:
        """Return the area that a node lies in, the lowest one; of a riser or home that of its building.

        Who is bound to an area above sees it too: that is for the question to decide, which knows the tree of areas.
        """
        for here in (number, *self.tree.ancestors(number)):
            area = self._area.get((Level(int(self.tree.level[here])), self.tree.ids[here]))
            if area is not None:
                return area
        return ""

    def name_of(self, number: int) -> str:
        """Return how people call a node: names, addresses of homes and risers; its id when it has neither."""
        level, object_id = Level(int(self.tree.level[number])), self.tree.ids[number]
        above = self.tree.ancestor_at(number, Level.BUILDING)
        building = None if above is None else self._buildings.get(self.tree.ids[above])
        if building is not None and level is Level.RISER:
            return riser_on_site(*building, object_id.rpartition("/u")[2])
        if building is not None and level is Level.HOUSEHOLD:
            return address_on_site(*building, *self._door_of(object_id))
        return self._name.get((level, object_id), object_id)

    def _door_of(self, household_id: str) -> tuple[int, str]:
        """Unit and room of a home; read from the registry when the first home is named, most cities name few."""
        if self._unit_and_room is None:
            self._unit_and_room = {
                home.household_id: (home.unit, home.room) for home in self._site.households
            }
        return self._unit_and_room[household_id]

    def heated_homes_below(self, number: int) -> int:
        """Return how many homes below a node are to be heated."""
        end = int(self.tree.subtree_end[number])
        return int(self._heated_before[end] - self._heated_before[number])
