"""The rule engine: timers of every rule, advanced over the tables of one moment.

`RuleEngine.advance` is a pure function of timers, tables and now; the transitions come out in one fixed order, parents
before children, so that neither the order of data in a tick nor the split of the fleet matters. Not here: signals and
windows (`alerting.judging.step` joins them), what people see of it (`alerting.alarms.lifecycle`), where timers are kept
(`alerting.judging.state_codec`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from alerting.judging.conditions.evaluation import Conditions
from alerting.judging.layout import Layout, Subjects
from alerting.judging.signals.tables import SignalTable, SignalTables
from alerting.judging.timers import Advance, RuleState, advance
from config.rules.alarm_texts import placeholders
from config.rules.reading import Rule, RuleSet
from heating.alarms import Priority
from heating.heat_tree import Node
from heating.intervals import to_epoch_ms

__all__ = ["Judged", "RuleEngine", "Timers", "Transition", "TransitionKind"]


class TransitionKind(StrEnum):
    """What the engine found."""

    RAISED = "raised"
    CLEARED = "cleared"
    ESCALATED = "escalated"
    CORRECTED = "corrected"
    """Explanation found a better cause; `Transition.was` is the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A change of one rule at one subject."""

    kind: TransitionKind
    rule_id: str
    subject: Node
    number: int
    """Node number of the subject."""
    at: datetime
    priority: Priority
    parameters: Mapping[str, object] = field(default_factory=dict)
    """Signals of the rule at the moment; a missing one is None."""
    was: str = ""
    """Rule that the alarm was of until now (kind CORRECTED)."""


@dataclass(frozen=True, slots=True)
class Timers:
    """Timers of every rule, by rule id; rules without an entry are normal everywhere.

    Entries stand in rows, and `subjects` names the rows of each rule, so that timers follow their objects when rows
    move.
    """

    rules: Mapping[str, RuleState] = field(default_factory=dict)
    subjects: Mapping[str, Subjects] = field(default_factory=dict)
    """Of every rule in `rules`."""

    def of(self, rule_id: str, subjects: Subjects) -> RuleState:
        """Return the timers of a rule in the rows of `subjects`; those of objects that are not there are left out."""
        state = self.rules.get(rule_id)
        if state is None:
            return _NOTHING
        own = self.subjects[rule_id]
        if own is subjects or not len(state.row):
            return state
        return state.in_rows(subjects.rows_of(own.id_at(row) for row in state.row.tolist()))

    def shifted(self, by_ms: int) -> "Timers":
        """Return the same delays after the clock jumped."""
        return Timers({name: state.shifted(by_ms) for name, state in self.rules.items()}, self.subjects)

    def not_after(self, now_ms: int) -> "Timers":
        """Return the timers without moments that are still to come."""
        return Timers({name: state.not_after(now_ms) for name, state in self.rules.items()}, self.subjects)

    def carried_to(self, layout: Layout) -> "Timers":
        """Return the same timers in the rows of another layout: a changed registry, or a part of this one."""
        return Timers.merged(layout, (self,))

    @staticmethod
    def merged(layout: Layout, pieces: Iterable["Timers"]) -> "Timers":
        """Return the timers of several parts in the rows of the whole."""
        found: dict[str, list[RuleState]] = {}
        subjects: dict[str, Subjects] = {}
        for piece in pieces:
            for rule_id, own in piece.subjects.items():
                subjects[rule_id] = layout.subjects(own.level)
                found.setdefault(rule_id, []).append(piece.of(rule_id, subjects[rule_id]))
        return Timers({rule_id: RuleState.joined(states) for rule_id, states in found.items()}, subjects)


_NOTHING = RuleState.empty()


@dataclass(frozen=True, slots=True)
class Judged:
    """What one look at the rules gives."""

    timers: Timers
    transitions: tuple[Transition, ...]
    touched: Mapping[str, NDArray[np.int64]]
    """Rows whose timers changed, by rule id."""

    def all_touched(self) -> "Judged":
        """Return the same with every row that has a timer counted as changed."""
        touched = {
            name: np.union1d(rows, self.timers.rules[name].row).astype(np.int64)
            for name, rows in self.touched.items()
        }
        return replace(self, touched=touched)


class RuleEngine:
    """Compiled rules.

    Parameters
    ----------
    rules : RuleSet
        What to judge.

    Raises
    ------
    alerting.judging.conditions.syntax.ConditionError
        When a condition cannot be used.
    """

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self._conditions = Conditions(rules.rules)

    def advance(
        self, timers: Timers, tables: SignalTables, now: datetime, *, held: Collection[str] = ()
    ) -> Judged:
        """Advance every rule to `now`.

        Parameters
        ----------
        timers : Timers
            Before the step, in any rows.
        tables : mapping
            Signals of any part of the fleet. A rule whose scope has no table is not judged.
        now : datetime
            The moment of the step.
        held : collection of str
            Ids of rules that are not judged now and keep their state.
        """
        now_ms = to_epoch_ms(now)
        truths = {
            rule_id: truth
            for name, table in tables.items()
            for rule_id, truth in self._conditions.evaluate(name, table.columns).items()
        }
        states: dict[str, RuleState] = {}
        subjects: dict[str, Subjects] = {}
        touched: dict[str, NDArray[np.int64]] = {}
        transitions: list[Transition] = []
        for rule in self.rules.rules:
            table = tables.get(rule.scope.table)
            if table is None:
                continue
            name = rule.rule_id
            subjects[name] = table.subjects
            states[name] = timers.of(name, table.subjects)
            if name in held:
                continue
            result = advance(rule, states[name], truths[name], now_ms=now_ms)
            states[name] = result.state
            touched[name] = result.touched
            transitions += _transitions(rule, result, table, now)
        transitions.sort(key=_order)
        return Judged(Timers(states, subjects), tuple(transitions), touched)

    def close(self) -> None:
        """Let go of the expression engine."""
        self._conditions.close()


def _order(transition: Transition) -> tuple[bool, int, int, int, str]:
    """Clearings first (an inhibitor that ends no longer silences), then from the source down, most urgent first."""
    return (
        transition.kind is not TransitionKind.CLEARED,
        int(transition.subject.level),
        int(transition.priority),
        transition.number,
        transition.rule_id,
    )


def _transitions(rule: Rule, result: Advance, table: SignalTable, now: datetime) -> list[Transition]:
    base = np.full(len(result.cleared), int(rule.priority), np.int8)
    return [
        Transition(
            kind=kind,
            rule_id=rule.rule_id,
            subject=table.subjects.node_at(row),
            number=int(table.subjects.numbers[row]),
            at=now,
            priority=Priority(priority),
            parameters=_parameters(rule, table, row),
        )
        for kind, rows, priorities in (
            (TransitionKind.RAISED, result.raised, result.raised_priority),
            (TransitionKind.CLEARED, result.cleared, base),
            (TransitionKind.ESCALATED, result.escalated, result.escalated_priority),
        )
        for row, priority in zip(rows.tolist(), priorities.tolist(), strict=True)
    ]


def _parameters(rule: Rule, table: SignalTable, row: int) -> dict[str, object]:
    values = {name: float(table.columns[name][row]) for name in rule.signals}
    figures = {name: None if np.isnan(value) else round(value, 4) for name, value in values.items()}
    named = {*placeholders(rule.text.zh), *placeholders(rule.text.en)} if table.words else frozenset()
    return figures | {name: word for name, word in table.words.items() if name in named}
