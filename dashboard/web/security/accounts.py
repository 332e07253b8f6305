"""Log-in, sessions and bearer tokens: from a secret that a client holds to a `Viewer`.

Secrets are random and opaque; the records keep only their SHA-256. Sessions run on real time even where the data run
on virtual time. Nothing here knows HTTP.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.settings.tree import WebSettings
from dashboard.web.security.bound_tokens import BoundTokens
from dashboard.web.security.passwords import PasswordVerifier
from dashboard.web.security.seen_sessions import SeenSessions
from dashboard.web.security.throttle import LogInThrottle
from dashboard.web.security.viewer import Role, Viewer
from heating.clock import Clock
from heating.errors import HeatingError
from storage.records.audit import AuditRecords
from storage.records.people import PeopleRecords
from storage.records.people_values import ApiToken, AuditLine, User

__all__ = ["Accounts", "LogInRefusedError", "MissingSecretError", "SignedIn", "hash_secret"]

_TOUCH_AFTER = timedelta(seconds=60)
"""A session's last request is noted at most this often, and four times within an idle limit that is shorter."""
_MIN_SECRET_CHARACTERS = 32
_LONGEST_COOKIE = timedelta(days=400)
"""Browsers keep no cookie for longer."""


class LogInRefusedError(HeatingError):
    """Name or password is wrong, or the account is shut: which of them stays unsaid."""


