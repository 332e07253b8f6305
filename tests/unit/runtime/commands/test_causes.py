"""``nuanliu causes``."""

from pathlib import Path
from typing import Any

from config.causes.reading import CAUSES_DIR

PUMP_TRIP = (CAUSES_DIR / "station" / "pump_trip.yaml").read_text(encoding="utf-8")


def test_the_shipped_causes_and_symptoms_fit_each_other(nuanliu: Any) -> None:
    (said,) = nuanliu.says("causes", "lint")
    assert said.endswith("symptoms are in order")


def test_a_symptom_that_is_not_there_is_named_with_its_file(nuanliu: Any, tmp_path: Path) -> None:
    folder = tmp_path / "causes"
    folder.mkdir()
    (folder / "mine.yaml").write_text(PUMP_TRIP.replace("no_circ: 2", "no_cirk: 2"), encoding="utf-8")
    complaints = nuanliu.fails("causes", "lint", "--causes", str(folder), code=1)
    assert f"{folder}/mine.yaml: pump_trip: expect names 'no_cirk'" in complaints


def test_a_malformed_file_ends_with_two(nuanliu: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("id: Pump\n", encoding="utf-8")
    assert "mine.yaml:1" in nuanliu.fails("causes", "lint", "--causes", str(tmp_path), code=2)


def test_causes_are_listed_from_the_source_down(nuanliu: Any) -> None:
    lines = nuanliu.says("causes", "list")
    assert lines[0].startswith("source ")
    (trip,) = [line for line in lines if " pump_trip " in line]
    assert trip.split() == [
        "station", "pump_trip", "P1", "announced", "循环泵跳闸", "/", "Circulation", "pump", "trip:", "pump_fault,", "no_circ",
    ]  # fmt: skip
