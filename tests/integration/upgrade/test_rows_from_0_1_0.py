"""Every reading and every record that version 0.1.0 wrote is read as it was written, the bad ones included."""

import math
import re
import sqlite3
import tarfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from heating.intervals import Interval
from heating.points import POINTS, Measurement
from heating.quality import Quality
from storage.readings.duckdb.store import DuckDBStore
from storage.records.migrate import newest_revision
from storage.records.records import open_records

LEFT = Path(__file__).parent / "from_0_1_0"
DAY_TABLE = re.compile(rf"({'|'.join(Measurement)})_(\d{{8}})")
NO_POINT = {"object", "t", "received_ms"}

FILED_AGAIN = {"area_id", "area_ids"}
"""Columns that a step fills anew: alarms and incidents bear the lowest area of their object."""

Cell = tuple[str, str, int, float | None, int]


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """The folder ``nuanliu-data`` that 0.1.0 left."""
    with tarfile.open(LEFT / "house.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "nuanliu-data"


def cells_as_written(folder: Path) -> list[Cell]:
    """Every reading, straight from the tables: a value stood in ``<point>``, whatever its quality in ``<point>__q``."""
    found: list[Cell] = []
    with duckdb.connect(str(folder / "timeseries.duckdb"), read_only=True) as store:
        objects = dict(store.execute("SELECT key, object_id FROM objects").fetchall())
        tables = [str(name) for (name,) in store.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        for table in filter(DAY_TABLE.fullmatch, tables):
            rows = store.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in rows.description or ()]
            points = [name for name in names if not name.endswith("__q") and name not in NO_POINT]
            for cells in rows.fetchall():
                row = dict(zip(names, cells, strict=True))
                found += [
                    (objects[row["object"]], point, row["t"], row[point], row.get(f"{point}__q") or 0)
                    for point in points
                    if row[point] is not None or row.get(f"{point}__q")
                ]
    return found


def cells_as_read(folder: Path, days: set[datetime]) -> list[Cell]:
    """Every reading of these days, as this version's store gives it."""
    store = DuckDBStore(folder)
    found: list[Cell] = []
    for day in sorted(days):
        for measurement in Measurement:
            for sample in store.window(measurement, Interval(day, day + timedelta(days=1))).to_samples():
                value = None if math.isnan(sample.value) else sample.value
                found.append(
                    (sample.ref.object_id, sample.point, sample.measured_ms, value, int(sample.quality))
                )
    store.close()
    return found


def test_readings_in_the_form_of_0_1_0_are_read_as_they_were_written(left: Path) -> None:
    written = cells_as_written(left / "timeseries")
    bad = {(value, quality) for *_, value, quality in written if quality >= Quality.BAD}
    assert bad == {(327.67, Quality.BAD_RANGE), (None, Quality.BAD)}, "the fixture holds both kinds"
    days = {
        datetime.fromtimestamp(ms // 86_400_000 * 86_400, UTC)
        for ms in (measured for _, _, measured, *_ in written)
    }
    assert {point for _, point, *_ in written} <= {point.name for point in POINTS}
    assert Counter(cells_as_read(left / "timeseries", days)) == Counter(written)


def rows_of(path: Path) -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    """Columns and rows of every table."""
    with sqlite3.connect(path) as records:
        names = records.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found = {}
        for (name,) in names:
            rows = records.execute(f'SELECT * FROM "{name}"')
            found[name] = [column[0] for column in rows.description], rows.fetchall()
    records.close()
    return found


def test_no_step_of_the_records_loses_or_changes_a_row(left: Path) -> None:
    path = left / "records.sqlite3"
    before = rows_of(path)
    assert before["alembic_version"][1] == [("0006",)]
    open_records(f"sqlite:///{path}").close()
    after = rows_of(path)
    assert after.pop("alembic_version")[1] == [(newest_revision(),)]
    del before["alembic_version"]
    for table, (columns, rows) in before.items():
        kept = [name for name in columns if name not in FILED_AGAIN]
        new_columns, new_rows = after[table]
        assert set(columns) <= set(new_columns), table
        then = Counter(tuple(row[columns.index(name)] for name in kept) for row in rows)
        now = Counter(tuple(row[new_columns.index(name)] for name in kept) for row in new_rows)
        assert then - now == Counter(), f"{table}: lost or changed"
