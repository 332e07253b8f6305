"""The dispatcher's pages of the plant: overview (also the wall), list of stations, one station."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from config.settings import SiteSettings
from dashboard.figures.city_map import CityMap, city_map, read_outlines
from dashboard.figures.station_trend import trend_figure_json
from dashboard.localisation import N_
from dashboard.pages.context import page_response, reader_of
from dashboard.queries.filters import StationFilter
from dashboard.queries.view_models import StationRow
from dashboard.security.access import require
from dashboard.security.viewer import OBSERVERS, STAFF, Viewer
from dashboard.services import Services, ServicesDep

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

Staff = Annotated[Viewer, Depends(require(*STAFF))]
Observer = Annotated[Viewer, Depends(require(*OBSERVERS))]

_SHIPPED_MAP = Path(__file__).parents[2] / "config" / "defaults" / "site" / "xilingol_league.geojson"
_SORTS = (
    ("name", N_("名称")),
    ("-deviation", N_("偏差从大到小")),
    ("-alarms", N_("告警从多到少")),
    ("-age", N_("数据从旧到新")),
    ("state", N_("状态")),
)
_COLUMNS = (
    ("primary_supply_temp_c", N_("一次供温"), "°C"),
    ("primary_return_temp_c", N_("一次回温"), "°C"),
    ("secondary_supply_temp_c", N_("二次供温"), "°C"),
    ("secondary_supply_temp_setpoint_c", N_("设定"), "°C"),
    ("secondary_return_temp_c", N_("二次回温"), "°C"),
    ("secondary_supply_pressure_mpa", N_("二次供压"), "MPa"),
    ("secondary_return_pressure_mpa", N_("二次回压"), "MPa"),
    ("secondary_flow_m3_per_h", N_("二次流量"), "m³/h"),
)
"""Columns of the station list: point, header, unit."""
_MOST_STATIONS = 1000
"""Marks on the map at most."""


@router.get("/overview")
def overview(request: Request, viewer: Observer, services: ServicesDep) -> Response:
    """Show the figures of the whole, the map, the worst deviations and the alarm ticker."""
    return page_response(
        request,
        viewer,
        "dispatcher/overview.html",
        overview=services.queries.overview(viewer),
        map=_map_of(viewer, services),
    )


@router.get("/stations")
def stations(
    request: Request,
    viewer: Staff,
    services: ServicesDep,
    text: Annotated[str, Query(max_length=60)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    area: Annotated[str, Query(max_length=80)] = "",
    sort: Annotated[str, Query(max_length=20)] = "name",
    cursor: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """Show a page of stations, at most 200."""
    known = {code for code, _ in _SORTS} | {code.removeprefix("-") for code, _ in _SORTS}
    wanted = StationFilter(
        state=state or None,
        area_id=area or None,
        text=text.strip(),
        sort=sort if sort in known else "name",
        cursor=cursor or None,
    )
    found = services.queries.stations(viewer, wanted)
    return page_response(
        request,
        viewer,
        "dispatcher/stations.html",
        wanted=wanted,
        rows=found.items,
        next_cursor=found.next_cursor,
        areas=[area for area in services.queries.overview(viewer).areas if area.stations.denominator],
        sorts=_SORTS,
        columns=_COLUMNS,
    )


@router.get("/stations/{station_id}")
def station(request: Request, viewer: Staff, services: ServicesDep, station_id: str) -> Response:
    """Show one station: schematic, trend, alarms, buildings, all points."""
    detail = services.queries.station(viewer, station_id)
    figure = trend_figure_json(reader_of(request, viewer))
    return page_response(request, viewer, "dispatcher/station.html", station=detail, figure=figure)


def _map_of(viewer: Viewer, services: Services) -> CityMap:
    return city_map(_all_stations(viewer, services), read_outlines(_map_file(services.settings.site)))


def _map_file(site: SiteSettings) -> Path:
    return site.map_file or _SHIPPED_MAP


def _all_stations(viewer: Viewer, services: Services) -> list[StationRow]:
    if not viewer.has(*STAFF):
        return []
    rows: list[StationRow] = []
    cursor: str | None = None
    while len(rows) < _MOST_STATIONS:
        page = services.queries.stations(viewer, StationFilter(cursor=cursor))
        rows += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    return rows
