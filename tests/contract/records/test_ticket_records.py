"""Tickets: kept, moved by the state machine, called back, never lost to another area."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from heating.tickets import ForbiddenTicketMoveError, Ticket, TicketCategory, TicketState, TicketUrgency
from storage.records.database import open_database
from storage.records.queries import TicketQuery
from storage.records.records import Records
from storage.records.tickets import TicketExistsError, UnknownTicketError
from tests.support.sample_alarms import RAISED_AT

HOUR = timedelta(hours=1)
State = TicketState


def ticket(name: str, *, household: str = "h1", area_id: str = "xilinhot", hours: float = 0) -> Ticket:
    """Return a new ticket opened some hours after `RAISED_AT`."""
    opened_at = RAISED_AT + hours * HOUR
    return Ticket(
        ticket_id=name,
        household_id=household,
        area_id=area_id,
        category=TicketCategory.NO_HEAT,
        urgency=TicketUrgency.HIGH,
        state=State.NEW,
        opened_at=opened_at,
        opened_by="clerk",
        description="家里不热",
        first_response_due=opened_at + 2 * HOUR,
        close_due=opened_at + 48 * HOUR,
    )


def test_a_ticket_is_kept_as_it_was(records: Records) -> None:
    records.tickets.add(ticket("t1"))
    assert records.tickets.get("t1") == ticket("t1")
    assert records.tickets.get("t2") is None
    assert [entry.kind for entry in records.tickets.history("t1")] == ["opened"]
    with pytest.raises(TicketExistsError, match="t1"):
        records.tickets.add(ticket("t1", household="h2"))


def test_the_whole_way_of_a_ticket_is_in_its_history(records: Records) -> None:
    part = records.tickets
    part.add(ticket("t1"))
    part.assign("t1", "crew-2", by="clerk", at=RAISED_AT)
    part.move("t1", State.ASSIGNED, by="clerk", at=RAISED_AT + HOUR, note="二班")
    part.note("t1", "阀门已开", by="crew-2", at=RAISED_AT + 2 * HOUR)
    part.move("t1", State.RESOLVED, by="crew-2", at=RAISED_AT + 3 * HOUR)
    closed = part.callback("t1", temp_c=20.5, satisfied=True, by="clerk", at=RAISED_AT + 4 * HOUR)
    assert closed == part.get("t1")
    assert (closed.state, closed.callback_temp_c, closed.satisfied) == (State.CLOSED, 20.5, True)
    assert closed.assigned_to == "crew-2"
    assert (closed.responded_at, closed.closed_at) == (RAISED_AT + HOUR, RAISED_AT + 4 * HOUR)
    history = part.history("t1")
    assert [entry.kind for entry in history] == [
        "opened",
        "assigned",
        "moved",
        "noted",
        "moved",
        "callback",
    ]
    assert (history[2].from_state, history[2].to_state, history[2].note) == (
        State.NEW,
        State.ASSIGNED,
        "二班",
    )
    assert history[-1].parameters == {"temp_c": 20.5, "satisfied": True}


def test_a_discontented_callback_sends_the_ticket_back(records: Records) -> None:
    records.tickets.add(ticket("t1"))
    records.tickets.move("t1", State.RESOLVED, by="crew", at=RAISED_AT)
    again = records.tickets.callback("t1", temp_c=None, satisfied=False, by="clerk", at=RAISED_AT)
    assert (again.state, again.satisfied) == (State.ASSIGNED, False)


def test_a_forbidden_move_leaves_no_trace(records: Records) -> None:
    records.tickets.add(ticket("t1"))
    with pytest.raises(ForbiddenTicketMoveError):
        records.tickets.move("t1", State.CLOSED, by="clerk", at=RAISED_AT)
    with pytest.raises(UnknownTicketError, match="t9"):
        records.tickets.move("t9", State.ASSIGNED, by="clerk", at=RAISED_AT)
    assert records.tickets.get("t1") == ticket("t1")
    assert len(records.tickets.history("t1")) == 1


def test_lists_are_filtered_and_paged(records: Records) -> None:
    part = records.tickets
    for number in range(4):
        part.add(ticket(f"t{number}", household=f"h{number % 2}", hours=number))
    part.add(ticket("t4", household="h4", area_id="abag", hours=4))
    part.move("t0", State.CANCELLED, by="clerk", at=RAISED_AT)

    def names(query: TicketQuery) -> list[str]:
        return [one.ticket_id for one in part.find(query).items]

    assert names(TicketQuery()) == ["t4", "t3", "t2", "t1", "t0"]
    assert names(TicketQuery(household_id="h0")) == ["t2", "t0"]
    assert names(TicketQuery(household_id="h0", open_only=True)) == ["t2"]
    assert names(TicketQuery(states=frozenset({State.CANCELLED}))) == ["t0"]
    assert names(TicketQuery(area_ids=frozenset({"abag"}))) == ["t4"]
    assert names(TicketQuery(since=RAISED_AT + 3 * HOUR)) == ["t4", "t3"]
    page = part.find(TicketQuery(limit=2))
    assert names(TicketQuery(limit=2, cursor=page.next_cursor)) == ["t2", "t1"]
    assert part.get("t4", area_ids=frozenset({"xilinhot"})) is None


def test_a_duplicate_is_the_first_open_ticket_of_the_same_home(records: Records) -> None:
    part = records.tickets
    part.add(ticket("t1"))
    part.add(ticket("t2", hours=1))
    part.add(ticket("other", household="h2"))
    found = part.open_duplicate("h1", since=RAISED_AT)
    assert found is not None
    assert found.ticket_id == "t1"
    assert part.open_duplicate("h1", since=RAISED_AT + 2 * HOUR) is None
    assert part.open_duplicate("h1", since=RAISED_AT, category=TicketCategory.LEAK) is None
    part.move("t1", State.CANCELLED, by="clerk", at=RAISED_AT)
    following = part.open_duplicate("h1", since=RAISED_AT, category=TicketCategory.NO_HEAT)
    assert following is not None
    assert following.ticket_id == "t2"


def test_counts_name_states_and_broken_promises(records: Records) -> None:
    part = records.tickets
    for name in ("t1", "t2"):
        part.add(ticket(name))
    part.move("t2", State.ASSIGNED, by="clerk", at=RAISED_AT + HOUR)
    counts = part.counts(None, now=RAISED_AT + 3 * HOUR)
    assert (counts.by_state[State.NEW], counts.by_state[State.ASSIGNED], counts.by_state[State.CLOSED]) == (
        1,
        1,
        0,
    )
    assert (counts.response_overdue, counts.close_overdue) == (1, 0)
    assert part.counts(None, now=RAISED_AT + 49 * HOUR).close_overdue == 2
    assert part.counts(frozenset({"abag"}), now=RAISED_AT + 49 * HOUR).close_overdue == 0


def test_the_history_cannot_be_changed_by_hand(records: Records, records_url: str) -> None:
    records.tickets.add(ticket("t1"))
    database = open_database(records_url)
    with pytest.raises(DBAPIError, match="append-only"):
        database.write(lambda connection: connection.execute(sa.text("DELETE FROM ticket_events")))
    database.close()
