"""The resident's own home: what it measures, and reporting a fault."""

from fastapi import APIRouter
from starlette.responses import Response

from dashboard.residents.models import ResidentHome
from dashboard.residents.view import ResidentViews
from dashboard.tickets.actions import ReportRequest, TicketActions
from dashboard.tickets.models import TicketView
from dashboard.web.replies import End, Listing, MaxPoints, Start, reply, window_of
from dashboard.web.security.access import Resident
from dashboard.web.services import ServicesDep
from dashboard.web.values import TrendColumns
from storage.records.pages import Page

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["resident"])


@router.get("/my/home", response_model=ResidentHome)
def my_home(viewer: Resident, services: ServicesDep) -> Response:
    """The own home: temperature, verdict, incident, tickets."""
    return reply(services[ResidentViews].home(viewer))


@router.get("/my/trend", response_model=TrendColumns)
def my_trend(
    viewer: Resident, services: ServicesDep, start: Start = None, end: End = None, max_points: MaxPoints = 600
) -> Response:
    """The own room temperature over a window."""
    window = window_of(start, end, now=services.clock.now())
    return reply(services[ResidentViews].trend(viewer, window, max_points=max_points))


@router.get("/my/tickets", response_model=Listing[TicketView])
def my_tickets(viewer: Resident, services: ServicesDep) -> Response:
    """The own tickets, newest first."""
    return reply(Page(services[ResidentViews].tickets(viewer)))


@router.post("/my/tickets", status_code=201, response_model=TicketView)
def report_fault(body: ReportRequest, viewer: Resident, services: ServicesDep) -> Response:
    """Report a fault in the own home."""
    kept = services[TicketActions].report(viewer, body)
    own = services[ResidentViews].tickets(viewer)
    return reply(next(ticket for ticket in own if ticket.ticket_id == kept.ticket_id), 201)
