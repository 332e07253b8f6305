"""``nuanliu registry``: import, export and compare the registry as CSV or XLSX."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from heating.clock import SystemClock
from runtime.commands.operator import note, operator
from runtime.commands.terminal import BAD_CONFIGURATION, ConfigOption, complain, say, with_records
from storage.records.records import Records
from storage.registry_files.differences import RegistryDiff
from storage.registry_files.reading import Onto, RegistryFile, read_registry, write_registry

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="The registry of stations, buildings, homes and sensors.")

FileArgument = Annotated[
    Path, typer.Argument(help="CSV (one file with a kind column) or XLSX (a sheet a kind).")
]

_SHOWN_LINES = 200


RemoveOption = Annotated[
    bool,
    typer.Option(
        "--remove", help="Remove what the file does not name; without it an import adds and changes."
    ),
]
UndoMovesOption = Annotated[
    bool,
    typer.Option(
        "--undo-moves", help="Take the file's word on sensors that were moved by page or command since."
    ),
]


@app.command("import")
def import_registry(
    file: FileArgument,
    config: ConfigOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; write nothing.")
    ] = False,
    remove: RemoveOption = False,
    yes: Annotated[
        int | None,
        typer.Option(
            "--yes", min=0, help="With --remove: that so many objects are to be removed, not asked then."
        ),
    ] = None,
    undo_moves: UndoMovesOption = False,
) -> None:
    """Add and change what a file names; with --remove make the registry equal to it.

    All mistakes in the file are reported and nothing is written then.
    """
    with with_records(config) as (_, records):
        version = records.registry.version()
        read = _read(file, records, remove=remove, undo_moves=undo_moves)
        if dry_run or remove or undo_moves:
            changes = records.registry.diff(read.site, read.contacts)
            if dry_run:
                _show(changes)
                _tell_what_was_left(read)
                say("would change: {summary}", summary=changes.summary())
                return
            _confirm_removals(len(changes.removed), yes)
        done = records.registry.apply_site(
            read.site, read.contacts, by=operator(), now=SystemClock().now(), based_on=version
        )
        note(records, "registry.imported", f"file:{file.name}", {"changes": done.summary()})
        _show(done)
        _tell_what_was_left(read)
        say("done: {summary}", summary=done.summary())


@app.command("diff")
def diff_registry(
    file: FileArgument,
    config: ConfigOption = None,
    remove: RemoveOption = False,
    undo_moves: UndoMovesOption = False,
) -> None:
    """Show what an import would add, change and remove."""
    with with_records(config) as (_, records):
        read = _read(file, records, remove=remove, undo_moves=undo_moves)
        changes = records.registry.diff(read.site, read.contacts)
        _show(changes)
        _tell_what_was_left(read)
        say(changes.summary())


@app.command("export")
def export_registry(file: FileArgument, config: ConfigOption = None) -> None:
    """Write the whole registry to a file that can be imported again."""
    with with_records(config) as (_, records):
        write_registry(file, records.registry.load_site(), records.registry.contacts())
        note(records, "registry.exported", f"file:{file.name}")
        say("written: {file}", file=file)


def _read(file: Path, records: Records, *, remove: bool, undo_moves: bool) -> RegistryFile:
    registry = records.registry
    onto = Onto(site=registry.load_site(), contacts=registry.contacts(), remove=remove, undo_moves=undo_moves)
    return read_registry(file, onto=onto)


def _tell_what_was_left(read: RegistryFile) -> None:
    for text in read.skipped[:_SHOWN_LINES]:
        complain("skipped: {text}", text=text)
    for one in read.kept_moves[:_SHOWN_LINES]:
        complain(
            "kept: sensor {sensor} measures {household} from {start} on, as was decided since "
            "(--undo-moves takes the file's word)",
            sensor=one.sensor_id,
            household=one.household_id,
            start=one.start.isoformat(),
        )


def _confirm_removals(number: int, yes: int | None) -> None:
    """Ask for the number of removals, or compare it with the one given; a wrong one ends the command."""
    if number == 0:
        return
    if yes is None and sys.stdin.isatty():
        yes = int(typer.prompt(f"{number} objects will be removed. Type the number to go on", type=int))
    if yes is None:
        complain(
            "{number} objects would be removed; nothing was changed. To remove them: --remove --yes {number}",
            number=number,
        )
        raise typer.Exit(BAD_CONFIGURATION)
    if yes != number:
        complain(
            "{number} objects would be removed and not {yes}; nothing was changed", number=number, yes=yes
        )
        raise typer.Exit(BAD_CONFIGURATION)


def _show(changes: RegistryDiff) -> None:
    total = 0
    for total, line in enumerate(changes.lines(), start=1):
        if total <= _SHOWN_LINES:
            say(str(line))
    if total > _SHOWN_LINES:
        complain("... and {number} more lines", number=total - _SHOWN_LINES)
