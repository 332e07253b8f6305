"""``nuanliu install`` and ``./run install``: the steps shown, or done.

It reads its own options: ``./run install`` comes here before the packages of the command line are installed.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from runtime.installing.places import MACHINE, Places
from runtime.installing.plan import installation
from runtime.installing.program import Source, SourceError
from runtime.installing.steps import CommandFailedError, Machine, ThisMachine

__all__ = ["main", "parser"]

DONE, FAILED, BAD_ARGUMENTS = 0, 1, 2
"""Exit codes, those of every command."""


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    made = argparse.ArgumentParser(
        prog="nuanliu install",
        description="Install three rooms as services of systemd: account, folders, program, settings, units. "
        "Needs root. May be called again: what is there stays, settings are never overwritten, nothing is started.",
    )
    made.add_argument("--plan", action="store_true", help="print every step and do none")
    made.add_argument(
        "--root",
        type=Path,
        default=MACHINE,
        metavar="DIR",
        help="install below this folder instead of the machine: no account, no owners, no systemd",
    )
    made.add_argument("--no-program", action="store_true", help="leave out the virtual environment")
    made.add_argument(
        "--source",
        type=Path,
        default=Path(__file__).resolve().parents[2],
        metavar="DIR",
        help="the checkout to install; the one that this runs from when not given",
    )
    return made


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()  # what pip says comes in between


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def main(arguments: Sequence[str] | None = None, *, machine: Machine | None = None) -> int:
    """Install, and return the exit code."""
    wanted = parser().parse_args(arguments)
    places = Places(wanted.root.resolve())
    try:
        source = Source(wanted.source)
    except SourceError as error:
        _complain(str(error))
        return BAD_ARGUMENTS
    steps = installation(places, source, machine or ThisMachine(), with_program=not wanted.no_program)
    if wanted.plan:
        for step in steps:
            _say(f"{'there already' if step.is_done() else 'to do':14}{step.what}")
        return DONE
    if places.is_machine and os.geteuid() != 0:
        _complain("this needs root; --plan shows what it would do")
        return FAILED
    os.umask(0o022)  # the rooms' account must be able to read the program that a careful root installs
    try:
        for step in steps:
            done = step.is_done()
            _say(f"{'there already' if done else 'now':14}{step.what}")
            if not done:
                step.do()
    except (CommandFailedError, OSError) as error:
        _complain(f"not installed: {error}. Mend it and call this again: it goes on from here.")
        return FAILED
    _say("installed. Nothing was started: docs/installation.md goes on from here.")
    return DONE


if __name__ == "__main__":
    sys.exit(main())
