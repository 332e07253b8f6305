"""One step of explanation for everything that hangs on a source: branches, the source, its stations, their circuits.

What is explained from above opens nothing below, and a suspicion above already holds back what would follow from it. A
leak of a branch shows at its source, so branches reach upwards too, and one that drains the source takes heat from its
siblings. The step is pure and its state is keyed by object id: a stream engine keyed by source carries the state of one
source with its whole tree. Not here: one object's explanations (`heating.diagnosis.explanation`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from heating.diagnosis.catalogue import Codebook, Flags
from heating.diagnosis.explanation import QUIET, Change, NodeState, explain, reach
from heating.heat_tree import HeatTree, Level, Node

__all__ = ["EXPLAINED_LEVELS", "Books", "ExplanationState", "SupplyLines", "explain_along_tree"]

EXPLAINED_LEVELS = (Level.BRANCH, Level.SOURCE, Level.STATION, Level.CIRCUIT)
"""In the order of a step: branches look at what their source showed a step ago, then the source at its branches."""

Books = Mapping[Level, Codebook]
Rows = Mapping[Level, NDArray[np.float64]]
"""(n_objects, n_symptoms) of each level: 1 yes, 0 no, NaN unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyLines:
    """Sources, branches and stations of a part of the fleet, and how they hang together."""

    ids: Mapping[Level, tuple[str, ...]]
    branch_source: NDArray[np.intp]
    """Source of each branch."""
    branch_chain: tuple[tuple[int, ...], ...]
    """Each branch with the branches above it, nearest first."""
    station_branch: NDArray[np.intp]
    """Branch of each station."""
    circuit_station: NDArray[np.intp]
    """Station of each circuit; a station with one circuit has none of its own."""

    @property
    def place(self) -> Mapping[Node, int]:
        """Row of each object in its level."""
        return {Node(level, name): row for level, names in self.ids.items() for row, name in enumerate(names)}

    @classmethod
    def of(cls, tree: HeatTree) -> "SupplyLines":
        """Return those of a tree."""
        numbers = {level: tree.numbers(level) for level in EXPLAINED_LEVELS}
        place = {int(n): i for level in EXPLAINED_LEVELS for i, n in enumerate(numbers[level].tolist())}
        chains: list[tuple[int, ...]] = []
        sources: list[int] = []
        for number in numbers[Level.BRANCH].tolist():
            above = list(tree.ancestors(number))
            chains.append((place[number], *(place[n] for n in above if tree.level[n] == Level.BRANCH)))
            sources.append(place[above[-1]])
        stations = [place[int(tree.parent[n])] for n in numbers[Level.STATION].tolist()]
        circuits = [place[int(tree.parent[n])] for n in numbers[Level.CIRCUIT].tolist()]
        return cls(
            ids={level: tuple(tree.ids[n] for n in numbers[level].tolist()) for level in EXPLAINED_LEVELS},
            branch_source=np.array(sources, np.intp),
            branch_chain=tuple(chains),
            station_branch=np.array(stations, np.intp),
            circuit_station=np.array(circuits, np.intp),
        )


@dataclass(frozen=True, slots=True)
class ExplanationState:
    """What is remembered between steps: the objects where something is, by level and id."""

    nodes: Mapping[Node, NodeState] = field(default_factory=dict)

    def at(self, level: Level, object_id: str) -> NodeState:
        """Return the state of an object."""
        return self.nodes.get(Node(level, object_id), QUIET)

    def of(self, ids: Mapping[Level, Iterable[str]]) -> "ExplanationState":
        """Return the state of some objects."""
        wanted = {Node(level, name) for level, names in ids.items() for name in names}
        return ExplanationState({node: state for node, state in self.nodes.items() if node in wanted})

    def with_causes(self, cause_ids: Collection[str]) -> "ExplanationState":
        """Return the state without causes that are no longer in the catalogue."""
        kept = {node: at.with_causes(cause_ids) for node, at in self.nodes.items()}
        return ExplanationState({node: at for node, at in kept.items() if at})

    @staticmethod
    def merged(pieces: Iterable["ExplanationState"]) -> "ExplanationState":
        """Return the state of several parts as one."""
        return ExplanationState({node: state for piece in pieces for node, state in piece.nodes.items()})


