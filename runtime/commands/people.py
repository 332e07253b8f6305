"""``nuanliu user`` and ``nuanliu token``: who may log in. Passwords are asked for or read from standard input."""

import secrets
import sys
from datetime import timedelta
from typing import Annotated

import typer

from dashboard.web.security.accounts import hash_secret
from dashboard.web.security.passwords import hash_password
from dashboard.web.security.viewer import Role
from heating.clock import SystemClock
from runtime.commands.terminal import BAD_CONFIGURATION, FAILED, ConfigOption, complain, say, with_records

__all__ = ["token_app", "user_app"]

user_app = typer.Typer(no_args_is_help=True, help="People who may log in.")
token_app = typer.Typer(no_args_is_help=True, help="Tokens of scripts.")

MINIMUM_PASSWORD_LENGTH = 12
"""Characters; OWASP ASVS 5 asks for at least 8 and recommends 15 without a second factor."""

UserArgument = Annotated[str, typer.Argument(help="User name.")]


@user_app.command("add")
def add_user(
    username: UserArgument,
    role: Annotated[list[Role], typer.Option("--role", help="Role; may be repeated.")],
    area: Annotated[
        list[str] | None,
        typer.Option("--area", help="Area id the roles are bound to; may be repeated; all when not given."),
    ] = None,
    household: Annotated[str | None, typer.Option("--household", help="Home of a resident.")] = None,
    config: ConfigOption = None,
) -> None:
    """Add a user; the password is asked for twice, or read as one line from standard input."""
    if (household is None) == (Role.RESIDENT in role):
        complain("a resident needs --household, and only a resident has one")
        raise typer.Exit(BAD_CONFIGURATION)
    password = _ask_password()
    with with_records(config) as (_, records):
        records.people.add_user(username, hash_password(password), [str(r) for r in role], area, household)
        say(f"added: {username}")


@user_app.command("passwd")
def change_password(username: UserArgument, config: ConfigOption = None) -> None:
    """Set a new password; open sessions of the user end."""
    password = _ask_password()
    with with_records(config) as (_, records):
        records.people.set_password(username, hash_password(password))
        say(f"changed: {username}")


@user_app.command("disable")
def disable_user(
    username: UserArgument,
    undo: Annotated[bool, typer.Option("--undo", help="Let the user in again.")] = False,
    config: ConfigOption = None,
) -> None:
    """Shut a user out; open sessions and streams end within seconds."""
    with with_records(config) as (_, records):
        records.people.set_disabled(username, not undo)
        say(f"{'enabled' if undo else 'disabled'}: {username}")


@user_app.command("list")
def list_users(config: ConfigOption = None) -> None:
    """List users with roles and areas."""
    with with_records(config) as (_, records):
        for user in records.people.users():
            areas = "all areas" if user.area_ids is None else ",".join(sorted(user.area_ids)) or "no area"
            home = f" home {user.household_id}" if user.household_id else ""
            state = " disabled" if user.disabled else ""
            say(f"{user.username}: {','.join(sorted(user.roles))}; {areas}{home}{state}")


@token_app.command("add")
def add_token(
    name: Annotated[str, typer.Argument(help="Name of the token, for example the script's.")],
    user: Annotated[str, typer.Option("--user", help="User whose roles and areas the token has.")],
    days: Annotated[int | None, typer.Option("--days", min=1, help="Ends after so many days.")] = None,
    config: ConfigOption = None,
) -> None:
    """Make a token and print it once; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    expires = SystemClock().now() + timedelta(days=days) if days else None
    with with_records(config) as (_, records):
        records.people.add_token(name, hash_secret(token), user, expires)
        say(token)


def _ask_password() -> str:
    if sys.stdin.isatty():
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        password = sys.stdin.readline().rstrip("\n")
    if len(password) < MINIMUM_PASSWORD_LENGTH:
        complain(f"the password needs at least {MINIMUM_PASSWORD_LENGTH} characters")
        raise typer.Exit(FAILED)
    return password
