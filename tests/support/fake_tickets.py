"""Tickets and an audit in memory, with the behaviour of the records, for tests without a database."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import cast

from heating.tickets import Ticket, TicketCategory, TicketState, move_ticket
from storage.records.audit import AuditRecords
from storage.records.tickets import TicketRecords, UnknownTicketError

__all__ = ["FakeAudit", "FakeTickets"]

_FINAL = (TicketState.CLOSED, TicketState.CANCELLED)


class FakeTickets:
    """What `casework` asks of `storage.records.tickets.TicketRecords`."""

    def __init__(self) -> None:
        self.kept: dict[str, Ticket] = {}
        self.notes: list[tuple[str, str]] = []
        """Ticket id and text of every note, in order."""

    def as_records(self) -> TicketRecords:
        """Return itself under the type of the real records."""
        return cast(TicketRecords, self)

    def add(self, ticket: Ticket) -> Ticket:
        self.kept[ticket.ticket_id] = ticket
        return ticket

    def move(self, ticket_id: str, to: TicketState, *, by: str, at: datetime, note: str = "") -> Ticket:
        return self._change(ticket_id, lambda one: move_ticket(one, to, at=at), note)

    def note(self, ticket_id: str, text: str, *, by: str, at: datetime) -> None:
        self._change(ticket_id, lambda one: one, text)

    def assign(self, ticket_id: str, assigned_to: str | None, *, by: str, at: datetime) -> Ticket:
        return self._change(ticket_id, lambda one: replace(one, assigned_to=assigned_to))

    def callback(
        self, ticket_id: str, *, temp_c: float | None, satisfied: bool, by: str, at: datetime
    ) -> Ticket:
        def answer(ticket: Ticket) -> Ticket:
            answered = replace(ticket, callback_temp_c=temp_c, satisfied=satisfied)
            if ticket.state is not TicketState.RESOLVED:
                return answered
            return move_ticket(answered, TicketState.CLOSED if satisfied else TicketState.ASSIGNED, at=at)

        return self._change(ticket_id, answer)

    def open_duplicate(
        self, household_id: str, *, since: datetime, category: TicketCategory | None = None
    ) -> Ticket | None:
        found = [
            one
            for one in self.kept.values()
            if one.household_id == household_id
            and one.opened_at >= since
            and one.duplicate_of is None
            and one.state not in _FINAL
            and category in (None, one.category)
        ]
        return min(found, key=lambda one: (one.opened_at, one.ticket_id), default=None)

    def _change(self, ticket_id: str, change: Callable[[Ticket], Ticket], note: str = "") -> Ticket:
        if ticket_id not in self.kept:
            raise UnknownTicketError(f"no ticket {ticket_id!r}")
        self.kept[ticket_id] = change(self.kept[ticket_id])
        if note:
            self.notes.append((ticket_id, note))
        return self.kept[ticket_id]


class FakeAudit:
    """What `casework` asks of `storage.records.audit.AuditRecords`."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, str]] = []
        """Who, action and subject, in order."""

    def as_records(self) -> AuditRecords:
        """Return itself under the type of the real records."""
        return cast(AuditRecords, self)

    def append(
        self,
        who: str,
        action: str,
        subject: str,
        detail: Mapping[str, object] | None = None,
        *,
        at: datetime,
        ip: str | None = None,
    ) -> None:
        self.entries.append((who, action, subject))
