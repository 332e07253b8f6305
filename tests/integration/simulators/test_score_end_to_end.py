"""A city is simulated, the shipped rules judge it in a process of their own, and the score finds what they found."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from simulators.scoring.command_line import main

SCENARIO = """\
site: smoke
homes: 120
spin_up: 12h
home_step: 5m
history_station_interval: 60s
history_room_interval: 10m
weather: {day_of_year: 15}
faults:
  - {id: trip, type: pump_trip, target: st-001, onset: +1h, duration: 2h}
  - {id: outage, type: mains_loss, target: st-002, onset: +90m, duration: 1h}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("score")


@pytest.fixture(scope="module")
def report(folder: Path) -> dict[str, Any]:
    """The score of five hours of three stations."""
    (folder / "tiny.yaml").write_text(SCENARIO, encoding="utf-8")
    arguments = [
        "--scenario",
        str(folder / "tiny.yaml"),
        "--seed",
        "5",
        "--days",
        "0.2",
        "--step",
        "60",
        "--json",
    ]
    with pytest.MonkeyPatch.context() as patch:
        written: list[str] = []
        patch.setattr("sys.stdout.write", written.append)
        assert main([*arguments, "--work", str(folder / "work")]) == 0
    return dict(orjson.loads("".join(written)))


def test_both_planned_faults_are_found_soon_and_nothing_else_is_told(report: dict[str, Any]) -> None:
    told = report["announced"]["all"]
    assert (told["faults"], told["found"], told["recall"]) == (2, 2, 1)
    assert told["delay"]["median_after_onset_h"] < 0.25
    assert told["classes"]["station"]["top1_cause"] == 1
    assert told["classes"]["station"]["top1_place"] == 1
    assert told["false"] == 0


def test_the_report_says_which_run_it_is(report: dict[str, Any]) -> None:
    run = report["run"]
    assert (run["scenario"], run["seed"], run["stations"], run["paired"]) == ("tiny", 5, 3, True)
    assert run["days"] == pytest.approx(0.2, abs=0.001)


@pytest.mark.usefixtures("report")
def test_history_is_gone_and_truth_and_alarms_stay_when_a_folder_is_given(folder: Path) -> None:
    work = folder / "work"
    assert list((work / "history").glob("*.npz")) == []
    assert (work / "truth" / "causes.parquet").exists()
    assert (work / "alarms" / "alarms.jsonl").exists()
