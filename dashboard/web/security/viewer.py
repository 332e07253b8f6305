"""Who is looking: name, roles, areas. Pure values; how a request becomes a viewer is `dashboard.web.security.access`."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["ACTORS", "CLERKS", "CREW", "KEEPERS", "OBSERVERS", "STAFF", "Role", "Viewer"]


class Role(StrEnum):
    """Roles of interface.md."""

    ADMIN = "admin"
    DISPATCHER = "dispatcher"
    HOTLINE = "hotline"
    MAINTENANCE = "maintenance"
    REGULATOR = "regulator"
    """Reads aggregates."""
    WELFARE = "welfare"
    """The vulnerable list of its own areas."""
    WALL = "wall"
    """Read-only screen."""
    RESIDENT = "resident"
    """The own household."""


STAFF = (Role.ADMIN, Role.DISPATCHER, Role.HOTLINE, Role.MAINTENANCE, Role.WALL)
"""Who may read stations, alarms and incidents."""
OBSERVERS = (*STAFF, Role.REGULATOR)
"""Who may read aggregates."""
ACTORS = (Role.ADMIN, Role.DISPATCHER)
"""Who may act on alarms."""
CLERKS = (Role.ADMIN, Role.DISPATCHER, Role.HOTLINE)
"""Who may look up households and handle their tickets."""
CREW = (*CLERKS, Role.MAINTENANCE)
"""Who may read tickets: those who go there need the address and the fault, and neither phone nor card."""
KEEPERS = (Role.ADMIN, Role.MAINTENANCE)
"""Who may look after devices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A signed-in person, screen or script."""

    username: str
    roles: frozenset[str]
    area_ids: frozenset[str] | None = None
    """Areas it is bound to, with everything below them; None: all."""
    household_id: str | None = None
    """The resident's home."""
    by_token: bool = False
    """Signed in by a bearer token and not by a session cookie."""
    session_key: str | None = None
    """Hash of the session or bearer token, for checks of open streams; never the token itself."""
    locale: str | None = None
    """Language chosen in the account."""

    def has(self, *roles: str) -> bool:
        """Return whether it has one of the roles."""
        return not self.roles.isdisjoint(roles)
