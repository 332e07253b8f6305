"""``nuanliu check-config``: every mistake of the settings, and of the rules, maps and key files they name, at once."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from alerting.judging.conditions.linter import lint_rules
from collector.devices.device_lint import device_mistakes
from config.located_yaml import KeyPath, read_yaml
from config.mistakes import MistakesError
from config.rules.reading import load_rules
from config.settings.reading import check_exposure, check_retention, check_service_secrets, load_settings
from runtime.commands.terminal import BAD_CONFIGURATION, ConfigOption, complain, say, warn

__all__ = ["check_config"]


def check_config(
    config: ConfigOption = None,
    service: Annotated[
        bool, typer.Option("--service", help="Also ask for what a service outside the demo needs (secrets).")
    ] = False,
) -> None:
    """Check the settings; print every mistake with file, line and remedy, and end with 2 when there is one."""
    found: list[str] = []
    try:
        settings = load_settings(config, warn=warn)
    except MistakesError as error:
        found += [str(mistake) for mistake in error.mistakes]
    else:
        if service:
            found += [str(mistake) for mistake in check_service_secrets(settings)]
        found += [str(mistake) for mistake in check_exposure(settings.web)]
        found += [str(mistake) for mistake in check_retention(settings)]
        found += device_mistakes(settings.mqtt, settings.collector)
        try:
            found += [
                str(fault) for fault in lint_rules(load_rules(settings.rules, place_of=_places_in(config)))
            ]
        except MistakesError as error:
            found += [str(mistake) for mistake in error.mistakes]
    for line in found:
        complain(line)
    if found:
        complain("{number} mistake(s)", number=len(found))
        raise typer.Exit(BAD_CONFIGURATION)
    say("settings and rules are in order")


def _places_in(config: Path | None) -> Callable[[KeyPath], str]:
    """Return what names file and line of a key of the settings."""
    named = config or (Path(os.environ["NUANLIU_CONFIG"]) if os.environ.get("NUANLIU_CONFIG") else None)
    return (lambda _: "settings") if named is None else read_yaml(named).place
