"""Truth files list faults and confounders once each, with the fields of the interface."""

import json
from pathlib import Path

from simulators.truth.truth_files import TruthFiles
from tests.unit.simulators.cities import small_city

REPEATED = {"onset": "+1m", "duration": "1m", "repeat": "5m"}


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_truth_has_one_line_a_fault_and_names_the_homes(tmp_path: Path) -> None:
    faults: list[dict[str, object]] = [
        {"id": "p", "type": "pump_trip", "target": "st-001", **REPEATED},
        {"id": "v", "type": "household_valve_shut", "target": "st-002", "onset": "-1h"},
    ]
    city = small_city(faults=faults)
    truth = TruthFiles(tmp_path, city.layout)
    for _ in range(80):
        city.step(10.0)
        truth.note(city, [])
    lines = lines_of(tmp_path / "faults.jsonl")
    assert [line["id"] for line in lines] == ["v", "p-1", "p-2", "p-3"]
    assert lines[1]["onset"] == "2026-01-15T04:01:00.000Z"
    assert lines[1]["end"] == "2026-01-15T04:02:00.000Z"
    assert lines[0]["end"] is None and len(lines[0]["affected_households"]) == 1  # type: ignore[arg-type]
    assert len(lines[1]["affected_households"]) == int((city.layout.home_station == 0).sum())  # type: ignore[arg-type]
    assert set(lines[0]) == {
        "id", "type", "target", "onset", "first_observable", "end", "severity", "affected_households",
    }  # fmt: skip


def test_confounders_have_a_file_of_their_own(tmp_path: Path) -> None:
    confounders = [{"id": "h", "type": "holiday", "target": "st-002", **REPEATED}]
    city = small_city(confounders=confounders)
    truth = TruthFiles(tmp_path, city.layout)
    for _ in range(50):
        city.step(10.0)
        truth.note(city, [])
    assert lines_of(tmp_path / "faults.jsonl") == []
    lines = lines_of(tmp_path / "confounders.jsonl")
    assert [line["id"] for line in lines] == ["h-1", "h-2"]
    assert lines[0] == {
        "id": "h-1",
        "type": "holiday",
        "target": "st-002",
        "onset": "2026-01-15T04:01:00.000Z",
        "end": "2026-01-15T04:02:00.000Z",
        "severity": 1.0,
    }
