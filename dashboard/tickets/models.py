"""What pages and the JSON interface show of tickets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

__all__ = ["TicketHistoryEntry", "TicketView"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketHistoryEntry:
    """One entry of a ticket's history."""

    at: datetime
    by: str
    what: str
    """State it went to, or the action where the state stayed: noted, callback, assigned or attached."""
    moved: bool
    """Whether the state changed."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """A ticket with its clocks."""

    ticket_id: str
    household_id: str
    address: str
    """As it is written on site."""
    area_id: str
    category: str
    urgency: str
    state: str
    opened_at: datetime
    opened_by: str
    channel: str
    description: str
    incident_id: str | None
    duplicate_of: str | None
    assigned_to: str | None
    first_response_due: datetime | None
    close_due: datetime | None
    responded_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    response_overdue: bool
    close_overdue: bool
    remaining_s: float | None
    """Time to the next promise [s], below 0 when broken; None when no clock runs."""
    callback_temp_c: float | None
    satisfied: bool | None
    allowed_moves: Sequence[str] = ()
    history: Sequence[TicketHistoryEntry] = ()
    """Only on the ticket's own page."""
    address_en: str = ""
    """In English; names that only the site has stay as they are."""
