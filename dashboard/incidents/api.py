"""Incidents: lists, one of them, and the promise of an end."""

from fastapi import APIRouter
from starlette.responses import Response

from dashboard.incidents.actions import IncidentActions, Promise
from dashboard.incidents.models import IncidentView
from dashboard.incidents.view import IncidentViews
from dashboard.web.replies import Limit, Listing, reply
from dashboard.web.security.access import Actor, Staff
from dashboard.web.services import ServicesDep

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["alarms"])


@router.get("/incidents", response_model=Listing[IncidentView])
def incidents(
    viewer: Staff,
    services: ServicesDep,
    open: bool = False,
    cursor: str | None = None,
    limit: Limit = 50,
) -> Response:
    """Incidents, newest first."""
    return reply(services[IncidentViews].page(viewer, open_only=open, cursor=cursor, limit=limit))


@router.get("/incidents/{incident_id}", response_model=IncidentView)
def incident(incident_id: str, viewer: Staff, services: ServicesDep) -> Response:
    """One incident: members, cause with evidence, affected homes."""
    return reply(services[IncidentViews].detail(viewer, incident_id))


@router.post("/incidents/{incident_id}/promise", response_model=IncidentView)
def promise(incident_id: str, body: Promise, viewer: Actor, services: ServicesDep) -> Response:
    """Set or take back the promised end of an incident."""
    services[IncidentActions].promise(viewer, incident_id, body)
    return reply(services[IncidentViews].detail(viewer, incident_id))
