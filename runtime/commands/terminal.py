"""What every command shares: loading settings with readable errors, exit codes, progress, and opening the records.

Exit codes: 0 done, 1 failed while running, 2 bad configuration or arguments.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from config.located_yaml import MistakesError
from config.settings import Settings
from config.settings_file import load_settings
from heating.errors import HeatingError
from runtime.logging_setup import set_up_logging
from storage.records.records import Records, open_records

__all__ = [
    "BAD_CONFIGURATION",
    "FAILED",
    "ConfigOption",
    "ProgressLine",
    "failing_in_words",
    "say",
    "settings_from",
    "show_progress",
    "with_records",
]

FAILED = 1
"""Exit code: failed while running."""
BAD_CONFIGURATION = 2
"""Exit code: bad configuration or arguments."""

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", help="Settings file; NUANLIU_CONFIG when not given, else the built-in defaults."
    ),
]

_console = Console(highlight=False, soft_wrap=True)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Write a line on standard output, at once."""
    _console.out(text, highlight=False)
    sys.stdout.flush()


def complain(text: str) -> None:
    """Write a line on standard error."""
    _errors.out(text, highlight=False)


@contextmanager
def failing_in_words() -> Iterator[None]:
    """Turn errors that the house raises on purpose into one message and the right exit code."""
    try:
        yield
    except MistakesError as error:
        for mistake in error.mistakes:
            complain(str(mistake))
        raise typer.Exit(BAD_CONFIGURATION) from error
    except HeatingError as error:
        complain(f"{error}")
        raise typer.Exit(FAILED) from error


def settings_from(path: Path | None) -> Settings:
    """Load the settings and set up logging; mistakes end the command with exit code 2."""
    with failing_in_words():
        settings = load_settings(path)
    set_up_logging(settings.log)
    return settings


@contextmanager
def with_records(path: Path | None) -> Iterator[tuple[Settings, Records]]:
    """Open settings and records for one command, in words when that fails."""
    settings = settings_from(path)
    with failing_in_words():
        records = open_records(settings.records.url, password_file=settings.records.password_file)
        try:
            yield settings, records
        finally:
            records.close()


class ProgressLine:
    """Progress of long work: a bar on a terminal, a plain line every tenth otherwise."""

    def __init__(self, label: str, bar: Progress | None) -> None:
        self._label = label
        self._bar = bar
        self._task = bar.add_task(label, total=None) if bar else None
        self._told = -1

    def update(self, done: int, total: int) -> None:
        """Tell how far the work is."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total)
            return
        tenth = 10 * done // max(total, 1)
        if tenth > self._told:
            self._told = tenth
            complain(f"{self._label}: {done} of {total}")


@contextmanager
def show_progress(label: str) -> Iterator[ProgressLine]:
    """Show progress on standard error while the block runs."""
    if not _errors.is_terminal:
        yield ProgressLine(label, None)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_errors, transient=True) as bar:
        yield ProgressLine(label, bar)
