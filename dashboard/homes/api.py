"""Households for the clerk, their tickets, and the resident's own home."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from dashboard.alarms.models import TicketView
from dashboard.homes.models import HouseholdCard, HouseholdHit, ResidentHome
from dashboard.homes.view import HouseholdViews
from dashboard.tickets.actions import NewTicket, TicketDesk
from dashboard.tickets.view import TicketFilter, TicketViews
from dashboard.web.refusals import InvalidRequestError
from dashboard.web.replies import End, Limit, Listing, MaxPoints, PlainText, Start, reply, window_of, words_of
from dashboard.web.security.access import Clerk, Resident
from dashboard.web.services import ServicesDep
from dashboard.web.values import TrendColumns
from heating.tickets import TicketCategory, TicketState, TicketUrgency
from storage.records.pages import Page

__all__ = ["router"]

router = APIRouter(prefix="/api/v1")

_STATES: dict[str, tuple[str, ...]] = {
    **{state.value: (state.value,) for state in TicketState},
    "open": tuple(s.value for s in TicketState if s not in (TicketState.CLOSED, TicketState.CANCELLED)),
}


class TicketBody(BaseModel):
    """A new ticket; category and urgency are proposed from the home's card when left out."""

    household_id: PlainText = Field(min_length=1, max_length=128)
    category: TicketCategory | None = None
    urgency: TicketUrgency | None = None
    description: PlainText = Field("", max_length=2000)


class MyTicketBody(BaseModel):
    """A resident's report."""

    category: TicketCategory | None = None
    description: PlainText = Field("", max_length=2000)


class TicketChange(BaseModel):
    """What changes of a ticket."""

    state: TicketState | None = None
    assigned_to: PlainText | None = Field(None, max_length=128, description="Empty takes it from everybody.")
    note: PlainText = Field("", max_length=2000)


class CallbackBody(BaseModel):
    """The call after the repair."""

    room_temp_c: float | None = Field(
        None, ge=-30, le=60, description="Room temperature told or measured [°C]."
    )
    satisfied: bool
    note: PlainText = Field("", max_length=2000)


@router.get("/search", response_model=Listing[HouseholdHit], tags=["households"])
def search(
    viewer: Clerk,
    services: ServicesDep,
    q: Annotated[str, Query(max_length=64)],
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> Response:
    """Households by phone digits, pinyin initials, names, address fragments."""
    return reply(Page(services[HouseholdViews].search(viewer, q, limit=limit)))


@router.get("/households/{household_id}/card", response_model=HouseholdCard, tags=["households"])
def card(household_id: str, viewer: Clerk, services: ServicesDep) -> Response:
    """Room now and 24 h against the standard, station, incidents, probable cause with evidence, script; audited."""
    return reply(services[HouseholdViews].card(viewer, household_id))


@router.get("/households/{household_id}/trend", response_model=TrendColumns, tags=["households"])
def household_trend(
    household_id: str,
    viewer: Clerk,
    services: ServicesDep,
    start: Start = None,
    end: End = None,
    max_points: MaxPoints = 1500,
) -> Response:
    """Room and outdoor temperature of a home over a window; audited."""
    window = window_of(start, end, now=services.clock.now())
    return reply(services[HouseholdViews].trend(viewer, household_id, window, max_points=max_points))


@router.post("/tickets", status_code=201, response_model=TicketView, tags=["tickets"])
def open_ticket(body: TicketBody, viewer: Clerk, services: ServicesDep) -> Response:
    """Take a ticket: promises, linked incident and duplicates are filled in."""
    kept = services[TicketDesk].open(
        viewer,
        NewTicket(
            household_id=body.household_id,
            category=body.category,
            urgency=body.urgency,
            description=body.description,
        ),
    )
    return reply(services[TicketViews].detail(viewer, kept.ticket_id), 201)


@router.get("/tickets", response_model=Listing[TicketView], tags=["tickets"])
def tickets(  # the parameters are the filter
    viewer: Clerk,
    services: ServicesDep,
    state: Annotated[list[str], Query(description="States of tickets, or open.")] = [],  # noqa: B006
    household: str | None = None,
    incident: str | None = None,
    since: datetime | None = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> Response:
    """Tickets, newest first."""
    if since is not None and since.tzinfo is None:
        raise InvalidRequestError("since needs a time zone, for example 2026-01-15T00:00:00Z")
    wanted = TicketFilter(
        states=words_of(state, allowed=_STATES, name="state"),
        household_id=household,
        incident_id=incident,
        since=since,
        cursor=cursor,
        limit=limit,
    )
    return reply(services[TicketViews].page(viewer, wanted))


@router.get("/tickets/{ticket_id}", response_model=TicketView, tags=["tickets"])
def ticket(ticket_id: str, viewer: Clerk, services: ServicesDep) -> Response:
    """One ticket with its history."""
    return reply(services[TicketViews].detail(viewer, ticket_id))


@router.patch("/tickets/{ticket_id}", response_model=TicketView, tags=["tickets"])
def change_ticket(ticket_id: str, body: TicketChange, viewer: Clerk, services: ServicesDep) -> Response:
    """Move a ticket, assign it, add a note; 409 when the move is not allowed."""
    services[TicketDesk].move(viewer, ticket_id, to=body.state, assigned_to=body.assigned_to, note=body.note)
    return reply(services[TicketViews].detail(viewer, ticket_id))


@router.post("/tickets/{ticket_id}/callback", response_model=TicketView, tags=["tickets"])
def callback(ticket_id: str, body: CallbackBody, viewer: Clerk, services: ServicesDep) -> Response:
    """Keep the answer of the call after the repair: content closes the ticket, not content sends it back."""
    services[TicketDesk].callback(
        viewer, ticket_id, temp_c=body.room_temp_c, satisfied=body.satisfied, note=body.note
    )
    return reply(services[TicketViews].detail(viewer, ticket_id))


@router.get("/my/home", response_model=ResidentHome, tags=["resident"])
def my_home(viewer: Resident, services: ServicesDep) -> Response:
    """The own home: temperature, verdict, incident, tickets."""
    return reply(services[HouseholdViews].my_home(viewer))


@router.get("/my/trend", response_model=TrendColumns, tags=["resident"])
def my_trend(
    viewer: Resident, services: ServicesDep, start: Start = None, end: End = None, max_points: MaxPoints = 600
) -> Response:
    """The own room temperature over a window."""
    window = window_of(start, end, now=services.clock.now())
    return reply(services[HouseholdViews].my_trend(viewer, window, max_points=max_points))


@router.get("/my/tickets", response_model=Listing[TicketView], tags=["resident"])
def my_tickets(viewer: Resident, services: ServicesDep) -> Response:
    """The own tickets, newest first."""
    return reply(Page(services[HouseholdViews].my_tickets(viewer)))


@router.post("/my/tickets", status_code=201, response_model=TicketView, tags=["resident"])
def report_fault(body: MyTicketBody, viewer: Resident, services: ServicesDep) -> Response:
    """Report a fault in the own home."""
    wanted = NewTicket(
        household_id=viewer.household_id or "", category=body.category, description=body.description
    )
    kept = services[TicketDesk].open(viewer, wanted)
    own = services[HouseholdViews].my_tickets(viewer)
    return reply(next(ticket for ticket in own if ticket.ticket_id == kept.ticket_id), 201)
