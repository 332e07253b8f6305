"""The rule engine: one step is a pure function of state, signals and now.

Evaluates every rule over its table and advances its timers; the transitions come out in one fixed order, parents
before children, so that neither the order of data in a tick nor the split of the fleet matters. Not here: what people
see of it (`alerting.alarms.lifecycle`) and where state is kept (`alerting.judging.state_codec`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from alerting.judging.conditions.evaluation import Conditions
from alerting.judging.signals.columns import SignalTable, SignalTables
from alerting.judging.timers import Advance, RuleState, advance
from config.rules.reading import Rule, RuleSet
from heating.alarms import Priority
from heating.heat_tree import HeatTree, Level, Node
from heating.intervals import to_epoch_ms

__all__ = ["EngineState", "RuleEngine", "StepResult", "Transition", "TransitionKind"]


class TransitionKind(StrEnum):
    """What the engine found."""

    RAISED = "raised"
    CLEARED = "cleared"
    ESCALATED = "escalated"


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


@dataclass(frozen=True, slots=True)
class EngineState:
    """Timers of every rule, by rule id; rules without an entry are normal everywhere."""

    rules: Mapping[str, RuleState] = field(default_factory=dict)

    def of(self, rule_id: str) -> RuleState:
        """Return the timers of one rule."""
        return self.rules.get(rule_id, _NOTHING)


_NOTHING = RuleState.empty()


@dataclass(frozen=True, slots=True)
class StepResult:
    """What one step gives."""

    state: EngineState
    transitions: tuple[Transition, ...]
    touched: Mapping[str, NDArray[np.int64]]
    """Rows whose timers changed, by rule id."""


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

    def step(
        self,
        state: EngineState,
        signals: SignalTables,
        now: datetime,
        *,
        tree: HeatTree,
        held: Collection[str] = (),
    ) -> StepResult:
        """Advance every rule to `now`.

        Parameters
        ----------
        state : EngineState
            Before the step; its rows refer to the rows of `signals`.
        signals : SignalTables
            Any subset of stations and households.
        now : datetime
            The moment of the step.
        tree : HeatTree
            Names the subjects.
        held : collection of str
            Ids of rules that are not judged now and keep their state.
        """
        now_ms = to_epoch_ms(now)
        truths = self._conditions.evaluate(Level.STATION, signals.station.columns)
        truths |= self._conditions.evaluate(Level.HOUSEHOLD, signals.household.columns)
        truths |= self._conditions.evaluate(Level.SOURCE, signals.watch.columns)
        states: dict[str, RuleState] = {}
        touched: dict[str, NDArray[np.int64]] = {}
        transitions: list[Transition] = []
        for rule in self.rules.rules:
            if rule.rule_id in held:
                states[rule.rule_id] = state.of(rule.rule_id)
                continue
            table = signals.of(rule.scope)
            result = advance(rule, state.of(rule.rule_id), truths[rule.rule_id], now_ms=now_ms)
            states[rule.rule_id] = result.state
            touched[rule.rule_id] = result.touched
            transitions += _transitions(rule, result, table, now, tree)
        transitions.sort(key=_order)
        return StepResult(EngineState(states), tuple(transitions), touched)

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


def _transitions(
    rule: Rule, result: Advance, table: SignalTable, now: datetime, tree: HeatTree
) -> list[Transition]:
    base = np.full(len(result.cleared), int(rule.priority), np.int8)
    found: list[Transition] = []
    for kind, rows, priorities in (
        (TransitionKind.RAISED, result.raised, result.raised_priority),
        (TransitionKind.CLEARED, result.cleared, base),
        (TransitionKind.ESCALATED, result.escalated, result.escalated_priority),
    ):
        for row, priority in zip(rows.tolist(), priorities.tolist(), strict=True):
            number = int(table.subjects[row])
            found.append(
                Transition(
                    kind=kind,
                    rule_id=rule.rule_id,
                    subject=tree.node(number),
                    number=number,
                    at=now,
                    priority=Priority(priority),
                    parameters=_parameters(rule, table, row),
                )
            )
    return found


def _parameters(rule: Rule, table: SignalTable, row: int) -> dict[str, object]:
    values = {name: float(table.columns[name][row]) for name in rule.signals}
    return {name: None if np.isnan(value) else round(value, 4) for name, value in values.items()}
