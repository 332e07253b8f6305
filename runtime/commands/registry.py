"""``nuanliu registry``: import, export and compare the registry as CSV or XLSX."""

from pathlib import Path
from typing import Annotated

import typer

from heating.clock import SystemClock
from runtime.commands.terminal import ConfigOption, complain, errors_as_messages, say, with_records
from storage.registry_files.differences import RegistryDiff
from storage.registry_files.reading import RegistryFile, read_registry, write_registry

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="The registry of stations, buildings, homes and sensors.")

FileArgument = Annotated[
    Path, typer.Argument(help="CSV (one file with a kind column) or XLSX (a sheet a kind).")
]

_SHOWN_LINES = 200


@app.command("import")
def import_registry(
    file: FileArgument,
    config: ConfigOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; write nothing.")
    ] = False,
) -> None:
    """Make the registry equal to a file; all mistakes in the file are reported and nothing is written then."""
    read = _read(file)
    with with_records(config) as (_, records):
        changes = records.registry.apply_site(
            read.site, read.contacts, by="command line", now=SystemClock().now(), dry_run=dry_run
        )
        _show(changes)
        say(("would change: " if dry_run else "done: ") + changes.summary())


@app.command("diff")
def diff_registry(file: FileArgument, config: ConfigOption = None) -> None:
    """Show what an import would add, change and remove."""
    read = _read(file)
    with with_records(config) as (_, records):
        changes = records.registry.diff(read.site, read.contacts)
        _show(changes)
        say(changes.summary())


@app.command("export")
def export_registry(file: FileArgument, config: ConfigOption = None) -> None:
    """Write the whole registry to a file that can be imported again."""
    with with_records(config) as (_, records):
        write_registry(file, records.registry.load_site(), records.registry.contacts())
        say(f"written: {file}")


def _read(file: Path) -> RegistryFile:
    """Read the file before the records are opened: a wrong one makes no data folder."""
    with errors_as_messages():
        return read_registry(file)


def _show(changes: RegistryDiff) -> None:
    total = 0
    for total, line in enumerate(changes.lines(), start=1):
        if total <= _SHOWN_LINES:
            say(str(line))
    if total > _SHOWN_LINES:
        complain(f"... and {total - _SHOWN_LINES} more lines")
