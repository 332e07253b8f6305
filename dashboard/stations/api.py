"""Stations: the list, one of them, its trend."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from dashboard.stations.models import StationDetail, StationRow, StationState
from dashboard.stations.view import StationFilter, StationViews
from dashboard.web.refusals import InvalidRequestError
from dashboard.web.replies import End, Limit, Listing, MaxPoints, Start, reply, window_of
from dashboard.web.security.access import Staff
from dashboard.web.services import ServicesDep
from dashboard.web.values import TrendColumns

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["stations"])

_DEFAULT_POINTS = "secondary_supply_temp_c,secondary_return_temp_c,secondary_supply_temp_setpoint_c,outdoor"
_MAX_TREND_POINTS = 8
"""Points of a trend at the most (ux.md, page 7)."""


@router.get("/stations", response_model=Listing[StationRow])
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
    return reply(services[StationViews].page(viewer, wanted))


@router.get("/stations/{station_id}", response_model=StationDetail)
def station(station_id: str, viewer: Staff, services: ServicesDep) -> Response:
    """One station: every point, buildings, alarms, incidents."""
    return reply(services[StationViews].detail(viewer, station_id))


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
    circuit: Annotated[
        str | None, Query(description="Id of one of the station's circuits: its points, not the station's.")
    ] = None,
) -> Response:
    """Points of a station, or of one of its circuits, over a window, as columns."""
    names = list(dict.fromkeys(name.strip() for name in points.split(",") if name.strip()))
    if not 0 < len(names) <= _MAX_TREND_POINTS:
        raise InvalidRequestError(f"points: one to {_MAX_TREND_POINTS} names")
    window = window_of(start, end, now=services.clock.now())
    return reply(
        services[StationViews].trend(
            viewer, station_id, points=names, window=window, max_points=max_points, circuit_id=circuit
        )
    )
