"""Tickets of the hotline as values, and their state machine."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from heating.errors import HeatingError

__all__ = [
    "ForbiddenTicketMoveError",
    "Ticket",
    "TicketCategory",
    "TicketState",
    "TicketUrgency",
    "allowed_moves",
    "move_ticket",
]


class TicketCategory(StrEnum):
    """What people call about."""

    NO_HEAT = "no_heat"
    INSUFFICIENT = "insufficient"
    LEAK = "leak"
    NOISE = "noise"
    OTHER = "other"


class TicketUrgency(StrEnum):
    """How fast it must be answered; deadlines are policy."""

    EMERGENCY = "emergency"
    HIGH = "high"
    NORMAL = "normal"


class TicketState(StrEnum):
    """Stages of a ticket."""

    NEW = "new"
    ASSIGNED = "assigned"
    ON_SITE = "on_site"
    WAITING = "waiting"
    """Waits for an incident or the household."""
    RESOLVED = "resolved"
    """Work done; a callback with the temperature after the repair is due."""
    CLOSED = "closed"
    CANCELLED = "cancelled"


_MOVES: dict[TicketState, frozenset[TicketState]] = {
    TicketState.NEW: frozenset(
        {TicketState.ASSIGNED, TicketState.WAITING, TicketState.RESOLVED, TicketState.CANCELLED}
    ),
    TicketState.ASSIGNED: frozenset(
        {TicketState.ON_SITE, TicketState.WAITING, TicketState.RESOLVED, TicketState.CANCELLED}
    ),
    TicketState.ON_SITE: frozenset({TicketState.WAITING, TicketState.RESOLVED}),
    TicketState.WAITING: frozenset(
        {TicketState.ASSIGNED, TicketState.ON_SITE, TicketState.RESOLVED, TicketState.CANCELLED}
    ),
    TicketState.RESOLVED: frozenset({TicketState.CLOSED, TicketState.ASSIGNED}),
    TicketState.CLOSED: frozenset(),
    TicketState.CANCELLED: frozenset(),
}


class ForbiddenTicketMoveError(HeatingError):
    """The ticket cannot go from its state to the wanted one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One complaint or request of one household."""

    ticket_id: str
    household_id: str
    area_id: str
    category: TicketCategory
    urgency: TicketUrgency
    state: TicketState
    opened_at: datetime
    opened_by: str
    """User name of the clerk or resident."""
    channel: str = "hotline"
    """hotline, resident, import or simulator."""
    description: str = ""
    incident_id: str | None = None
    """Incident it was attached to."""
    duplicate_of: str | None = None
    """First ticket of the same home within the duplicate window; the household is never lost."""
    assigned_to: str | None = None
    first_response_due: datetime | None = None
    close_due: datetime | None = None
    responded_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    callback_temp_c: float | None = None
    """Room temperature after the repair, reported or measured at the callback [°C]."""
    satisfied: bool | None = None


def allowed_moves(state: TicketState) -> frozenset[TicketState]:
    """Return the states a ticket may go to."""
    return _MOVES[state]


def move_ticket(ticket: Ticket, to: TicketState, *, at: datetime) -> Ticket:
    """Return the ticket in its new state with the times that go with it.

    Raises
    ------
    ForbiddenTicketMoveError
        When the move is not allowed; the message lists what is.
    """
    if to not in _MOVES[ticket.state]:
        allowed = ", ".join(sorted(_MOVES[ticket.state])) or "nothing (it is final)"
        raise ForbiddenTicketMoveError(f"from {ticket.state} a ticket can go to: {allowed}; not to {to}")
    moved = replace(ticket, state=to)
    if ticket.responded_at is None and to is not TicketState.CANCELLED:
        moved = replace(moved, responded_at=at)
    match to:
        case TicketState.RESOLVED:
            return replace(moved, resolved_at=at)
        case TicketState.CLOSED | TicketState.CANCELLED:
            return replace(moved, closed_at=at)
        case _:
            return moved
