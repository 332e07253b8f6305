"""Questions to the records and the small values that answer them.

`area_ids` None means every area. Otherwise rows of these areas and of the areas below them are seen, and the filter
is part of the query: a row outside is as if it did not exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from heating.alarms import AlarmState, Priority
from heating.heat_tree import Level
from heating.tickets import TicketState

__all__ = [
    "AlarmCounts",
    "AlarmQuery",
    "AlarmSubjects",
    "IncidentQuery",
    "TicketCounts",
    "TicketQuery",
    "page_size",
]

DEFAULT_LIMIT = 50
"""Rows of a page when the caller does not say."""
MAX_LIMIT = 500
"""Rows of a page at the most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSubjects:
    """What a person may mean by some words; an alarm that is about any of it fits."""

    object_ids: frozenset[str] = frozenset()
    """Ids of objects of any level."""
    place_key: str = ""
    """Part of the key of a station, building, community or area (`storage.records.search_keys.normal_text`)."""
    rule_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmQuery:
    """Which alarms; the list's method says in which order."""

    states: frozenset[AlarmState] | None = None
    open_only: bool = False
    annunciated_only: bool = False
    """Leave out what was never announced to people (journal, inhibited, household evidence)."""
    priorities: frozenset[Priority] | None = None
    level: Level | None = None
    object_id: str | None = None
    about: AlarmSubjects | None = None
    rule_id: str | None = None
    incident_id: str | None = None
    area_ids: frozenset[str] | None = None
    since: datetime | None = None
    """Raised at or after this moment."""
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentQuery:
    """Which incidents, newest first."""

    open_only: bool = False
    area_ids: frozenset[str] | None = None
    since: datetime | None = None
    """Opened at or after this moment."""
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketQuery:
    """Which tickets, newest first."""

    household_id: str | None = None
    states: frozenset[TicketState] | None = None
    open_only: bool = False
    area_ids: frozenset[str] | None = None
    incident_id: str | None = None
    since: datetime | None = None
    """Opened at or after this moment."""
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@dataclass(frozen=True, slots=True)
class AlarmCounts:
    """Open alarms by priority and by state."""

    by_priority: Mapping[Priority, int] = field(default_factory=dict)
    """Every priority is there, 0 included."""
    by_state: Mapping[AlarmState, int] = field(default_factory=dict)
    """Every state but NORMAL is there, 0 included."""
    by_priority_and_state: Mapping[tuple[Priority, AlarmState], int] = field(default_factory=dict)
    """Only the pairs that occur."""
    announced: Mapping[tuple[Priority, AlarmState], int] = field(default_factory=dict)
    """The same, without what was never announced to people (journal, inhibited, waiting)."""


@dataclass(frozen=True, slots=True)
class TicketCounts:
    """Tickets by state, and how many promises are broken."""

    by_state: Mapping[TicketState, int] = field(default_factory=dict)
    """Every state is there, 0 included."""
    response_overdue: int = 0
    """Open tickets without a response after `first_response_due`."""
    close_overdue: int = 0
    """Open tickets after `close_due`."""


def page_size(limit: int) -> int:
    """Return the rows of a page that was asked for: at least 1, at most `MAX_LIMIT`."""
    return max(1, min(limit, MAX_LIMIT))
