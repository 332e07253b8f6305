"""What is in the database: day tables with their columns, objects with their numbers, marks, sorted tables.

Kept in memory and changed only after a commit. A change is prepared by `Staged` inside a transaction of the owner
thread and published when the transaction is durable; readers see one whole snapshot or the next.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np
from numpy.typing import NDArray

from storage.readings.duckdb.database import STORE_MARK
from storage.readings.duckdb.partitions import Partition, partition_named
from storage.readings.duckdb.pivot import WideColumns
from storage.readings.fields import BAD, BAD_QUALITY, QUALITY, is_code, names_of

__all__ = [
    "SORTING_SUFFIX",
    "Catalogue",
    "DayTable",
    "Staged",
    "column_type",
    "present",
    "quality_of",
    "value_of",
]

SORTING_SUFFIX = "__sorting"
"""Ending of a table that is being filled with the sorted rows of another; one found at the start is dropped."""


def column_type(column: str) -> str:
    """Return the SQL type of a column by its name."""
    match column:
        case "object":
            return "UINTEGER NOT NULL"
        case "t":
            return "BIGINT NOT NULL"
        case "received_ms":
            return "BIGINT"
        case _ if is_code(column):
            return "UTINYINT"
        case _ if column.endswith("_count"):
            return "BIGINT"
        case _:
            return "DOUBLE"


@dataclass(frozen=True, slots=True)
class DayTable:
    """A table with its columns, in order."""

    partition: Partition
    columns: tuple[str, ...]
    is_sorted: bool

    @property
    def name(self) -> str:
        """Name of the table."""
        return self.partition.name


def value_of(table: DayTable, point: str) -> str:
    """Return the SQL expression of a point's value, good or bad."""
    found = [f'"{name}"' for name in (point, f"{point}{BAD}") if name in table.columns]
    return f"coalesce({', '.join(found)})" if found else "NULL::DOUBLE"


def quality_of(table: DayTable, point: str) -> str:
    """Return the SQL expression of a point's quality code; NULL where it is good."""
    found = [f'"{name}"' for name in (f"{point}{BAD_QUALITY}", f"{point}{QUALITY}") if name in table.columns]
    return f"coalesce({', '.join(found)})" if found else "NULL::UTINYINT"


def present(table: DayTable, point: str) -> str:
    """Return the condition under which a row holds the point: a value, or a quality without a value."""
    fields = [name for name in names_of(point) if name in table.columns]
    return " OR ".join(f'"{name}" IS NOT NULL' for name in fields)


@dataclass(slots=True)
class Staged:
    """Changes of one transaction."""

    keys: dict[tuple[str, str], int] = field(default_factory=dict)
    tables: dict[str, DayTable] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)


