"""Commands that are imported when they are called: ``nuanliu --help`` must not load every room of the house.

What lives here: a Typer group that knows its commands by name, help text and place. What does not: the commands.
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from runtime.commands.language import translate

__all__ = ["CommandPlace", "lazy_group"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandPlace:
    """Where a command of the top level is found."""

    name: str
    """As people type it."""
    module: str
    """Module below `runtime.commands`."""
    attribute: str
    """A function, or a `typer.Typer` with commands of its own."""
    help: str
    """What the overview says: the first paragraph of the help of the command itself."""
    context_settings: dict[str, Any] = field(default_factory=dict)
    """Settings of the command line parser for this command."""

    def load(self) -> Any:
        """Import the module and return the command as Typer builds it."""
        found = getattr(importlib.import_module(f"runtime.commands.{self.module}"), self.attribute)
        around = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        around.callback()(_nothing)  # makes a group of it, so that every command keeps its name
        if isinstance(found, typer.Typer):
            around.add_typer(found, name=self.name)
        else:
            around.command(self.name, context_settings=self.context_settings)(found)
        group = get_command(around)
        assert isinstance(group, TyperGroup)
        translate(group.commands[self.name])
        return group.commands[self.name]


class _Door(TyperCommand):
    """Stands for a command in the overview; whoever calls it goes on with the real one."""

    def __init__(self, place: CommandPlace, *, rich_markup_mode: Any) -> None:
        super().__init__(place.name, help=place.help, rich_markup_mode=rich_markup_mode)
        self.place = place

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse the arguments with the real command, which the returned context then names."""
        return self.place.load().make_context(info_name, args, parent=parent, **extra)


def lazy_group(places: Sequence[CommandPlace]) -> type[TyperGroup]:
    """Return the class of a group with these commands, for ``typer.Typer(cls=...)``."""

    class LazyGroup(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            for place in places:
                self.add_command(_Door(place, rich_markup_mode=self.rich_markup_mode))
            translate(self)

    return LazyGroup


def _nothing() -> None:
    """Do nothing before the command."""
