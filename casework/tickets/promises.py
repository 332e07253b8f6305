"""Service promises: when a ticket is due for its first response and for closing, and how its clocks stand."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.settings.tree import PoliciesSettings
from heating.tickets import Ticket, TicketState

__all__ = ["PromiseClocks", "clocks_of", "due_times"]

_FINAL = (TicketState.CLOSED, TicketState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseClocks:
    """How the promises of a ticket stand at one moment."""

    response_overdue: bool
    """The first response came late, or is due and has not come."""
    close_overdue: bool
    """The same for closing."""
    remaining_s: float | None
    """Time to the next promise [s], below 0 when it is broken; None when no clock runs."""


def due_times(policies: PoliciesSettings, *, opened_at: datetime) -> tuple[datetime, datetime]:
    """Return when a ticket is due for its first response and for closing."""
    first_response = timedelta(seconds=policies.first_response_s)
    return opened_at + first_response, opened_at + timedelta(seconds=policies.close_s)


def clocks_of(ticket: Ticket, *, now: datetime) -> PromiseClocks:
    """Return the clocks of a ticket; those of a closed or cancelled one stand still."""
    running = ticket.state not in _FINAL
    waiting = [ticket.close_due] if ticket.responded_at else [ticket.first_response_due, ticket.close_due]
    next_due = min((due for due in waiting if due is not None and running), default=None)
    return PromiseClocks(
        response_overdue=_overdue(ticket.first_response_due, ticket.responded_at, now, running=running),
        close_overdue=_overdue(ticket.close_due, ticket.closed_at, now, running=running),
        remaining_s=None if next_due is None else (next_due - now).total_seconds(),
    )


def _overdue(due: datetime | None, done: datetime | None, now: datetime, *, running: bool) -> bool:
    if due is None:
        return False
    # What was done late stays late; what was never done counts only while the ticket is open.
    return done > due if done is not None else running and now > due