class Catalogue:
    """The published state; read from any thread, published by the owner thread alone."""

    def __init__(self) -> None:
        self.keys: dict[tuple[str, str], int] = {}
        """Number of each object by kind and id."""
        self.object_ids: list[str] = []
        """Id of each object by its number."""
        self.tables: Mapping[str, DayTable] = {}
        """Tables by name; replaced whole."""
        self.marks: dict[str, int] = {}
        """Last sequence applied by source."""

    def load(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read the state from a database that was just opened."""
        columns: dict[str, list[str]] = {}
        for table, column in connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND database_name = current_database() ORDER BY table_name, column_index"
        ).fetchall():
            columns.setdefault(table, []).append(column)
        for leftover in [name for name in columns if name.endswith(SORTING_SUFFIX)]:
            connection.execute(f'DROP TABLE "{leftover}"')
        sorted_names = {name for (name,) in connection.execute("SELECT name FROM sorted_tables").fetchall()}
        self.tables = {
            name: DayTable(partition, tuple(names), name in sorted_names)
            for name, names in columns.items()
            if (partition := partition_named(name)) is not None
        }
        objects = connection.execute("SELECT key, kind, object_id FROM objects ORDER BY key").fetchall()
        self.keys = {(kind, object_id): key for key, kind, object_id in objects}
        self.object_ids = [object_id for _, _, object_id in objects]
        self.marks = dict(connection.execute("SELECT source, sequence FROM marks").fetchall())

    @property
    def commits(self) -> int:
        """Number of commits of this store since it was made."""
        return self.marks.get(STORE_MARK, 0)

    def tables_of(self, kind: str, start_ms: int, end_ms: int) -> list[DayTable]:
        """Return the tables of a kind that overlap a window, oldest first."""
        found = [
            table
            for table in self.tables.values()
            if table.partition.kind == kind
            and table.partition.start_ms < end_ms
            and start_ms < table.partition.end_ms
        ]
        return sorted(found, key=lambda table: table.partition.start_ms)

    def publish(self, staged: Staged) -> None:
        """Make the changes of a durable transaction visible."""
        for (kind, object_id), key in staged.keys.items():
            self.object_ids.append(object_id)
            self.keys[kind, object_id] = key
        self.tables = {**self.tables, **staged.tables}
        self.marks.update(staged.marks)

    def forget(self, names: Iterable[str]) -> None:
        """Take dropped tables out."""
        gone = set(names)
        self.tables = {name: table for name, table in self.tables.items() if name not in gone}

    def replace_table(self, table: DayTable) -> None:
        """Note that a table has other columns or is sorted now."""
        self.tables = {**self.tables, table.name: table}

    def stage_keys(self, staged: Staged, kind: str, object_ids: Sequence[str]) -> NDArray[np.uint32]:
        """Return the number of each object, new ones numbered in `staged`."""
        numbers = np.empty(len(object_ids), np.uint32)
        for place, object_id in enumerate(object_ids):
            name = (kind, object_id)
            key = self.keys.get(name)
            if key is None:
                key = staged.keys.setdefault(name, len(self.object_ids) + len(staged.keys))
            numbers[place] = key
        return numbers

    def insert_rows(
        self,
        connection: duckdb.DuckDBPyConnection,
        staged: Staged,
        partition: Partition,
        columns: WideColumns,
    ) -> None:
        """Insert wide rows, making the table or its missing columns first; inside a transaction."""
        name = partition.name
        table = staged.tables.get(name) or self.tables.get(name)
        if table is None:
            definition = ", ".join(f'"{column}" {column_type(column)}' for column in columns)
            connection.execute(f'CREATE TABLE "{name}" ({definition})')
            table = DayTable(partition, tuple(columns), False)
        missing = [column for column in columns if column not in table.columns]
        for column in missing:
            connection.execute(f'ALTER TABLE "{name}" ADD COLUMN "{column}" {column_type(column)}')
        if table.is_sorted:
            connection.execute("DELETE FROM sorted_tables WHERE name = ?", [name])
        staged.tables[name] = DayTable(partition, (*table.columns, *missing), False)
        connection.register("incoming", columns)
        try:
            connection.execute(f'INSERT INTO "{name}" BY NAME SELECT * FROM incoming')
        finally:
            connection.unregister("incoming")

    def write_staged(self, connection: duckdb.DuckDBPyConnection, staged: Staged) -> None:
        """Write new objects and marks; the last step before the commit. Counts the commit."""
        staged.marks[STORE_MARK] = self.commits + 1
        connection.execute(
            "INSERT OR REPLACE INTO marks SELECT unnest(?), unnest(?)",
            [list(staged.marks), list(staged.marks.values())],
        )
        if not staged.keys:
            return
        incoming = {
            "key": np.array(list(staged.keys.values()), np.uint32),
            "kind": np.array([kind for kind, _ in staged.keys], object),
            "object_id": np.array([object_id for _, object_id in staged.keys], object),
        }
        connection.register("incoming", incoming)
        try:
            connection.execute("INSERT INTO objects SELECT * FROM incoming")
        finally:
            connection.unregister("incoming")
