"""The benchmark harness: goals, discovery, the JSON lines and the kept page."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.harness import Goal, Reference, Result, UnknownBenchmark, choose, discover
from benchmarks.results_page import record
from benchmarks.run_benchmarks import main

NOW = datetime(2026, 1, 15, 23, 30, tzinfo=UTC)

FAST = """
from benchmarks.harness import Goal, Reference, Result

def run():
    reference = Reference(name="plain", value=80.0)
    return [Result(name="fast.cpu", value=8.00004, unit="us", reference=reference, goal=Goal(at_most=10))]
"""

SLOW = """
from benchmarks.harness import Goal, Result

def run():
    return [Result(name="slow.pass", value=300.0, unit="ms", goal=Goal(at_most=250))]
"""

BROKEN = "def run():\n    raise ZeroDivisionError('broken on purpose')\n"

UNAVAILABLE = """
from benchmarks.harness import BenchmarkUnavailable

def run():
    raise BenchmarkUnavailable("no influxd")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good and one slow benchmark, and a module that is none."""
    (tmp_path / "bench_fast.py").write_text(FAST)
    (tmp_path / "bench_slow.py").write_text(SLOW)
    (tmp_path / "not_a_bench.py").write_text("raise RuntimeError")
    return tmp_path


@pytest.mark.parametrize(
    ("goal", "value", "reference", "met"),
    [
        (Goal(at_most=10), 10.0, None, True),
        (Goal(at_most=10), 10.1, None, False),
        (Goal(at_least=30_000), 29_999.0, None, False),
        (Goal(ratio_at_least=8), 80.0, 10.0, True),
        (Goal(ratio_at_least=8), 79.0, 10.0, False),
        (Goal(ratio_at_most=0.5), 5.0, 10.0, True),
        (Goal(at_most=100, ratio_at_most=0.5), 6.0, 10.0, False),
        (Goal(ratio_at_least=8), 80.0, None, False),
        (Goal(ratio_at_least=8), 80.0, 0.0, False),
    ],
)
def test_a_goal_is_met_when_every_limit_holds(
    goal: Goal, value: float, reference: float | None, met: bool
) -> None:
    against = None if reference is None else Reference(name="plain", value=reference)
    assert Result(name="x", value=value, unit="us", reference=against, goal=goal).met is met


def test_a_result_without_a_goal_is_not_judged() -> None:
    result = Result(name="x", value=1.0, unit="s")
    assert (result.met, result.ratio) == (None, None)


def test_a_row_has_the_promised_fields_and_four_digits() -> None:
    goal = Goal(at_most=10, ratio_at_most=0.125)
    result = Result(
        name="a", value=1.234567, unit="us", reference=Reference(name="plain", value=12.0), goal=goal
    )
    row = result.as_row(machine="2 cores", now=NOW)
    assert row == {
        "name": "a",
        "value": 1.235,
        "unit": "us",
        "reference": {"name": "plain", "value": 12.0},
        "ratio": 0.1029,
        "goal": "<= 10 us, ratio <= 0.125",
        "met": True,
        "machine": "2 cores",
        "date": "2026-01-15",
    }


def test_only_modules_with_the_prefix_are_benchmarks(folder: Path) -> None:
    assert list(discover(folder)) == ["fast", "slow"]


def test_an_unknown_name_is_refused_and_the_known_ones_are_listed(folder: Path) -> None:
    with pytest.raises(UnknownBenchmark, match="fast, slow"):
        choose(discover(folder), ["fast", "fats"])
    assert main(["fats"], folder=folder) == 2


def test_each_result_is_one_json_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fast", "slow"], folder=folder) == 0
    captured = capsys.readouterr()
    rows = [json.loads(line) for line in captured.out.splitlines()]
    assert [(row["name"], row["value"], row["met"]) for row in rows] == [
        ("fast.cpu", 8.0, True),
        ("slow.pass", 300.0, False),
    ]
    assert "goal missed: slow.pass" in captured.err


def test_a_missed_goal_fails_only_when_asked_to(folder: Path) -> None:
    assert main(["slow"], folder=folder) == 0
    assert main(["slow", "--strict"], folder=folder) == 1


def test_a_broken_benchmark_fails_the_run_and_hides_no_other(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bench_broken.py").write_text(BROKEN)
    assert main([], folder=folder) == 1
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 2
    assert "broken on purpose" in captured.err


@pytest.mark.parametrize(("in_ci", "code"), [("true", 1), ("", 0)])
def test_a_missing_server_fails_the_run_only_in_the_gate(
    folder: Path, monkeypatch: pytest.MonkeyPatch, in_ci: str, code: int
) -> None:
    (folder / "bench_unavailable.py").write_text(UNAVAILABLE)
    monkeypatch.setenv("CI", in_ci)
    assert main(["unavailable"], folder=folder) == code


def test_the_page_replaces_a_row_of_the_same_day_and_keeps_older_ones(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    for day, value in ((14, 5.0), (15, 6.0), (15, 7.0)):
        result = Result(name="a", value=value, unit="us", goal=Goal(at_most=6.5))
        record(page, [result.as_row(machine="2 cores", now=NOW.replace(day=day))])
    rows = [line for line in page.read_text().splitlines() if line.startswith("| a ")]
    assert rows == [
        "| a | 5 us |  |  | <= 6.5 us | yes | 2026-01-14 | 2 cores |",
        "| a | 7 us |  |  | <= 6.5 us | NO | 2026-01-15 | 2 cores |",
    ]


def test_the_page_is_written_by_the_command(folder: Path) -> None:
    assert main(["fast", "--record"], folder=folder) == 0
    assert "| fast.cpu | 8 us | plain: 80 | 0.1 | <= 10 us | yes |" in (folder / "RESULTS.md").read_text()
