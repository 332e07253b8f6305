"""The clerk's console: search, household card, ticket intake; and the pages of tickets."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from dashboard.homes.models import HouseholdHit
from dashboard.homes.search_misses import SearchMiss
from dashboard.homes.view import HouseholdViews
from dashboard.tickets.actions import NewTicket, TicketDesk
from dashboard.tickets.view import TicketFilter, TicketViews
from dashboard.web.context import page_response, reader_of
from dashboard.web.languages import N_
from dashboard.web.security.access import Clerk
from dashboard.web.security.viewer import Viewer
from dashboard.web.services import Services, ServicesDep
from heating.tickets import ForbiddenTicketMoveError, TicketCategory, TicketState, TicketUrgency

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


_SHORTEST_SEARCH = 2
_TABS = (
    ("open", N_("未办结")),
    ("resolved", N_("待回访")),
    ("closed", N_("已结束")),
    ("all", N_("全部")),
)
_TAB_STATES = {
    "open": frozenset({"new", "assigned", "on_site", "waiting"}),
    "resolved": frozenset({"resolved"}),
    "closed": frozenset({"closed", "cancelled"}),
    "all": frozenset[str](),
}
_TAKEN = N_("已登记工单 %(id)s。")
_MERGED = N_("已登记 %(id)s，并入 %(first)s。")
_MOVE_REFUSED = N_("工单的状态刚刚变了，不能这样推进。请看最新状态。")


@router.get("/hotline")
def console(
    request: Request, viewer: Clerk, services: ServicesDep, q: Annotated[str, Query(max_length=80)] = ""
) -> Response:
    """Show the console, with the hits of a search sent as a plain form."""
    found = _hits(services, viewer, q)
    return page_response(
        request,
        viewer,
        "homes/console.html",
        text=q.strip(),
        hits=found,
        miss=_miss(services, viewer, q, found),
        card=None,
        notice="",
        notice_bad=False,
    )


@router.get("/hotline/search")
def search(
    request: Request, viewer: Clerk, services: ServicesDep, q: Annotated[str, Query(max_length=80)] = ""
) -> Response:
    """Return the hits as a piece of the console."""
    found = _hits(services, viewer, q)
    miss = _miss(services, viewer, q, found)
    return page_response(request, viewer, "homes/hits.html", text=q.strip(), hits=found, miss=miss, card=None)


@router.get("/hotline/households/{household_id}")
def household(
    request: Request,
    viewer: Clerk,
    services: ServicesDep,
    household_id: str,
    q: Annotated[str, Query(max_length=80)] = "",
    taken: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Show the card of a home beside the search it came from; `taken` is the ticket just taken."""
    card = services[HouseholdViews].card(viewer, household_id)
    notice = ""
    ticket = next((ticket for ticket in card.tickets if taken and ticket.ticket_id == taken), None)
    if ticket is not None:
        text = _MERGED if ticket.duplicate_of else _TAKEN
        notice = reader_of(request, viewer).text(text, id=ticket.ticket_id, first=ticket.duplicate_of)
    fragment = request.headers.get("hx-request") == "true"
    found = [] if fragment else _hits(services, viewer, q)
    return page_response(
        request,
        viewer,
        "homes/card.html" if fragment else "homes/console.html",
        text=q.strip(),
        hits=found,
        miss=None if fragment else _miss(services, viewer, q, found),
        card=card,
        notice=notice,
        notice_bad=False,
    )


@router.post("/hotline/households/{household_id}/tickets")
def take_ticket(
    viewer: Clerk,
    services: ServicesDep,
    household_id: str,
    category: Annotated[TicketCategory, Form()],
    urgency: Annotated[TicketUrgency, Form()],
    description: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Take a ticket and show the card again, with the ticket in it."""
    wanted = NewTicket(household_id=household_id, category=category, urgency=urgency, description=description)
    ticket = services[TicketDesk].open(viewer, wanted)
    return RedirectResponse(f"/hotline/households/{household_id}?taken={ticket.ticket_id}", 303)


@router.get("/tickets")
def tickets(
    request: Request,
    viewer: Clerk,
    services: ServicesDep,
    tab: Annotated[str, Query(max_length=20)] = "open",
    cursor: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """Show a page of tickets."""
    tab = tab if tab in _TAB_STATES else "open"
    found = services[TicketViews].page(viewer, TicketFilter(states=_TAB_STATES[tab], cursor=cursor or None))
    return page_response(
        request,
        viewer,
        "tickets/tickets.html",
        tabs=_TABS,
        tab=tab,
        tickets=found.items,
        next_cursor=found.next_cursor,
    )


@router.get("/tickets/{ticket_id}")
def ticket(request: Request, viewer: Clerk, services: ServicesDep, ticket_id: str) -> Response:
    """Show one ticket."""
    found = services[TicketViews].detail(viewer, ticket_id)
    return page_response(request, viewer, "tickets/ticket.html", ticket=found, notice="")


@router.post("/tickets/{ticket_id}/move")
def move_ticket(
    request: Request,
    viewer: Clerk,
    services: ServicesDep,
    ticket_id: str,
    state: Annotated[TicketState, Form()],
    assigned_to: Annotated[str, Form(max_length=60)] = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Move a ticket on; one that has moved meanwhile is shown as it now is."""
    try:
        services[TicketDesk].move(
            viewer, ticket_id, to=state, assigned_to=assigned_to.strip() or None, note=note
        )
    except ForbiddenTicketMoveError:
        notice = reader_of(request, viewer).text(_MOVE_REFUSED)
        found = services[TicketViews].detail(viewer, ticket_id)
        return page_response(request, viewer, "tickets/ticket.html", status=409, ticket=found, notice=notice)
    return RedirectResponse(f"/tickets/{ticket_id}", 303)


@router.post("/tickets/{ticket_id}/callback")
def call_back(
    viewer: Clerk,
    services: ServicesDep,
    ticket_id: str,
    satisfied: Annotated[str, Form(pattern="^(yes|no)$")],
    temperature_c: Annotated[str, Form(pattern=r"^(-?\d{1,2}(\.\d{1,2})?)?$")] = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Keep what the household said after the repair."""
    services[TicketDesk].callback(
        viewer,
        ticket_id,
        temp_c=float(temperature_c) if temperature_c else None,
        satisfied=satisfied == "yes",
        note=note,
    )
    return RedirectResponse(f"/tickets/{ticket_id}", 303)


def _hits(services: Services, viewer: Viewer, text: str) -> list[HouseholdHit]:
    wanted = text.strip()
    return services[HouseholdViews].search(viewer, wanted) if len(wanted) >= _SHORTEST_SEARCH else []


def _miss(services: Services, viewer: Viewer, text: str, found: list[HouseholdHit]) -> SearchMiss | None:
    wanted = text.strip()
    return (
        None
        if found or len(wanted) < _SHORTEST_SEARCH
        else services[HouseholdViews].search_miss(viewer, wanted)
    )
