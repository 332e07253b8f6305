"""The dispatcher's pages of the plant: overview (also the wall), one station."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from dashboard.figures.city_map import CityMap, city_map, read_outlines
from dashboard.figures.station_trend import trend_figure_json
from dashboard.stations.list_page import all_stations
from dashboard.stations.models import Overview
from dashboard.web.context import page_response, reader_of
from dashboard.web.filters import StationFilter
from dashboard.web.security.access import require
from dashboard.web.security.viewer import CLERKS, OBSERVERS, STAFF, Viewer
from dashboard.web.services import Services, ServicesDep

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

Staff = Annotated[Viewer, Depends(require(*STAFF))]
Observer = Annotated[Viewer, Depends(require(*OBSERVERS))]

_SHIPPED_MAP = Path(__file__).parents[2] / "config" / "defaults" / "site" / "xilingol_league.geojson"


@router.get("/overview")
def overview(request: Request, viewer: Observer, services: ServicesDep) -> Response:
    """Show the figures of the whole, the map, the worst deviations and the alarm ticker."""
    figures = services.queries.overview(viewer)
    return page_response(
        request,
        viewer,
        "overview/overview.html",
        overview=figures,
        map=_map_of(viewer, services, figures),
    )


@router.get("/stations/{station_id}")
def station(request: Request, viewer: Staff, services: ServicesDep, station_id: str) -> Response:
    """Show one station: schematic, trend, alarms, buildings, all points."""
    detail = services.queries.station(viewer, station_id)
    figure = trend_figure_json(reader_of(request, viewer))
    clerk = viewer.has(*CLERKS)
    return page_response(
        request,
        viewer,
        "stations/station.html",
        station=detail,
        figure=figure,
        tickets=services.queries.station_tickets(viewer, station_id) if clerk else None,
    )


def _map_of(viewer: Viewer, services: Services, overview: Overview) -> CityMap:
    rows = all_stations(services, viewer, StationFilter()) if viewer.has(*STAFF) else []
    outlines = read_outlines(services.settings.site.map_file or _SHIPPED_MAP)
    return city_map(rows, outlines, communities=overview.communities, standard_c=overview.standard_c)
