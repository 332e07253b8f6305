"""``nuanliu-score`` on files: the figures and tables, and the arguments it refuses."""

from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from simulators.scenario import ScenarioError
from simulators.scoring.command_line import main
from simulators.scoring.headless_run import run_headless
from simulators.truth.run_file import RunFacts
from tests.unit.simulators.scoring.made_up import HOMES, START, small_tree


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    truth, alarms = tmp_path / "truth", tmp_path / "alarms"
    small_tree().write(truth)
    end = START + timedelta(days=30)
    RunFacts(scenario="made-up", seed=3, begin=START, origin=START, until=end, paired=True).write(truth)
    fault = {
        "id": "f",
        "type": "pump_trip",
        "target": "st-1",
        "onset": "2026-01-01T10:00:00Z",
        "first_observable": "2026-01-01T10:00:00Z",
        "end": "2026-01-01T14:00:00Z",
        "severity": 1.0,
        "affected_households": [HOMES[0]],
    }
    (truth / "faults.jsonl").write_bytes(orjson.dumps(fault))
    for name in ("confounders.jsonl", "tickets.jsonl"):
        (truth / name).write_bytes(b"")
    alarms.mkdir()
    alarm = {
        "alarm_id": "A1",
        "rule_id": "ST-02",
        "subject_level": "station",
        "subject_id": "st-1",
        "raised_at": "2026-01-01T11:00:00Z",
        "annunciated_at": "2026-01-01T11:00:00Z",
    }
    (alarms / "alarms.jsonl").write_bytes(orjson.dumps(alarm))
    (alarms / "incidents.jsonl").write_bytes(b"")
    return truth, alarms


def test_json_has_the_figures_of_the_interface(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    truth, alarms = folders
    assert main(["--truth", str(truth), "--alarms", str(alarms), "--json"]) == 0
    report = orjson.loads(capsys.readouterr().out)
    station = report["announced"]["all"]["classes"]["station"]
    assert (station["precision"], station["recall"], station["top1_cause"]) == (1, 1, 1)
    assert station["lead"]["median_h"] is None
    assert station["false_per_station_month"] == 0
    assert set(report) == {"run", "announced", "recorded", "tickets", "forecast"}
    assert set(report["announced"]) == {"all", "cold_snap", "no_cold_snap"}


def test_tables_show_the_same(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    truth, alarms = folders
    assert main(["--truth", str(truth), "--alarms", str(alarms)]) == 0
    lines = capsys.readouterr().out.splitlines()
    (station,) = [line.split() for line in lines if line.startswith("  station")][:1]
    assert station[:9] == ["station", "1", "1", "1", "1", "0", "0", "1", "1"]


def test_a_shorter_grace_is_taken(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    truth, alarms = folders
    text = (alarms / "alarms.jsonl").read_text(encoding="utf-8").replace("T11:00", "T16:00")
    (alarms / "alarms.jsonl").write_text(text, encoding="utf-8")
    for grace, found in (("1", 0), ("3", 1)):
        assert main(["--truth", str(truth), "--alarms", str(alarms), "--json", "--grace", grace]) == 0
        assert orjson.loads(capsys.readouterr().out)["announced"]["all"]["found"] == found


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--truth", "x"],
        ["--truth", "x", "--scenario", "smoke"],
        ["--truth", "x", "--api", "u", "--alarms", "d"],
    ],
)
def test_arguments_that_do_not_fit_end_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2


def test_a_folder_that_is_no_truth_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--truth", str(tmp_path), "--alarms", str(tmp_path)]) == 1
    assert "alarms.jsonl" in capsys.readouterr().err


def test_a_scenario_without_an_end_needs_days(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scenario", "smoke"]) == 2
    assert "--days" in capsys.readouterr().err


def test_a_scenario_that_is_not_there_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no scenario"):
        run_headless(scenario="nowhere", seed=1, days=1, folder=tmp_path / "run", product=["false"])
    assert not (tmp_path / "run").exists()
