"""The overview, which is also the wall."""

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from dashboard.overview.city_map import CityMap, city_map, read_outlines
from dashboard.overview.models import Overview
from dashboard.overview.view import OverviewView
from dashboard.stations.page import all_stations
from dashboard.stations.view import StationFilter
from dashboard.web.context import page_response
from dashboard.web.security.access import Observer
from dashboard.web.security.viewer import STAFF, Viewer
from dashboard.web.services import Services, ServicesDep

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


_SHIPPED_MAP = Path(__file__).parents[2] / "config" / "defaults" / "site" / "xilingol_league.geojson"


@router.get("/overview")
def overview(request: Request, viewer: Observer, services: ServicesDep) -> Response:
    """Show the figures of the whole, the map, the worst deviations and the alarm ticker."""
    figures = services[OverviewView].overview(viewer)
    return page_response(
        request,
        viewer,
        "overview/overview.html",
        overview=figures,
        map=_map_of(viewer, services, figures),
    )


def _map_of(viewer: Viewer, services: Services, overview: Overview) -> CityMap:
    rows = all_stations(services, viewer, StationFilter()) if viewer.has(*STAFF) else []
    outlines = read_outlines(services.settings.site.map_file or _SHIPPED_MAP)
    return city_map(rows, outlines, communities=overview.communities, standard_c=overview.standard_c)
