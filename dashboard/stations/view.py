"""Stations as people see them: list, page, trend."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.alarms.open_alarms import OpenAlarms, OpenAlarmSource
from dashboard.alarms.view import AlarmViews
from dashboard.incidents.view import IncidentViews
from dashboard.places.view import PlaceViews
from dashboard.readings.newest import NewestValues
from dashboard.readings.trends import Trends
from dashboard.site.index import SiteIndex, SiteSource
from dashboard.site.visible import visible_station
from dashboard.stations.circuit_rows import circuit_rows
from dashboard.stations.circuits import read_circuits
from dashboard.stations.day_sparks import DaySparks, Spark
from dashboard.stations.fleet import MAIN_POINTS, STATE_WORDS, Fleet, FleetMembers, read_fleet
from dashboard.stations.models import CircuitDetail, StationDetail, StationRow, StationState, StationSummary
from dashboard.web.refusals import NotVisibleError, UnknownPointError
from dashboard.web.security.viewer import Viewer
from dashboard.web.values import Bilingual, TrendColumns
from heating.assets import Area, Circuit, Station
from heating.clock import Clock
from heating.heat_tree import Level
from heating.intervals import Interval, from_epoch_ms
from heating.points import POINT_INDEX, Measurement, points_of
from heating.protocols import TimeSeriesStore
from heating.samples import ObjectRef
from storage.records.pages import Page
from storage.records.registry import RegistryRecords

__all__ = ["MAX_STATIONS", "StationFilter", "StationViews"]

MAX_STATIONS = 200
"""Rows of a page at the most (ux.md, principle 5)."""


_PLACE = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class StationFilter:
    """What the station list shows."""

    state: str | None = None
    """Word of `StationState`."""
    area_id: str | None = None
    text: str = ""
    """Part of the name, its pinyin or initials, or of the id."""
    sort: str = "name"
    """name, deviation (absolute), age, alarms or state; ``-`` before it turns the order."""
    cursor: str | None = None
    limit: int = 200


class StationViews:
    """Builds the views of stations.

    Parameters
    ----------
    sites : SiteSource
        The registry.
    newest : NewestValues
        Newest values.
    open_alarms : OpenAlarmSource
        Open alarms by station.
    alarms : AlarmViews
        Makes alarm rows and incidents.
    places : PlaceViews
        Makes building rows.
    registry : RegistryRecords
        Finds stations by what they are called.
    store : TimeSeriesStore
        History.
    clock : Clock
        The time data are judged by.
    """

    def __init__(
        self,
        *,
        sites: SiteSource,
        newest: NewestValues,
        open_alarms: OpenAlarmSource,
        alarms: AlarmViews,
        incidents: IncidentViews,
        places: PlaceViews,
        registry: RegistryRecords,
        store: TimeSeriesStore,
        clock: Clock,
    ) -> None:
        self._sites = sites
        self._registry = registry
        self._newest = newest
        self._open_alarms = open_alarms
        self._alarms = alarms
        self._incidents = incidents
        self._places = places
        self._trends = Trends(store=store)
        self._sparks = DaySparks(store=store, clock=clock)
        self._circuit_sparks = DaySparks(store=store, clock=clock, measurement=Measurement.CIRCUIT)
        self._clock = clock
        self._members = FleetMembers()

    def fleet(self, viewer: Viewer, index: SiteIndex) -> Fleet:
        """Return the viewer's stations as columns."""
        ids, interval_s = self._members.of(viewer, index)
        return read_fleet(
            ids=ids,
            interval_s=interval_s,
            newest=self._newest,
            open_alarms=self._open_alarms.current(),
            now_ms=self._clock.now_ms(),
            circuits_of=index.circuits_of_station,
        )

    def page(self, viewer: Viewer, wanted: StationFilter) -> Page[StationRow]:
        """Return a page of stations; the cursor is a place in the order asked for."""
        index = self._sites.current()
        fleet = self.fleet(viewer, index)
        open_alarms = self._open_alarms.current()
        named = self._registry.stations_named(wanted.text)
        chosen = [p for p in range(len(fleet.station_ids)) if _fits(p, fleet, index, wanted, named)]
        chosen.sort(key=_order(fleet, index, open_alarms, wanted.sort), reverse=wanted.sort.startswith("-"))
        first = int(wanted.cursor) if wanted.cursor and _PLACE.fullmatch(wanted.cursor) else 0
        limit = min(max(1, wanted.limit), MAX_STATIONS)
        rows = [self.row(index, fleet, place) for place in chosen[first : first + limit]]
        after = first + limit
        return Page(rows, str(after) if after < len(chosen) else None)

    def row(self, index: SiteIndex, fleet: Fleet, place: int) -> StationRow:
        """Return one station of a fleet as a row."""
        station = index.stations[fleet.station_ids[place]]
        open_alarms = self._open_alarms.current()
        values = self._newest.station_points(station, MAIN_POINTS)
        several = fleet.circuits.get(station.station_id)
        shown_circuit = None if several is None else several.circuits[several.worst]
        if shown_circuit is not None:
            names = [name for name in MAIN_POINTS if (Measurement.CIRCUIT, name) in POINT_INDEX]
            values |= self._newest.circuit_points(shown_circuit, station, names)
        deviation_k, age_s, last_ms = fleet.deviation_k[place], fleet.age_s[place], int(fleet.last_ms[place])
        return StationRow(
            station_id=station.station_id,
            name=Bilingual(station.name, station.name_en),
            area_id=station.area_id,
            area_name=index.area_name(station.area_id),
            state=StationState(STATE_WORDS[fleet.state[place]]),
            emitter=station.emitter.value,
            values=values,
            deviation_k=_number(deviation_k),
            last_seen=from_epoch_ms(last_ms) if last_ms else None,
            age_s=_number(age_s),
            interval_s=station.report_interval_s,
            open_alarms=len(open_alarms.speaking(station.station_id)),
            worst_priority=open_alarms.worst(station.station_id),
            circuits=() if several is None else circuit_rows(several, open_alarms),
            shown_circuit=None if shown_circuit is None else shown_circuit.circuit_id,
            recovered=open_alarms.recovered(station.station_id),
            longitude_deg=station.longitude_deg,
            latitude_deg=station.latitude_deg,
        )

    def detail(self, viewer: Viewer, station_id: str) -> StationDetail:
        """Return the page of one station. Raises `NotVisibleError`."""
        index = self._sites.current()
        station = visible_station(viewer, index, station_id)
        fleet = self.fleet(viewer, index)
        row = self.row(index, fleet, fleet.station_ids.index(station_id))
        latest = self._newest.of_object(ObjectRef(Measurement.STATION, station_id))
        circuits = self._circuits(index, station, row)
        names = [
            p.name
            for p in points_of(Measurement.STATION)
            if p.name in latest or (p.name in MAIN_POINTS and not (circuits and _is_of_circuit(p.name)))
        ]
        number = index.tree.find(Level.STATION, station_id)
        own = [index.tree.node(int(n)) for n in index.tree.below(number, Level.CIRCUIT)]
        above = [*own, index.tree.node(number), *(index.tree.node(n) for n in index.tree.ancestors(number))]
        of_level = {node.level: index.node_name(node) for node in reversed(above)}
        return StationDetail(
            row=row,
            points=self._newest.station_points(station, names),
            buildings=self._places.building_rows(
                index,
                [
                    building
                    for building in index.buildings_of_station.get(station_id, [])
                    if index.sees(viewer, index.area_of_building(building))
                ],
            ),
            alarms=[
                self._alarms.row(viewer, index, alarm)
                for alarm in self._open_alarms.current().of(station_id)[:MAX_STATIONS]
            ],
            incidents=self._incidents.on(index, above),
            households=len(index.tree.below(number, Level.HOUSEHOLD)),
            heated_area_m2=station.heated_area_m2,
            source_name=of_level.get(Level.SOURCE),
            branch_name=of_level.get(Level.BRANCH),
            outdoor=self._newest.outdoor(index),
            circuits=circuits,
        )

    def _circuits(self, index: SiteIndex, station: Station, row: StationRow) -> list[CircuitDetail]:
        found = []
        for circuit, brief in zip(
            index.circuits_of_station.get(station.station_id, ()), row.circuits, strict=True
        ):
            latest = self._newest.of_object(ObjectRef(Measurement.CIRCUIT, circuit.circuit_id))
            names = [
                p.name for p in points_of(Measurement.CIRCUIT) if p.name in latest or p.name in MAIN_POINTS
            ]
            number = index.tree.find(Level.CIRCUIT, circuit.circuit_id)
            found.append(
                CircuitDetail(
                    row=brief,
                    points=self._newest.circuit_points(circuit, station, names),
                    households=len(index.tree.below(number, Level.HOUSEHOLD)),
                    building_ids=[index.tree.ids[n] for n in index.tree.below(number, Level.BUILDING)],
                    heated_area_m2=circuit.heated_area_m2,
                )
            )
        return found

    def areas(self, viewer: Viewer) -> list[Area]:
        """Return the highest areas of the viewer that have stations, in the order of the registry."""
        index = self._sites.current()
        ids, _ = self._members.of(viewer, index)
        where = {index.stations[station_id].area_id for station_id in ids}
        return [
            area
            for area in index.root_areas(viewer)
            if any(index.lies_in(area_id, area.area_id) for area_id in where)
        ]

    def kept_sparks(self, station_ids: Sequence[str]) -> dict[str, Spark]:
        """Return the last day of stations as far as it is kept; who may see them is decided before."""
        shown = self._shown_circuits(station_ids)
        of_circuits = self._circuit_sparks.kept(shown.values())
        kept = self._sparks.kept([name for name in station_ids if name not in shown])
        return kept | {name: of_circuits[one] for name, one in shown.items() if one in of_circuits}

    def sparks(self, viewer: Viewer, station_ids: Sequence[str]) -> dict[str, Spark]:
        """Return the last day of stations, read where it is not kept; those not visible are left out."""
        index = self._sites.current()
        seen = [
            name
            for name in station_ids[:MAX_STATIONS]
            if name in index.stations and index.sees(viewer, index.stations[name].area_id)
        ]
        shown = self._shown_circuits(seen)
        of_circuits = self._circuit_sparks.read(list(shown.values()))
        found = self._sparks.read([name for name in seen if name not in shown])
        return found | {name: of_circuits[one] for name, one in shown.items()}

    def _shown_circuits(self, station_ids: Sequence[str]) -> dict[str, str]:
        """Return which circuit stands for each of the stations that have several, by station id."""
        index = self._sites.current()
        several = read_circuits(
            station_ids,
            np.array([index.stations[name].report_interval_s for name in station_ids], np.float64),
            index.circuits_of_station,
            self._newest,
        )
        return {name: found.circuits[found.worst].circuit_id for name, found in several.items()}

    def summary(
        self, viewer: Viewer, index: SiteIndex, station_id: str, circuit: Circuit | None = None
    ) -> StationSummary | None:
        """Return a station in brief, whatever its area (the home's own station); None when it is retired.

        With a circuit, the circuit that feeds the home: its name, secondary side and alarms.
        """
        station = index.stations.get(station_id)
        if station is None:
            return None
        names = ("secondary_supply_temp_c", "secondary_supply_temp_setpoint_c", "secondary_return_temp_c")
        supply, setpoint, return_ = (
            self._newest.station_points(station, names)
            if circuit is None
            else self._newest.circuit_points(circuit, station, names)
        ).values()
        deviation_k = None
        if supply.usable and setpoint.usable and supply.value is not None and setpoint.value is not None:
            deviation_k = supply.value - setpoint.value
        everywhere = Viewer(username=viewer.username, roles=viewer.roles)
        fleet = self.fleet(everywhere, index)
        return StationSummary(
            station_id=station_id,
            name=index.circuit_name(circuit) if circuit else Bilingual(station.name, station.name_en),
            state=STATE_WORDS[fleet.state[fleet.station_ids.index(station_id)]],
            supply=supply,
            setpoint=setpoint,
            return_=return_,
            deviation_k=deviation_k,
            open_alarms=len(
                [
                    alarm
                    for alarm in self._open_alarms.current().speaking(station_id)
                    if circuit is None or alarm.subject.object_id in (station_id, circuit.circuit_id)
                ]
            ),
        )

    def trend(
        self,
        viewer: Viewer,
        station_id: str,
        *,
        points: Sequence[str],
        window: Interval,
        max_points: int,
        circuit_id: str | None = None,
    ) -> TrendColumns:
        """Return points of a station, or of one of its circuits, over a window.

        ``outdoor`` among the points adds the weather site's.

        Raises `NotVisibleError`, `UnknownPointError`.
        """
        index = self._sites.current()
        station = visible_station(viewer, index, station_id)
        names = [name for name in points if name != "outdoor"]
        ref = ObjectRef(Measurement.STATION, station_id)
        if circuit_id is not None:
            if circuit_id not in {one.circuit_id for one in index.circuits_of_station.get(station_id, ())}:
                raise NotVisibleError(f"no circuit {circuit_id!r} of station {station_id!r}")
            ref = ObjectRef(Measurement.CIRCUIT, circuit_id)
        for name in names:
            if (ref.measurement, name) not in POINT_INDEX:
                raise UnknownPointError(f"{name!r} is no point of a {ref.measurement.value}")
        return self._trends.of_object(
            ref,
            names,
            window,
            max_points=max_points,
            interval_s=station.report_interval_s,
            outdoor_site=index.site.weather_sites[0] if len(names) < len(points) else None,
        )


