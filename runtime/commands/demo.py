"""``nuanliu demo``."""

from pathlib import Path
from typing import Annotated

import typer

from config.settings.tree import LogSettings
from heating.errors import HeatingError
from runtime.commands.terminal import BAD_CONFIGURATION, FAILED, complain, say, show_progress
from runtime.demo import DemoOptions, run_demo
from runtime.logging_setup import set_up_logging

__all__ = ["demo"]


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
        complain("no scenario «{scenario}»: choose smoke, city or league", scenario=scenario)
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
        complain("«{text}» is not HOST:PORT, for example 127.0.0.1:8080", text=text)
        raise typer.Exit(BAD_CONFIGURATION)
    return host.strip("[]"), int(port)
