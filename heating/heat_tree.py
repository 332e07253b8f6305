"""The heat-supply tree as arrays: source > branch > station > circuit > building > riser > household.

Nodes are numbered depth first, so the subtree below a node is the contiguous range ``[node, subtree_end[node])``.
Inhibition, grouping and group statistics follow this tree and never go sideways. Ids of risers are
``<building_id>/u<unit>``. A station with one circuit has no node of it: its buildings hang on the station. The tree knows nothing of time: it is rebuilt when the registry changes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from heating.assets import Site
from heating.circuits import circuit_of_buildings
from heating.errors import HeatingError

__all__ = ["BrokenTreeError", "HeatTree", "Level", "Node", "build_heat_tree", "riser_id"]


class Level(IntEnum):
    """Kinds of nodes, from the source down."""

    SOURCE = 0
    BRANCH = 1
    STATION = 2
    CIRCUIT = 3
    BUILDING = 4
    RISER = 5
    HOUSEHOLD = 6

    @property
    def word(self) -> str:
        """Lower-case word used in records and the API, for example ``station``."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Node:
    """A node by level and id."""

    level: Level
    object_id: str

    def __str__(self) -> str:
        return f"{self.level.word}:{self.object_id}"


class BrokenTreeError(HeatingError):
    """An asset names a parent that does not exist, or a chain of parents closes on itself."""


def riser_id(building_id: str, unit: int) -> str:
    """Return the id of the riser of a unit."""
    return f"{building_id}/u{unit}"


@dataclass(frozen=True)
class HeatTree:
    """Nodes in depth-first order; all arrays have shape ``(n_nodes,)``."""

    ids: tuple[str, ...]
    """Id of each node."""
    level: NDArray[np.int8]
    """`Level` of each node."""
    parent: NDArray[np.int32]
    """Number of the node above; -1 at a source."""
    subtree_end: NDArray[np.int32]
    """First node number after the subtree of each node."""
    _index: tuple[dict[str, int], ...] = field(repr=False)
    """Number by id, a dictionary for each `Level`."""

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, level: Level, object_id: str) -> int:
        """Return the number of a node.

        Raises
        ------
        KeyError
            When there is no such node.
        """
        return self._index[int(level)][object_id]

    def get(self, level: Level, object_id: str) -> int | None:
        """Return the number of a node, or None."""
        return self._index[int(level)].get(object_id)

    def node(self, number: int) -> Node:
        """Return level and id of a node."""
        return Node(Level(int(self.level[number])), self.ids[number])

    def ancestors(self, number: int) -> Iterator[int]:
        """Yield the nodes above, nearest first; not the node itself."""
        above = int(self.parent[number])
        while above >= 0:
            yield above
            above = int(self.parent[above])

    def ancestor_at(self, number: int, level: Level) -> int | None:
        """Return the node of a level on the way up (or the node itself), None when there is none."""
        here = number
        while here >= 0:
            if self.level[here] == level:
                return here
            here = int(self.parent[here])
        return None

    def is_below(self, number: int, ancestor: int) -> bool:
        """Return whether a node is the ancestor itself or lies in its subtree."""
        return ancestor <= number < int(self.subtree_end[ancestor])

    def numbers(self, level: Level) -> NDArray[np.intp]:
        """Return the node numbers of one level in tree order, shape ``(n_of_level,)``."""
        return self._by_level[int(level)]

    def below(self, number: int, level: Level) -> NDArray[np.intp]:
        """Return the node numbers of a level inside the subtree of a node, in order."""
        of_level = self.numbers(level)
        bounds = np.searchsorted(of_level, (number, self.subtree_end[number]))
        return of_level[bounds[0] : bounds[1]]

    @cached_property
    def _by_level(self) -> tuple[NDArray[np.intp], ...]:
        return tuple(np.flatnonzero(self.level == level) for level in Level)


