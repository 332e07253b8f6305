"""``nuanliu export``: readings and tags as CSV."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from heating.points import Measurement
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.readings.duckdb.store import DuckDBStore
from storage.records.records import open_records
from tests.support.small_site import small_site

NOON = datetime(2026, 1, 5, 4, tzinfo=UTC)  # 12:00 in Xilinhot
NOON_MS = int(NOON.timestamp() * 1000)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_readings_of_a_period_in_the_sites_time(nuanliu: Any) -> None:
    store = DuckDBStore(nuanliu.folder / "timeseries")
    room = ObjectRef(Measurement.ROOM, "R1-1")
    samples = [Sample(room, "room_temp_c", NOON_MS + hour * 3_600_000, 20.0 + hour) for hour in range(3)]
    store.append(SampleBatch.from_samples(samples))
    store.close()
    file = nuanliu.folder / "out.csv"
    period = ("--from", "2026-01-05T12:00", "--to", "2026-01-05T14:00")
    assert nuanliu.says("export", "readings", str(file), *period, "--local-time") == [
        f"exported 2 readings to {file}"
    ]
    assert [(row["measured"], row["value"]) for row in rows(file)] == [
        ("2026-01-05T12:00:00.000+08:00", "20.0"),
        ("2026-01-05T13:00:00.000+08:00", "21.0"),
    ]
    complaint = nuanliu.fails("export", "readings", str(file), *period, "--point", "wind", code=2)
    assert "wind" in complaint


def test_tags_name_every_object_with_area_and_station_and_leave_a_line_in_the_audit(nuanliu: Any) -> None:
    url = f"sqlite:///{nuanliu.folder / 'records.sqlite3'}"
    records = open_records(url)
    records.registry.apply_site(small_site(), by="test", now=NOON)
    file = nuanliu.folder / "tags.csv"
    nuanliu.says("export", "tags", str(file))
    found = {(row["measurement"], row["id"]): row for row in rows(file)}
    assert found["station", "S1"]["tag"] == "station" and found["station", "S1"]["area"]
    room = found["room", "R1-1"]
    assert (room["tag"], room["station"], room["household"] != "") == ("sensor", "S1", True)
    assert len(found) == len(rows(file))
    assert any(entry.action == "tags_exported" for entry in records.audit.entries())
    records.close()
