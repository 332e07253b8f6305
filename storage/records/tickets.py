"""Tickets of the hotline in the database, with their append-only history."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from heating.errors import HeatingError
from heating.tickets import Ticket, TicketCategory, TicketState
from storage.records.pages import Page
from storage.records.queries import TicketCounts, TicketQuery

__all__ = ["TicketEvent", "TicketExistsError", "TicketRecords", "UnknownTicketError"]


class UnknownTicketError(HeatingError):
    """There is no such ticket."""


class TicketExistsError(HeatingError):
    """There is a ticket of this id already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent:
    """One entry of a ticket's history."""

    sequence: int
    ticket_id: str
    kind: str
    """opened, moved, noted, callback, assigned or attached."""
    at: datetime
    by: str
    from_state: TicketState | None = None
    to_state: TicketState | None = None
    note: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)


class TicketRecords:
    """Tickets; the state machine is `heating.tickets.move_ticket`."""

    def add(self, ticket: Ticket) -> Ticket:
        """Keep a new ticket. Raises `TicketExistsError`."""
        raise NotImplementedError

    def get(self, ticket_id: str, *, area_ids: frozenset[str] | None = None) -> Ticket | None:
        """Return a ticket, None when it is unknown or outside the areas."""
        raise NotImplementedError

    def find(self, query: TicketQuery) -> Page[Ticket]:
        """Return a page of tickets, newest first."""
        raise NotImplementedError

    def move(self, ticket_id: str, to: TicketState, *, by: str, at: datetime, note: str = "") -> Ticket:
        """Move a ticket. Raises `UnknownTicketError`, `heating.tickets.ForbiddenTicketMoveError`."""
        raise NotImplementedError

    def note(self, ticket_id: str, text: str, *, by: str, at: datetime) -> None:
        """Add a note to the history. Raises `UnknownTicketError`."""
        raise NotImplementedError

    def assign(self, ticket_id: str, assigned_to: str | None, *, by: str, at: datetime) -> Ticket:
        """Say who works on it (the state does not change). Raises `UnknownTicketError`."""
        raise NotImplementedError

    def attach_incident(self, ticket_id: str, incident_id: str | None, *, by: str, at: datetime) -> Ticket:
        """Link to an incident, or to none. Raises `UnknownTicketError`."""
        raise NotImplementedError

    def callback(
        self, ticket_id: str, *, temp_c: float | None, satisfied: bool, by: str, at: datetime
    ) -> Ticket:
        """Keep the answer of the call after the repair: room temperature [°C] and whether people are content.

        A resolved ticket is closed by a content answer and goes back to assigned by the other. Raises
        `UnknownTicketError`.
        """
        raise NotImplementedError

    def history(self, ticket_id: str) -> list[TicketEvent]:
        """Return the history of a ticket in order."""
        raise NotImplementedError

    def open_duplicate(
        self, household_id: str, *, since: datetime, category: TicketCategory | None = None
    ) -> Ticket | None:
        """Return the first ticket of a home opened at or after `since` that is neither closed nor a duplicate."""
        raise NotImplementedError

    def counts(self, area_ids: frozenset[str] | None, *, now: datetime) -> TicketCounts:
        """Return tickets by state and the promises broken at `now`."""
        raise NotImplementedError