def build_heat_tree(site: Site) -> HeatTree:
    """Build the tree of a registry.

    Children keep the order of the registry, households are ordered by unit, floor and room. A branch may hang on
    another branch: both have level BRANCH.

    Raises
    ------
    BrokenTreeError
        Names the first asset whose parent is missing, or branches that form a ring.
    """
    children = _children(site)
    homes = _homes_of_risers(site, children)
    ids: list[str] = []
    levels, parents, ends = list[int](), list[int](), list[int]()
    index: tuple[dict[str, int], ...] = tuple({} for _ in Level)
    pending: list[tuple[Node, int] | int] = [
        (Node(Level.SOURCE, source.source_id), -1) for source in reversed(site.sources)
    ]
    while pending:
        item = pending.pop()
        if isinstance(item, int):
            ends[item] = len(ids)
            continue
        node, parent = item
        number = len(ids)
        ids.append(node.object_id)
        levels.append(int(node.level))
        parents.append(parent)
        ends.append(number + 1)
        index[int(node.level)][node.object_id] = number
        if node.level is Level.RISER:
            # Homes are most of the tree and have nothing below them: written at once, they never wait on the stack.
            below = homes[node.object_id]
            index[Level.HOUSEHOLD].update(zip(below, range(len(ids), len(ids) + len(below)), strict=True))
            ids += below
            levels += [int(Level.HOUSEHOLD)] * len(below)
            parents += [number] * len(below)
            ends += range(number + 2, number + 2 + len(below))
            ends[number] = len(ids)
        elif node in children:
            pending.append(number)
            pending.extend((child, number) for child in reversed(children[node]))
    tree = HeatTree(
        ids=tuple(ids),
        level=np.array(levels, np.int8),
        parent=np.array(parents, np.int32),
        subtree_end=np.array(ends, np.int32),
        _index=index,
    )
    _refuse_unreached(site, tree)
    return tree


def _children(site: Site) -> dict[Node, list[Node]]:
    children: dict[Node, list[Node]] = {}
    for branch in site.branches:
        above = (
            Node(Level.BRANCH, branch.parent_branch_id)
            if branch.parent_branch_id
            else Node(Level.SOURCE, branch.source_id)
        )
        children.setdefault(above, []).append(Node(Level.BRANCH, branch.branch_id))
    for station in site.stations:
        children.setdefault(Node(Level.BRANCH, station.branch_id), []).append(
            Node(Level.STATION, station.station_id)
        )
    for circuit in site.circuits:
        children.setdefault(Node(Level.STATION, circuit.station_id), []).append(
            Node(Level.CIRCUIT, circuit.circuit_id)
        )
    circuits = circuit_of_buildings(site)
    for building in site.buildings:
        above = Node(Level.STATION, building.station_id)
        if (circuit_of := circuits.get(building.building_id)) is not None:
            above = Node(Level.CIRCUIT, circuit_of.circuit_id)
        children.setdefault(above, []).append(Node(Level.BUILDING, building.building_id))
    return children


def _homes_of_risers(site: Site, children: dict[Node, list[Node]]) -> dict[str, list[str]]:
    """Return the homes of each riser in order, and hang the risers below their buildings."""
    homes: dict[str, list[str]] = {}
    former: tuple[str, int] | None = None
    below: list[str] = []
    for home in sorted(site.households, key=lambda h: (h.building_id, h.unit, h.floor, h.room)):
        if (home.building_id, home.unit) != former:
            former = (home.building_id, home.unit)
            riser = riser_id(*former)
            below = homes[riser] = []
            children.setdefault(Node(Level.BUILDING, home.building_id), []).append(Node(Level.RISER, riser))
        below.append(home.household_id)
    return homes


def _refuse_unreached(site: Site, tree: HeatTree) -> None:
    for branch in site.branches:
        if tree.get(Level.BRANCH, branch.branch_id) is None:
            above = branch.parent_branch_id or branch.source_id
            raise BrokenTreeError(
                f"branch {branch.branch_id!r}: {above!r} above it is missing or part of a ring"
            )
    hung = (
        (Level.STATION, site.stations, "station_id", "branch_id"),
        (Level.CIRCUIT, site.circuits, "circuit_id", "station_id"),
        (Level.BUILDING, site.buildings, "building_id", "station_id"),
        (Level.HOUSEHOLD, site.households, "household_id", "building_id"),
    )
    for level, assets, own, above in hung:
        reached = tree._index[int(level)]
        for asset in assets:
            object_id = getattr(asset, own)
            if object_id not in reached:
                parent = f"{above.removesuffix('_id')} {getattr(asset, above)!r}"
                raise BrokenTreeError(f"{level.word} {object_id!r}: no {parent}")
