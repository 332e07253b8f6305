"""Buildings and communities."""

from fastapi import APIRouter
from starlette.responses import Response

from dashboard.places.models import CommunityView, FacadeView
from dashboard.places.view import PlaceViews
from dashboard.web.replies import reply
from dashboard.web.security.access import Observer, Staff
from dashboard.web.services import ServicesDep

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["stations"])


@router.get("/buildings/{building_id}/facade", response_model=FacadeView)
def facade(building_id: str, viewer: Staff, services: ServicesDep) -> Response:
    """Floor × unit matrix of room temperatures, with the coverage by sensors."""
    return reply(services[PlaceViews].facade(viewer, building_id))


@router.get("/communities/{community_id}", response_model=CommunityView)
def community(community_id: str, viewer: Observer, services: ServicesDep) -> Response:
    """A community with its buildings; aggregates only for the regulator."""
    return reply(services[PlaceViews].community(viewer, community_id))
