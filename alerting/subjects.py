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
        for building in site.buildings:
            area = communities.get(building.community_id, "")
            self._add(Level.BUILDING, building.building_id, area, building.name)
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
        """Return the name of a node, its id when it has none (homes and risers: names of homes are no one's)."""
        level = Level(int(self.tree.level[number]))
        return self._name.get((level, self.tree.ids[number]), self.tree.ids[number])

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
