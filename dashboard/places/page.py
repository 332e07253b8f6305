"""Where people live: the facade of a building, and a community with its buildings."""

from itertools import groupby

from fastapi import APIRouter, Request
from starlette.responses import Response

from dashboard.places.models import FacadeCell, FacadeView
from dashboard.places.view import PlaceViews
from dashboard.site.index import SiteSource
from dashboard.web.context import page_response
from dashboard.web.security.access import Observer, Staff
from dashboard.web.security.viewer import CLERKS
from dashboard.web.services import ServicesDep

__all__ = ["facade_rows", "heat_class", "router"]

router = APIRouter(include_in_schema=False)


_STEPS = ((-4.0, "c4"), (-2.0, "c3"), (-1.0, "c2"), (0.0, "c1"), (4.0, "w0"), (7.0, "w1"))
"""Deviation from the standard [K] below which a class holds."""


@router.get("/buildings/{building_id}")
def building(request: Request, viewer: Staff, services: ServicesDep, building_id: str) -> Response:
    """Show the facade: one cell a home, by floor and unit."""
    facade = services[PlaceViews].facade(viewer, building_id)
    station = services[SiteSource].current().stations.get(facade.station_id)
    return page_response(
        request,
        viewer,
        "places/building.html",
        facade=facade,
        rows=facade_rows(facade),
        heat=heat_class,
        station=station,
        open_homes=viewer.has(*CLERKS),
    )


@router.get("/communities/{community_id}")
def community(request: Request, viewer: Observer, services: ServicesDep, community_id: str) -> Response:
    """Show a community and its buildings; totals only for who sees totals only."""
    view = services[PlaceViews].community(viewer, community_id)
    return page_response(request, viewer, "places/community.html", community=view)


def facade_rows(facade: FacadeView) -> list[tuple[int, list[list[FacadeCell]]]]:
    """Return floors from the top, each with its homes by unit; a floor without homes in a unit has an empty list."""
    units = sorted({cell.unit for cell in facade.cells})
    rows = []
    for floor, cells in groupby(facade.cells, key=lambda cell: cell.floor):
        by_unit = {unit: list(group) for unit, group in groupby(cells, key=lambda cell: cell.unit)}
        rows.append((floor, [by_unit.get(unit, []) for unit in units]))
    return rows


def heat_class(temperature_c: float | None, standard_c: float) -> str:
    """Return the colour class of a temperature around the standard: blue below, grey at it, warm far above."""
    if temperature_c is None:
        return ""
    deviation_k = temperature_c - standard_c
    return next((name for limit_k, name in _STEPS if deviation_k < limit_k), "w2")
