"""Readings as CSV: chosen, safe in a spreadsheet, in the zone that was asked for, and never half a file."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from heating.intervals import Interval
from heating.points import Measurement
from heating.quality import Quality
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.readings.csv_export import COLUMNS, CsvExportError, export_csv

START = datetime(2026, 1, 5, tzinfo=UTC)
WINDOW = Interval(START, START + timedelta(hours=3))


class Readings:
    """A store of one reading an hour of three rooms; remembers how much was asked for at once."""

    def __init__(self) -> None:
        self.asked: list[timedelta] = []
        self.fails = False

    def window(self, measurement: Measurement, window: Interval) -> SampleBatch:
        self.asked.append(window.length)
        if self.fails:
            raise OSError("no space left")
        if measurement is not Measurement.ROOM:
            return SampleBatch.empty()
        at = window.start_ms
        return SampleBatch.from_samples(
            [
                Sample(ObjectRef(Measurement.ROOM, "R-1"), "room_temp_c", at, 20.25, 0, at + 5),
                Sample(ObjectRef(Measurement.ROOM, "R-1"), "battery_v", at, float("nan"), Quality.BAD),
                Sample(ObjectRef(Measurement.ROOM, "=1+1"), "room_temp_c", at, 327.67, Quality.BAD_RANGE),
            ]
        )


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_a_line_a_reading_hour_by_hour_and_no_formula(tmp_path: Path) -> None:
    store, path, told = Readings(), tmp_path / "out.csv", []

    def progress(_label: str, done: int, total: int) -> None:
        told.append((done, total))

    assert export_csv(store, path, window=WINDOW, progress=progress) == 9
    rows = read(path)
    assert rows[0] == list(COLUMNS) and len(rows) == 10
    assert rows[1] == [
        "room", "R-1", "room_temp_c", "°C", "2026-01-05T00:00:00.000+00:00", "2026-01-05T00:00:00.005+00:00",
        "20.25", "good",
    ]  # fmt: skip
    assert rows[2][6:] == ["", "bad"]
    assert rows[3][1] == "'=1+1" and rows[3][6:] == ["327.67", "bad_range"]
    assert max(store.asked) == timedelta(hours=1)
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert path.stat().st_mode & 0o777 == 0o600


def test_objects_points_and_the_local_time_are_chosen(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    zone = ZoneInfo("Asia/Shanghai")
    count = export_csv(Readings(), path, window=WINDOW, points={"room_temp_c"}, object_ids={"R-1"}, zone=zone)
    rows = read(path)[1:]
    assert count == 3 and {row[1] for row in rows} == {"R-1"} and {row[2] for row in rows} == {"room_temp_c"}
    assert rows[0][4] == "2026-01-05T08:00:00.000+08:00"


def test_a_disk_that_refuses_leaves_no_half_file(tmp_path: Path) -> None:
    store, path = Readings(), tmp_path / "out.csv"
    store.fails = True
    with pytest.raises(CsvExportError, match="no space"):
        export_csv(store, path, window=WINDOW)
    assert list(tmp_path.iterdir()) == []
