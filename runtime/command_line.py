"""The command line of the product, ``nuanliu``. Each family of commands has a module in `runtime.commands`.

The modules are imported when one of their commands is called; here is only what the overview shows.
"""

from typing import Annotated

import typer

from runtime.commands.lazy_loading import CommandPlace, lazy_group

__all__ = ["COMMANDS", "app", "main"]

_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""For the simulator and the installation, which read their own options."""


def _place(name: str, module: str, attribute: str, text: str, **context_settings: object) -> CommandPlace:
    return CommandPlace(
        name=name, module=module, attribute=attribute, help=text, context_settings=dict(context_settings)
    )


COMMANDS = (
    _place(
        "demo",
        "demo",
        "demo",
        "Run a living city on embedded parts: broker, stores, simulator, collector, alerting, dashboard.",
    ),
    _place(
        "serve",
        "services",
        "serve",
        "Run everything in one process against the configured broker and stores.",
    ),
    _place(
        "collector",
        "services",
        "collector",
        "Run the collector alone: from the broker to the store.",
    ),
    _place(
        "alerting",
        "services",
        "alerting",
        "Run the alert rules alone, on a subscription of their own.",
    ),
    _place("dashboard", "services", "dashboard", "Run the dashboard alone."),
    _place(
        "install",
        "install",
        "install",
        "Install three rooms as services of systemd (``nuanliu install --help``); ``--plan`` shows the steps.",
        **_PASS_ON,
    ),
    _place(
        "check-config",
        "check_config",
        "check_config",
        "Check the settings; print every mistake with file, line and remedy, and end with 2 when there is one.",
    ),
    _place(
        "simulate",
        "messages",
        "simulate",
        "Run the simulator as a process of its own; options are the simulator's (``nuanliu simulate --help``).",
        **_PASS_ON,
    ),
    _place(
        "replay-messages",
        "messages",
        "replay_messages",
        "Publish recorded messages to the broker of the settings.",
    ),
    _place(
        "decode",
        "messages",
        "decode",
        "Decode JSON lines {topic, payload | payload_hex, key_hex?, f_port?, vendor?, codec?, received?}.",
    ),
    _place(
        "judge-history",
        "judging",
        "judge_history",
        "Lead history files through the rules in virtual time and write the alarms and incidents that follow.",
    ),
    _place("registry", "registry", "app", "The registry of stations, buildings, homes and sensors."),
    _place("rules", "rules", "app", "Alert rules."),
    _place("causes", "causes", "app", "Causes of incidents, and the symptoms that speak for them."),
    _place("broker", "broker", "app", "The broker of the devices."),
    _place("devices", "devices", "app", "New devices, and the clocks of known ones."),
    _place("rooms", "rooms", "app", "Processes of the rooms: who runs, who is missing."),
    _place("user", "people", "user_app", "People who may log in."),
    _place("audit", "audit", "app", "The audit: who did or saw what."),
    _place("token", "people", "token_app", "Tokens of scripts and walls."),
    _place("store", "stores", "store_app", "The store of readings."),
    _place(
        "backup",
        "backup",
        "backup",
        "Write a backup of readings, records, spool and settings file; a running service goes on.",
    ),
    _place(
        "restore",
        "backup",
        "restore_backup",
        "Put a backup in place of what the settings name; stop the service first.",
    ),
    _place("export", "export", "export_app", "Readings, and names of objects, as CSV."),
    _place("erase", "erase", "erase_app", "Erase what is kept about people."),
    _place("spool", "stores", "spool_app", "The collector's durable spool and its rejections."),
)
"""The commands of the top level, in the order of the overview."""

app = typer.Typer(
    cls=lazy_group(COMMANDS),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Nuanliu 暖流: operations software for district heating.",
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # 40 ms that only this option needs

        typer.echo(f"nuanliu {version('nuanliu')}")
        raise typer.Exit


@app.callback()
def _overview(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and end.", callback=_tell_version, is_eager=True),
    ] = False,
) -> None:
    """Do nothing: the commands do the work."""


def main() -> None:
    """Run the command line."""
    app()
