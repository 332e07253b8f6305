"""The language of the command line: Chinese where ``LANG`` says so, else English.

``LC_ALL`` goes before ``LC_MESSAGES`` and this before ``LANG``, as POSIX has it. What lives here: the choice, and the help
and messages of commands in it. What does not: the Chinese texts (`runtime.commands.chinese`). Names of columns and JSON have no language.
"""

import inspect
import os
from collections.abc import Mapping

from typer.core import TyperGroup

from runtime.commands.chinese import HELP, MESSAGES

__all__ = ["in_language", "in_words", "paragraphs", "speaks_chinese", "translate"]


def speaks_chinese(environment: Mapping[str, str] | None = None) -> bool:
    """Return whether messages are to be Chinese."""
    variables = os.environ if environment is None else environment
    named = (variables.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next((value for value in named if value), "").lower().startswith("zh")


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a help text, each as one line: the keys of the catalogue."""
    return [" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n")]


def in_language(text: str) -> str:
    """Return a help text in the language of the environment; a paragraph without Chinese stays English."""
    if not speaks_chinese():
        return text
    return "\n\n".join(HELP.get(part, part) for part in paragraphs(text))


def in_words(text: str, values: Mapping[str, object]) -> str:
    """Return a message with its values, in the language of the environment; without values braces are no placeholders."""
    chosen = MESSAGES.get(text, text) if speaks_chinese() else text
    return chosen.format_map(values) if values else chosen


def translate(command: object) -> None:
    """Put the help of a command, of its parameters and of the commands below it into the language of the environment."""
    if not speaks_chinese():
        return
    if getattr(command, "help", None):
        command.help = in_language(command.help)  # type: ignore[attr-defined]
    for parameter in getattr(command, "params", ()):
        if getattr(parameter, "help", None):
            parameter.help = in_language(parameter.help)
    if isinstance(command, TyperGroup):
        for below in command.commands.values():
            translate(below)
