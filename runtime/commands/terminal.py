"""What every command shares: loading settings with readable errors, exit codes, progress, and opening the records.

Exit codes: 0 done, 1 failed while running, 2 bad configuration or arguments.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from config.mistakes import Mistake, MistakesError
from config.settings.reading import load_settings
from config.settings.tree import RecordsSettings, Settings
from heating.errors import HeatingError
from runtime.commands.language import in_words
from runtime.logging_setup import set_up_logging
from storage.records.records import Records, open_records

__all__ = [
    "BAD_CONFIGURATION",
    "FAILED",
    "ConfigOption",
    "ProgressLine",
    "complain",
    "errors_as_messages",
    "refuse_forgotten_settings",
    "say",
    "settings_from",
    "show_progress",
    "warn",
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


def say(text: str, /, **values: object) -> None:
    """Write a line on standard output, at once; a text of the catalogue in the person's language, with its values."""
    _console.out(in_words(text, values), highlight=False)
    sys.stdout.flush()


def complain(text: str, /, **values: object) -> None:
    """Write a line on standard error, as `say` does."""
    _errors.out(in_words(text, values), highlight=False)


def warn(warning: Mistake) -> None:
    """Write what should be mended and stops nothing on standard error."""
    complain("warning: {text}", text=warning)


@contextmanager
def errors_as_messages() -> Iterator[None]:
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
    with errors_as_messages():
        settings = load_settings(path, warn=warn)
    set_up_logging(settings.log)
    return settings


def refuse_forgotten_settings(path: Path | None, settings: Settings) -> None:
    """Refuse to begin a data folder wherever somebody stands who named no settings."""
    built_in = settings.records.url == RecordsSettings().url
    if (
        path is None
        and not os.environ.get("NUANLIU_CONFIG")
        and built_in
        and not Path("nuanliu-data").is_dir()
    ):
        complain("no settings were named: give --config FILE or set NUANLIU_CONFIG; nothing was created")
        raise typer.Exit(BAD_CONFIGURATION)


@contextmanager
def with_records(path: Path | None) -> Iterator[tuple[Settings, Records]]:
    """Open settings and records for one command."""
    settings = settings_from(path)
    refuse_forgotten_settings(path, settings)
    with errors_as_messages():
        records = open_records(settings.records.url, password_file=settings.records.password_file)
        try:
            yield settings, records
        finally:
            records.close()


class ProgressLine:
    """Progress of long work: a bar on a terminal, a plain line every tenth otherwise."""

    def __init__(self, bar: Progress | None) -> None:
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}
        self._told: dict[str, int] = {}

    def show(self, label: str, done: int, total: int) -> None:
        """Tell how far a piece of work is."""
        if self._bar is not None:
            if label not in self._tasks:
                self._tasks[label] = self._bar.add_task(label, total=total)
            self._bar.update(self._tasks[label], completed=done, total=total, visible=done < total)
            return
        tenth = 10 * done // max(total, 1)
        if tenth > self._told.get(label, -1):
            self._told[label] = tenth
            complain("{label}: {done} of {total}", label=label, done=done, total=total)


@contextmanager
def show_progress() -> Iterator[ProgressLine]:
    """Show progress on standard error while the block runs."""
    if not _errors.is_terminal:
        yield ProgressLine(None)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_errors, transient=True) as bar:
        yield ProgressLine(bar)
