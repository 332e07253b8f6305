"""Stations: the list, lines of the last day, files for a spreadsheet; one station."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, Response

from dashboard.figures.day_spark import day_spark
from dashboard.figures.station_trend import trend_figure_json
from dashboard.stations.models import StationRow
from dashboard.stations.view import StationFilter, StationViews
from dashboard.tickets.view import TicketViews
from dashboard.web.context import page_response, reader_of
from dashboard.web.languages import N_, Localiser
from dashboard.web.security.access import Staff
from dashboard.web.security.viewer import CREW, Viewer
from dashboard.web.services import Services, ServicesDep
from dashboard.web.vocabulary import STATION_STATES

if TYPE_CHECKING:
    from dashboard.web.spreadsheets import Cell

__all__ = ["all_stations", "router"]

router = APIRouter(include_in_schema=False)


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
_MOST_STATIONS = 2000
"""Stations of a file, and marks of a map, at most."""
_MOST_IDS = 50
_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Text = Annotated[str, Query(max_length=60)]
Word = Annotated[str, Query(max_length=80)]


def _filter(text: Text = "", state: Word = "", area: Word = "", sort: Word = "name") -> StationFilter:
    known = {code for code, _ in _SORTS} | {code.removeprefix("-") for code, _ in _SORTS}
    return StationFilter(
        state=state or None,
        area_id=area or None,
        text=text.strip(),
        sort=sort if sort in known else "name",
    )


Wanted = Annotated[StationFilter, Depends(_filter)]


@router.get("/stations")
def stations(
    request: Request,
    viewer: Staff,
    services: ServicesDep,
    wanted: Wanted,
    cursor: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """Show a page of stations, at most 200."""
    found = services[StationViews].page(viewer, _at(wanted, cursor or None))
    reader = reader_of(request, viewer)
    kept = services[StationViews].kept_sparks([row.station_id for row in found.items])
    return page_response(
        request,
        viewer,
        "stations/stations.html",
        wanted=wanted,
        cursor=cursor,
        rows=found.items,
        next_cursor=found.next_cursor,
        areas=services[StationViews].areas(viewer),
        sorts=_SORTS,
        columns=_COLUMNS,
        sparks={name: day_spark(spark.values, localiser=reader) for name, spark in kept.items()},
    )


@router.get("/stations/sparks")
def sparks(
    request: Request, viewer: Staff, services: ServicesDep, ids: Annotated[str, Query(max_length=8000)]
) -> Response:
    """Return the last day of some stations as drawings by station id; asked for after the list was painted."""
    names = [name for name in ids.split(",") if name][:_MOST_IDS]
    reader = reader_of(request, viewer)
    found = services[StationViews].sparks(viewer, names)
    return JSONResponse(
        {name: str(day_spark(spark.values, localiser=reader)) for name, spark in found.items()},
        headers={"Cache-Control": "no-store"},
    )


@router.get("/stations/export.{kind}")
def export(request: Request, viewer: Staff, services: ServicesDep, wanted: Wanted, kind: str) -> Response:
    """Return every station of the filter as a file; what a person may have typed cannot be taken for a formula."""
    if kind not in _MEDIA:
        return Response(status_code=404)
    from dashboard.web.spreadsheets import csv_bytes, xlsx_bytes  # 60 ms of libraries that few starts need

    reader = reader_of(request, viewer)
    header = [f"{reader.text(title)} {unit}".strip() for title, unit in _headers()]
    rows = [_cells(row, reader) for row in all_stations(services, viewer, wanted)]
    content = (
        csv_bytes(header, rows, zone=reader.zone)
        if kind == "csv"
        else xlsx_bytes(header, rows, sheet=reader.text(N_("换热站")), zone=reader.zone)
    )
    stamp = services.clock.now().astimezone(reader.zone).strftime("%Y%m%d-%H%M")
    headers = {"Content-Disposition": f'attachment; filename="stations-{stamp}.{kind}"'}
    return Response(content, media_type=_MEDIA[kind], headers={**headers, "Cache-Control": "no-store"})


@router.get("/stations/{station_id}")
def station(request: Request, viewer: Staff, services: ServicesDep, station_id: str) -> Response:
    """Show one station: schematic, trend, alarms, buildings, all points."""
    detail = services[StationViews].detail(viewer, station_id)
    crew = viewer.has(*CREW)
    return page_response(
        request,
        viewer,
        "stations/station.html",
        station=detail,
        figure=trend_figure_json(reader_of(request, viewer)),
        tickets=services[TicketViews].below_station(viewer, station_id) if crew else None,
    )


def all_stations(services: Services, viewer: Viewer, wanted: StationFilter) -> list[StationRow]:
    """Return the stations of a filter, page by page, at most 2,000."""
    rows: list[StationRow] = []
    cursor: str | None = None
    while len(rows) < _MOST_STATIONS:
        page = services[StationViews].page(viewer, _at(wanted, cursor))
        rows += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    return rows


def _at(wanted: StationFilter, cursor: str | None) -> StationFilter:
    return StationFilter(
        state=wanted.state, area_id=wanted.area_id, text=wanted.text, sort=wanted.sort, cursor=cursor
    )


def _headers() -> Iterator[tuple[str, str]]:
    for title in (N_("编号"), N_("站名"), N_("区域"), N_("状态"), N_("持续中告警")):
        yield title, ""
    yield from ((title, unit) for _, title, unit in _COLUMNS)
    yield N_("偏差"), "K"
    yield N_("数据时间"), ""


def _cells(row: StationRow, reader: Localiser) -> "list[Cell]":
    """Return one line: values that are stale, bad or missing stay empty, as in every average."""
    points = [row.values.get(name) for name, _, _ in _COLUMNS]
    return [
        row.station_id,
        row.name.in_locale(reader.locale),
        row.area_name.in_locale(reader.locale),
        reader.text(STATION_STATES[row.state.value]),
        row.open_alarms,
        *(point.value if point is not None and point.usable else None for point in points),
        row.deviation_k,
        row.last_seen,
    ]
