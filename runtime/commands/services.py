"""``nuanliu serve`` and the three rooms as separate processes, and ``nuanliu demo``."""

from pathlib import Path
from typing import Annotated

import typer

from config.settings.reading import check_service_secrets
from config.settings.tree import LogSettings, Settings
from heating.clock import SystemClock
from heating.errors import HeatingError
from runtime.assemble import open_house
from runtime.commands.terminal import (
    BAD_CONFIGURATION,
    FAILED,
    ConfigOption,
    complain,
    failing_in_words,
    say,
    settings_from,
    show_progress,
)
from runtime.demo import DemoOptions, run_demo
from runtime.logging_setup import set_up_logging
from runtime.rooms import EVERY_ROOM, Room

__all__ = ["alerting", "collector", "dashboard", "demo", "serve"]


def serve(config: ConfigOption = None) -> None:
    """Run everything in one process against the configured broker and stores."""
    _run_rooms(config, EVERY_ROOM)


def collector(config: ConfigOption = None) -> None:
    """Run the collector alone: from the broker to the store."""
    _run_rooms(config, frozenset({Room.COLLECTOR}))


def alerting(config: ConfigOption = None) -> None:
    """Run the alert rules alone, on a subscription of their own."""
    _run_rooms(config, frozenset({Room.ALERTING}))


def dashboard(config: ConfigOption = None) -> None:
    """Run the dashboard alone."""
    _run_rooms(config, frozenset({Room.DASHBOARD}))


def _run_rooms(config: Path | None, rooms: frozenset[Room]) -> None:
    settings = settings_from(config)
    if Room.DASHBOARD in rooms:
        _refuse_weak_secrets(settings)
    with failing_in_words():
        house = open_house(settings, clock=SystemClock(), rooms=rooms)
        supervisor = house.supervisor()
        supervisor.catch_signals()
        try:
            supervisor.start()
            where = f" http={house.web.url}" if house.web else ""
            say(
                f"ready rooms={','.join(sorted(rooms))}{where} mqtt={settings.mqtt.host}:{settings.mqtt.port}"
            )
            orderly = supervisor.wait()
        finally:
            supervisor.stop()
            house.close()
    if not orderly:
        complain(f"a part died: {supervisor.dead_part}; start this process anew")
        raise typer.Exit(FAILED)


def _refuse_weak_secrets(settings: Settings) -> None:
    mistakes = check_service_secrets(settings)
    for mistake in mistakes:
        complain(str(mistake))
    if mistakes:
        raise typer.Exit(BAD_CONFIGURATION)


def demo(
    scenario: Annotated[str, typer.Option(help="smoke, city or league.")] = "city",
    speed: Annotated[float, typer.Option(min=0.1, max=3600, help="Virtual seconds in a real second.")] = 1.0,
    duration: Annotated[float | None, typer.Option(min=1, help="End after so many seconds.")] = None,
    http: Annotated[
        str, typer.Option(help="HOST:PORT of the pages; port 0 picks a free one.")
    ] = "127.0.0.1:8080",
    mqtt: Annotated[
        str, typer.Option(help="HOST:PORT of the broker; port 0 picks a free one.")
    ] = "127.0.0.1:1883",
    data: Annotated[
        Path | None, typer.Option(help="Data folder, kept; a temporary one when not given.")
    ] = None,
    history_days: Annotated[int | None, typer.Option(min=0, max=400, help="Days of history.")] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same city.")] = 1,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "warning",
) -> None:
    """Run a living city on embedded parts: broker, stores, simulator, collector, alerting, dashboard."""
    if scenario not in ("smoke", "city", "league"):
        complain(f"no scenario «{scenario}»: choose smoke, city or league")
        raise typer.Exit(BAD_CONFIGURATION)
    options = DemoOptions(
        scenario=scenario,
        speed=speed,
        duration_s=duration,
        http=_host_port(http),
        mqtt=_host_port(mqtt),
        data_dir=data,
        history_days=history_days,
        seed=seed,
    )
    set_up_logging(LogSettings.model_validate({"level": log_level, "format": "console"}))
    with show_progress() as line:
        try:
            code = run_demo(options, say=say, progress=line.show)
        except HeatingError as error:
            complain(str(error))
            raise typer.Exit(FAILED) from error
    raise typer.Exit(code)


def _host_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        complain(f"«{text}» is not HOST:PORT, for example 127.0.0.1:8080")
        raise typer.Exit(BAD_CONFIGURATION)
    return host.strip("[]"), int(port)
