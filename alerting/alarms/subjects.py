"""Where a subject belongs: its top-level area, its name, the homes below it. Computed once a registry."""

import numpy as np

from heating.assets import Contract, Site
from heating.heat_tree import HeatTree, Level

__all__ = ["Subjects"]


class Subjects:
    """Answers about the nodes of one tree.

    Parameters
    ----------
    site : Site
        The registry.
    tree : HeatTree
        Its heat-supply tree.
    """

    def __init__(self, site: Site, tree: HeatTree) -> None:
        self.tree = tree
        above = {area.area_id: area.parent_id for area in site.areas}
        self._top = {area_id: _top_of(area_id, above) for area_id in above}
        communities = {c.community_id: c.area_id for c in site.communities}
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
        named = {c.community_id: c.name for c in site.communities}
        for building in site.buildings:
            area = communities.get(building.community_id, "")
            name = f"{named.get(building.community_id, '')}{building.name}"
            self._add(Level.BUILDING, building.building_id, area, name)
        self._site = site
        self._places: dict[str, str] | None = None
        heated = np.zeros(len(tree) + 1, np.int64)
        for home in site.households:
            if home.contract is Contract.HEATING:
                heated[tree.find(Level.HOUSEHOLD, home.household_id) + 1] = 1
        self._heated_before = heated.cumsum()

    def _add(self, level: Level, object_id: str, area_id: str, name: str) -> None:
        self._area[level, object_id] = self._top.get(area_id, area_id)
        self._name[level, object_id] = name

    def area_of(self, number: int) -> str:
        """Return the top-level area of a node; of a riser or home that of its building."""
        for here in (number, *self.tree.ancestors(number)):
            area = self._area.get((Level(int(self.tree.level[here])), self.tree.ids[here]))
            if area is not None:
                return area
        return ""

    def name_of(self, number: int) -> str:
        """Return how people call a node: names, addresses of homes and risers; its id when it has neither."""
        level, object_id = Level(int(self.tree.level[number])), self.tree.ids[number]
        building = self.tree.ancestor_at(number, Level.BUILDING)
        if level in (Level.RISER, Level.HOUSEHOLD) and building is not None:
            before = self._name.get((Level.BUILDING, self.tree.ids[building]), "")
            unit = object_id.rpartition("/u")[2]
            return before + (f"{unit}单元" if level is Level.RISER else self._place_of(object_id))
        return self._name.get((level, object_id), object_id)

    def _place_of(self, household_id: str) -> str:
        """Unit and room of a home; read from the registry when the first home is named, most cities name few."""
        if self._places is None:
            self._places = {
                home.household_id: f"{home.unit}单元{home.room}" for home in self._site.households
            }
        return self._places.get(household_id, household_id)

    def heated_homes_below(self, number: int) -> int:
        """Return how many homes below a node are to be heated."""
        end = int(self.tree.subtree_end[number])
        return int(self._heated_before[end] - self._heated_before[number])


def _top_of(area_id: str, above: dict[str, str | None]) -> str:
    seen = {area_id}
    here = area_id
    while (parent := above.get(here)) is not None and parent not in seen:
        seen.add(parent)
        here = parent
    return here
