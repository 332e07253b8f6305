"""The ticket desk on each database: what it decides is what is kept."""

from datetime import UTC, datetime

from casework.tickets.desk import NewTicket, TicketDesk
from casework.tickets.duplicates import Duplicates
from casework.tickets.intake import IntakeProposal
from config.settings.tree import PoliciesSettings
from heating.clock import ManualClock
from heating.tickets import TicketCategory, TicketState, TicketUrgency
from storage.records.records import Records

CALL = NewTicket(household_id="h1", area_id="xilinhot", opened_by="clerk", channel="hotline")
PROPOSAL = IntakeProposal(category=TicketCategory.NO_HEAT, urgency=TicketUrgency.HIGH, incident_id="i1")


def test_a_ticket_goes_from_the_call_to_the_callback(records: Records) -> None:
    announced: list[str] = []
    clock = ManualClock(datetime(2026, 12, 1, 4, tzinfo=UTC))
    duplicates = Duplicates(tickets=records.tickets, window_s=3600.0, clock=clock)
    desk = TicketDesk(
        tickets=records.tickets,
        audit=records.audit,
        duplicates=duplicates,
        policies=PoliciesSettings(),
        clock=clock,
        announce=lambda ticket_id, *, area_id, state: announced.append(state),
    )
    first = desk.open(CALL, PROPOSAL)
    again = desk.open(CALL, PROPOSAL)
    assert again.duplicate_of == first.ticket_id
    resolved = desk.change(first, by="crew", to=TicketState.RESOLVED, assigned_to="crew", note="阀门已开")
    closed = desk.call_back(resolved, by="clerk", temp_c=20.5, satisfied=True, note="好")
    assert records.tickets.get(first.ticket_id) == closed
    assert (closed.state, closed.assigned_to, closed.incident_id) == (TicketState.CLOSED, "crew", "i1")
    kinds = [entry.kind for entry in records.tickets.history(first.ticket_id)]
    assert kinds == ["opened", "moved", "assigned", "noted", "callback"]
    actions = [entry.action for entry in records.audit.entries(subject=f"ticket:{first.ticket_id}")]
    assert actions == ["ticket.called_back", "ticket.changed", "ticket.opened"]
    assert announced == ["new", "new", "resolved", "closed"]
    assert duplicates.open_ticket_of("h1") is None
