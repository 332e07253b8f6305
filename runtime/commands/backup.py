"""``nuanliu backup``, ``nuanliu restore`` and ``nuanliu store export-parquet``: copies of what the house keeps."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, cast

import typer

from config.settings.tree import Settings
from heating.clock import SystemClock
from heating.intervals import Interval
from heating.points import Measurement
from runtime.commands.terminal import (
    BAD_CONFIGURATION,
    ConfigOption,
    complain,
    errors_as_messages,
    say,
    settings_from,
    show_progress,
)
from runtime.running_service import RunningService
from storage.backup.whole import back_up, restore
from storage.readings.errors import StoreInUseError
from storage.readings.opening import open_time_series_store
from storage.readings.parquet_export import WindowStore, export_days

__all__ = ["backup", "export_parquet", "restore_backup"]


def backup(
    folder: Annotated[Path, typer.Argument(help="New or empty folder for this backup.")],
    config: ConfigOption = None,
) -> None:
    """Write a backup of readings, records, spool and settings file; a running service goes on."""
    settings = settings_from(config)
    config = config or (Path(os.environ["NUANLIU_CONFIG"]) if os.environ.get("NUANLIU_CONFIG") else None)
    with errors_as_messages():
        try:
            made = back_up(
                settings, folder.absolute(), now=SystemClock().now(), config_file=config, report=complain
            )
            files = len(made.files)
        except StoreInUseError:
            complain("the service owns the embedded store: it makes the backup")
            files = RunningService(settings).back_up(folder, config_file=config)
    say("backup {folder}: {files} files", folder=folder, files=files)


def restore_backup(
    folder: Annotated[Path, typer.Argument(help="Folder of a backup.")],
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    config: ConfigOption = None,
) -> None:
    """Put a backup in place of what the settings name; stop the service first."""
    settings = settings_from(config)
    with errors_as_messages():
        manifest = restore(settings, folder.absolute(), force=force, report=complain)
    say(
        "restored {folder}, made {at}: {files} files",
        folder=folder,
        at=manifest.made_at,
        files=len(manifest.files),
    )


def export_parquet(
    folder: Annotated[Path, typer.Argument(help="Folder for the files.")],
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, UTC.")],
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, UTC.")],
    measurement: Annotated[
        list[Measurement] | None, typer.Option("--measurement", help="Only this; may be repeated.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Write raw readings as Parquet, one file a measurement and UTC day."""
    settings = settings_from(config)
    if end < start:
        complain("--to {end} lies before --from {start}", end=end.date(), start=start.date())
        raise typer.Exit(BAD_CONFIGURATION)
    window = Interval(start.replace(tzinfo=UTC), end.replace(tzinfo=UTC) + timedelta(days=1))
    chosen = measurement or list(Measurement)
    with errors_as_messages(), show_progress() as line:
        try:
            rows = _export(settings, folder, window, chosen, line.show)
        except StoreInUseError:
            complain("the service owns the embedded store: it makes the export")
            rows = RunningService(settings).export(
                folder, first=start.date(), last=end.date(), measurements=chosen, progress=line.show
            )
    say("exported {rows} readings to {place}", rows=rows, place=folder)


def _export(
    settings: Settings,
    folder: Path,
    window: Interval,
    measurements: Sequence[Measurement],
    progress: Callable[[str, int, int], None],
) -> int:
    store = open_time_series_store(settings.timeseries)
    try:
        return export_days(
            cast(WindowStore, store), folder, window=window, measurements=measurements, progress=progress
        )
    finally:
        store.close()
