"""Which steps an installation takes, in their order: account, folders, program, settings, units."""

import secrets
from collections.abc import Iterator
from pathlib import Path

from runtime.installing.places import ACCOUNT, Places
from runtime.installing.program import Source, program_steps
from runtime.installing.steps import Keeper, Machine, Step, command, folder, kept_file, own_file
from runtime.installing.texts import COMMAND, ROOMS, target, unit, unit_name

__all__ = ["installation", "with_fresh_secrets"]

EXAMPLE = "docs/examples/separate-rooms"
READ_BY_SERVICE = Keeper(0o640, "root", ACCOUNT)
"""Settings: the rooms read them, nobody but root changes them."""
PUBLIC_FOLDER = Keeper(0o755)
PUBLIC_FILE = Keeper(0o644)


def installation(
    places: Places, source: Source, machine: Machine, *, with_program: bool = True
) -> Iterator[Step]:
    """Yield the steps in order.

    Parameters
    ----------
    places
        Where to; below a folder that stands for the machine no account is made and nothing is given away.
    source
        The checkout that is installed.
    machine
        What is changed besides files.
    with_program
        Whether the virtual environment is made.
    """
    owning = machine if places.is_machine else None
    if owning:
        yield _account(machine)
    yield folder(places.program, PUBLIC_FOLDER, owning)
    # The broker has its files below it, and its account is another: what is secret is so file by file.
    yield folder(places.settings, PUBLIC_FOLDER, owning)
    yield folder(places.state, Keeper(0o750, ACCOUNT, ACCOUNT), owning)
    if with_program:
        yield from program_steps(places, source, machine)
    yield own_file(places.command, COMMAND, Keeper(0o755), owning)
    yield from _settings(places, source, owning)
    for room in ROOMS:
        yield own_file(places.units / unit_name(room), unit(room), PUBLIC_FILE, owning)
    yield own_file(places.units / "nuanliu.target", target(), PUBLIC_FILE, owning)
    if owning and Path("/run/systemd/system").is_dir():
        words = ("systemctl", "daemon-reload")
        yield command("systemd reads the units; nothing is started", words, lambda: False, machine)


def _account(machine: Machine) -> Step:
    words = ("useradd", "--system", "--user-group", "--no-create-home")
    more = ("--home-dir", "/var/lib/nuanliu", "--shell", "/usr/sbin/nologin", ACCOUNT)
    return command(
        f"user and group {ACCOUNT}", (*words, *more), lambda: machine.has_account(ACCOUNT), machine
    )


def _settings(places: Places, source: Source, owning: Machine | None) -> Iterator[Step]:
    yield kept_file(
        places.settings / "nuanliu.yaml",
        lambda: source.text(f"{EXAMPLE}/nuanliu.yaml"),
        READ_BY_SERVICE,
        owning,
    )
    # systemd reads it as root before the process becomes the account's.
    yield kept_file(
        places.settings / "secrets.env",
        lambda: with_fresh_secrets(source.text(f"{EXAMPLE}/secrets.env")),
        Keeper(0o600),
        owning,
    )
    yield kept_file(places.settings / "database-password", _secret, READ_BY_SERVICE, owning)


def with_fresh_secrets(example: str) -> str:
    """Return the lines of the example with secrets made by chance: no installation runs on a printed password."""
    return "".join(f"{_with_fresh_secret(line)}\n" for line in example.splitlines())


def _with_fresh_secret(line: str) -> str:
    name, is_pair, value = line.partition("=")
    if line.startswith("#") or not is_pair:
        return line
    user, has_user, _password = value.partition(":")
    return f"{name}={user}:{_secret()}" if has_user else f"{name}={_secret()}"


def _secret() -> str:
    return secrets.token_urlsafe(32)
