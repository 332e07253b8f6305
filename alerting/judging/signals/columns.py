"""Named signals, computed from the live state and the registry, one row a station or household in tree order.

A signal is NaN («unknown») when its value never came, is bad, or is older than its freshness: a gap must not look like
the last value. Not here: conditions and timers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerting.judging.live_state import LiveState, ObjectTable
from alerting.judging.room_hours import DegreeHours
from config.rules.reading import RuleScope
from heating.assets import Contract, Emitter
from heating.diagnosis.freshness import JUDGED
from heating.heat_tree import Level
from heating.points import CIRCULATION_PUMPS, Measurement, points_of
from heating.quality import is_bad

__all__ = ["SignalTable", "SignalTables", "Signals", "watch_table"]

Column = NDArray[np.float64]

_ROOM_WINDOW_INTERVALS = 1.5
"""Windows of medians are stretched to this many intervals: an hourly sensor has one reading an hour."""
_ENOUGH_HOURS = 18.0
"""Cold degree hours are known when this much of the last 24 h is covered by good readings [h]."""
_KG_PER_H_M2 = 3.0
"""Design circulation by heated area when no design flow is known [kg/(h·m²)]; 2-4 is usual (own)."""
_TANK_M = 2.0
"""Full level of a make-up tank of unknown height [m]: its quarter is the usual 0.5 m limit."""


@dataclass(frozen=True, slots=True)
class SignalTable:
    """Signals of the subjects of one level, in tree order."""

    subjects: NDArray[np.intp]
    """(n,) node numbers, rising."""
    columns: Mapping[str, Column]
    """(n,) each; NaN: unknown."""

    def select(self, rows: NDArray[np.intp]) -> "SignalTable":
        """Return some rows."""
        return SignalTable(self.subjects[rows], {name: c[rows] for name, c in self.columns.items()})


def watch_table(sources: NDArray[np.intp], *, blind_s: float = 0.0, feed_down_s: float = 0.0) -> SignalTable:
    """Return what the watch knows of itself, the same at every heat source (node numbers, rising)."""
    ones = np.ones(len(sources))
    return SignalTable(sources, {"blind_s": blind_s * ones, "feed_down_s": feed_down_s * ones})


@dataclass(frozen=True, slots=True)
class SignalTables:
    """Everything the rules see at one moment."""

    station: SignalTable
    household: SignalTable
    watch: SignalTable = field(default_factory=lambda: watch_table(np.zeros(0, np.intp)))

    def of(self, scope: RuleScope) -> SignalTable:
        """Return the table of a scope."""
        match scope:
            case RuleScope.STATION:
                return self.station
            case RuleScope.WATCH:
                return self.watch
            case _:
                return self.household


class Signals:
    """Computes the tables. Registry columns are computed once; make a new one when the registry changes.

    Parameters
    ----------
    live : LiveState
        Newest values.
    standard_c : float
        Indoor standard of the site [°C].
    watching_since_ms : int
        Objects never heard of are silent since then [epoch ms].
    time_zone : str
        Site time: cold nights count less than cold days.
    """

    def __init__(
        self,
        live: LiveState,
        *,
        standard_c: float,
        watching_since_ms: int,
        time_zone: str = "Asia/Shanghai",
    ) -> None:
        self._live = live
        self._since_ms = watching_since_ms
        tree, site = live.tree, live.site
        self._station_nodes = tree.numbers(Level.STATION)
        self._home_nodes = tree.numbers(Level.HOUSEHOLD)
        self._station_constants = self._registry_of_stations()
        homes = {home.household_id: home for home in site.households}
        ordered = [homes[tree.ids[number]] for number in self._home_nodes]
        intervals = {sensor.sensor_id: sensor.interval_s for sensor in site.sensors}
        rooms = live.tables[Measurement.ROOM]
        self._sensor_interval_s = np.array([intervals.get(sensor_id, 3600.0) for sensor_id in rooms.ids])
        self._home_constants: dict[str, Column] = {
            "limit_c": np.full(len(ordered), standard_c),
            "heating": np.array([float(home.contract is Contract.HEATING) for home in ordered]),
            "vulnerable": np.array([float(home.vulnerable) for home in ordered]),
            "interval_s": self._of_homes(self._sensor_interval_s),
        }
        self._degree_hours = DegreeHours(
            live.readings.hours,
            limit_c=np.full(len(rooms.ids), standard_c),
            zone=ZoneInfo(time_zone),
        )

    def tables(self, *, now_ms: int) -> SignalTables:
        """Return every signal at a moment."""
        with self._live.lock:
            return SignalTables(self._stations(now_ms), self._households(now_ms))

    def _registry_of_stations(self) -> dict[str, Column]:
        by_id = {station.station_id: station for station in self._live.site.stations}
        stations = [by_id[self._live.tree.ids[number]] for number in self._station_nodes]
        area_flow = [
            np.nan if s.heated_area_m2 is None else s.heated_area_m2 * _KG_PER_H_M2 / 1000 for s in stations
        ]
        return {
            "floor_heating": np.array([float(s.emitter is Emitter.FLOOR) for s in stations]),
            "static_head": np.array([s.static_head_mpa or 0.0 for s in stations]),
            "g2_design": np.array(
                [s.design_flow_m3_per_h or flow for s, flow in zip(stations, area_flow, strict=True)],
                np.float64,
            ),
            "lt_full": np.array([s.tank_height_m or _TANK_M for s in stations]),
            "interval_s": np.array([s.report_interval_s for s in stations]),
        }

    def _stations(self, now_ms: int) -> SignalTable:
        table = self._live.tables[Measurement.STATION]
        interval_s = self._station_constants["interval_s"]
        down = self._gateway_down(table)
        oldest_ms = now_ms - 1000.0 * JUDGED[Measurement.STATION].age_s(interval_s)
        columns = dict(self._station_constants)
        for point in points_of(Measurement.STATION):
            if point.symbol:
                values = _current(table, table.points[point.name], oldest_ms)
                columns[point.symbol] = np.where(down == 1.0, np.nan, values)
        columns["run_max"] = _any_running(table, columns)
        setpoint_row = table.points["secondary_return_pressure_setpoint_mpa"]
        never = table.newest_ms[setpoint_row] == 0
        columns["p2r_sp_if_any"] = np.where(never, 0.0, columns["p2r_sp"])
        moved_ms = self._live.setpoint_moved_ms
        columns["setpoint_age_s"] = (now_ms - moved_ms) / 1000.0
        columns["gateway_down"] = down
        columns["silent_s"] = (now_ms - self._floor_ms(table)) / 1000.0
        return SignalTable(self._station_nodes, columns)

    def _floor_ms(self, table: ObjectTable) -> NDArray[np.int64]:
        return np.where(table.heard_ms > 0, table.heard_ms, self._since_ms)

    @staticmethod
    def _gateway_down(table: ObjectTable) -> Column:
        row = table.points["gateway_online"]
        said_offline = table.value[row] == 0.0
        spoke_since = table.heard_ms > table.received_ms[row]
        return np.where(said_offline & ~spoke_since, 1.0, 0.0)

    def _households(self, now_ms: int) -> SignalTable:
        rooms = self._live.tables[Measurement.ROOM]
        interval_ms = 1000.0 * self._sensor_interval_s
        oldest_ms = now_ms - 1000.0 * JUDGED[Measurement.ROOM].age_s(self._sensor_interval_s)
        newest = _current(rooms, rooms.points["room_temp_c"], oldest_ms)
        past_is_missing = self._live.past_is_missing
        columns = dict(self._home_constants)
        columns["t_room"] = self._of_homes(newest)
        for name, minutes in (("t_room_med60", 60), ("t_room_med30", 30)):
            window_ms = np.maximum(60_000.0 * minutes, _ROOM_WINDOW_INTERVALS * interval_ms)
            nominal_ms = 60_000 * minutes
            median = self._live.readings.median(nominal_ms, window_ms.astype(np.int64), now_ms=now_ms)
            columns[name] = self._of_homes(np.where(np.isnan(newest) | past_is_missing, np.nan, median))
        degree_hours_kh, covered_h = self._degree_hours.at(now_ms)
        known = (covered_h >= _ENOUGH_HOURS) & ~np.isnan(newest)
        columns["cold_degree_hours_24h"] = self._of_homes(np.where(known, degree_hours_kh, np.nan))
        columns["covered_hours_24h"] = self._of_homes(covered_h)
        heard_ms = self._floor_ms(rooms)
        columns["silent_s"] = self._of_homes((now_ms - heard_ms) / 1000.0)
        return SignalTable(self._home_nodes, columns)

    def _of_homes(self, of_sensors: Column) -> Column:
        place = self._live.home_sensor
        if not len(of_sensors):
            return np.full(len(place), np.nan)
        return np.where(place >= 0, of_sensors[np.maximum(place, 0)], np.nan)


def _current(table: ObjectTable, row: int, oldest_ms: Column) -> Column:
    bad_now = is_bad(table.quality[row]) & (table.newest_ms[row] > table.measured_ms[row])
    known = (table.measured_ms[row] > 0) & (table.measured_ms[row] >= oldest_ms) & ~bad_now
    return np.where(known, table.value[row], np.nan)


def _any_running(table: ObjectTable, columns: Mapping[str, Column]) -> Column:
    runs = np.vstack([columns[f"run{n}"] for n in CIRCULATION_PUMPS])
    rows = [table.points[f"circulation_pump_{n}_running"] for n in CIRCULATION_PUMPS]
    reports = table.newest_ms[rows] > 0
    any_on = (runs == 1.0).any(axis=0)
    any_unknown = (reports & np.isnan(runs)).any(axis=0) | ~reports.any(axis=0)
    return np.where(any_on, 1.0, np.where(any_unknown, np.nan, 0.0))
