"""``nuanliu registry``: what is exported is imported again without a difference; a dry run writes nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storage.records.records import open_records
from storage.registry_files.reading import write_registry
from tests.support.small_town import small_town, small_town_contacts


@pytest.fixture(params=[".csv", ".xlsx"])
def town_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"town{request.param}"
    write_registry(path, small_town(), small_town_contacts())
    return path


def test_a_dry_run_shows_everything_and_writes_nothing(nuanliu: Any, town_file: Path) -> None:
    told = nuanliu.says("registry", "import", str(town_file), "--dry-run")
    assert told[-1].startswith("would change: added ") and "+ area xilinhot" in told
    assert told[-1] == nuanliu.says("registry", "import", str(town_file), "--dry-run")[-1]


def test_import_export_and_diff_close_the_circle(nuanliu: Any, town_file: Path) -> None:
    planned = nuanliu.says("registry", "diff", str(town_file))
    done = nuanliu.says("registry", "import", str(town_file))
    assert done[:-1] == planned[:-1] and done[-1] == f"done: {planned[-1]}"
    back = town_file.with_stem("back")
    assert nuanliu.says("registry", "export", str(back)) == [f"written: {back}"]
    assert nuanliu.says("registry", "diff", str(back)) == ["added 0, changed 0, removed 0"]
    assert nuanliu.says("registry", "import", str(town_file))[-1] == "done: added 0, changed 0, removed 0"


def test_a_changed_cell_is_one_changed_line(nuanliu: Any, tmp_path: Path) -> None:
    path = tmp_path / "town.csv"
    write_registry(path, small_town(), small_town_contacts())
    nuanliu.says("registry", "import", str(path))
    path.write_text(path.read_text(encoding="utf-8-sig").replace("锦绣花园", "锦绣新村"), encoding="utf-8")
    told = nuanliu.says("registry", "diff", str(path))
    assert told == [
        "~ community jinxiu (name: 锦绣花园 -> 锦绣新村)",
        "added 0, changed 1, removed 0",
    ]


def test_mistakes_are_reported_by_row_and_nothing_is_written(nuanliu: Any, tmp_path: Path) -> None:
    path = tmp_path / "town.csv"
    write_registry(path, small_town(), small_town_contacts())
    text = path.read_text(encoding="utf-8-sig").replace(",st-east,", ",st-nowhere,", 1)
    path.write_text(text, encoding="utf-8")
    assert "row " in nuanliu.fails("registry", "import", str(path), code=1)
    back = tmp_path / "back.csv"
    nuanliu.says("registry", "export", str(back))
    assert "jinxiu" not in back.read_text(encoding="utf-8-sig")


def test_a_missing_file_is_reported(nuanliu: Any, tmp_path: Path) -> None:
    assert "none.csv" in nuanliu.fails("registry", "import", str(tmp_path / "none.csv"), code=1)


@pytest.fixture
def part_of_town(nuanliu: Any, tmp_path: Path) -> Path:
    """The town is imported; a file names one of its stations."""
    town = tmp_path / "town.csv"
    write_registry(town, small_town(), small_town_contacts())
    nuanliu.says("registry", "import", str(town))
    path = tmp_path / "part.csv"
    path.write_text(
        "kind,station_id,name,area_id,branch_id\nstation,st-east,东换热站,xilinhot,east\n", encoding="utf-8"
    )
    return path


def test_a_part_of_the_registry_removes_nothing(nuanliu: Any, part_of_town: Path) -> None:
    told = nuanliu.says("registry", "import", str(part_of_town))
    assert told[-1] == "done: added 0, changed 1, removed 0"
    assert nuanliu.says("registry", "diff", str(part_of_town)) == ["added 0, changed 0, removed 0"]


def test_removal_needs_the_word_and_the_number(nuanliu: Any, part_of_town: Path, tmp_path: Path) -> None:
    file = tmp_path / "whole.csv"
    town = small_town()
    fewer = replace(town, sensors=town.sensors[:-2], assignments=town.assignments[:-2])
    write_registry(file, fewer, small_town_contacts())
    would = nuanliu.says("registry", "diff", str(file), "--remove")
    assert would[-1] == "added 0, changed 0, removed 4"
    assert "--remove --yes 4" in nuanliu.fails("registry", "import", str(file), "--remove", code=2)
    assert "not 3" in nuanliu.fails("registry", "import", str(file), "--remove", "--yes", "3", code=2)
    assert nuanliu.says("registry", "diff", str(file), "--remove") == would
    told = nuanliu.says("registry", "import", str(file), "--remove", "--yes", "4")
    assert told[-1] == "done: added 0, changed 0, removed 4"
    assert nuanliu.says("registry", "diff", str(file), "--remove")[-1] == "added 0, changed 0, removed 0"


def test_what_is_imported_and_exported_is_in_the_audit(nuanliu: Any, part_of_town: Path) -> None:
    nuanliu.says("registry", "export", str(part_of_town.with_stem("out")))
    records = open_records(f"sqlite:///{nuanliu.folder / 'records.sqlite3'}")
    try:
        lines = [(one.action, one.subject) for one in records.audit.entries()]
    finally:
        records.close()
    assert lines == [("registry.exported", "file:out.csv"), ("registry.imported", "file:town.csv")]
