"""People, sessions, tokens and audit entries as values. Passwords and tokens are here only as hashes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["ApiToken", "AuditEntry", "AuditLine", "Session", "User"]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who may log in."""

    username: str
    password_hash: str = field(repr=False)
    roles: frozenset[str]
    area_ids: frozenset[str] | None
    """Areas the roles are bound to; None: all areas; empty: none."""
    household_id: str | None = None
    """Own home of a resident."""
    locale: str | None = None
    """Chosen language, for example ``zh_CN``; None: the default."""
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser, known by the hash of its cookie."""

    token_hash: str = field(repr=False)
    username: str
    opened_at: datetime
    seen_at: datetime
    """Last request."""
    ip_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token of a script, known by its hash."""

    name: str
    token_hash: str = field(repr=False)
    username: str
    """User whose roles and areas it has."""
    expires_at: datetime | None = None
    """First moment it is no longer good; None: never ends. The caller compares."""
    addresses: tuple[str, ...] | None = None
    """Networks it is good from, for example ``10.0.0.5/32``; None: everywhere. The caller compares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """Who did or saw what."""

    at: datetime
    who: str
    action: str
    """Dotted word, for example ``household.seen``."""
    subject: str
    """What it was about, for example ``household:h1``."""
    detail: Mapping[str, object] = field(default_factory=dict)
    ip: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry(AuditLine):
    """One kept line of the audit."""

    sequence: int
    hash: str
    """SHA-256 over the previous entry's hash and this entry's content."""
