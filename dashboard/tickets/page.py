"""The clerk's pages of tickets: lists, one ticket, its moves and the callback after the repair."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from dashboard.tickets.actions import CallbackRequest, TicketActions, TicketChange
from dashboard.tickets.view import TicketViews
from dashboard.web.context import page_response, reader_of
from dashboard.web.languages import N_
from dashboard.web.refusals import UnfitActionError
from dashboard.web.security.access import Clerk, Crew
from dashboard.web.security.viewer import Viewer
from dashboard.web.services import Services, ServicesDep
from heating.tickets import ForbiddenTicketMoveError, TicketState
from storage.records.queries import TicketQuery

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_TABS = (
    ("open", N_("未办结")),
    ("resolved", N_("待回访")),
    ("closed", N_("已结束")),
    ("all", N_("全部")),
)
_TAB_STATES = {
    "open": frozenset({TicketState.NEW, TicketState.ASSIGNED, TicketState.ON_SITE, TicketState.WAITING}),
    "resolved": frozenset({TicketState.RESOLVED}),
    "closed": frozenset({TicketState.CLOSED, TicketState.CANCELLED}),
    "all": None,
}
_WHY_CANCELLED = N_("撤销工单要写明原因。")
_MOVE_REFUSED = N_("工单的状态刚刚变了，不能这样推进。请看最新状态。")


@router.get("/tickets")
def tickets(
    request: Request,
    viewer: Crew,
    services: ServicesDep,
    tab: Annotated[str, Query(max_length=20)] = "open",
    cursor: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """Show a page of tickets."""
    tab = tab if tab in _TAB_STATES else "open"
    found = services[TicketViews].page(
        viewer, TicketQuery(states=_TAB_STATES[tab], cursor=cursor or None, limit=50)
    )
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
def ticket(request: Request, viewer: Crew, services: ServicesDep, ticket_id: str) -> Response:
    """Show one ticket."""
    found = services[TicketViews].detail(viewer, ticket_id)
    return page_response(request, viewer, "tickets/ticket.html", ticket=found, notice="")


@router.post("/tickets/{ticket_id}/move")
def change_ticket(
    request: Request,
    viewer: Clerk,
    services: ServicesDep,
    ticket_id: str,
    state: Annotated[TicketState, Form()],
    assigned_to: Annotated[str, Form(max_length=60)] = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Change the state of a ticket; one that somebody else changed meanwhile is shown as it is now."""
    wanted = TicketChange(state=state, assigned_to=assigned_to.strip() or None, note=note)
    try:
        services[TicketActions].change(viewer, ticket_id, wanted)
    except ForbiddenTicketMoveError:
        return _refused(request, viewer, services, ticket_id, 409, _MOVE_REFUSED)
    except UnfitActionError:
        return _refused(request, viewer, services, ticket_id, 422, _WHY_CANCELLED)
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
    room_temp_c = float(temperature_c) if temperature_c else None
    answer = CallbackRequest(room_temp_c=room_temp_c, satisfied=satisfied == "yes", note=note)
    services[TicketActions].call_back(viewer, ticket_id, answer)
    return RedirectResponse(f"/tickets/{ticket_id}", 303)


def _refused(
    request: Request, viewer: Viewer, services: Services, ticket_id: str, status: int, why: str
) -> Response:
    """Show a ticket as it is now, with why it was not changed."""
    found = services[TicketViews].detail(viewer, ticket_id)
    notice = reader_of(request, viewer).text(why)
    return page_response(request, viewer, "tickets/ticket.html", status=status, ticket=found, notice=notice)
