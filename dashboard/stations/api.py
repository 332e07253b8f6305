"""Overview, stations, buildings, communities."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from dashboard.stations.models import (
    CommunityView,
    FacadeView,
    Overview,
    StationDetail,
    StationState,
    TrendColumns,
)
from dashboard.web.filters import StationFilter
from dashboard.web.paged_lists import StationPage
from dashboard.web.problems import InvalidRequestError
from dashboard.web.replies import End, Limit, MaxPoints, Start, reply, window_of
from dashboard.web.security.access import require
from dashboard.web.security.viewer import OBSERVERS, STAFF, Viewer
from dashboard.web.services import ServicesDep

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["stations"])

Staff = Annotated[Viewer, Depends(require(*STAFF))]
Observer = Annotated[Viewer, Depends(require(*OBSERVERS))]
_DEFAULT_POINTS = "secondary_supply_temp_c,secondary_return_temp_c,secondary_supply_temp_setpoint_c,outdoor"
_MAX_TREND_POINTS = 8
"""Points of a trend at the most (ux.md, page 7)."""


@router.get("/overview", response_model=Overview)
def overview(viewer: Observer, services: ServicesDep) -> Response:
    """Counts, pass rate, stations online, open alarms by priority, outdoor now, data age."""
    return reply(services.queries.overview(viewer))


@router.get("/stations", response_model=StationPage)
def stations(  # the parameters are the filter
    viewer: Staff,
    services: ServicesDep,
    state: StationState | None = None,
    area: str | None = None,
    q: str = "",
    sort: Annotated[str, Query(pattern="^-?(name|deviation|age|alarms|state)$")] = "name",
    cursor: str | None = None,
    limit: Limit = 200,
) -> Response:
    """Stations with their newest values."""
    wanted = StationFilter(
        state=None if state is None else state.value,
        area_id=area,
        text=q,
        sort=sort,
        cursor=cursor,
        limit=limit,
    )
    return reply(services.queries.stations(viewer, wanted))


@router.get("/stations/{station_id}", response_model=StationDetail)
def station(station_id: str, viewer: Staff, services: ServicesDep) -> Response:
    """One station: every point, buildings, alarms, incidents."""
    return reply(services.queries.station(viewer, station_id))


@router.get("/stations/{station_id}/trend", response_model=TrendColumns)
def station_trend(
    station_id: str,
    viewer: Staff,
    services: ServicesDep,
    points: Annotated[
        str, Query(description="Comma-separated; «outdoor» adds the weather site.")
    ] = _DEFAULT_POINTS,
    start: Start = None,
    end: End = None,
    max_points: MaxPoints = 1500,
) -> Response:
    """Points of a station over a window, as columns."""
    names = list(dict.fromkeys(name.strip() for name in points.split(",") if name.strip()))
    if not 0 < len(names) <= _MAX_TREND_POINTS:
        raise InvalidRequestError(f"points: one to {_MAX_TREND_POINTS} names")
    window = window_of(start, end, now=services.clock.now())
    return reply(
        services.queries.station_trend(
            viewer, station_id, points=names, start=window.start, end=window.end, max_points=max_points
        )
    )


@router.get("/buildings/{building_id}/facade", response_model=FacadeView)
def facade(building_id: str, viewer: Staff, services: ServicesDep) -> Response:
    """Floor × unit matrix of room temperatures, with the coverage by sensors."""
    return reply(services.queries.facade(viewer, building_id))


@router.get("/communities/{community_id}", response_model=CommunityView)
def community(community_id: str, viewer: Observer, services: ServicesDep) -> Response:
    """A community with its buildings; aggregates only for the regulator."""
    return reply(services.queries.community(viewer, community_id))
