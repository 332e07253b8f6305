"""Households for the clerk: search, card, trend."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from dashboard.homes.models import HouseholdCard, HouseholdHit
from dashboard.homes.view import HouseholdViews
from dashboard.web.replies import End, Listing, MaxPoints, Start, reply, window_of
from dashboard.web.security.access import Clerk
from dashboard.web.services import ServicesDep
from dashboard.web.values import TrendColumns
from storage.records.pages import Page

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["households"])


@router.get("/search", response_model=Listing[HouseholdHit])
def search(
    viewer: Clerk,
    services: ServicesDep,
    q: Annotated[str, Query(max_length=64)],
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> Response:
    """Households by phone digits, pinyin initials, names, address fragments."""
    return reply(Page(services[HouseholdViews].search(viewer, q, limit=limit)))


@router.get("/households/{household_id}/card", response_model=HouseholdCard)
def card(household_id: str, viewer: Clerk, services: ServicesDep) -> Response:
    """Room now and 24 h against the standard, station, incidents, probable cause with evidence, script; audited."""
    return reply(services[HouseholdViews].card(viewer, household_id))


@router.get("/households/{household_id}/trend", response_model=TrendColumns)
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
