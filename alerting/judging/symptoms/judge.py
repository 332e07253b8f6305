"""Symptoms of a step: from tables of signals to rows of yes, no and unknown, for each level that the explanation reads.

A step has two passes: stations first, then branches and sources, whose signals hold what the stations' symptoms say
together. `SymptomJudge.block` evaluates the conditions of many steps in one statement and then runs the delays step by
step, which gives the same rows as `SymptomJudge.step`. Not here: memory (`alerting.judging.remembering`) and what
explains the rows (`heating.diagnosis`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from alerting.judging.conditions.evaluation import UNKNOWN
from alerting.judging.layout import Layout
from alerting.judging.signals.tables import SignalTables
from alerting.judging.symptoms.delays import Delays, DelayState
from alerting.judging.symptoms.network_pass import NetworkPass
from alerting.judging.symptoms.state import SymptomState
from alerting.judging.symptoms.truths import SymptomConditions, Truths
from config.rules.scopes import BRANCH, CIRCUIT, SOURCE, STATION, Scope
from config.symptoms.reading import SymptomSet
from heating.heat_tree import Level
from heating.intervals import to_epoch_ms

__all__ = ["Rows", "Step", "SymptomJudge"]

Floats = NDArray[np.float64]
Rows = Mapping[Level, Floats]
"""Of each level, shape ``(n_objects, n_symptoms)``: 1 yes, 0 no, NaN unknown; columns as `SymptomJudge.names`."""

Step = tuple[SignalTables, datetime]
"""Signals of a moment, and the moment."""
_TABLES: Mapping[Level, tuple[Scope, str]] = {
    Level.STATION: (STATION, STATION.table),
    Level.CIRCUIT: (STATION, CIRCUIT.table),
    Level.BRANCH: (BRANCH, BRANCH.table),
    Level.SOURCE: (SOURCE, SOURCE.table),
}
"""Symptoms of a level, and the table that they read: circuits have those of stations."""
_FROM_STATIONS = ("dp1_low", "p1_low", "t2s_low")
"""Symptoms of stations that branches and sources count."""


class SymptomJudge:
    """Compiled symptoms.

    Parameters
    ----------
    symptoms : SymptomSet
        What to judge.

    Raises
    ------
    alerting.judging.conditions.syntax.ConditionError
        When a condition cannot be used.
    """

    def __init__(self, symptoms: SymptomSet) -> None:
        self.symptoms = symptoms
        of = {level: symptoms.of(scope) for level, (scope, _) in _TABLES.items()}
        self.names = {level: tuple(one.symptom_id for one in of[level]) for level in _TABLES}
        """Names of the columns of each level's rows."""
        self._conditions = SymptomConditions({table: of[level] for level, (_, table) in _TABLES.items()})
        self._delays = {level: Delays(of[level]) for level in _TABLES}
        self._passes: WeakKeyDictionary[Layout, NetworkPass] = WeakKeyDictionary()

    def step(
        self, state: SymptomState, tables: SignalTables, now: datetime, layout: Layout
    ) -> tuple[SymptomState, Rows]:
        """Judge one moment; `state` stays as it is."""
        after, rows = self.block(state, [(tables, now)], layout)
        return after, rows[0]

    def block(
        self, state: SymptomState, steps: Sequence[Step], layout: Layout
    ) -> tuple[SymptomState, list[Rows]]:
        """Judge some moments in their order; the conditions of all of them are evaluated together.

        Parameters
        ----------
        state : SymptomState
            Before the first step.
        steps : sequence
            Signals and moment of each step, all of one layout.
        layout : Layout
            Objects of the tables.
        """
        after, stations = self.stations(state, steps, layout)
        network, above = self.network(state, steps, [own[Level.STATION] for own in stations], layout)
        levels = {**after.levels, **network.levels}
        rows: list[Rows] = [{**own, **more} for own, more in zip(stations, above, strict=True)]
        return SymptomState(levels, layout, self.names), rows

    def stations(
        self, state: SymptomState, steps: Sequence[Step], layout: Layout
    ) -> tuple[SymptomState, list[Rows]]:
        """Judge the stations: the first stage, which any part of the fleet can do alone.

        Where some station has several circuits there are rows of `Level.CIRCUIT` too, which hold its symptoms for each
        circuit, and for every other station once more.
        """
        levels = (Level.STATION, Level.CIRCUIT) if len(layout.circuits) else (Level.STATION,)
        delays = {level: state.of(level, self.names, layout).copied() for level in levels}
        nows = [now for _, now in steps]
        found = {
            level: self._rows(level, delays[level], [t[_TABLES[level][1]].columns for t, _ in steps], nows)
            for level in levels
        }
        rows: list[Rows] = [{level: found[level][place] for level in levels} for place in range(len(steps))]
        return SymptomState(delays, layout, {level: self.names[level] for level in levels}), rows

    def network(
        self, state: SymptomState, steps: Sequence[Step], stations: Sequence[Floats], layout: Layout
    ) -> tuple[SymptomState, list[Rows]]:
        """Judge branches and sources: the second stage, which needs the rows of all stations below them."""
        passes = self._passes.get(layout)
        if passes is None:
            passes = self._passes[layout] = NetworkPass(layout)
        branches: list[Mapping[str, Floats]] = []
        sources: list[Mapping[str, Floats]] = []
        places = {name: self.names[Level.STATION].index(name) for name in _FROM_STATIONS}
        for (tables, _), row in zip(steps, stations, strict=True):
            flags = {name: row[:, place] for name, place in places.items()}
            of_sources = tables[SOURCE.table].columns
            of_branches = passes.branch_columns(flags, tables[STATION.table].columns, of_sources)
            branches.append(of_branches)
            sources.append({**of_sources, **passes.source_columns(of_branches)})
        nows = [now for _, now in steps]
        names = {level: self.names[level] for level in (Level.BRANCH, Level.SOURCE)}
        delays = {level: state.of(level, self.names, layout).copied() for level in names}
        of_branch = self._rows(Level.BRANCH, delays[Level.BRANCH], branches, nows)
        of_source = self._rows(Level.SOURCE, delays[Level.SOURCE], sources, nows)
        rows: list[Rows] = [
            {Level.BRANCH: branch, Level.SOURCE: source}
            for branch, source in zip(of_branch, of_source, strict=True)
        ]
        return SymptomState(delays, layout, names), rows

    def close(self) -> None:
        """Let go of the expression engine."""
        self._conditions.close()

    def _rows(
        self,
        level: Level,
        delays: DelayState,
        columns: Sequence[Mapping[str, Floats]],
        nows: Sequence[datetime],
    ) -> list[Floats]:
        table = _TABLES[level][1]
        wanted = self._conditions.signals(table)
        objects = delays.phase.shape[1]
        together = {
            name: columns[0][name] if len(columns) == 1 else np.concatenate([one[name] for one in columns])
            for name in wanted
        }
        truths = self._conditions.evaluate(table, together)
        found: list[Floats] = []
        for number, now in enumerate(nows):
            here = truths.step(number, objects)
            self._delays[level].advance(delays, here.raised, here.cleared, now_ms=to_epoch_ms(now))
            found.append(_row(delays, here))
        return found


def _row(delays: DelayState, truths: Truths) -> Floats:
    return np.where(truths.raised == UNKNOWN, np.nan, delays.yes.astype(np.float64)).T
