"""The overview of the command line is quick, and says of every command what the command says of itself."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from runtime.command_line import COMMANDS, app
from runtime.commands.lazy_loading import CommandPlace

NAMES = [
    *("demo", "serve", "collector", "alerting", "dashboard", "check-config", "simulate", "replay-messages"),
    *(
        "decode",
        "judge-history",
        "registry",
        "rules",
        "broker",
        "devices",
        "user",
        "token",
        "store",
        "backup",
        "restore",
        "spool",
    ),
]
"""Commands that the interface promises."""

HELP_WITHOUT_ROOMS = """\
import sys
from runtime.command_line import app
try:
    app(["--help"])
except SystemExit as end:
    assert end.code == 0, end.code
heavy = {"duckdb", "fastapi", "sqlalchemy", "numpy", "paho", "pydantic", "plotly", "structlog"}
rooms = {"heating", "config", "storage", "collector", "alerting", "dashboard", "simulators"}
loaded = sorted((heavy | rooms) & {name.partition(".")[0] for name in sys.modules})
assert not loaded, loaded
"""


def test_help_loads_no_room_and_no_heavy_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELP_WITHOUT_ROOMS], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "operations software for district heating" in done.stdout


def test_the_commands_of_the_interface_are_there_and_none_is_named_twice() -> None:
    names = [place.name for place in COMMANDS]
    assert set(NAMES) - set(names) == set()
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("place", COMMANDS, ids=[place.name for place in COMMANDS])
def test_the_overview_says_what_the_command_says_of_itself(place: CommandPlace) -> None:
    loaded = place.load()
    assert loaded.name == place.name
    first_paragraph = inspect.cleandoc(loaded.help).split("\n\n")[0]
    assert " ".join(first_paragraph.split()) == place.help


def test_a_command_of_a_command_is_reached_and_explained() -> None:
    done = CliRunner().invoke(app, ["user", "add", "--help"])
    assert done.exit_code == 0
    assert "user add" in done.stdout and "--household" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["demx"], "demo"),
        (["demo", "--speed", "fast"], "--speed"),
        (["user", "add"], "username"),
        (["decode"], "family"),
        (["registry", "import"], "file"),
    ],
)
def test_wrong_arguments_end_with_2_and_name_what_is_wrong(arguments: list[str], word: str) -> None:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert word in done.stderr.lower()


def test_without_a_command_the_overview_is_shown_and_the_exit_code_is_2() -> None:
    done = CliRunner().invoke(app, [])
    assert done.exit_code == 2
    assert all(name in done.output for name in NAMES)


@pytest.mark.parametrize("address", ["127.0.0.1", ":8080", "127.0.0.1:web", "127.0.0.1:70000"])
def test_an_address_that_is_none_is_refused_before_anything_starts(address: str) -> None:
    done = CliRunner().invoke(app, ["demo", "--http", address])
    assert done.exit_code == 2
    assert "HOST:PORT" in done.stderr


def test_an_unknown_scenario_is_refused_with_those_there_are() -> None:
    done = CliRunner().invoke(app, ["demo", "--scenario", "village"])
    assert done.exit_code == 2
    assert "choose smoke, city or league" in done.stderr


def test_the_version_is_told() -> None:
    done = CliRunner().invoke(app, ["--version"])
    assert done.exit_code == 0
    assert re.fullmatch(r"nuanliu \d+\.\d+\.\S+\n", done.stdout)


def test_settings_that_were_forgotten_begin_no_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # The runner's streams end with the command: a log that stays bound to them fails in whatever test comes next.
    monkeypatch.setattr("runtime.commands.terminal.set_up_logging", lambda _settings: None)
    for name in ("NUANLIU_CONFIG", "NUANLIU_RECORDS__URL"):
        monkeypatch.delenv(name, raising=False)
    for command in (["user", "list"], ["registry", "export", "x.csv"], ["serve"]):
        done = CliRunner().invoke(app, command)
        assert (done.exit_code, "--config" in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_the_simulator_takes_the_place_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    # A child would go on publishing after a SIGTERM for the command.
    called: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda program, words: called.append([program, *words]))
    CliRunner().invoke(app, ["simulate", "--scenario", "smoke"])
    assert called == [[sys.executable, sys.executable, "-m", "simulators", "--scenario", "smoke"]]
