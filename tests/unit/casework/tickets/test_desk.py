"""The ticket desk: promises, incident, duplicates, and what every change leaves behind."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from casework.tickets.desk import NewTicket, TicketDesk
from casework.tickets.duplicates import Duplicates
from casework.tickets.intake import IntakeProposal
from config.settings.tree import PoliciesSettings
from heating.clock import ManualClock
from heating.tickets import ForbiddenTicketMoveError, TicketCategory, TicketState, TicketUrgency
from tests.support.fake_tickets import FakeAudit, FakeTickets

NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
WINDOW = timedelta(hours=6)
CALL = NewTicket(household_id="h1", area_id="xilinhot", opened_by="clerk", channel="hotline")
PROPOSAL = IntakeProposal(
    category=TicketCategory.INSUFFICIENT, urgency=TicketUrgency.NORMAL, incident_id="i1"
)


class Office:
    """A desk on fakes, and what it leaves behind."""

    def __init__(self) -> None:
        self.tickets, self.audit, self.clock = FakeTickets(), FakeAudit(), ManualClock(NOW)
        self.announced: list[tuple[str, str, str]] = []
        self.desk = TicketDesk(
            tickets=self.tickets.as_records(),
            audit=self.audit.as_records(),
            duplicates=Duplicates(
                tickets=self.tickets.as_records(), window_s=WINDOW.total_seconds(), clock=self.clock
            ),
            policies=PoliciesSettings(),
            clock=self.clock,
            announce=self._announce,
        )

    def _announce(self, ticket_id: str, *, area_id: str, state: str) -> None:
        self.announced.append((ticket_id, area_id, state))


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_new_ticket_gets_what_the_card_proposes_with_its_promises(office: Office) -> None:
    ticket = office.desk.open(CALL, PROPOSAL)
    assert ticket == office.tickets.kept[ticket.ticket_id]
    assert (ticket.category, ticket.urgency) == (PROPOSAL.category, PROPOSAL.urgency)
    assert (ticket.state, ticket.opened_at, ticket.opened_by) == (TicketState.NEW, NOW, "clerk")
    assert (ticket.channel, ticket.area_id, ticket.incident_id) == ("hotline", "xilinhot", "i1")
    assert ticket.first_response_due == NOW + timedelta(hours=2)
    assert ticket.close_due == NOW + timedelta(hours=48)


def test_what_the_caller_says_goes_before_the_proposal(office: Office) -> None:
    wanted = replace(CALL, category=TicketCategory.NO_HEAT, urgency=TicketUrgency.HIGH, description=" 不热 ")
    ticket = office.desk.open(wanted, PROPOSAL)
    assert (ticket.category, ticket.urgency) == (TicketCategory.NO_HEAT, TicketUrgency.HIGH)
    assert ticket.description == "不热"


def test_a_leak_is_an_emergency_and_no_incident_of_the_supply(office: Office) -> None:
    ticket = office.desk.open(replace(CALL, category=TicketCategory.LEAK), PROPOSAL)
    assert (ticket.urgency, ticket.incident_id) == (TicketUrgency.EMERGENCY, None)
    said = office.desk.open(
        replace(CALL, category=TicketCategory.LEAK, urgency=TicketUrgency.NORMAL), PROPOSAL
    )
    assert said.urgency is TicketUrgency.NORMAL


def test_a_repeated_call_about_heat_points_to_the_first_ticket_whatever_its_category(office: Office) -> None:
    first = office.desk.open(replace(CALL, category=TicketCategory.NO_HEAT), PROPOSAL)
    office.clock.advance(WINDOW)
    again = office.desk.open(CALL, PROPOSAL)
    third = office.desk.open(CALL, PROPOSAL)
    assert first.duplicate_of is None
    assert again.duplicate_of is not None and again.duplicate_of == first.ticket_id
    assert third.duplicate_of == first.ticket_id
    assert len(office.tickets.kept) == 3


def test_a_ticket_is_moved_assigned_and_noted_in_one_change(office: Office) -> None:
    ticket = office.desk.open(CALL, PROPOSAL)
    changed = office.desk.change(
        ticket, by="clerk", to=TicketState.ASSIGNED, assigned_to="crew-2", note=" 二班 "
    )
    assert (changed.state, changed.assigned_to, changed.responded_at) == (TicketState.ASSIGNED, "crew-2", NOW)
    assert office.tickets.notes == [(ticket.ticket_id, "二班")]
    assert office.desk.change(changed, by="clerk", assigned_to="").assigned_to is None
    noted = office.desk.change(changed, by="clerk", note="阀门已开")
    assert noted.state is TicketState.ASSIGNED
    assert office.tickets.notes[-1] == (ticket.ticket_id, "阀门已开")


def test_a_forbidden_move_changes_nothing_and_is_not_announced(office: Office) -> None:
    ticket = office.desk.open(CALL, PROPOSAL)
    announced, audited = len(office.announced), len(office.audit.entries)
    with pytest.raises(ForbiddenTicketMoveError):
        office.desk.change(ticket, by="clerk", to=TicketState.CLOSED, assigned_to="crew-2")
    assert office.tickets.kept[ticket.ticket_id] == ticket
    assert (len(office.announced), len(office.audit.entries)) == (announced, audited)


@pytest.mark.parametrize(("satisfied", "state"), [(True, TicketState.CLOSED), (False, TicketState.ASSIGNED)])
def test_the_callback_closes_or_sends_back(office: Office, satisfied: bool, state: TicketState) -> None:
    ticket = office.desk.open(CALL, PROPOSAL)
    resolved = office.desk.change(ticket, by="clerk", to=TicketState.RESOLVED)
    called = office.desk.call_back(resolved, by="clerk", temp_c=20.5, satisfied=satisfied, note=" 好 ")
    assert (called.state, called.callback_temp_c, called.satisfied) == (state, 20.5, satisfied)
    assert office.tickets.notes == [(ticket.ticket_id, "好")]


def test_every_change_is_audited_and_announced_with_its_state(office: Office) -> None:
    ticket = office.desk.open(CALL, PROPOSAL)
    resolved = office.desk.change(ticket, by="crew", to=TicketState.RESOLVED)
    office.desk.call_back(resolved, by="clerk", temp_c=None, satisfied=True)
    subject = f"ticket:{ticket.ticket_id}"
    assert office.audit.entries == [
        ("clerk", "ticket.opened", subject),
        ("crew", "ticket.changed", subject),
        ("clerk", "ticket.called_back", subject),
    ]
    assert office.announced == [
        (ticket.ticket_id, "xilinhot", state) for state in ("new", "resolved", "closed")
    ]


def test_long_texts_are_cut_where_the_records_end(office: Office) -> None:
    ticket = office.desk.open(replace(CALL, description="x" * 3000), PROPOSAL)
    assert len(ticket.description) == 2000
