"""SQL over columns of arrays: one prepared statement a table, read in place, three-valued. Not here: what it says."""

import threading
from collections.abc import Callable, Mapping, Sequence

import duckdb
import numpy as np
from numpy.typing import NDArray

from alerting.judging.conditions.syntax import Expression, locked_connection

__all__ = ["PreparedTables", "quoted", "sql_of", "truth_column"]

Columns = Mapping[str, NDArray[np.float64]]
_LEAST, _SMALL = 16, 4096
"""Up to so many rows what is evaluated in vain costs less than planning the statement again."""


class PreparedTables:
    """Statements over tables of signals; safe to use from several threads (one evaluates at a time).

    Parameters
    ----------
    wanted : mapping
        Result columns in SQL of each table, each with its ``AS``.
    signals : mapping
        Names of the columns that they read, by table.
    """

    def __init__(self, wanted: Mapping[str, Sequence[str]], signals: Mapping[str, Sequence[str]]) -> None:
        self.signals = {table: sorted(names) for table, names in signals.items()}
        self._sql = {
            table: _statement(columns, self.signals[table], f"signals_{table}")
            for table, columns in wanted.items()
        }
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._prepared: dict[str, dict[str, NDArray[np.float64]]] = {}
        """Columns that the prepared statement of each table reads in place."""

    def answer(self, table: str, columns: Columns) -> Mapping[str, NDArray[np.int8]]:
        """Return the result columns over some rows, at least one.

        The columns are copied to where the prepared statement reads them: planning it costs more than small tables.
        """
        used = {name: columns[name] for name in self.signals[table]}
        rows = len(next(iter(used.values())))
        with self._lock:
            if self._connection is None:
                self._connection = locked_connection()
            kept = self._prepared.get(table)
            if kept is None or len(next(iter(kept.values()))) != _room(rows):
                kept = {name: np.full(_room(rows), np.nan) for name in used}
                self._prepared[table] = kept
                self._connection.register(f"signals_{table}", kept)
                self._connection.execute(f"PREPARE judge_{table} AS {self._sql[table]}")
            for name, column in used.items():
                np.copyto(kept[name][:rows], column)
            found = self._connection.execute(f"EXECUTE judge_{table}").fetchnumpy()
        return {name: column[:rows] for name, column in found.items()}

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
                self._prepared = {}


def _room(rows: int) -> int:
    """Return for how many rows a small table is prepared, so that blocks and parts of many lengths share a statement."""
    return rows if rows > _SMALL else max(_LEAST, 1 << (rows - 1).bit_length())


def _statement(wanted: Sequence[str], signals: Sequence[str], table: str) -> str:
    columns = [
        f"CASE WHEN isnan({quoted(name)}) THEN NULL ELSE {quoted(name)} END AS {quoted(name)}"
        for name in signals
    ]
    return f"SELECT {', '.join(wanted)} FROM (SELECT {', '.join(columns)} FROM {table})"


def truth_column(sql: str, name: str) -> str:
    """Return a result column of a truth: 1 true, 0 false, -1 unknown."""
    return f"coalesce(({sql})::TINYINT, -1::TINYINT) AS {name}"


def sql_of(node: Expression, name_sql: Callable[[Expression], str]) -> str:
    """Write a checked tree as SQL again; `name_sql` says what stands for a name: a column or a number."""
    parts = [sql_of(child, name_sql) for child in node.children]
    match node.kind:
        case "name":
            return name_sql(node)
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


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