def _fits(place: int, fleet: Fleet, index: SiteIndex, wanted: StationFilter, named: frozenset[str]) -> bool:
    station = index.stations[fleet.station_ids[place]]
    if wanted.state and STATE_WORDS[fleet.state[place]] != wanted.state:
        return False
    if wanted.area_id and not index.lies_in(station.area_id, wanted.area_id):
        return False
    text = wanted.text.strip().casefold()
    names = (station.station_id, station.name, station.name_en)
    return not text or station.station_id in named or any(text in name.casefold() for name in names)


def _order(
    fleet: Fleet, index: SiteIndex, open_alarms: OpenAlarms, sort: str
) -> Callable[[int], tuple[float, str]]:
    def by_text(place: int) -> tuple[float, str]:
        return 0.0, index.stations[fleet.station_ids[place]].name

    keys: Mapping[str, NDArray[np.float64]] = {
        "deviation": np.nan_to_num(np.abs(fleet.deviation_k), nan=-1.0),
        "age": np.nan_to_num(fleet.age_s, nan=np.inf),
        "state": fleet.state.astype(np.float64),
        "alarms": np.array([10.0 - (open_alarms.worst(name) or 10) for name in fleet.station_ids]),
    }
    column = keys.get(sort.removeprefix("-"))
    if column is None:
        return by_text
    return lambda place: (float(column[place]), fleet.station_ids[place])


def _is_of_circuit(point: str) -> bool:
    return (Measurement.CIRCUIT, point) in POINT_INDEX


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
