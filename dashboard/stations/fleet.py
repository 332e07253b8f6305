"""Every station at once, as columns: state, deviation, age. The overview, the list and the stream start here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dashboard.alarms.open_alarms import OpenAlarms
from dashboard.readings.newest import Column, NewestValues
from dashboard.site.index import SiteIndex
from dashboard.stations.circuits import CircuitsOfStation, read_circuits, with_circuits
from dashboard.web.security.viewer import Viewer
from heating.assets import Circuit
from heating.diagnosis.freshness import SILENT, STALE_INTERVALS
from heating.points import Measurement

__all__ = ["MAIN_POINTS", "STATE_WORDS", "Fleet", "FleetMembers", "read_fleet"]

MAIN_POINTS = (
    "primary_supply_temp_c",
    "primary_return_temp_c",
    "primary_supply_pressure_mpa",
    "primary_return_pressure_mpa",
    "primary_flow_m3_per_h",
    "primary_heat_rate_gj_per_h",
    "secondary_supply_temp_c",
    "secondary_supply_temp_setpoint_c",
    "secondary_return_temp_c",
    "secondary_supply_pressure_mpa",
    "secondary_return_pressure_mpa",
    "secondary_flow_m3_per_h",
    "makeup_flow_m3_per_h",
)
"""Points of the station list; a station that sends none of them shows as never heard."""
STATE_WORDS = ("never", "offline", "stale", "alarm", "online")
"""`StationState` by the code used in `Fleet.state`, worst first."""
_NEVER, _OFFLINE, _STALE, _ALARM, _ONLINE = range(5)
_URGENT = 2
_CALM = 9
"""Stands for the priority of a station without an alarm."""
_KEPT_GROUPS = 64


@dataclass(frozen=True, slots=True)
class Fleet:
    """Columns over stations, all ``(n,)``."""

    station_ids: tuple[str, ...]
    interval_s: NDArray[np.float64]
    columns: Mapping[str, Column]
    """By main point."""
    last_ms: NDArray[np.int64]
    """Newest measured time of a main point [epoch ms]; 0: never."""
    age_s: NDArray[np.float64]
    """NaN: never."""
    state: NDArray[np.int8]
    """Place in `STATE_WORDS`."""
    deviation_k: NDArray[np.float64]
    """Secondary supply minus setpoint [K]; NaN when either is not usable."""
    circuits: Mapping[str, CircuitsOfStation] = field(default_factory=dict)
    """Of the stations that have several, by id; their secondary columns are those of the circuit furthest from its
    setpoint."""

    @property
    def online(self) -> NDArray[np.bool_]:
        """Whether values come."""
        return np.asarray(self.state >= _ALARM)


class FleetMembers:
    """Who is in a fleet: the stations that may be seen, kept for each group of areas while the registry stands."""

    def __init__(self) -> None:
        self._index: SiteIndex | None = None
        self._known: dict[frozenset[str] | None, _Members] = {}

    def of(self, viewer: Viewer, index: SiteIndex) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """Return ids and reporting intervals [s] of the viewer's stations, in the order of the registry."""
        if index is not self._index or len(self._known) > _KEPT_GROUPS:
            self._index, self._known = index, {}
        known = self._known
        found = known.get(viewer.area_ids)
        if found is None or found.index is not index:
            stations = [item for item in index.site.stations if index.sees(viewer, item.area_id)]
            ids = tuple(item.station_id for item in stations)
            interval_s = np.array([item.report_interval_s for item in stations], np.float64)
            found = known[viewer.area_ids] = _Members(index, ids, interval_s)
        return found.ids, found.interval_s


@dataclass(frozen=True, slots=True)
class _Members:
    index: SiteIndex
    ids: tuple[str, ...]
    interval_s: NDArray[np.float64]


def read_fleet(
    *,
    ids: tuple[str, ...],
    interval_s: NDArray[np.float64],
    newest: NewestValues,
    open_alarms: OpenAlarms,
    now_ms: int,
    circuits_of: Mapping[str, Sequence[Circuit]] | None = None,
) -> Fleet:
    """Return stations as columns, in the order of `ids`."""
    columns = {name: newest.column(Measurement.STATION, name, ids, interval_s) for name in MAIN_POINTS}
    several = read_circuits(ids, interval_s, circuits_of or {}, newest)
    columns = with_circuits(columns, ids, several)
    last_ms = np.max([column.measured_ms for column in columns.values()], axis=0).astype(np.int64)
    age_s = np.where(last_ms > 0, np.maximum(0.0, (now_ms - last_ms) / 1000.0), np.nan)
    link = newest.column(Measurement.STATION, "gateway_online", ids, interval_s)
    said_offline = (link.value == 0.0) & (link.measured_ms >= last_ms)
    troubled = open_alarms.by_station
    worst = np.array(
        [(open_alarms.worst(name) or _CALM) if name in troubled else _CALM for name in ids], np.int8
    )
    supply, setpoint = columns["secondary_supply_temp_c"], columns["secondary_supply_temp_setpoint_c"]
    both = supply.usable & setpoint.usable
    return Fleet(
        station_ids=ids,
        interval_s=interval_s,
        columns=columns,
        last_ms=last_ms,
        age_s=age_s,
        state=_state(age_s, interval_s, said_offline, worst),
        deviation_k=np.where(both, supply.value - setpoint.value, np.nan),
        circuits=several,
    )


def _state(
    age_s: NDArray[np.float64],
    interval_s: NDArray[np.float64],
    said_offline: NDArray[np.bool_],
    worst: NDArray[np.int8],
) -> NDArray[np.int8]:
    state = np.where(worst <= _URGENT, _ALARM, _ONLINE).astype(np.int8)
    state[age_s > STALE_INTERVALS * interval_s] = _STALE
    state[(age_s > SILENT[Measurement.STATION].age_s(interval_s)) | said_offline] = _OFFLINE
    state[np.isnan(age_s)] = _NEVER
    return state
