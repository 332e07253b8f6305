"""``nuanliu erase``: what is kept about people is erased when they ask for it."""

from dataclasses import asdict
from typing import Annotated

import typer

from heating.clock import SystemClock
from runtime.commands.operator import line
from runtime.commands.terminal import ConfigOption, say, with_records

__all__ = ["erase_app"]

erase_app = typer.Typer(no_args_is_help=True, help="Erase what is kept about people.")


@erase_app.callback()
def _family() -> None:
    """Keep the family although it has one command."""


@erase_app.command("household")
def erase_household(
    household: Annotated[str, typer.Argument(help="Id of the home.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count; change nothing.")] = False,
    config: ConfigOption = None,
) -> None:
    """Erase contact, words of ended tickets, residents' accounts and former sensors of a home; evidence stays."""
    with with_records(config) as (_, records):
        erased = records.privacy.erase_household(
            household,
            now=SystemClock().now(),
            audit=line("household.erased", f"household:{household}"),
            dry_run=dry_run,
        )
        for name, number in asdict(erased).items():
            say(f"{name}: {number}")
        say(
            "dry run: nothing was changed"
            if dry_run
            else "erased; copies in backups stay until those are deleted"
        )
