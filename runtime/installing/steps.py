"""Steps of an installation: each says what it does, whether that is done already, and does it.

What lives here: the kinds of steps. What does not: which steps there are, and in which order.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from config.drafts import draft_for

__all__ = [
    "CommandFailedError",
    "Keeper",
    "Machine",
    "Step",
    "ThisMachine",
    "command",
    "folder",
    "kept_file",
    "own_file",
]


class CommandFailedError(Exception):
    """A program of the system ended with a failure."""


class Machine(Protocol):
    """What an installation changes besides files."""

    def has_account(self, name: str) -> bool:
        """Say whether there is a user of this name."""
        ...

    def run(self, *words: str) -> None:
        """Run a program; raises `CommandFailedError`."""
        ...

    def own(self, path: Path, user: str, group: str) -> None:
        """Give a path to a user and a group."""
        ...


@dataclass(frozen=True, slots=True)
class ThisMachine:
    """The machine that this runs on."""

    def has_account(self, name: str) -> bool:
        """Say whether there is a user of this name."""
        try:
            pwd.getpwnam(name)
        except KeyError:
            return False
        return True

    def run(self, *words: str) -> None:
        """Run a program; its output is the operator's to read."""
        try:
            code = subprocess.run(words, check=False).returncode
        except OSError as error:
            raise CommandFailedError(f"{words[0]}: {error.strerror}") from error
        if code:
            raise CommandFailedError(f"ended with {code}: {' '.join(words)}")

    def own(self, path: Path, user: str, group: str) -> None:
        """Give a path to a user and a group."""
        shutil.chown(path, user, group)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do."""

    what: str
    """For people: what is there after it."""
    is_done: Callable[[], bool]
    do: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who a file or folder belongs to, and what others may do."""

    mode: int
    user: str = "root"
    group: str = "root"

    def __str__(self) -> str:
        return f"{self.user}:{self.group} {self.mode:04o}"

    def keep(self, path: Path, machine: Machine | None) -> None:
        """Set mode and owner; below a folder that stands for the machine (None) the owner stays."""
        path.chmod(self.mode)
        if machine is not None:
            machine.own(path, self.user, self.group)


def folder(path: Path, keeper: Keeper, machine: Machine | None) -> Step:
    """Return the step that makes a folder; one that is there keeps the mode and owner an operator gave it."""

    def make() -> None:
        path.mkdir(parents=True, exist_ok=True)
        keeper.keep(path, machine)

    return Step(f"folder {path} ({keeper})", path.is_dir, make)


def own_file(path: Path, text: str, keeper: Keeper, machine: Machine | None) -> Step:
    """Return the step that writes a file of the installation, again whenever its text is another."""

    def is_done() -> bool:
        return path.is_file() and path.read_text(encoding="utf-8") == text

    return Step(f"file {path} ({keeper})", is_done, lambda: _write(path, text, keeper, machine))


def kept_file(path: Path, text: Callable[[], str], keeper: Keeper, machine: Machine | None) -> Step:
    """Return the step that writes a file for the operator, who owns it from then on: never written twice."""

    # A link that leads nowhere is an operator's too.
    def is_done() -> bool:
        return os.path.lexists(path)

    what = f"file {path} ({keeper}), kept as it is where there is one"
    return Step(what, is_done, lambda: _write(path, text(), keeper, machine))


def _write(path: Path, text: str, keeper: Keeper, machine: Machine | None) -> None:
    # Private until it is whole: secrets are for nobody else's eyes, not for a moment.
    with draft_for(path, private=True) as draft:
        draft.write_text(text, encoding="utf-8")
        keeper.keep(draft, machine)


def command(what: str, words: Sequence[str], is_done: Callable[[], bool], machine: Machine) -> Step:
    """Return the step that runs a program of the system."""
    return Step(f"{what}: {' '.join(words)}", is_done, lambda: machine.run(*words))
