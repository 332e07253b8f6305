"""``nuanliu user`` and ``nuanliu token``: who may log in. Passwords are asked for or read from standard input."""

import re
import secrets
import sys
from datetime import datetime, timedelta
from typing import Annotated, NoReturn

import typer

from dashboard.web.security.accounts import hash_secret
from dashboard.web.security.addresses import UnfitNetworkError, networks_of
from dashboard.web.security.password_strength import weakness_of
from dashboard.web.security.passwords import hash_password
from dashboard.web.security.viewer import Role
from heating.clock import SystemClock
from runtime.commands.operator import line
from runtime.commands.terminal import BAD_CONFIGURATION, FAILED, ConfigOption, complain, say, with_records
from storage.records.records import Records

__all__ = ["token_app", "user_app"]

user_app = typer.Typer(no_args_is_help=True, help="People who may log in.")
token_app = typer.Typer(no_args_is_help=True, help="Tokens of scripts and walls.")

TOKEN_DAYS = 365
"""Days that a token is good for unless said otherwise [d]."""
_NAME = re.compile(r"[\w.@-]{1,64}")
"""Names of users: letters of any script, digits and ``_ . @ -``."""

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
    if not _NAME.fullmatch(username):
        _refuse(f"{username!r} is no user name: 1 to 64 letters, digits and _ . @ -")
    if (household is None) == (Role.RESIDENT in role):
        _refuse("a resident needs --household, and only a resident has one")
    with with_records(config) as (_, records):
        _refuse_unknown_places(records, area or [], household)
        password = _ask_password(username)
        roles = [str(one) for one in role]
        records.people.add_user(
            username,
            hash_password(password),
            roles,
            area,
            household,
            audit=line(
                "user.added", f"user:{username}", {"roles": roles, "areas": area, "household": household}
            ),
        )
        say("added: {name}", name=username)


@user_app.command("passwd")
def change_password(username: UserArgument, config: ConfigOption = None) -> None:
    """Set a new password; open sessions of the user and its tokens end."""
    with with_records(config) as (_, records):
        password = _ask_password(username)
        tokens = records.people.set_password(
            username, hash_password(password), audit=line("user.password_changed", f"user:{username}")
        )
        say("changed: {name}", name=username)
        for name in tokens:
            say("token ended: {name}", name=name)


@user_app.command("disable")
def disable_user(
    username: UserArgument,
    undo: Annotated[bool, typer.Option("--undo", help="Let the user in again.")] = False,
    config: ConfigOption = None,
) -> None:
    """Shut a user out; open sessions and streams end within seconds."""
    done = "enabled" if undo else "disabled"
    with with_records(config) as (_, records):
        records.people.set_disabled(username, not undo, audit=line(f"user.{done}", f"user:{username}"))
        say(f"{done}: {username}")


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
    user: Annotated[
        str | None, typer.Option("--user", help="User whose roles and areas the token has.")
    ] = None,
    role: Annotated[
        Role | None,
        typer.Option("--role", help="Instead of a user: wall, a read-only screen that needs no password."),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option("--address", help="Addresses or networks the token is good from, with commas between."),
    ] = None,
    area: Annotated[
        list[str] | None,
        typer.Option("--area", help="Area id the wall shows; may be repeated; all when not given."),
    ] = None,
    days: Annotated[
        int, typer.Option("--days", min=0, help="Ends after so many days; 0: never.")
    ] = TOKEN_DAYS,
    config: ConfigOption = None,
) -> None:
    """Make a token and print it once; only its hash is kept. It ends with the days, or with the user's password."""
    if not name.strip():
        _refuse("a token needs a name")
    networks = None if address is None else _networks(address)
    if (user is None) == (role is None) or (area and role is None):
        _refuse("a token has --user, or --role wall with its areas")
    if role is not None and (role is not Role.WALL or networks is None or not _NAME.fullmatch(name)):
        _refuse("only a wall has a token without a user; it needs --address and a name like a user's")
    token = secrets.token_urlsafe(32)
    expires = SystemClock().now() + timedelta(days=days) if days else None
    with with_records(config) as (_, records):
        owner = _wall_user(records, name, area) if user is None else user
        detail = {
            "user": owner,
            "expires_at": None if expires is None else expires.isoformat(),
            "addresses": networks,
        }
        added = line("token.added", f"token:{name}", detail)
        records.people.add_token(name, hash_secret(token), owner, expires, networks, audit=added)
        say(token)
        if role is not None:
            say(f"open once in the wall's browser: /wall?token={token}")


@token_app.command("list")
def list_tokens(config: ConfigOption = None) -> None:
    """List tokens with their users and ends; the tokens themselves are kept nowhere."""
    now = SystemClock().now()
    with with_records(config) as (_, records):
        for token in records.people.tokens():
            bound = "" if token.addresses is None else f"; from {','.join(token.addresses)}"
            say(f"{token.name}: {token.username}; {_end_of(token.expires_at, now)}{bound}")


@token_app.command("revoke")
def revoke_token(
    name: Annotated[str, typer.Argument(help="Name of the token.")], config: ConfigOption = None
) -> None:
    """End a token at once."""
    with with_records(config) as (_, records):
        if not records.people.remove_token(name, audit=line("token.revoked", f"token:{name}")):
            complain("there is no token {name}", name=repr(name))
            raise typer.Exit(FAILED)
        say("revoked: {name}", name=name)


def _networks(text: str) -> tuple[str, ...]:
    try:
        return networks_of(text)
    except UnfitNetworkError as error:
        _refuse(f"--address: {error}")


def _wall_user(records: Records, name: str, areas: list[str] | None) -> str:
    """Return the user of a wall's token, made where there is none; nobody ever knows its password."""
    _refuse_unknown_places(records, areas or [], None)
    held = records.people.user(name)
    if held is None:
        added = line("user.added", f"user:{name}", {"roles": [Role.WALL], "areas": areas, "household": None})
        password_hash = hash_password(secrets.token_urlsafe(32))
        records.people.add_user(name, password_hash, [Role.WALL], areas, audit=added)
    elif held.roles != {Role.WALL} or held.area_ids != (None if areas is None else frozenset(areas)):
        _refuse(f"{name} is a user with other roles or areas: give the token another name")
    return name


def _end_of(expires: datetime | None, now: datetime) -> str:
    if expires is None:
        return "never ends"
    return f"{'ended' if expires <= now else 'ends'} {expires:%Y-%m-%d %H:%M}Z"


def _refuse_unknown_places(records: Records, areas: list[str], household: str | None) -> None:
    """Refuse what the registry does not know: a person bound to nothing would see nothing, and nobody would say why."""
    site = records.registry.load_site() if areas or household else None
    if site is None:
        return
    known = {one.area_id for one in site.areas}
    unknown = [one for one in areas if one not in known]
    if unknown:
        listed = ", ".join(sorted(known)[:20]) or "none, import the registry first"
        _refuse(f"the registry has no area {', '.join(unknown)}; its areas: {listed}")
    if household is not None and all(one.household_id != household for one in site.households):
        _refuse(f"the registry has no household {household!r}")


def _refuse(reason: str) -> NoReturn:
    complain(reason)
    raise typer.Exit(BAD_CONFIGURATION)


def _ask_password(username: str) -> str:
    if sys.stdin.isatty():
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        password = sys.stdin.readline().rstrip("\n")
    weakness = weakness_of(password, username=username)
    if weakness:
        complain(weakness)
        raise typer.Exit(FAILED)
    return password
