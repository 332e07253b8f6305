"""Parquet files of raw readings: whole days, every reading, names and qualities in words that tools read."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from heating.intervals import Interval
from heating.points import Measurement
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.readings.duckdb.store import DuckDBStore
from storage.readings.parquet_export import ExportError, export_days

START = datetime(2026, 1, 5, tzinfo=UTC)
TWO_DAYS = Interval(START, START + timedelta(days=2))


@pytest.fixture
def store(tmp_path: Path) -> DuckDBStore:
    made = DuckDBStore(tmp_path / "store")
    rows = [
        Sample(
            ObjectRef(Measurement.ROOM, name),
            "room_temp_c",
            TWO_DAYS.start_ms + hour * 3_600_000,
            20.0 + hour,
        )
        for hour in range(48)
        for name in ("R-2", "星河-1")
    ]
    null = Sample(ObjectRef(Measurement.ROOM, "R-2"), "battery_v", TWO_DAYS.start_ms + 1, float("nan"), 128)
    made.append(SampleBatch.from_samples([*rows, null]))
    return made


def read(path: Path | str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(
            f"SELECT object, point, epoch_ms(measured), value, quality FROM '{path}' ORDER BY ALL"
        ).fetchall()


def test_each_day_is_a_file_with_every_reading(store: DuckDBStore, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    count = export_days(store, tmp_path / "out", window=TWO_DAYS, progress=lambda *step: told.append(step))
    store.close()
    files = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert (count, files) == (97, ["room-20260105.parquet", "room-20260106.parquet"])
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()} == {0o600}
    assert told == [("days", 1, 2), ("days", 2, 2)]
    first = read(tmp_path / "out" / "room-20260105.parquet")
    assert len(first) == 49
    assert first[0] == ("R-2", "battery_v", TWO_DAYS.start_ms + 1, None, 128)
    assert first[-1] == ("星河-1", "room_temp_c", TWO_DAYS.start_ms + 23 * 3_600_000, 43.0, 0)


def test_a_large_day_comes_in_parts_and_a_second_export_replaces_them(
    store: DuckDBStore, tmp_path: Path
) -> None:
    day = Interval(START, START + timedelta(days=1))
    export_days(store, tmp_path / "out", window=day, most_rows=20)
    assert len(list((tmp_path / "out").iterdir())) == 3
    assert len(read(tmp_path / "out" / "*.parquet")) == 49
    export_days(store, tmp_path / "out", window=day)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["room-20260105.parquet"]
    store.close()


def test_a_disk_that_refuses_is_told(store: DuckDBStore, tmp_path: Path) -> None:
    (tmp_path / "out" / "room-20260105.parquet").mkdir(parents=True)
    with pytest.raises(ExportError):
        export_days(store, tmp_path / "out", window=TWO_DAYS)
    store.close()
