"""Tickets for the clerk: open, list, change, call back."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from dashboard.tickets.actions import CallbackRequest, TicketActions, TicketChange, TicketRequest
from dashboard.tickets.models import TicketView
from dashboard.tickets.view import TicketViews
from dashboard.web.replies import Limit, Listing, Moment, PlainText, reply, words_of
from dashboard.web.security.access import Clerk, Crew
from dashboard.web.services import ServicesDep
from heating.tickets import TicketState
from storage.records.queries import TicketQuery

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["tickets"])

_STATES: dict[str, tuple[str, ...]] = {
    **{state.value: (state.value,) for state in TicketState},
    "open": tuple(s.value for s in TicketState if s not in (TicketState.CLOSED, TicketState.CANCELLED)),
}


class TicketBody(TicketRequest):
    """A new ticket of a home."""

    household_id: PlainText = Field(min_length=1, max_length=128)


@router.post("/tickets", status_code=201, response_model=TicketView)
def open_ticket(body: TicketBody, viewer: Clerk, services: ServicesDep) -> Response:
    """Open a ticket: promises, linked incident and duplicates are filled in."""
    kept = services[TicketActions].open(viewer, body.household_id, body)
    return reply(services[TicketViews].detail(viewer, kept.ticket_id), 201)


@router.get("/tickets", response_model=Listing[TicketView])
def tickets(  # the parameters are the filter
    viewer: Crew,
    services: ServicesDep,
    state: Annotated[list[str], Query(description="States of tickets, or open.")] = [],  # noqa: B006
    household: str | None = None,
    incident: str | None = None,
    since: Moment | None = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> Response:
    """Tickets, newest first."""
    query = TicketQuery(
        states=frozenset(map(TicketState, words_of(state, allowed=_STATES, name="state"))) or None,
        household_id=household,
        incident_id=incident,
        since=since,
        cursor=cursor,
        limit=limit,
    )
    return reply(services[TicketViews].page(viewer, query))


@router.get("/tickets/{ticket_id}", response_model=TicketView)
def ticket(ticket_id: str, viewer: Crew, services: ServicesDep) -> Response:
    """One ticket with its history."""
    return reply(services[TicketViews].detail(viewer, ticket_id))


@router.patch("/tickets/{ticket_id}", response_model=TicketView)
def change_ticket(ticket_id: str, body: TicketChange, viewer: Clerk, services: ServicesDep) -> Response:
    """Move a ticket, assign it, add a note; 409 when the move is not allowed."""
    services[TicketActions].change(viewer, ticket_id, body)
    return reply(services[TicketViews].detail(viewer, ticket_id))


@router.post("/tickets/{ticket_id}/callback", response_model=TicketView)
def callback(ticket_id: str, body: CallbackRequest, viewer: Clerk, services: ServicesDep) -> Response:
    """Keep the answer of the call after the repair: content closes the ticket, not content sends it back."""
    services[TicketActions].call_back(viewer, ticket_id, body)
    return reply(services[TicketViews].detail(viewer, ticket_id))
