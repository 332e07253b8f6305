"""Sorting closed tables by object and time, rows of one object and time merged; dropping what is too old.

A closed day that is sorted serves one home's week in milliseconds. The work is cut into short jobs of the owner
thread, so that appends come in between.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import duckdb
import numpy as np

from storage.readings.duckdb.catalogue import SORTING_SUFFIX, Catalogue, DayTable, column_type, present
from storage.readings.duckdb.database import transaction
from storage.readings.duckdb.owner import OwnerThread
from storage.readings.duckdb.pivot import ROLLUP_PARTS
from storage.readings.fields import SUFFIXES, names_of

__all__ = ["ROWS_IN_A_SLICE", "drop_tables", "sort_table"]

ROWS_IN_A_SLICE = 1_000_000
"""Rows that one job sorts; about a second of work."""


def drop_tables(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, names: Sequence[str]) -> int:
    """Drop tables and return how many."""
    with transaction(connection):
        for name in names:
            connection.execute(f'DROP TABLE IF EXISTS "{name}"')
            connection.execute("DELETE FROM sorted_tables WHERE name = ?", [name])
    catalogue.forget(names)
    return len(names)


def sort_table(owner: OwnerThread, catalogue: Catalogue, name: str, *, patience_s: float) -> None:
    """Replace a table by its sorted and merged rows; rows that are appended meanwhile are kept."""
    # Rows appended while this goes on have numbers from `until` on. They are left to `_finish`, which runs as one job and
    # so sees them all; slices by object can then be sorted one after the other without missing or doubling a row.
    table, until = owner.run(lambda connection: _begin(connection, catalogue, name), patience_s=patience_s)
    for first, last in owner.run(lambda connection: _slices(connection, name), patience_s=patience_s):
        where = f"WHERE object BETWEEN {first} AND {last} AND rowid < {until}"
        owner.run(partial(_sort_slice, table=table, where=where), patience_s=patience_s)
    owner.run(lambda connection: _finish(connection, catalogue, name, until), patience_s=patience_s)


def _begin(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, name: str) -> tuple[DayTable, int]:
    """Make the empty table; return the table as it is and the first row number outside this sorting."""
    table = catalogue.tables[name]
    columns = ", ".join(f'"{column}" {column_type(column)}' for column in table.columns)
    connection.execute(f'CREATE OR REPLACE TABLE "{name}{SORTING_SUFFIX}" ({columns})')
    found = connection.execute(f'SELECT coalesce(max(rowid), -1) + 1 FROM "{name}"').fetchone()
    return table, int(found[0]) if found else 0


def _slices(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[int, int]]:
    """Return ranges of objects with about `ROWS_IN_A_SLICE` rows each."""
    counts = connection.execute(
        f'SELECT object, count(*) AS n FROM "{name}" GROUP BY object ORDER BY object'
    ).fetchnumpy()
    slice_of = np.cumsum(counts["n"]) // ROWS_IN_A_SLICE
    if not len(slice_of):
        return []
    starts = np.flatnonzero(np.concatenate(([True], slice_of[1:] != slice_of[:-1])))
    ends = np.append(starts[1:], len(slice_of))
    objects = counts["object"]
    return [(int(objects[a]), int(objects[b - 1])) for a, b in zip(starts, ends, strict=True)]


def _sort_slice(connection: duckdb.DuckDBPyConnection, *, table: DayTable, where: str) -> None:
    repeated = connection.execute(
        f'SELECT 1 FROM "{table.name}" {where} GROUP BY object, t HAVING count(*) > 1 LIMIT 1'
    ).fetchone()
    # Merging groups every row by object and time, which nearly no slice needs.
    if repeated:
        rows = f'SELECT {_merged_columns(table)} FROM "{table.name}" {where} GROUP BY object, t'
    else:
        names = ", ".join(f'"{column}"' for column in table.columns)
        rows = f'SELECT {names} FROM "{table.name}" {where}'
    connection.execute(f'INSERT INTO "{table.name}{SORTING_SUFFIX}" BY NAME {rows} ORDER BY object, t')


def _merged_columns(table: DayTable) -> str:
    """Return the select list that merges rows: the first reading of a point wins, the last row of a roll-up."""
    columns = ["object", "t"]
    if "received_ms" in table.columns:
        columns.append("arg_min(received_ms, rowid) AS received_ms")
    pick = "arg_max_null" if table.partition.is_rollup else "arg_min_null"
    for group, held in _column_groups(table):
        columns += [f'{pick}("{column}", rowid) FILTER (WHERE {held}) AS "{column}"' for column in group]
    return ", ".join(columns)


def _column_groups(table: DayTable) -> list[tuple[list[str], str]]:
    """Return columns that belong together with the condition under which a row holds them."""
    if table.partition.is_rollup:
        counted = [name.removesuffix("_count") for name in table.columns if name.endswith("_count")]
        return [
            ([f"{point}_{ending}" for ending in ROLLUP_PARTS], f'"{point}_count" IS NOT NULL')
            for point in counted
        ]
    groups: list[tuple[list[str], str]] = []
    for column in table.columns:
        if column in ("object", "t", "received_ms") or column.endswith(SUFFIXES[1:]):
            continue
        group = [name for name in names_of(column) if name in table.columns]
        groups.append((group, present(table, column)))
    return groups


def _finish(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, name: str, until: int) -> None:
    """Put the sorted table in place of the other, with what came meanwhile behind it."""
    table = catalogue.tables[name]
    sorting = f"{name}{SORTING_SUFFIX}"
    with transaction(connection):
        known = {
            column
            for (column,) in connection.execute(
                "SELECT column_name FROM duckdb_columns() WHERE table_name = ?", [sorting]
            ).fetchall()
        }
        for column in table.columns:
            if column not in known:
                connection.execute(f'ALTER TABLE "{sorting}" ADD COLUMN "{column}" {column_type(column)}')
        late = connection.execute(
            f'INSERT INTO "{sorting}" BY NAME SELECT * FROM "{name}" WHERE rowid >= {until} ORDER BY rowid'
        ).fetchone()
        # Late rows stand behind the sorted ones: the table is put in place, and sorted again another time.
        whole = not late or not late[0]
        connection.execute(f'DROP TABLE "{name}"')
        connection.execute(f'ALTER TABLE "{sorting}" RENAME TO "{name}"')
        if whole:
            connection.execute("INSERT OR REPLACE INTO sorted_tables VALUES (?)", [name])
    catalogue.replace_table(replace(table, is_sorted=whole))
