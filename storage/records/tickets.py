"""Tickets of the hotline in the database, with their append-only history."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from heating.errors import HeatingError
from heating.tickets import Ticket, TicketCategory, TicketState, TicketUrgency, move_ticket
from storage.records.access import within_areas
from storage.records.database import Database
from storage.records.pages import Page, after_cursor, page_of
from storage.records.queries import TicketCounts, TicketQuery, page_size
from storage.records.schema.tickets import ticket_events, tickets

__all__ = ["TicketEvent", "TicketExistsError", "TicketRecords", "UnknownTicketError"]

_FIELDS = tuple(one.name for one in fields(Ticket))
_FINAL = (str(TicketState.CLOSED), str(TicketState.CANCELLED))
_OPEN = tickets.c.state.not_in(_FINAL)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What a change leaves in the history, beside the states."""

    kind: str
    at: datetime
    by: str
    note: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)


class TicketRecords:
    """Tickets; the state machine is `heating.tickets.move_ticket`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, ticket: Ticket) -> Ticket:
        """Keep a new ticket. Raises `TicketExistsError`."""
        entry = _Entry(kind="opened", at=ticket.opened_at, by=ticket.opened_by)

        def work(connection: sa.Connection) -> Ticket:
            connection.execute(sa.insert(tickets).values(_row(ticket)))
            _keep(connection, None, ticket, entry)
            return ticket

        try:
            return self._database.write(work)
        except IntegrityError as error:
            raise TicketExistsError(f"there is a ticket {ticket.ticket_id!r} already") from error

    def get(self, ticket_id: str, *, area_ids: frozenset[str] | None = None) -> Ticket | None:
        """Return a ticket, None when it is unknown or outside the areas."""
        found = self._tickets(
            sa.select(tickets).where(
                tickets.c.ticket_id == ticket_id, within_areas(tickets.c.area_id, area_ids)
            )
        )
        return found[0] if found else None

    def find(self, query: TicketQuery) -> Page[Ticket]:
        """Return a page of tickets, newest first."""
        size = page_size(query.limit)
        statement = (
            sa.select(tickets)
            .where(
                *_conditions(query),
                within_areas(tickets.c.area_id, query.area_ids),
                after_cursor(tickets.c.opened_at, tickets.c.ticket_id, query.cursor),
            )
            .order_by(tickets.c.opened_at.desc(), tickets.c.ticket_id.desc())
            .limit(size + 1)
        )
        return page_of(self._tickets(statement), size, lambda one: (one.opened_at, one.ticket_id))

    def move(self, ticket_id: str, to: TicketState, *, by: str, at: datetime, note: str = "") -> Ticket:
        """Move a ticket. Raises `UnknownTicketError`, `heating.tickets.ForbiddenTicketMoveError`."""
        entry = _Entry(kind="moved", at=at, by=by, note=note)
        return self._change(ticket_id, lambda ticket: move_ticket(ticket, to, at=at), entry)

    def note(self, ticket_id: str, text: str, *, by: str, at: datetime) -> None:
        """Add a note to the history. Raises `UnknownTicketError`."""
        self._change(ticket_id, lambda ticket: ticket, _Entry(kind="noted", at=at, by=by, note=text))

    def assign(self, ticket_id: str, assigned_to: str | None, *, by: str, at: datetime) -> Ticket:
        """Say who works on it (the state does not change). Raises `UnknownTicketError`."""
        entry = _Entry(kind="assigned", at=at, by=by, parameters={"assigned_to": assigned_to})
        return self._change(ticket_id, lambda ticket: replace(ticket, assigned_to=assigned_to), entry)

    def callback(
        self, ticket_id: str, *, temp_c: float | None, satisfied: bool, by: str, at: datetime
    ) -> Ticket:
        """Keep the answer of the call after the repair: room temperature [°C] and whether people are content.

        A resolved ticket is closed by a content answer and goes back to assigned by the other. Raises
        `UnknownTicketError`.
        """

        def change(ticket: Ticket) -> Ticket:
            answered = replace(ticket, callback_temp_c=temp_c, satisfied=satisfied)
            if ticket.state is not TicketState.RESOLVED:
                return answered
            return move_ticket(answered, TicketState.CLOSED if satisfied else TicketState.ASSIGNED, at=at)

        answer: dict[str, object] = {"temp_c": temp_c, "satisfied": satisfied}
        return self._change(ticket_id, change, _Entry(kind="callback", at=at, by=by, parameters=answer))

    def history(self, ticket_id: str) -> list[TicketEvent]:
        """Return the history of a ticket in order."""
        statement = (
            sa.select(ticket_events)
            .where(ticket_events.c.ticket_id == ticket_id)
            .order_by(ticket_events.c.sequence)
        )
        with self._database.reading() as connection:
            return [_event(row) for row in connection.execute(statement).mappings()]

    def open_duplicate(
        self, household_id: str, *, since: datetime, category: TicketCategory | None = None
    ) -> Ticket | None:
        """Return the first ticket of a home opened at or after `since` that is neither closed nor a duplicate."""
        statement = (
            sa.select(tickets)
            .where(
                tickets.c.household_id == household_id,
                tickets.c.opened_at >= since,
                tickets.c.duplicate_of.is_(None),
                _OPEN,
            )
            .order_by(tickets.c.opened_at, tickets.c.ticket_id)
            .limit(1)
        )
        if category is not None:
            statement = statement.where(tickets.c.category == str(category))
        found = self._tickets(statement)
        return found[0] if found else None

    def counts(self, area_ids: frozenset[str] | None, *, now: datetime) -> TicketCounts:
        """Return tickets by state and the promises broken at `now`."""
        seen = within_areas(tickets.c.area_id, area_ids)
        by_state = dict.fromkeys(TicketState, 0)
        late_response = sa.and_(_OPEN, tickets.c.responded_at.is_(None), tickets.c.first_response_due < now)
        late_close = sa.and_(_OPEN, tickets.c.close_due < now)
        with self._database.reading() as connection:
            grouped = sa.select(tickets.c.state, sa.func.count()).where(seen).group_by(tickets.c.state)
            for state, number in connection.execute(grouped):
                by_state[TicketState(state)] = number
            overdue = [
                connection.scalar(sa.select(sa.func.count()).select_from(tickets).where(seen, late)) or 0
                for late in (late_response, late_close)
            ]
        return TicketCounts(by_state, response_overdue=overdue[0], close_overdue=overdue[1])

    def _tickets(self, statement: sa.Select[tuple[object, ...]]) -> list[Ticket]:
        with self._database.reading() as connection:
            return [_ticket(row) for row in connection.execute(statement).mappings()]

    def _change(self, ticket_id: str, change: Callable[[Ticket], Ticket], entry: _Entry) -> Ticket:
        def work(connection: sa.Connection) -> Ticket:
            statement = sa.select(tickets).where(tickets.c.ticket_id == ticket_id).with_for_update()
            row = connection.execute(statement).mappings().one_or_none()
            if row is None:
                raise UnknownTicketError(f"no ticket {ticket_id!r}")
            before = _ticket(row)
            after = change(before)
            if after != before:
                connection.execute(
                    sa.update(tickets).where(tickets.c.ticket_id == ticket_id).values(_row(after))
                )
            _keep(connection, before, after, entry)
            return after

        return self._database.write(work)


def _keep(connection: sa.Connection, before: Ticket | None, after: Ticket, entry: _Entry) -> None:
    moved = before is None or before.state is not after.state
    connection.execute(
        sa.insert(ticket_events).values(
            ticket_id=after.ticket_id,
            kind=entry.kind,
            at=entry.at,
            by=entry.by,
            from_state=str(before.state) if before is not None and moved else None,
            to_state=str(after.state) if moved else None,
            note=entry.note,
            parameters=dict(entry.parameters),
        )
    )


def _row(ticket: Ticket) -> dict[str, Any]:
    row = {name: getattr(ticket, name) for name in _FIELDS}
    return row | {name: str(row[name]) for name in ("category", "urgency", "state")}


def _ticket(row: sa.RowMapping) -> Ticket:
    plain = {name: row[name] for name in _FIELDS}
    return Ticket(
        **{
            **plain,
            "category": TicketCategory(row["category"]),
            "urgency": TicketUrgency(row["urgency"]),
            "state": TicketState(row["state"]),
        }
    )


def _event(row: sa.RowMapping) -> TicketEvent:
    states = {
        name: None if row[name] is None else TicketState(row[name]) for name in ("from_state", "to_state")
    }
    return TicketEvent(**{**row, **states})


def _conditions(query: TicketQuery) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if query.household_id is not None:
        conditions.append(tickets.c.household_id == query.household_id)
    if query.incident_id is not None:
        conditions.append(tickets.c.incident_id == query.incident_id)
    if query.states is not None:
        conditions.append(tickets.c.state.in_(sorted(query.states)))
    if query.open_only:
        conditions.append(_OPEN)
    if query.since is not None:
        conditions.append(tickets.c.opened_at >= query.since)
    return conditions
