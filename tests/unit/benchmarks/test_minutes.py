"""``./run bench NAME --minutes N``: the length reaches the benchmarks that take one, and nonsense is refused."""

from pathlib import Path

import pytest
import structlog

from benchmarks.harness import MINUTES_VARIABLE, wanted_minutes
from benchmarks.run_benchmarks import arguments, main

LONG = """
from benchmarks.harness import Result, wanted_minutes
def run():
    return [Result(name="long.minutes", value=wanted_minutes(2.0), unit="min")]
"""


@pytest.fixture(autouse=True)
def _no_length_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MINUTES_VARIABLE, "7")  # so that what the command sets is taken back afterwards
    monkeypatch.delenv(MINUTES_VARIABLE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One benchmark that tells how long it would run."""
    (tmp_path / "bench_long.py").write_text(LONG)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "minutes"),
    [(["league"], None), (["league", "--minutes", "10"], 10.0), (["--minutes=0.5", "backlog"], 0.5)],
)
def test_minutes_may_be_left_out_whole_or_broken_and_stand_anywhere(
    words: list[str], minutes: float | None
) -> None:
    wanted = arguments(words)
    assert wanted.minutes == minutes
    assert wanted.names in (["league"], ["backlog"])


@pytest.mark.parametrize("told", ["ten", "0", "-1", "nan", "inf"])
def test_a_length_that_is_none_is_refused_by_name(told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        arguments(["league", f"--minutes={told}"])
    assert ended.value.code == 2
    assert "--minutes" in capsys.readouterr().err


def test_a_benchmark_takes_its_usual_length_unless_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["long"], folder=folder) == 0
    assert '"value": 2.0' in capsys.readouterr().out
    assert main(["long", "--minutes", "10"], folder=folder) == 0
    assert '"value": 10.0' in capsys.readouterr().out


def test_the_length_comes_from_the_environment_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wanted_minutes(2.0) == 2.0
    monkeypatch.setenv(MINUTES_VARIABLE, "0.25")
    assert wanted_minutes(2.0) == 0.25


def test_the_command_leaves_the_logging_of_its_caller_alone(folder: Path) -> None:
    before = structlog.get_config()
    assert main(["long"], folder=folder) == 0
    assert structlog.get_config() == before
