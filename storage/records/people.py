"""Users, their sessions and the tokens of scripts."""

from collections.abc import Iterable
from datetime import datetime

from heating.errors import HeatingError
from storage.records.people_values import ApiToken, Session, User

__all__ = ["PeopleRecords", "UnknownUserError", "UserExistsError"]


class UserExistsError(HeatingError):
    """There is a user (or token) of this name already."""


class UnknownUserError(HeatingError):
    """There is no such user."""


class PeopleRecords:
    """Who may log in. Hashing of passwords and tokens is the caller's."""

    def add_user(
        self,
        username: str,
        password_hash: str,
        roles: Iterable[str],
        area_ids: Iterable[str] | None,
        household_id: str | None = None,
        locale: str | None = None,
    ) -> User:
        """Add a user; `area_ids` None binds to all areas. Raises `UserExistsError`."""
        raise NotImplementedError

    def user(self, username: str) -> User | None:
        """Return a user, disabled ones too."""
        raise NotImplementedError

    def users(self) -> list[User]:
        """Return all users by name."""
        raise NotImplementedError

    def set_password(self, username: str, password_hash: str) -> None:
        """Change a password and end the user's sessions. Raises `UnknownUserError`."""
        raise NotImplementedError

    def set_disabled(self, username: str, disabled: bool) -> None:
        """Shut a user out (sessions end in the same transaction) or let in again. Raises `UnknownUserError`."""
        raise NotImplementedError

    def set_locale(self, username: str, locale: str | None) -> None:
        """Keep the chosen language. Raises `UnknownUserError`."""
        raise NotImplementedError

    def open_session(
        self, token_hash: str, username: str, now: datetime, ip_hash: str | None = None
    ) -> Session:
        """Keep a new session. Raises `UnknownUserError`."""
        raise NotImplementedError

    def session(self, token_hash: str) -> Session | None:
        """Return a session that was not closed; idle and absolute ends are the caller's to judge."""
        raise NotImplementedError

    def touch_session(self, token_hash: str, now: datetime) -> None:
        """Note a request; unknown sessions are ignored."""
        raise NotImplementedError

    def close_session(self, token_hash: str) -> None:
        """End a session."""
        raise NotImplementedError

    def close_sessions_of(self, username: str) -> int:
        """End all sessions of a user and return how many there were."""
        raise NotImplementedError

    def close_sessions_before(self, *, opened: datetime, seen: datetime) -> int:
        """Delete sessions opened before `opened` or last seen before `seen` (clean-up); return how many."""
        raise NotImplementedError

    def add_token(
        self, name: str, token_hash: str, username: str, expires: datetime | None = None
    ) -> ApiToken:
        """Add a token of a script. Raises `UserExistsError` for a name in use, `UnknownUserError`."""
        raise NotImplementedError

    def token(self, token_hash: str) -> ApiToken | None:
        """Return a token by its hash; its end is the caller's to judge."""
        raise NotImplementedError

    def tokens(self) -> list[ApiToken]:
        """Return all tokens by name."""
        raise NotImplementedError

    def remove_token(self, name: str) -> bool:
        """Delete a token and return whether it was there."""
        raise NotImplementedError
