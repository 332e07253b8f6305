"""``nuanliu serve``, and the three rooms as separate processes."""

from pathlib import Path

import typer

from config.settings.reading import check_exposure, check_service_secrets
from config.settings.tree import Settings
from heating.clock import SteadyClock, SystemClock
from runtime.assemble import open_house
from runtime.commands.terminal import (
    BAD_CONFIGURATION,
    FAILED,
    ConfigOption,
    complain,
    errors_as_messages,
    refuse_forgotten_settings,
    say,
    settings_from,
)
from runtime.rooms import EVERY_ROOM, Room

__all__ = ["alerting", "collector", "dashboard", "serve"]


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
    refuse_forgotten_settings(config, settings)
    if Room.DASHBOARD in rooms:
        _refuse_weak_secrets(settings)
    with errors_as_messages():
        house = open_house(settings, clock=SteadyClock(SystemClock()), rooms=rooms)
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
        complain("a part died: {part}; start this process again", part=supervisor.dead_part)
        raise typer.Exit(FAILED)


def _refuse_weak_secrets(settings: Settings) -> None:
    mistakes = check_service_secrets(settings) + check_exposure(settings.web)
    for mistake in mistakes:
        complain(str(mistake))
    if mistakes:
        raise typer.Exit(BAD_CONFIGURATION)
