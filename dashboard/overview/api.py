"""The figures of the first page."""

from fastapi import APIRouter
from starlette.responses import Response

from dashboard.overview.models import Overview
from dashboard.overview.view import OverviewView
from dashboard.web.replies import reply
from dashboard.web.security.access import Observer
from dashboard.web.services import ServicesDep

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["stations"])


@router.get("/overview", response_model=Overview)
def overview(viewer: Observer, services: ServicesDep) -> Response:
    """Counts, pass rate, stations online, open alarms by priority, outdoor now, data age."""
    return reply(services[OverviewView].overview(viewer))
