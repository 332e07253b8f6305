"""``nuanliu install``: see `runtime.installing`."""

import typer

from runtime.installing.command_line import main

__all__ = ["install"]


def install(context: typer.Context) -> None:
    """Install three rooms as services of systemd (``nuanliu install --help``); ``--plan`` shows the steps."""
    raise typer.Exit(main(context.args))
