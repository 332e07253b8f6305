"""The ticket desk: open, move, assign, call back. Every change is audited and announced.

A new ticket gets its promises, its incident and its place among duplicates here. What does not live here: who may do
it and what a page shows (the dashboard), and which moves a state allows (`heating.tickets`).
"""

import secrets
from dataclasses import dataclass
from typing import Protocol

from casework.tickets.duplicates import Duplicates, is_about_heat
from casework.tickets.intake import IntakeProposal
from casework.tickets.promises import due_times
from config.settings.tree import PoliciesSettings
from heating.clock import Clock
from heating.tickets import Ticket, TicketCategory, TicketState, TicketUrgency
from storage.records.audit import AuditRecords
from storage.records.tickets import TicketRecords

__all__ = ["Announce", "NewTicket", "TicketDesk"]

_MAX_TEXT = 2000


class Announce(Protocol):
    """Passes on that a ticket is new or changed."""

    def __call__(self, ticket_id: str, *, area_id: str, state: str) -> None:
        """Must not block."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """What is known when a ticket is opened; category and urgency come from the proposal when left out."""

    household_id: str
    area_id: str
    opened_by: str
    channel: str
    """hotline or resident."""
    category: TicketCategory | None = None
    urgency: TicketUrgency | None = None
    description: str = ""


class TicketDesk:
    """Changes tickets.

    Parameters
    ----------
    tickets : TicketRecords
        Where tickets are kept.
    audit : AuditRecords
        Who did what.
    duplicates : Duplicates
        Finds the ticket that a new one repeats.
    policies : PoliciesSettings
        Promises.
    clock : Clock
        The time data are judged by.
    announce : callable
        Called with every ticket that is new or changed.
    """

    def __init__(
        self,
        *,
        tickets: TicketRecords,
        audit: AuditRecords,
        duplicates: Duplicates,
        policies: PoliciesSettings,
        clock: Clock,
        announce: Announce,
    ) -> None:
        self._tickets = tickets
        self._audit = audit
        self._duplicates = duplicates
        self._policies = policies
        self._clock = clock
        self._announce = announce

    def open(self, wanted: NewTicket, proposal: IntakeProposal) -> Ticket:
        """Open a ticket; a repeated call about the same complaint is kept and points to the first one."""
        category = wanted.category or proposal.category
        now = self._clock.now()
        first = self._duplicates.open_ticket_of(wanted.household_id, category)
        first_response_due, close_due = due_times(self._policies, opened_at=now)
        ticket = self._tickets.add(
            Ticket(
                ticket_id=f"t{now:%y%m%d}-{secrets.token_hex(5)}",
                household_id=wanted.household_id,
                area_id=wanted.area_id,
                category=category,
                urgency=wanted.urgency or _urgency(category, proposal.urgency),
                state=TicketState.NEW,
                opened_at=now,
                opened_by=wanted.opened_by,
                channel=wanted.channel,
                description=wanted.description.strip()[:_MAX_TEXT],
                incident_id=proposal.incident_id if is_about_heat(category) else None,
                duplicate_of=None if first is None else first.ticket_id,
                first_response_due=first_response_due,
                close_due=close_due,
            )
        )
        self._record(ticket, "ticket.opened", by=wanted.opened_by)
        return ticket

    def change(
        self,
        ticket: Ticket,
        *,
        by: str,
        to: TicketState | None = None,
        assigned_to: str | None = None,
        note: str = "",
    ) -> Ticket:
        """Move a ticket, assign it (to nobody when empty), add a note; each only where given.

        Raises
        ------
        heating.tickets.ForbiddenTicketMoveError
            The move is not allowed from the present state.
        """
        now, text = self._clock.now(), note.strip()[:_MAX_TEXT]
        if to is not None:
            ticket = self._tickets.move(ticket.ticket_id, to, by=by, at=now, note=text)
        elif text:
            self._tickets.note(ticket.ticket_id, text, by=by, at=now)
        if assigned_to is not None:
            ticket = self._tickets.assign(ticket.ticket_id, assigned_to or None, by=by, at=now)
        self._record(ticket, "ticket.changed", by=by)
        return ticket

    def call_back(
        self, ticket: Ticket, *, by: str, temp_c: float | None, satisfied: bool, note: str = ""
    ) -> Ticket:
        """Keep what the household said after the repair: room temperature [°C] and whether it is content."""
        now, text = self._clock.now(), note.strip()[:_MAX_TEXT]
        if text:
            self._tickets.note(ticket.ticket_id, text, by=by, at=now)
        answered = self._tickets.callback(ticket.ticket_id, temp_c=temp_c, satisfied=satisfied, by=by, at=now)
        self._record(answered, "ticket.called_back", by=by)
        return answered

    def _record(self, ticket: Ticket, action: str, *, by: str) -> None:
        self._audit.append(by, action, f"ticket:{ticket.ticket_id}", at=self._clock.now())
        self._announce(ticket.ticket_id, area_id=ticket.area_id, state=ticket.state.value)


def _urgency(category: TicketCategory, proposed: TicketUrgency) -> TicketUrgency:
    """A leak cannot wait, whatever the room temperature says."""
    return TicketUrgency.EMERGENCY if category is TicketCategory.LEAK else proposed
