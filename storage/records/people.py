"""Users, their sessions and the tokens of scripts."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from heating.errors import HeatingError
from storage.records.audit import write_line
from storage.records.database import Database
from storage.records.people_values import ApiToken, AuditLine, Session, User
from storage.records.schema.people import api_tokens, sessions, users

__all__ = ["PeopleRecords", "UnknownUserError", "UserExistsError"]


class UserExistsError(HeatingError):
    """There is a user (or token) of this name already."""


class UnknownUserError(HeatingError):
    """There is no such user."""


class PeopleRecords:
    """Who may log in. Hashing of passwords and tokens is the caller's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_user(
        self,
        username: str,
        password_hash: str,
        roles: Iterable[str],
        area_ids: Iterable[str] | None,
        household_id: str | None = None,
        locale: str | None = None,
        *,
        audit: AuditLine | None = None,
    ) -> User:
        """Add a user; `area_ids` None binds to all areas. Raises `UserExistsError`.

        Here and below `audit` is the line of who does it; it is kept in the same transaction.
        """
        user = User(
            username=username,
            password_hash=password_hash,
            roles=frozenset(roles),
            area_ids=None if area_ids is None else frozenset(area_ids),
            household_id=household_id,
            locale=locale,
        )
        row = {
            "username": username,
            "password_hash": password_hash,
            "roles": sorted(user.roles),
            "area_ids": None if user.area_ids is None else sorted(user.area_ids),
            "household_id": household_id,
            "locale": locale,
            "disabled": False,
        }

        def work(connection: sa.Connection) -> None:
            connection.execute(sa.insert(users).values(row))
            self._note(connection, audit)

        try:
            self._database.write(work)
        except IntegrityError as error:
            raise UserExistsError(f"there is a user {username!r} already") from error
        return user

    def user(self, username: str) -> User | None:
        """Return a user, disabled ones too."""
        found = self._users(sa.select(users).where(users.c.username == username))
        return found[0] if found else None

    def users(self) -> list[User]:
        """Return all users by name."""
        return self._users(sa.select(users).order_by(users.c.username))

    def set_password(self, username: str, password_hash: str, *, audit: AuditLine | None = None) -> list[str]:
        """Change a password, end the user's sessions and tokens; return the names of the tokens.

        Whoever has stolen a password may have made a token with it. Raises `UnknownUserError`.
        """

        def work(connection: sa.Connection) -> list[str]:
            self._set(connection, username, ends_sessions=True, password_hash=password_hash)
            own = api_tokens.c.username == username
            ended = list(
                connection.scalars(sa.select(api_tokens.c.name).where(own).order_by(api_tokens.c.name))
            )
            connection.execute(sa.delete(api_tokens).where(own))
            self._note(connection, audit)
            return ended

        return self._database.write(work)

    def set_disabled(self, username: str, disabled: bool, *, audit: AuditLine | None = None) -> None:
        """Shut a user out (sessions end in the same transaction) or let in again. Raises `UnknownUserError`."""
        self._change(username, ends_sessions=disabled, audit=audit, disabled=disabled)

    def open_session(
        self, token_hash: str, username: str, now: datetime, ip_hash: str | None = None
    ) -> Session:
        """Keep a new session. Raises `UnknownUserError`."""
        row = {
            "token_hash": token_hash,
            "username": username,
            "opened_at": now,
            "seen_at": now,
            "ip_hash": ip_hash,
        }
        try:
            self._database.write(lambda connection: connection.execute(sa.insert(sessions).values(row)))
        except IntegrityError as error:
            raise UnknownUserError(f"no user {username!r}") from error
        return Session(token_hash=token_hash, username=username, opened_at=now, seen_at=now, ip_hash=ip_hash)

    def session(self, token_hash: str) -> Session | None:
        """Return a session that was not closed; idle and absolute ends are the caller's to judge."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(sessions).where(sessions.c.token_hash == token_hash))
            found = row.mappings().one_or_none()
        return None if found is None else Session(**found)

    def touch_session(self, token_hash: str, now: datetime) -> None:
        """Note a request; unknown sessions are ignored."""
        statement = sa.update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=now)
        self._database.write(lambda connection: connection.execute(statement))

    def close_session(self, token_hash: str) -> None:
        """End a session."""
        self._delete_sessions(sessions.c.token_hash == token_hash)

    def add_token(
        self,
        name: str,
        token_hash: str,
        username: str,
        expires: datetime | None = None,
        addresses: tuple[str, ...] | None = None,
        *,
        audit: AuditLine | None = None,
    ) -> ApiToken:
        """Add a token of a script or a wall. Raises `UserExistsError` for a name in use, `UnknownUserError`."""
        token = ApiToken(
            name=name, token_hash=token_hash, username=username, expires_at=expires, addresses=addresses
        )
        row = {**asdict(token), "addresses": None if addresses is None else list(addresses)}

        def work(connection: sa.Connection) -> None:
            if connection.scalar(sa.select(users.c.username).where(users.c.username == username)) is None:
                raise UnknownUserError(f"no user {username!r}")
            connection.execute(sa.insert(api_tokens).values(row))
            self._note(connection, audit)

        try:
            self._database.write(work)
        except IntegrityError as error:
            raise UserExistsError(f"there is a token {name!r} already") from error
        return token

    def token(self, token_hash: str) -> ApiToken | None:
        """Return a token by its hash; its end is the caller's to judge."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(api_tokens).where(api_tokens.c.token_hash == token_hash))
            found = row.mappings().one_or_none()
        return None if found is None else _token_of(found)

    def exchange_token(self, token_hash: str, new_hash: str, *, audit: AuditLine) -> bool:
        """Put a new secret in a token's place and return whether the old one was there still.

        Of two who bring the same secret at once, one is served.
        """
        held = api_tokens.c.token_hash == token_hash
        statement = sa.update(api_tokens).where(held).values(token_hash=new_hash)

        def work(connection: sa.Connection) -> bool:
            exchanged = connection.execute(statement).rowcount > 0
            self._note(connection, audit if exchanged else None)
            return exchanged

        return self._database.write(work)

    def tokens(self) -> list[ApiToken]:
        """Return all tokens by name."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(api_tokens).order_by(api_tokens.c.name)).mappings()
            return [_token_of(row) for row in rows]

    def remove_token(self, name: str, *, audit: AuditLine | None = None) -> bool:
        """Delete a token and return whether it was there."""
        statement = sa.delete(api_tokens).where(api_tokens.c.name == name)

        def work(connection: sa.Connection) -> bool:
            found = connection.execute(statement).rowcount > 0
            self._note(connection, audit if found else None)
            return found

        return self._database.write(work)

    def _users(self, statement: sa.Select[tuple[object, ...]]) -> list[User]:
        with self._database.reading() as connection:
            return [
                User(
                    **{
                        **row,
                        "roles": frozenset(row["roles"]),
                        "area_ids": None if row["area_ids"] is None else frozenset(row["area_ids"]),
                    }
                )
                for row in connection.execute(statement).mappings()
            ]

    def _change(
        self, username: str, *, ends_sessions: bool, audit: AuditLine | None = None, **values: object
    ) -> None:
        def work(connection: sa.Connection) -> None:
            self._set(connection, username, ends_sessions=ends_sessions, **values)
            self._note(connection, audit)

        self._database.write(work)

    @staticmethod
    def _set(connection: sa.Connection, username: str, *, ends_sessions: bool, **values: object) -> None:
        done = connection.execute(sa.update(users).where(users.c.username == username).values(**values))
        if done.rowcount == 0:
            raise UnknownUserError(f"no user {username!r}")
        if ends_sessions:
            connection.execute(sa.delete(sessions).where(sessions.c.username == username))

    def _note(self, connection: sa.Connection, audit: AuditLine | None) -> None:
        if audit is not None:
            write_line(self._database, connection, audit)

    def _delete_sessions(self, condition: sa.ColumnElement[bool]) -> int:
        statement = sa.delete(sessions).where(condition)
        return self._database.write(lambda connection: connection.execute(statement).rowcount)


def _token_of(row: sa.RowMapping) -> ApiToken:
    bound_to = row["addresses"]
    return ApiToken(**{**row, "addresses": None if bound_to is None else tuple(bound_to)})
