"""Truths of symptoms: their conditions in SQL over the rows of a table, for one step or for a block of steps at once.

Not here: what signals mean (`alerting.judging.signals`) and delays (`alerting.judging.symptoms.delays`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerting.judging.conditions.prepared import PreparedTables, quoted, sql_of, truth_column
from alerting.judging.conditions.syntax import ConditionError, Expression, parse_condition
from config.symptoms.reading import Symptom

__all__ = ["SymptomConditions", "Truths"]

Columns = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Truths:
    """Of the symptoms of a table: 1 true, 0 false, -1 unknown; shape ``(n_symptoms, n_rows)``."""

    raised: NDArray[np.int8]
    cleared: NDArray[np.int8]

    def step(self, number: int, objects: int) -> "Truths":
        """Return the rows of one step of a block."""
        rows = slice(number * objects, (number + 1) * objects)
        return Truths(self.raised[:, rows], self.cleared[:, rows])


class SymptomConditions:
    """Compiled conditions of the symptoms of some tables; safe to use from several threads.

    Raises
    ------
    alerting.judging.conditions.syntax.ConditionError
        When a condition is malformed or names what the symptom does not list.
    """

    def __init__(self, symptoms: Mapping[str, Sequence[Symptom]]) -> None:
        self._symptoms = symptoms
        self._tables = PreparedTables(
            {
                table: [column for n, s in enumerate(of) for column in _wanted(s, n)]
                for table, of in symptoms.items()
            },
            {table: sorted({name for s in of for name in s.signals}) for table, of in symptoms.items()},
        )

    def signals(self, table: str) -> Sequence[str]:
        """Return the names of the columns that a table needs."""
        return self._tables.signals[table]

    def evaluate(self, table: str, columns: Columns) -> Truths:
        """Return the truths of every symptom of a table over its rows."""
        rows = len(columns[self.signals(table)[0]])
        count = len(self._symptoms[table])
        if not rows:
            return Truths(np.zeros((count, 0), np.int8), np.zeros((count, 0), np.int8))
        answer = self._tables.answer(table, columns)
        return Truths(
            np.stack([np.asarray(answer[f"r{n}"]) for n in range(count)]),
            np.stack([np.asarray(answer[f"c{n}"]) for n in range(count)]),
        )

    def close(self) -> None:
        """Let go of the connection."""
        self._tables.close()


def _wanted(symptom: Symptom, number: int) -> tuple[str, str]:
    when = _sql(symptom, symptom.when)
    clear = f"NOT {when}" if symptom.clear_when is None else _sql(symptom, symptom.clear_when)
    if symptom.known_when is not None:
        known = _sql(symptom, symptom.known_when)
        when, clear = (f"CASE WHEN {known} THEN {truth} ELSE NULL END" for truth in (when, clear))
    return truth_column(when, f"r{number}"), truth_column(clear, f"c{number}")


def _sql(symptom: Symptom, condition: str) -> str:
    def name(node: Expression) -> str:
        limit = symptom.limits.get(node.text)
        if limit is not None:
            return f"{float(limit.value)!r}::DOUBLE"
        if node.text not in symptom.signals:
            problem = f"{symptom.key}: {node.text!r} is neither a signal nor a limit of the symptom"
            raise ConditionError(problem, position=node.position)
        return quoted(node.text)

    return f"({sql_of(parse_condition(condition), name)})"
