"""What people ask lists for, and the answer «there is no such thing» that also covers «not for you»."""

from dataclasses import dataclass
from datetime import datetime

from heating.errors import HeatingError

__all__ = ["AlarmFilter", "NotVisibleError", "StationFilter", "TicketFilter", "UnknownPointError"]


class NotVisibleError(HeatingError):
    """There is no such thing, or the viewer may not see it; the two are never told apart."""


class UnknownPointError(HeatingError):
    """A trend was asked for a point that does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationFilter:
    """What the station list shows."""

    state: str | None = None
    """Word of `StationState`."""
    area_id: str | None = None
    text: str = ""
    """Part of the name or id."""
    sort: str = "name"
    """name, deviation (absolute), age, alarms or state; ``-`` before it turns the order."""
    cursor: str | None = None
    limit: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFilter:
    """What the alarm console shows."""

    states: frozenset[str] = frozenset()
    """Words of `heating.alarms.AlarmState`; empty: any."""
    open_only: bool = False
    annunciated_only: bool = False
    """Leave out what was never announced: journal, household evidence."""
    priorities: frozenset[int] = frozenset()
    subject: str | None = None
    """``level:id``, or the id alone."""
    rule_id: str | None = None
    incident_id: str | None = None
    since: datetime | None = None
    """Raised at or after."""
    cursor: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFilter:
    """What a ticket list shows."""

    household_id: str | None = None
    states: frozenset[str] = frozenset()
    open_only: bool = False
    incident_id: str | None = None
    since: datetime | None = None
    cursor: str | None = None
    limit: int = 50
