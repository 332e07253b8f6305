"""Evaluates the conditions of rules over columns of signals: one pass of DuckDB a table, three-valued.

A column is an array with NaN for «unknown»; a truth comes back as int8: 1 true, 0 false, -1 unknown. Not here: what
the signals mean (`alerting.judging.signals`) and what follows from a truth (`alerting.judging.engine`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerting.judging.conditions.prepared import PreparedTables, quoted, sql_of, truth_column
from alerting.judging.conditions.syntax import ConditionError, Expression, parse_condition
from config.rules.reading import Rule

__all__ = ["FALSE", "TRUE", "UNKNOWN", "Conditions", "RuleTruth"]

TRUE, FALSE, UNKNOWN = np.int8(1), np.int8(0), np.int8(-1)

Columns = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class RuleTruth:
    """Truths of one rule; every array is int8 of shape ``(n_subjects,)``."""

    raised: NDArray[np.int8]
    """Whether the alarm condition holds (and the rule is enabled)."""
    cleared: NDArray[np.int8]
    """Whether the clear condition holds."""
    variants: tuple[NDArray[np.int8], ...] = ()
    """Whether each more urgent variant holds, in the order of the rule."""


class Conditions:
    """Compiled conditions of some rules; safe to use from several threads (one evaluates at a time).

    Parameters
    ----------
    rules : sequence of Rule
        Rules of one table of signals are evaluated in one statement.

    Raises
    ------
    alerting.judging.conditions.syntax.ConditionError
        When a condition is malformed or uses what is not allowed; `alerting.judging.conditions.linter` says more.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules: dict[str, list[Rule]] = {}
        for rule in rules:
            self._rules.setdefault(rule.scope.table, []).append(rule)
        self._tables = PreparedTables(
            {table: _wanted(rules) for table, rules in self._rules.items()},
            {
                table: sorted({name for rule in rules for name in rule.signals})
                for table, rules in self._rules.items()
            },
        )

    def evaluate(self, table: str, columns: Columns) -> dict[str, RuleTruth]:
        """Return the truths of every rule of a table of signals, by rule id.

        Parameters
        ----------
        table : str
            As `Scope.table`.
        columns : mapping
            Column by signal name, float64 of shape ``(n_subjects,)``, NaN for unknown; needs every signal that the
            rules name.
        """
        rules = self._rules.get(table, [])
        if not rules or len(columns[rules[0].signals[0]]) == 0:
            nothing = np.zeros(0, np.int8)
            return {r.rule_id: RuleTruth(nothing, nothing, tuple(nothing for _ in r.variants)) for r in rules}
        answer = self._tables.answer(table, columns)
        return {rule.rule_id: _truth_of(rule, place, answer) for place, rule in enumerate(rules)}

    def close(self) -> None:
        """Let go of the connection."""
        self._tables.close()


def _truth_of(rule: Rule, place: int, answer: Mapping[str, NDArray[np.int8]]) -> RuleTruth:
    return RuleTruth(
        np.asarray(answer[f"r{place}"]),
        np.asarray(answer[f"c{place}"]),
        tuple(np.asarray(answer[f"v{place}_{number}"]) for number in range(len(rule.variants))),
    )


def _wanted(rules: Sequence[Rule]) -> list[str]:
    wanted: list[str] = []
    for place, rule in enumerate(rules):
        enabled = f"({rule.raise_when}) AND ({rule.enable_if})" if rule.enable_if else rule.raise_when
        wanted += [_truth(rule, enabled, f"r{place}"), _truth(rule, rule.clear_when, f"c{place}")]
        wanted += [_truth(rule, v.when, f"v{place}_{number}") for number, v in enumerate(rule.variants)]
    return wanted


def _truth(rule: Rule, condition: str, name: str) -> str:
    return truth_column(sql_of(parse_condition(condition), lambda node: _name(node, rule)), name)


def _name(node: Expression, rule: Rule) -> str:
    limit = rule.limits.get(node.text)
    if limit is not None:
        return f"{float(limit.value)!r}::DOUBLE"
    if node.text not in rule.signals:
        raise ConditionError(
            f"{rule.rule_id}: {node.text!r} is neither a signal nor a limit of the rule",
            position=node.position,
        )
    return quoted(node.text)
