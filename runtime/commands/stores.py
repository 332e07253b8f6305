"""``nuanliu store`` and ``nuanliu spool``: what is kept, and rejected messages given another try."""

from typing import Annotated

import typer

from collector.intake.mqtt.publisher import publish_all
from collector.intake.spool.rejections import RejectionFilter, count_by_reason, replay_rejected
from collector.intake.spool.rejections_of_store import ask_again
from collector.messages.decoded import Reason
from heating.clock import SystemClock
from runtime.commands.backup import export_parquet
from runtime.commands.terminal import ConfigOption, complain, errors_as_messages, say, settings_from
from runtime.running_service import RunningService
from storage.readings.errors import StoreInUseError
from storage.readings.opening import open_time_series_store

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


@spool_app.command("info")
def spool_info(config: ConfigOption = None) -> None:
    """Show the files of the spool and the rejections by reason."""
    settings = settings_from(config)
    folder = settings.collector.spool_dir
    files = sorted(folder.glob("*.sqlite3")) if folder.exists() else []
    say(f"spool {folder}: {len(files)} files, {sum(f.stat().st_size for f in files) / 1e6:.1f} MB")
    for reason, count in count_by_reason(folder).items():
        say(f"  rejected {reason}: {count}")


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
    say(f"published again: {count}")
    if rows:
        say(f"rows for the store: {rows}; the collector gives them back within a minute of running")