def explain_along_tree(
    books: Books, lines: SupplyLines, state: ExplanationState, rows: Rows, *, now_ms: int
) -> tuple[ExplanationState, tuple[Change, ...]]:
    """Advance every explanation of a part of the fleet that holds whole sources.

    Parameters
    ----------
    books : mapping
        Causes of each level of `EXPLAINED_LEVELS`; those of circuits and of stations share their symptoms.
    lines : SupplyLines
        The objects, in the order of the rows.
    state : ExplanationState
        After the step before.
    rows : mapping
        Symptoms of each level.
    now_ms : int
        The moment [epoch ms].

    Returns
    -------
    ExplanationState, tuple of Change
        The state afterwards, and what changed, source first.
    """
    step = _Step(books, lines, state, rows, now_ms)
    step.branches()
    step.sources()
    step.stations_and_circuits()
    step.changes.sort(key=lambda change: change.explanation.node.level)
    return ExplanationState(step.after), tuple(step.changes)


class _Step:
    """One step in the making."""

    def __init__(
        self, books: Books, lines: SupplyLines, state: ExplanationState, rows: Rows, now_ms: int
    ) -> None:
        self._books, self._lines, self._rows, self._now_ms = books, lines, rows, now_ms
        self.after: dict[Node, NodeState] = {node: at for node, at in state.nodes.items() if at}
        self.changes: list[Change] = []
        self._nodes = {level: [Node(level, name) for name in lines.ids[level]] for level in EXPLAINED_LEVELS}

    def branches(self) -> None:
        """Explain branches: what the source cannot deliver, or a sibling drains, they cannot be blamed for."""
        book = self._books[Level.BRANCH]
        nothing, all_of_it = np.zeros(len(book.symptoms), bool), np.ones(len(book.symptoms), bool)
        weak_source = set(np.flatnonzero(self._reach_of(Level.SOURCE, "below").any(axis=1)).tolist())
        for place in self._worth_a_look(Level.BRANCH):
            siblings = self._spilling() - {place}
            of = self._lines.branch_source
            drained = any(of[other] == of[place] for other in siblings)
            weak = int(of[place]) in weak_source or drained
            self._explain(Level.BRANCH, place, all_of_it if weak else nothing)

    def sources(self) -> None:
        """Explain sources: what their branches take is not their own trouble."""
        from_below = np.zeros((len(self._nodes[Level.SOURCE]), len(self._books[Level.SOURCE].symptoms)), bool)
        np.logical_or.at(from_below, self._lines.branch_source, self._reach_of(Level.BRANCH, "above"))
        for place in self._worth_a_look(Level.SOURCE):
            self._explain(Level.SOURCE, place, from_below[place])

    def stations_and_circuits(self) -> None:
        """Explain stations and then their circuits: last, when all above them is known."""
        of = self._lines.branch_source
        own = self._reach_of(Level.BRANCH, "below")
        from_above = self._reach_of(Level.SOURCE, "below")
        for place in self._spilling():
            from_above[of[place]] |= own[place]
        of_branch = from_above[of]
        for place, chain in enumerate(self._lines.branch_chain):
            of_branch[place] |= own[list(chain)].any(axis=0)
        for place in self._worth_a_look(Level.STATION):
            self._explain(Level.STATION, place, of_branch[self._lines.station_branch[place]])
        of_station = of_branch[self._lines.station_branch] | self._reach_of(Level.STATION, "covers")
        for place in self._worth_a_look(Level.CIRCUIT):
            self._explain(Level.CIRCUIT, place, of_station[self._lines.circuit_station[place]])

    def _worth_a_look(self, level: Level) -> list[int]:
        """Return the places of objects where something is or was: most of a fleet is quiet."""
        speaking = set(np.flatnonzero((self._rows[level] == 1.0).any(axis=1)).tolist())
        known = {place for place, node in enumerate(self._nodes[level]) if node in self.after}
        return sorted(speaking | known)

    def _explain(self, level: Level, place: int, from_above: Flags) -> None:
        node = self._nodes[level][place]
        state, changes = explain(
            self._books[level],
            self.after.get(node, QUIET),
            self._rows[level][place],
            from_above,
            node=node,
            now_ms=self._now_ms,
        )
        if state:
            self.after[node] = state
        else:
            self.after.pop(node, None)
        self.changes += changes

    def _reach_of(self, level: Level, where: str) -> NDArray[np.bool_]:
        """Return what each object of a level explains below it or above it."""
        book = self._books[level]
        table: Flags = getattr(book, where)
        out = np.zeros((len(self._nodes[level]), table.shape[1]), bool)
        for place, node in enumerate(self._nodes[level]):
            if node in self.after:
                out[place] = reach(book, self.after[node], self._now_ms, table)
        return out

    def _spilling(self) -> set[int]:
        """Return the branches that take heat from their siblings."""
        book = self._books[Level.BRANCH]
        spills = np.array([[cause.spills] for cause in book.causes], bool)
        return {
            place
            for place, node in enumerate(self._nodes[Level.BRANCH])
            if node in self.after and reach(book, self.after[node], self._now_ms, spills).any()
        }
