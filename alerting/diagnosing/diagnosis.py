"""`Diagnosis`: from the symptoms of a tick to what the life cycle of alarms is told.

An explanation that opens raises the alarm of its cause, one that closes clears it, and one that is corrected gives it
another name. Not here: how explanations live (`heating.diagnosis`), where symptoms come from (`alerting.judging`), and
what people see of it (`alerting.alarms`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from alerting.judging.engine import Transition, TransitionKind
from config.causes.reading import CauseSet
from heating.alarms import Priority
from heating.diagnosis.account import Account, account
from heating.diagnosis.along_tree import Books, ExplanationState, SupplyLines, explain_along_tree
from heating.diagnosis.catalogue import Codebook
from heating.diagnosis.explanation import Change, ChangeKind, Explanation
from heating.heat_tree import HeatTree, Level, Node
from heating.intervals import to_epoch_ms

__all__ = ["Diagnosed", "Diagnosis", "books_of"]

_KINDS = {
    ChangeKind.OPENED: TransitionKind.RAISED,
    ChangeKind.CORRECTED: TransitionKind.CORRECTED,
    ChangeKind.CLOSED: TransitionKind.CLEARED,
}
Rows = Mapping[Level, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """What one step gives."""

    state: ExplanationState
    transitions: tuple[Transition, ...] = ()
    """Clearings first, then from the source down."""
    accounts: Mapping[tuple[str, Node], tuple[Account, ...]] = field(default_factory=dict)
    """Candidates of each open explanation with their evidence, by cause and object; the first is the cause itself."""


def books_of(causes: CauseSet, symptoms: Mapping[Level, Sequence[str]]) -> Books:
    """Return the causes of each level over its symptoms; a circuit has those of a station."""
    stations, sources = symptoms[Level.STATION], symptoms[Level.SOURCE]
    of_stations = Codebook(causes.of_level(Level.STATION), stations)
    return {
        Level.SOURCE: Codebook(causes.of_level(Level.SOURCE), sources, below=stations),
        Level.BRANCH: Codebook(
            causes.of_level(Level.BRANCH), symptoms[Level.BRANCH], below=stations, above=sources
        ),
        Level.STATION: of_stations,
        Level.CIRCUIT: of_stations,
    }


class Diagnosis:
    """Explains the symptoms of one registry.

    Parameters
    ----------
    causes : CauseSet
        What can go wrong.
    symptoms : mapping
        Names of the symptoms of each level, in the order of the rows.
    tree : HeatTree
        The objects; the rows of a level are in tree order.
    """

    def __init__(self, causes: CauseSet, symptoms: Mapping[Level, Sequence[str]], tree: HeatTree) -> None:
        self._causes, self._tree = causes, tree
        self._books = books_of(causes, symptoms)
        self._lines = SupplyLines.of(tree)
        self._place = self._lines.place

    def advance(self, state: ExplanationState, rows: Rows, now: datetime) -> Diagnosed:
        """Explain a moment.

        Parameters
        ----------
        state : ExplanationState
            After the step before.
        rows : mapping
            Symptoms of each level, (n_objects, n_symptoms): 1 yes, 0 no, NaN unknown.
        now : datetime
            The moment.
        """
        after, changes = explain_along_tree(
            self._books, self._lines, state, self._with_circuits(rows), now_ms=to_epoch_ms(now)
        )
        transitions = [self._transition(change, now) for change in changes]
        transitions.sort(key=lambda t: (t.kind is not TransitionKind.CLEARED, t.subject.level, t.number))
        return Diagnosed(after, tuple(transitions), self._accounts(after, rows))

    def carried(self, state: ExplanationState) -> ExplanationState:
        """Return a saved state without objects and causes that are gone."""
        return state.of(self._lines.ids).with_causes({entry.cause_id for entry in self._causes})

    def _with_circuits(self, rows: Rows) -> Rows:
        if Level.CIRCUIT in rows:
            return rows
        nothing = np.zeros((len(self._lines.ids[Level.CIRCUIT]), rows[Level.STATION].shape[1]))
        return {**rows, Level.CIRCUIT: nothing}

    def _transition(self, change: Change, now: datetime) -> Transition:
        one = change.explanation
        entry = self._causes.get(one.cause_id)
        was = one.history[-2][1] if change.kind is ChangeKind.CORRECTED else ""
        return Transition(
            kind=_KINDS[change.kind],
            rule_id=one.cause_id,
            subject=one.node,
            number=self._tree.find(one.node.level, one.node.object_id),
            at=now,
            priority=Priority.P4 if entry is None else entry.priority,
            was=was,
        )

    def _accounts(
        self, state: ExplanationState, rows: Rows
    ) -> Mapping[tuple[str, Node], tuple[Account, ...]]:
        found: dict[tuple[str, Node], tuple[Account, ...]] = {}
        for node, at in state.nodes.items():
            for one in at.open:
                found[one.cause_id, node] = self._account(one, rows)
        return found

    def _account(self, one: Explanation, rows: Rows) -> tuple[Account, ...]:
        level = one.node.level
        place = self._place[one.node]
        row = rows[level][place]
        return tuple(account(self._books[level], cause_id, row) for cause_id in one.ranked)
