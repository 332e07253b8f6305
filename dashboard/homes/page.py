"""The clerk's console: search, household card, ticket intake."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from dashboard.figures.sparkline import day_curve
from dashboard.homes.models import HouseholdCard, HouseholdHit
from dashboard.homes.search_misses import SearchMiss
from dashboard.homes.view import HouseholdViews
from dashboard.tickets.actions import TicketActions, TicketRequest
from dashboard.web.context import page_response, reader_of
from dashboard.web.languages import N_
from dashboard.web.security.access import Clerk
from dashboard.web.security.viewer import Viewer
from dashboard.web.services import Services, ServicesDep

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_SHORTEST_SEARCH = 2
_TAKEN = N_("已登记工单 %(id)s。")
_MERGED = N_("已登记 %(id)s，并入 %(first)s。")


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
        chart=_chart(request, viewer, services, card),
        notice=notice,
        notice_bad=False,
    )


@router.get("/hotline/households/{household_id}/phone")
def phone(request: Request, viewer: Clerk, services: ServicesDep, household_id: str) -> Response:
    """Return the whole phone number as a piece of the card or of an alarm; the look is audited."""
    number = services[HouseholdViews].phone(viewer, household_id)
    return page_response(request, viewer, "homes/phone.html", number=number)


@router.post("/hotline/households/{household_id}/tickets")
def open_ticket(
    viewer: Clerk,
    services: ServicesDep,
    household_id: str,
    wanted: Annotated[TicketRequest, Form()],
) -> Response:
    """Open a ticket and show the card again, with the ticket in it."""
    ticket = services[TicketActions].open(viewer, household_id, wanted)
    return RedirectResponse(f"/hotline/households/{household_id}?taken={ticket.ticket_id}", 303)


def _chart(request: Request, viewer: Viewer, services: Services, card: HouseholdCard) -> Markup:
    reader = reader_of(request, viewer)
    return day_curve(
        card.day_series, standard_c=card.day.standard_c, now=services.clock.now(), localiser=reader
    )


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
