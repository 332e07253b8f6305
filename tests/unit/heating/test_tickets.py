"""Tickets move only along their stages and keep the times of the promises."""

from datetime import UTC, datetime, timedelta

import pytest

from heating.tickets import (
    ForbiddenTicketMoveError,
    Ticket,
    TicketCategory,
    TicketState,
    TicketUrgency,
    allowed_moves,
    move_ticket,
)

T0 = datetime(2026, 1, 15, 8, tzinfo=UTC)
NEW = Ticket(
    ticket_id="t1",
    household_id="h-1",
    area_id="xilinhot",
    category=TicketCategory.NO_HEAT,
    urgency=TicketUrgency.HIGH,
    state=TicketState.NEW,
    opened_at=T0,
    opened_by="clerk",
)


def test_the_first_move_is_the_first_response_and_later_moves_keep_it() -> None:
    assigned = move_ticket(NEW, TicketState.ASSIGNED, at=T0 + timedelta(minutes=5))
    on_site = move_ticket(assigned, TicketState.ON_SITE, at=T0 + timedelta(hours=1))
    assert on_site.responded_at == T0 + timedelta(minutes=5)


def test_resolved_then_closed_keeps_both_times() -> None:
    resolved = move_ticket(NEW, TicketState.RESOLVED, at=T0 + timedelta(hours=1))
    closed = move_ticket(resolved, TicketState.CLOSED, at=T0 + timedelta(hours=2))
    assert (closed.resolved_at, closed.closed_at) == (T0 + timedelta(hours=1), T0 + timedelta(hours=2))


def test_a_cancelled_ticket_was_never_responded_to() -> None:
    cancelled = move_ticket(NEW, TicketState.CANCELLED, at=T0)
    assert (cancelled.responded_at, cancelled.closed_at) == (None, T0)


@pytest.mark.parametrize("final", [TicketState.CLOSED, TicketState.CANCELLED])
def test_final_states_allow_nothing_and_say_so(final: TicketState) -> None:
    assert allowed_moves(final) == frozenset()
    ended = move_ticket(
        move_ticket(NEW, TicketState.RESOLVED, at=T0) if final is TicketState.CLOSED else NEW, final, at=T0
    )
    with pytest.raises(ForbiddenTicketMoveError, match="nothing"):
        move_ticket(ended, TicketState.NEW, at=T0)


def test_a_skipped_stage_is_refused_and_the_message_lists_what_is_allowed() -> None:
    with pytest.raises(
        ForbiddenTicketMoveError, match="assigned, cancelled, resolved, waiting; not to closed"
    ):
        move_ticket(NEW, TicketState.CLOSED, at=T0)
