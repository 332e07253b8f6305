"""Evaluates the conditions of rules over columns of signals: one pass of DuckDB a rule, three-valued.

A column is an array with NaN for «unknown»; a truth comes back as int8: 1 true, 0 false, -1 unknown. Not here: what
the signals mean (`alerting.signals`) and what follows from a truth (`alerting.engine`).
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray

from alerting.conditions.syntax import locked_connection, parse_condition
from config.rules_file import Rule

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

    Raises
    ------
    alerting.conditions.syntax.ConditionError
        When a condition is malformed or uses what is not allowed; `alerting.conditions.linter` tells more.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._sql = {rule.rule_id: _statement(rule) for rule in rules}
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def evaluate(self, rule: Rule, columns: Columns) -> RuleTruth:
        """Return the truths of a rule over a table of signals.

        Parameters
        ----------
        rule : Rule
            One of the rules given at construction.
        columns : mapping
            Column by signal name, float64 of shape ``(n_subjects,)``, NaN for unknown; needs every signal of the
            rule.
        """
        used = {name: columns[name] for name in rule.signals}
        rows = len(next(iter(used.values())))
        if rows == 0:
            nothing = np.zeros(0, np.int8)
            return RuleTruth(nothing, nothing, tuple(nothing for _ in rule.variants))
        with self._lock:
            if self._connection is None:
                self._connection = locked_connection()
            self._connection.register("signals", used)
            answer = self._connection.execute(self._sql[rule.rule_id]).fetchnumpy()
            self._connection.unregister("signals")
        variants = tuple(np.asarray(answer[f"v{place}"]) for place in range(len(rule.variants)))
        return RuleTruth(np.asarray(answer["raised"]), np.asarray(answer["cleared"]), variants)

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def _statement(rule: Rule) -> str:
    for condition in _conditions_of(rule):
        parse_condition(condition)
    enabled = f"({rule.raise_when}) AND ({rule.enable_if})" if rule.enable_if else rule.raise_when
    wanted = [_truth(enabled, "raised"), _truth(rule.clear_when, "cleared")]
    wanted += [_truth(variant.when, f"v{place}") for place, variant in enumerate(rule.variants)]
    columns = [
        f"CASE WHEN isnan({_quoted(name)}) THEN NULL ELSE {_quoted(name)} END AS {_quoted(name)}"
        for name in rule.signals
    ]
    columns += [f"{float(limit.value)!r}::DOUBLE AS {_quoted(name)}" for name, limit in rule.limits.items()]
    return f"SELECT {', '.join(wanted)} FROM (SELECT {', '.join(columns)} FROM signals)"


def _conditions_of(rule: Rule) -> list[str]:
    guards = [rule.enable_if] if rule.enable_if else []
    return [rule.raise_when, rule.clear_when, *guards, *(variant.when for variant in rule.variants)]


def _truth(condition: str, name: str) -> str:
    return f"coalesce(({condition})::TINYINT, -1::TINYINT) AS {name}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
