"""Promises of tickets: due times, and clocks at every stage."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from casework.tickets.promises import clocks_of, due_times
from config.settings.tree import PoliciesSettings
from heating.tickets import Ticket, TicketCategory, TicketState, TicketUrgency

OPENED = datetime(2026, 12, 1, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
TICKET = Ticket(
    ticket_id="t1",
    household_id="h1",
    area_id="xilinhot",
    category=TicketCategory.NO_HEAT,
    urgency=TicketUrgency.HIGH,
    state=TicketState.NEW,
    opened_at=OPENED,
    opened_by="clerk",
    first_response_due=OPENED + 2 * HOUR,
    close_due=OPENED + 48 * HOUR,
)


def test_promises_run_from_the_opening_as_the_policy_says() -> None:
    policies = PoliciesSettings(first_response_s=1800.0, close_s=86_400.0)
    assert due_times(policies, opened_at=OPENED) == (OPENED + HOUR / 2, OPENED + 24 * HOUR)


@pytest.mark.parametrize(
    ("after", "overdue", "remaining_s"), [(2 * HOUR, False, 0.0), (2 * HOUR + SECOND, True, -1.0)]
)
def test_a_promise_is_broken_only_after_its_moment(
    after: timedelta, overdue: bool, remaining_s: float
) -> None:
    clocks = clocks_of(TICKET, now=OPENED + after)
    assert (clocks.response_overdue, clocks.close_overdue) == (overdue, False)
    assert clocks.remaining_s == remaining_s


def test_after_the_first_response_the_clock_of_closing_runs() -> None:
    answered = replace(TICKET, state=TicketState.ASSIGNED, responded_at=OPENED + HOUR)
    clocks = clocks_of(answered, now=OPENED + 3 * HOUR)
    assert (clocks.response_overdue, clocks.close_overdue) == (False, False)
    assert clocks.remaining_s == (45 * HOUR).total_seconds()
    late = clocks_of(answered, now=OPENED + 49 * HOUR)
    assert (late.close_overdue, late.remaining_s) == (True, -HOUR.total_seconds())


def test_a_late_response_stays_late_and_a_kept_promise_stays_kept() -> None:
    late = replace(TICKET, state=TicketState.ON_SITE, responded_at=OPENED + 3 * HOUR)
    assert clocks_of(late, now=OPENED + 4 * HOUR).response_overdue
    closed = replace(
        TICKET, state=TicketState.CLOSED, responded_at=OPENED + HOUR, closed_at=OPENED + 47 * HOUR
    )
    clocks = clocks_of(closed, now=OPENED + 100 * HOUR)
    assert (clocks.response_overdue, clocks.close_overdue, clocks.remaining_s) == (False, False, None)
    too_late = replace(closed, closed_at=OPENED + 49 * HOUR)
    assert clocks_of(too_late, now=OPENED + 100 * HOUR).close_overdue


def test_the_clocks_of_a_cancelled_ticket_stand_still() -> None:
    cancelled = replace(TICKET, state=TicketState.CANCELLED, closed_at=OPENED + HOUR)
    clocks = clocks_of(cancelled, now=OPENED + 100 * HOUR)
    assert (clocks.response_overdue, clocks.close_overdue, clocks.remaining_s) == (False, False, None)


def test_without_promises_no_clock_runs() -> None:
    free = replace(TICKET, first_response_due=None, close_due=None)
    clocks = clocks_of(free, now=OPENED + 100 * HOUR)
    assert (clocks.response_overdue, clocks.close_overdue, clocks.remaining_s) == (False, False, None)
