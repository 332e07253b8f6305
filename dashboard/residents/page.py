"""The resident's phone: the own home, a fault report, large text. Works without scripts; nothing but the own home."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from dashboard.figures.sparkline import day_curve
from dashboard.residents.view import ResidentViews
from dashboard.tickets.actions import ReportRequest, TicketActions
from dashboard.web.context import TEXT_SIZE_COOKIE, page_response, reader_of
from dashboard.web.languages import N_
from dashboard.web.security.access import Resident
from dashboard.web.security.accounts import Accounts
from dashboard.web.security.viewer import Viewer
from dashboard.web.services import Services, ServicesDep

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_YEAR_S = 365 * 86_400
_TAKEN = N_("已收到您的报修，进度会显示在下面。")


@router.get("/my")
def my_home(
    request: Request,
    viewer: Resident,
    services: ServicesDep,
    taken: Annotated[str, Query(max_length=1)] = "",
) -> Response:
    """Show the own home."""
    return _home(request, viewer, services, "residents/home.html", taken=bool(taken))


@router.get("/my/sections")
def my_sections(request: Request, viewer: Resident, services: ServicesDep) -> Response:
    """Return the sections of the page, for its refresh."""
    return _home(request, viewer, services, "residents/home_sections.html", taken=False)


@router.post("/my/tickets")
def report_fault(
    viewer: Resident,
    services: ServicesDep,
    wanted: Annotated[ReportRequest, Form()],
) -> Response:
    """Report a fault in the own home."""
    services[TicketActions].report(viewer, wanted)
    return RedirectResponse("/my?taken=1", 303)


@router.post("/my/text-size")
def text_size(
    _viewer: Resident, services: ServicesDep, size: Annotated[str, Form(pattern="^(large|normal)$")]
) -> Response:
    """Keep the size of the text in a cookie."""
    response = RedirectResponse("/my", 303)
    secure = services[Accounts].cookie_secure
    if size == "large":
        response.set_cookie(
            TEXT_SIZE_COOKIE, "large", max_age=_YEAR_S, secure=secure, httponly=True, samesite="lax"
        )
    else:
        response.delete_cookie(TEXT_SIZE_COOKIE, secure=secure, httponly=True, samesite="lax")
    return response


def _home(request: Request, viewer: Viewer, services: Services, template: str, *, taken: bool) -> Response:
    home = services[ResidentViews].home(viewer)
    reader = reader_of(request, viewer)
    chart = day_curve(home.day_series, standard_c=home.standard_c, now=services.clock.now(), localiser=reader)
    notice = reader.text(_TAKEN) if taken else ""
    return page_response(request, viewer, template, home=home, chart=chart, notice=notice)
