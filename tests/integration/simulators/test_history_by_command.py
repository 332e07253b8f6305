"""Whole runs by the command line: history and calls written to files, the same each time."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.sample_files import read_sample_file
from heating.intervals import to_epoch_ms
from simulators.command_line import main
from simulators.site.generator import generate_preset_site
from storage.registry_files.reading import write_registry

TINY = "site: smoke\nspin_up: 1h\nweather: {day_of_year: 15}\n"


def test_history_alone_is_written_the_same_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = tmp_path / "tiny.yaml"
    scenario.write_text(TINY, encoding="utf-8")
    contents = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        wishes = (
            f"--scenario {scenario} --history-days 0.1 --history-out {folder} "
            f"--virtual-origin 2026-01-15T08:00:00+08:00 --truth {folder / 'truth'}"
        )
        code = main(wishes.split())
        assert code == 0
        events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [event["event"] for event in events] == ["history_done", "done"]
        (path,) = folder.glob("*.npz")
        batch = read_sample_file(path)
        assert len(batch) == events[0]["values"] > 1000
        assert (folder / "truth" / "faults.jsonl").read_text() == ""
        contents.append(batch)
    assert contents[0].objects == contents[1].objects
    assert (contents[0].value == contents[1].value).all()


def test_calls_of_history_are_written_to_a_file(tmp_path: Path) -> None:
    cold = TINY.replace("day_of_year: 15", "day_of_year: 15, shift_k: -20")
    scenario = tmp_path / "cold.yaml"
    scenario.write_text(cold, encoding="utf-8")
    calls = tmp_path / "calls.csv"
    wishes = f"--scenario {scenario} --history-days 1 --history-out {tmp_path / 'out'} --calls {calls}"
    assert main([*wishes.split(), "--virtual-origin", "2026-01-16T08:00:00+08:00"]) == 0
    with calls.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert all("2026-01-15T00:00:00Z" <= row["moment"] <= "2026-01-16T00:00:00Z" for row in rows)


def test_a_registry_file_stands_in_for_the_same_site(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "tiny.yaml"
    scenario.write_text(TINY, encoding="utf-8")
    origin = datetime(2026, 1, 15, tzinfo=UTC)
    site, contacts = generate_preset_site("smoke", seed=1, now=origin)
    write_registry(tmp_path / "registry.csv", site, contacts)
    batches = []
    for folder, more in (("a", ""), ("b", f"--registry {tmp_path / 'registry.csv'}")):
        wishes = (
            f"--scenario {scenario} --history-days 0.02 --history-out {tmp_path / folder} "
            f"--virtual-origin 2026-01-15T00:00:00Z {more}"
        )
        assert main(wishes.split()) == 0
        capsys.readouterr()
        (path,) = (tmp_path / folder).iterdir()
        batches.append(read_sample_file(path))
    assert sorted(batches[0].to_samples()) == sorted(batches[1].to_samples())


def test_a_scenario_with_start_and_end_is_run_headless_between_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "own.yaml"
    scenario.write_text(
        TINY
        + "stations: 3\nhomes: 60\nsensed_fraction: 0.5\nseed: 7\n"
        + 'start: "2026-01-15T00:00:00+08:00"\nend: "2026-01-15T03:00:00+08:00"\n'
        + "faults: [{id: f, type: pump_trip, target: st-002, onset: +30m, duration: 90m}]\n"
        + "confounders: [{id: h, type: holiday, onset: +1h, duration: 1h}]\n",
        encoding="utf-8",
    )
    wishes = f"--scenario {scenario} --history-out {tmp_path / 'h'} --truth {tmp_path / 't'} --paired"
    assert main(wishes.split()) == 0
    captured = capsys.readouterr()
    events = [json.loads(line) for line in captured.out.splitlines()]
    assert events[0]["until"] == "2026-01-14T19:00:00+00:00"
    batch = read_sample_file(next((tmp_path / "h").iterdir()))
    start_ms = to_epoch_ms(datetime(2026, 1, 14, 16, tzinfo=UTC))
    assert start_ms < batch.measured_ms.min() and batch.measured_ms.max() <= start_ms + 3 * 3_600_000
    (line,) = (tmp_path / "t" / "confounders.jsonl").read_text().splitlines()
    assert json.loads(line)["onset"] == "2026-01-14T17:00:00.000Z"
    faults = [json.loads(line) for line in (tmp_path / "t" / "faults.jsonl").read_text().splitlines()]
    assert [fault["id"] for fault in faults] == ["f"]
    assert "2026-01-14T16:30" < faults[0]["first_observable"] < "2026-01-14T16:36"
    assert 5 <= len(faults[0]["affected_households"]) <= 25, "measured by the pair"
    assert captured.err.splitlines()[-1] == "history: 100 %"