class MissingSecretError(HeatingError):
    """``web.secret`` is missing or too short outside the loopback demo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A fresh session."""

    token: str
    """Goes into the cookie; kept nowhere else."""
    viewer: Viewer
    max_age_s: int
    """Absolute life of the session [s]."""


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a session or bearer token, hex; the form in which records keep it."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Accounts:
    """Who may come in.

    Parameters
    ----------
    people : PeopleRecords
        Users, sessions, tokens.
    audit : AuditRecords
        Log-ins and refused tries are noted.
    settings : WebSettings
        Time-outs, throttle, secret.
    clock : Clock
        Real time.
    verifier : PasswordVerifier, optional
        Compares passwords; one with the usual effort by default.

    Raises
    ------
    MissingSecretError
        When cookies go over TLS (not a loopback demo) and ``web.secret`` is missing or short.
    """

    def __init__(
        self,
        *,
        people: PeopleRecords,
        audit: AuditRecords,
        settings: WebSettings,
        clock: Clock,
        verifier: PasswordVerifier | None = None,
    ) -> None:
        self._people = people
        self._audit = audit
        self._settings = settings
        self._clock = clock
        self._verifier = verifier or PasswordVerifier()
        self.throttle = LogInThrottle(attempts_per_minute=settings.login_attempts_per_minute)
        """Counts failed tries."""
        self._bound = BoundTokens(audit=audit, clock=clock)
        self._seen = SeenSessions(people)
        self._touch_after = min(_TOUCH_AFTER, timedelta(seconds=settings.session_idle_s / 4))
        self._key = _signing_key(settings)

    @property
    def cookie_secure(self) -> bool:
        """Whether the session cookie goes over TLS only."""
        return self._settings.cookie_secure

    def sign_in(self, username: str, password: str, *, address: str) -> SignedIn:
        """Open a session.

        Raises
        ------
        ThrottledError
            Too many failed tries of this address, at this account or at all.
        LogInRefusedError
            Anything else; unknown, disabled and mistaken look and last the same.
        """
        self.throttle.check(username=username, address=address)
        user = self._people.user(username)
        fits = self._verifier.verify(password, None if user is None else user.password_hash)
        now = self._clock.now()
        if user is None or not fits or user.disabled:
            self.throttle.note_failure(username=username, address=address)
            self._audit.append(username[:64], "login.refused", "session", at=now, ip=address)
            raise LogInRefusedError("name or password is wrong")
        token = secrets.token_urlsafe(32)
        key = hash_secret(token)
        self._people.open_session(key, user.username, now, hash_secret(f"{self._key.hex()}{address}")[:16])
        self._audit.append(user.username, "login", "session", at=now, ip=address)
        max_age_s = int(self._settings.session_absolute_s)
        return SignedIn(token=token, viewer=_viewer(user, key, by_token=False), max_age_s=max_age_s)

    def open_wall(self, token: str, *, address: str) -> SignedIn:
        """Exchange the token of a wall for the secret that its browser keeps: the token opens nothing after that.

        The cookie is good from the token's addresses and as long as the token would have been.

        Raises
        ------
        LogInRefusedError
            The token is none of a wall, was exchanged, is over, or comes from elsewhere: which stays unsaid.
        """
        found = self._token_and_user(hash_secret(token), address=address)
        if found is None or not _is_wall(*found):
            raise LogInRefusedError("this link opens nothing here")
        held, user = found
        secret, now = secrets.token_urlsafe(32), self._clock.now()
        line = AuditLine(
            at=now, who=user.username, action="wall.opened", subject=f"token:{held.name}", ip=address
        )
        if not self._people.exchange_token(held.token_hash, hash_secret(secret), audit=line):
            raise LogInRefusedError("this link was opened already")
        left = _LONGEST_COOKIE if held.expires_at is None else held.expires_at - now
        viewer = _viewer(user, hash_secret(secret), by_token=False)
        return SignedIn(
            token=secret, viewer=viewer, max_age_s=int(min(left, _LONGEST_COOKIE).total_seconds())
        )

    def sign_out(self, viewer: Viewer) -> None:
        """End the viewer's session, or the token of a wall's browser; its open streams end with it."""
        if viewer.session_key is None or viewer.by_token:
            return
        self._people.close_session(viewer.session_key)
        held = self._people.token(viewer.session_key)
        if held is not None:
            subject = f"token:{held.name}"
            line = AuditLine(
                at=self._clock.now(), who=viewer.username, action="token.revoked", subject=subject
            )
            self._people.remove_token(held.name, audit=line)

    def viewer_of_session(self, token: str, address: str) -> Viewer | None:
        """Return who holds a cookie; None when it is unknown, over, from elsewhere, or the user is disabled."""
        key = hash_secret(token)
        return self._by_session(key, touch=True) or self._by_wall(key, address=address)

    def viewer_of_token(self, token: str, address: str) -> Viewer | None:
        """Return who holds a bearer token; None when it is unknown, over, from elsewhere, or the user is disabled."""
        return self._by_token(hash_secret(token), address=address)

    def still_signed_in(self, viewer: Viewer) -> bool:
        """Return whether an open stream may go on: session or token alive, user enabled, roles and areas the same."""
        if viewer.session_key is None:
            return False
        if viewer.by_token:
            return self._by_token(viewer.session_key, address=None) == viewer
        key = viewer.session_key
        return (self._by_session(key, touch=False) or self._by_wall(key, address=None)) == viewer

    def csrf_token(self, viewer: Viewer) -> str:
        """Return the cross-site token of a session: a keyed hash of it, the same as long as it lives."""
        return hmac.new(self._key, f"csrf:{viewer.session_key}".encode(), hashlib.sha256).hexdigest()

    def _by_session(self, key: str, *, touch: bool) -> Viewer | None:
        noted = self._seen.noted(key)
        session = self._people.session(key)
        if session is None:
            return None
        now = self._clock.now()
        seen_at = max(session.seen_at, noted or session.seen_at)
        if self._is_over(opened_at=session.opened_at, seen_at=seen_at, now=now):
            self._people.close_session(key)
            return None
        user = self._people.user(session.username)
        if user is None or user.disabled:
            return None
        if touch and now - seen_at >= self._touch_after:
            self._seen.note(key, now)
        return _viewer(user, key, by_token=False)

    def _is_over(self, *, opened_at: datetime, seen_at: datetime, now: datetime) -> bool:
        idle = timedelta(seconds=self._settings.session_idle_s)
        absolute = timedelta(seconds=self._settings.session_absolute_s)
        return now - seen_at >= idle or now - opened_at >= absolute

    def _by_token(self, key: str, *, address: str | None) -> Viewer | None:
        found = self._token_and_user(key, address=address)
        return None if found is None else _viewer(found[1], key, by_token=True)

    def _by_wall(self, key: str, *, address: str | None) -> Viewer | None:
        """Return the wall whose browser keeps the secret of a token; no other token is believed in a cookie."""
        found = self._token_and_user(key, address=address)
        return _viewer(found[1], key, by_token=False) if found is not None and _is_wall(*found) else None

    def _token_and_user(self, key: str, *, address: str | None) -> tuple[ApiToken, User] | None:
        """Return a token that is good, and its user; `address` None: of a stream, which was asked when it opened."""
        token = self._people.token(key)
        if token is None or (token.expires_at is not None and self._clock.now() >= token.expires_at):
            return None
        if address is not None and not self._bound.allows(token, address):
            return None
        user = self._people.user(token.username)
        return None if user is None or user.disabled else (token, user)


def _is_wall(token: ApiToken, user: User) -> bool:
    """Return whether a token is a read-only screen's and bound to a place."""
    return token.addresses is not None and user.roles == {Role.WALL}


def _viewer(user: User, key: str, *, by_token: bool) -> Viewer:
    return Viewer(
        username=user.username,
        roles=user.roles,
        area_ids=user.area_ids,
        household_id=user.household_id,
        by_token=by_token,
        session_key=key,
        locale=user.locale,
    )


def _signing_key(settings: WebSettings) -> bytes:
    secret = "" if settings.secret is None else settings.secret.get_secret_value()
    if len(secret) >= _MIN_SECRET_CHARACTERS:
        return secret.encode()
    if settings.cookie_secure:
        raise MissingSecretError(
            f"web.secret needs at least {_MIN_SECRET_CHARACTERS} characters: set NUANLIU_WEB__SECRET"
        )
    return secrets.token_bytes(32)
