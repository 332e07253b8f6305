"""The dispatcher's pages of incidents, and the promise of an end that residents and clerks read."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from dashboard.incidents.actions import IncidentActions, Promise
from dashboard.incidents.view import IncidentViews
from dashboard.web.context import page_response, reader_of
from dashboard.web.languages import N_
from dashboard.web.refusals import UnfitActionError
from dashboard.web.security.access import Actor, Staff
from dashboard.web.security.viewer import ACTORS, Viewer
from dashboard.web.services import ServicesDep

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_USUAL_S = (1800, 3600, 7200, 14_400, 28_800, 86_400)
"""Ends that one press promises, from now [s]."""
_UNFIT_END = N_("预计恢复时间要在现在之后、7 天之内。")


@router.get("/incidents")
def incidents(
    request: Request,
    viewer: Staff,
    services: ServicesDep,
    all: Annotated[str, Query(max_length=1)] = "",
    cursor: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """Show a page of incidents."""
    found = services[IncidentViews].page(viewer, open_only=not all, cursor=cursor or None)
    return page_response(
        request,
        viewer,
        "incidents/incidents.html",
        incidents=found.items,
        next_cursor=found.next_cursor,
        open_only=not all,
    )


@router.get("/incidents/{incident_id}")
def incident(request: Request, viewer: Staff, services: ServicesDep, incident_id: str) -> Response:
    """Show one incident: cause, affected homes, members, timeline."""
    return _page(request, viewer, services, incident_id)


@router.post("/incidents/{incident_id}/promise")
def promise(
    request: Request,
    viewer: Actor,
    services: ServicesDep,
    incident_id: str,
    after_s: Annotated[int | None, Form(ge=60, le=604_800)] = None,
    end: Annotated[str, Form(max_length=32)] = "",
    withdraw: Annotated[str, Form(max_length=4)] = "",
) -> Response:
    """Promise an end: so many seconds from now, or a clock time of the site; or take the promise back."""
    try:
        estimated_end = None if withdraw else _promised(request, viewer, services, after_s, end)
        services[IncidentActions].promise(viewer, incident_id, Promise(estimated_end=estimated_end))
    except UnfitActionError:
        return _page(request, viewer, services, incident_id, failed=True)
    return RedirectResponse(f"/incidents/{incident_id}", 303)


def _promised(
    request: Request, viewer: Viewer, services: ServicesDep, after_s: int | None, end: str
) -> datetime:
    if after_s is not None:
        return services.clock.now() + timedelta(seconds=after_s)
    try:
        local = datetime.fromisoformat(end)
    except ValueError as error:
        raise UnfitActionError("the end is no date with a time") from error
    return local if local.tzinfo is not None else local.replace(tzinfo=reader_of(request, viewer).zone)


def _page(
    request: Request, viewer: Viewer, services: ServicesDep, incident_id: str, *, failed: bool = False
) -> Response:
    reader = reader_of(request, viewer)
    view = services[IncidentViews].detail(viewer, incident_id)
    suggested = view.estimated_end or services.clock.now() + timedelta(hours=2)
    return page_response(
        request,
        viewer,
        "incidents/incident.html",
        status=422 if failed else 200,
        incident=view,
        may_promise=viewer.has(*ACTORS) and view.cleared_at is None,
        usual_s=_USUAL_S,
        suggested=suggested.astimezone(reader.zone).strftime("%Y-%m-%dT%H:%M"),
        notice=reader.text(_UNFIT_END) if failed else "",
    )
