"""``nuanliu store`` and ``nuanliu spool``: what is kept, and rejected messages given another try."""

from pathlib import Path
from typing import Annotated

import typer

from collector.intake.mqtt.publisher import publish_all
from collector.intake.spool.rejections import RejectionFilter, count_by_reason, replay_rejected
from collector.intake.spool.rejections_of_store import ask_again
from collector.messages.decoded import Reason
from heating.clock import SystemClock
from heating.protocols import HealthStatus
from runtime.commands.backup import export_parquet
from runtime.commands.terminal import (
    BAD_CONFIGURATION,
    FAILED,
    ConfigOption,
    complain,
    errors_as_messages,
    say,
    settings_from,
)
from runtime.running_service import RunningService
from storage.readings.errors import StoreInUseError
from storage.readings.opening import open_influxdb_store, open_time_series_store

__all__ = ["spool_app", "store_app"]

store_app = typer.Typer(no_args_is_help=True, help="The store of readings.")
store_app.command("export-parquet")(export_parquet)
spool_app = typer.Typer(no_args_is_help=True, help="The collector's durable spool and its rejections.")


@store_app.command("info")
def store_info(config: ConfigOption = None) -> None:
    """Show the state and the figures of the store of readings."""
    settings = settings_from(config)
    with errors_as_messages():
        try:
            store = open_time_series_store(settings.timeseries)
        except StoreInUseError:
            complain("the service owns the embedded store: it is asked")
            health = RunningService(settings).health()
        else:
            try:
                health = store.health()
            finally:
                store.close()
    say(f"store {settings.timeseries.url.split('@')[-1]}: {health.status} {health.reason}".rstrip())
    for name, figure in sorted(health.figures.items()):
        say(f"  {name} {figure:g}")


@store_app.command("prepare")
def store_prepare(
    admin_token_file: Annotated[
        Path | None,
        typer.Option(
            "--admin-token-file",
            help="File with an administrator's token (user:password for InfluxDB 1.x); else timeseries.token is used.",
        ),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Make database or buckets, their lengths, the user and its rights, or say exactly what an administrator makes."""
    settings = settings_from(config)
    if settings.timeseries.url.startswith("duckdb:"):
        say("the embedded store needs nothing")
        return
    try:
        token = None if admin_token_file is None else admin_token_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        complain(f"{admin_token_file}: {error.strerror}")
        raise typer.Exit(BAD_CONFIGURATION) from error
    with errors_as_messages():
        store = open_influxdb_store(settings.timeseries)
        try:
            prepared = store.prepare(admin_token=token)
            health = store.health()
        finally:
            store.close()
    for line in prepared.there:
        say("there: {line}", line=line)
    for line in prepared.remarks:
        say("remark: {line}", line=line)
    for line in prepared.to_do:
        say("to do: {line}", line=line)
    say(f"store {settings.timeseries.url.split('@')[-1]}: {health.status} {health.reason}".rstrip())
    if prepared.to_do or health.status is HealthStatus.DOWN:
        raise typer.Exit(FAILED)


@spool_app.command("info")
def spool_info(config: ConfigOption = None) -> None:
    """Show the files of the spool and the rejections by reason."""
    settings = settings_from(config)
    folder = settings.collector.spool_dir
    files = sorted(folder.glob("*.sqlite3")) if folder.exists() else []
    say(f"spool {folder}: {len(files)} files, {sum(f.stat().st_size for f in files) / 1e6:.1f} MB")
    for reason, count in count_by_reason(folder).items():
        say("  rejected {reason}: {number}", reason=reason, number=count)


@spool_app.command("replay-rejected")
def replay(
    reason: Annotated[
        list[Reason] | None, typer.Option("--reason", help="Only this reason; may be repeated.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Give rejected messages back to the broker, and rows that the store refused back to the store, each once.

    After a registry import, for example, or once a limit of the store was raised.
    """
    settings = settings_from(config)
    wanted = RejectionFilter(reasons=frozenset(reason or ()))
    with errors_as_messages():
        count = replay_rejected(
            settings.collector.spool_dir,
            lambda messages: publish_all(messages, settings=settings.mqtt.of_replays()),
            now_ms=SystemClock().now_ms(),
            wanted=wanted,
        )
        rows = ask_again(settings.collector.spool_dir, wanted)
    say("published again: {number}", number=count)
    if rows:
        say(
            "rows for the store: {number}; the collector gives them back within a minute of running",
            number=rows,
        )
