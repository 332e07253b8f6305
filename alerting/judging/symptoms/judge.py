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
from config.rules.scopes import BRANCH, SOURCE, STATION, Scope
from config.symptoms.reading import SymptomSet
from heating.heat_tree import Level
from heating.intervals import to_epoch_ms

__all__ = ["Rows", "Step", "SymptomJudge"]

Floats = NDArray[np.float64]
Rows = Mapping[Level, Floats]
"""Of each level, shape ``(n_objects, n_symptoms)``: 1 yes, 0 no, NaN unknown; columns as `SymptomJudge.names`."""

Step = tuple[SignalTables, datetime]
"""Signals of a moment, and the moment."""
_SCOPES: tuple[Scope, ...] = (STATION, BRANCH, SOURCE)
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
        self.names = symptoms.names()
        """Names of the columns of each level's rows."""
        self._of = {scope: symptoms.of(scope) for scope in _SCOPES if symptoms.of(scope)}
        self._conditions = SymptomConditions({scope.table: of for scope, of in self._of.items()})
        self._delays = {scope: Delays(of) for scope, of in self._of.items()}
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
        network, above = self.network(state, steps, stations, layout)
        levels = {**after.levels, **network.levels}
        rows = [{Level.STATION: own, **more} for own, more in zip(stations, above, strict=True)]
        return SymptomState(levels, layout, self.names), list(rows)

    def stations(
        self, state: SymptomState, steps: Sequence[Step], layout: Layout
    ) -> tuple[SymptomState, list[Floats]]:
        """Judge the stations: the first stage, which any part of the fleet can do alone."""
        delays = state.of(Level.STATION, self.names, layout).copied()
        columns = [tables[STATION.table].columns for tables, _ in steps]
        rows = self._rows(STATION, delays, columns, [now for _, now in steps])
        return SymptomState({Level.STATION: delays}, layout, {Level.STATION: self.names[Level.STATION]}), rows

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
        of_branch = self._rows(BRANCH, delays[Level.BRANCH], branches, nows)
        of_source = self._rows(SOURCE, delays[Level.SOURCE], sources, nows)
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
        scope: Scope,
        delays: DelayState,
        columns: Sequence[Mapping[str, Floats]],
        nows: Sequence[datetime],
    ) -> list[Floats]:
        wanted = self._conditions.signals(scope.table)
        objects = delays.phase.shape[1]
        together = {
            name: columns[0][name] if len(columns) == 1 else np.concatenate([one[name] for one in columns])
            for name in wanted
        }
        truths = self._conditions.evaluate(scope.table, together)
        found: list[Floats] = []
        for number, now in enumerate(nows):
            here = truths.step(number, objects)
            self._delays[scope].advance(delays, here.raised, here.cleared, now_ms=to_epoch_ms(now))
            found.append(_row(delays, here))
        return found


def _row(delays: DelayState, truths: Truths) -> Floats:
    return np.where(truths.raised == UNKNOWN, np.nan, delays.yes.astype(np.float64)).T
