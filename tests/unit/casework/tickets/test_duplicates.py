"""Repeated calls: which complaints are the same, and which open ticket is the first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from casework.tickets.duplicates import Duplicates, is_about_heat, related_categories
from heating.clock import ManualClock
from heating.tickets import Ticket, TicketCategory, TicketState, TicketUrgency
from tests.support.fake_tickets import FakeTickets

NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
WINDOW = timedelta(hours=6)
TICKET = Ticket(
    ticket_id="t1",
    household_id="h1",
    area_id="xilinhot",
    category=TicketCategory.NO_HEAT,
    urgency=TicketUrgency.HIGH,
    state=TicketState.NEW,
    opened_at=NOW,
    opened_by="clerk",
)
Category = TicketCategory


def first_of(category: Category | None, *kept: Ticket, after: timedelta = timedelta(0)) -> str | None:
    """Return the id of the ticket that a new call of ``h1`` repeats."""
    tickets = FakeTickets()
    for one in kept:
        tickets.add(one)
    duplicates = Duplicates(
        tickets=tickets.as_records(), window_s=WINDOW.total_seconds(), clock=ManualClock(NOW + after)
    )
    found = duplicates.open_ticket_of("h1", category)
    return None if found is None else found.ticket_id


def test_no_heat_and_too_little_heat_are_the_same_complaint_and_nothing_else_is() -> None:
    heat = {Category.NO_HEAT, Category.INSUFFICIENT}
    for category in Category:
        assert is_about_heat(category) == (category in heat)
        assert set(related_categories(category)) == (heat if category in heat else {category})


@pytest.mark.parametrize("category", [Category.NO_HEAT, Category.INSUFFICIENT, None])
def test_a_call_about_heat_repeats_one_about_heat(category: Category | None) -> None:
    assert first_of(category, TICKET) == "t1"


def test_the_earlier_of_two_open_tickets_about_heat_is_the_first() -> None:
    later = replace(
        TICKET, ticket_id="t0", category=Category.INSUFFICIENT, opened_at=NOW + timedelta(minutes=1)
    )
    assert first_of(Category.INSUFFICIENT, later, TICKET) == "t1"


def test_a_ticket_counts_until_the_window_ends() -> None:
    assert first_of(None, TICKET, after=WINDOW) == "t1"
    assert first_of(None, TICKET, after=WINDOW + timedelta(seconds=1)) is None


@pytest.mark.parametrize(
    "other",
    [
        replace(TICKET, household_id="h2"),
        replace(TICKET, category=Category.NOISE),
        replace(TICKET, state=TicketState.CANCELLED),
        replace(TICKET, state=TicketState.CLOSED),
        replace(TICKET, duplicate_of="t0"),
    ],
)
def test_other_homes_other_complaints_and_ended_tickets_are_no_duplicates(other: Ticket) -> None:
    assert first_of(Category.NO_HEAT, other) is None
