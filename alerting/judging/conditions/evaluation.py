"""Evaluates the conditions of rules over columns of signals: one pass of DuckDB a table, three-valued.

A column is an array with NaN for «unknown»; a truth comes back as int8: 1 true, 0 false, -1 unknown. Not here: what
the signals mean (`alerting.judging.signals`) and what follows from a truth (`alerting.judging.engine`).
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray

from alerting.judging.conditions.syntax import ConditionError, Expression, locked_connection, parse_condition
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
        self._sql = {table: _statement(rules, f"signals_{table}") for table, rules in self._rules.items()}
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._prepared: dict[str, dict[str, NDArray[np.float64]]] = {}
        """Columns that the prepared statement of each table reads in place."""

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
        used = {name: columns[name] for name in _signals_of(rules)}
        if not rules or len(next(iter(used.values()))) == 0:
            nothing = np.zeros(0, np.int8)
            return {r.rule_id: RuleTruth(nothing, nothing, tuple(nothing for _ in r.variants)) for r in rules}
        with self._lock:
            answer = self._answer(table, used)
        return {rule.rule_id: _truth_of(rule, place, answer) for place, rule in enumerate(rules)}

    def _answer(self, table: str, used: Columns) -> Mapping[str, NDArray[np.int8]]:
        """Copy the columns to where the prepared statement reads them: planning it costs more than small tables."""
        if self._connection is None:
            self._connection = locked_connection()
        kept = self._prepared.get(table)
        if kept is None or any(len(kept[name]) != len(column) for name, column in used.items()):
            kept = self._prepared[table] = {name: np.array(column) for name, column in used.items()}
            self._connection.register(f"signals_{table}", kept)
            self._connection.execute(f"PREPARE judge_{table} AS {self._sql[table]}")
        else:
            for name, column in used.items():
                np.copyto(kept[name], column)
        return self._connection.execute(f"EXECUTE judge_{table}").fetchnumpy()

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
                self._prepared = {}


def _truth_of(rule: Rule, place: int, answer: Mapping[str, NDArray[np.int8]]) -> RuleTruth:
    return RuleTruth(
        np.asarray(answer[f"r{place}"]),
        np.asarray(answer[f"c{place}"]),
        tuple(np.asarray(answer[f"v{place}_{number}"]) for number in range(len(rule.variants))),
    )


def _signals_of(rules: Sequence[Rule]) -> list[str]:
    return sorted({name for rule in rules for name in rule.signals})


def _statement(rules: Sequence[Rule], table: str) -> str:
    wanted: list[str] = []
    for place, rule in enumerate(rules):
        enabled = f"({rule.raise_when}) AND ({rule.enable_if})" if rule.enable_if else rule.raise_when
        wanted += [_truth(rule, enabled, f"r{place}"), _truth(rule, rule.clear_when, f"c{place}")]
        wanted += [_truth(rule, v.when, f"v{place}_{number}") for number, v in enumerate(rule.variants)]
    columns = [
        f"CASE WHEN isnan({_quoted(name)}) THEN NULL ELSE {_quoted(name)} END AS {_quoted(name)}"
        for name in _signals_of(rules)
    ]
    return f"SELECT {', '.join(wanted)} FROM (SELECT {', '.join(columns)} FROM {table})"


def _truth(rule: Rule, condition: str, name: str) -> str:
    return f"coalesce(({_sql(parse_condition(condition), rule)})::TINYINT, -1::TINYINT) AS {name}"


def _sql(node: Expression, rule: Rule) -> str:
    """Write the checked tree as SQL again: signals as columns, limits as numbers."""
    parts = [_sql(child, rule) for child in node.children]
    match node.kind:
        case "name":
            return _name(node, rule)
        case "number":
            return f"{float(node.text)!r}::DOUBLE"
        case "boolean":
            return node.text
        case "between":
            return f"({parts[0]} BETWEEN {parts[1]} AND {parts[2]})"
        case "in":
            return f"({parts[0]} {node.text} ({', '.join(parts[1:])}))"
        case "function" if node.text == "abs":
            return f"abs({parts[0]})"
    if len(parts) == 1:
        return f"({node.text} {parts[0]})"
    return "(" + f" {node.text} ".join(parts) + ")"


def _name(node: Expression, rule: Rule) -> str:
    limit = rule.limits.get(node.text)
    if limit is not None:
        return f"{float(limit.value)!r}::DOUBLE"
    if node.text not in rule.signals:
        raise ConditionError(
            f"{rule.rule_id}: {node.text!r} is neither a signal nor a limit of the rule",
            position=node.position,
        )
    return _quoted(node.text)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
