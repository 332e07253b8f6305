"""Commands called in this process, on settings of the test: SQLite records in a folder of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from structlog.testing import capture_logs
from typer.testing import CliRunner

from runtime.command_line import app
from runtime.commands import terminal


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    complaints: str


@dataclass(frozen=True, slots=True)
class Shell:
    """Calls ``nuanliu`` with the settings of the test."""

    folder: Path
    environment: dict[str, str]

    def __call__(self, *arguments: str, stdin: str | bytes = "") -> Ended:
        done = CliRunner().invoke(app, list(arguments), input=stdin, env=self.environment)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ended(done.exit_code, done.stdout, done.stderr)

    def fails(self, *arguments: str, code: int, stdin: str | bytes = "") -> str:
        """Call a command that must end with a code; return its complaints."""
        done = self(*arguments, stdin=stdin)
        assert done.code == code, done
        return done.complaints

    def says(self, *arguments: str, stdin: str | bytes = "") -> list[str]:
        """Call a command that must end well; return its lines."""
        done = self(*arguments, stdin=stdin)
        assert done.code == 0, done
        return done.out.splitlines()


@pytest.fixture
def nuanliu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """``nuanliu`` with records, store and spool below ``tmp_path``."""
    monkeypatch.setattr(
        terminal, "set_up_logging", lambda _settings: None
    )  # would hold on to a closed stream
    settings = {
        "records": {"url": f"sqlite:///{tmp_path / 'records.sqlite3'}"},
        "timeseries": {"url": f"duckdb:///{tmp_path / 'timeseries'}"},
        "collector": {"spool_dir": str(tmp_path / "spool")},
    }
    path = tmp_path / "nuanliu.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    with capture_logs():  # an unconfigured structlog writes between the lines of the command
        yield Shell(tmp_path, {"NUANLIU_CONFIG": str(path)})


WriteYaml = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> WriteYaml:
    """Write a settings file and return its path."""

    def write(text: str) -> Path:
        path = tmp_path / "other.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
