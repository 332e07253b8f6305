"""Lets the memory of stations and sources take a slot: the newest usable values enter once, when a slot has ended.

A live house steps every second and a judged history every 300 s; both learn at the same moments and so the same. What the
fleet knows is surveyed first and is an input, so that a part of the fleet learns like the whole. Not here: what is learned
(`alerting.judging.learned`) and who calls this (`alerting.judging.symptoms`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from alerting.judging.layout import Layout
from alerting.judging.learned import rings
from alerting.judging.learned.declared import SLOT_MS
from alerting.judging.learned.registry import take_source, take_station
from alerting.judging.learned.schedule import hour_of_week
from alerting.judging.learned.slots import Fleet, SourceSlot, StationSlot
from alerting.judging.learned.sources import makeup_share
from alerting.judging.learned.thermal import filtered_outdoor, setpoint_residual
from alerting.judging.signals.family import Moment
from alerting.judging.signals.flows import design_flows
from alerting.judging.signals.tables import Signals
from alerting.judging.windows import Windows
from heating.points import Measurement

__all__ = ["remember", "slot_is_due", "survey"]

Floats = NDArray[np.float64]
_LEARNING = (Measurement.STATION, Measurement.CIRCUIT, Measurement.SOURCE)
_WEATHER_MS = 7_200_000.0
_RECENTLY_H = 3.0
_RISING = 2.0
_OPEN_SHARE = 3.0
"""Flow of an open station over its design flow of the other side: spreads differ by about this."""


def slot_is_due(windows: Windows, now_ms: int) -> bool:
    """Return whether a slot has ended that some object has not taken."""
    slot = now_ms // SLOT_MS
    return any(bool((windows.memory(measurement).slot < slot).any()) for measurement in _LEARNING)


def remember(
    signals: Signals,
    windows: Windows,
    *,
    now_ms: int,
    fleet: Fleet | None = None,
    maintenance: NDArray[np.bool_] | None = None,
    in_season: NDArray[np.bool_] | None = None,
) -> None:
    """Take the slot that has ended, if one has.

    Parameters
    ----------
    signals : Signals
        Figures of the site.
    windows : Windows
        Newest values, and the memory that is written in place.
    now_ms : int
        The moment of the step [epoch ms].
    fleet : Fleet, optional
        What the whole fleet knows; surveyed from these windows when left out.
    maintenance : ndarray, optional
        Stations on which work is announced, shape ``(n_stations,)``.
    in_season : ndarray, optional
        Stations that are in season as a person set it; learned from when they run when left out.
    """
    if not slot_is_due(windows, now_ms):
        return
    stations = signals.moment(windows, now_ms=now_ms)
    known = _surveyed(stations) if fleet is None else fleet
    number = now_ms // SLOT_MS
    for measurement in _LEARNING:
        windows.memory(measurement).begin(number)
    with np.errstate(invalid="ignore", divide="ignore"):
        take_source(
            SourceSlot(
                memory=windows.memory(Measurement.SOURCE),
                number=number,
                value=stations.source_point,
                fleet=known,
            )
        )
        told = _Told.of(windows.layout, known, maintenance, in_season)
        take_station(_station_slot(stations, known, told, stations.point))
        if len(windows.layout.circuits):
            of_station = windows.layout.circuit_station
            circuits = signals.moment(windows, now_ms=now_ms, of=Measurement.CIRCUIT)
            value = _of_circuits(circuits, stations, of_station)
            take_station(_station_slot(circuits, known, told.of_rows(of_station), value))


def survey(signals: Signals, windows: Windows, *, now_ms: int) -> Fleet:
    """Return what all stations of some windows know together; nothing is written."""
    return _surveyed(signals.moment(windows, now_ms=now_ms))


def _surveyed(moment: Moment) -> Fleet:
    windows, layout = moment.windows, moment.windows.layout
    outdoor = moment.point("outdoor_temp_c")
    stopped_h, runs = (windows.memory(Measurement.STATION).figure(name) for name in ("stopped_h", "runs"))
    lately = (runs == 1.0) | (stopped_h < _RECENTLY_H)
    sources = SourceSlot(
        memory=windows.memory(Measurement.SOURCE),
        number=moment.now_ms // SLOT_MS,
        value=moment.source_point,
        fleet=Fleet(),
    )
    supply = moment.source_point("source_supply_pressure_mpa")
    difference = supply - moment.source_point("source_return_pressure_mpa")
    with np.errstate(invalid="ignore", divide="ignore"):
        rising = makeup_share(sources) > _RISING * sources.memory.known("makeup")
        without_setpoint = Fleet(
            outdoor_c=_median(outdoor),
            radiation_w_per_m2=_radiation(moment),
            stopped_share=float((runs == 0.0)[lately].mean()) if lately.any() else 0.0,
            source_supply_mpa=dict(zip(layout.ids[Measurement.SOURCE], supply.tolist(), strict=True)),
            source_diff_mpa=dict(zip(layout.ids[Measurement.SOURCE], difference.tolist(), strict=True)),
            branch_load=_branch_loads(moment),
            rising=dict(zip(layout.ids[Measurement.SOURCE], rising.tolist(), strict=True)),
        )
        told = _Told.of(layout, without_setpoint, None, None)
        slot = _station_slot(moment, without_setpoint, told, moment.point)
        off_k = setpoint_residual(slot, filtered_outdoor(slot), learn=False)
    middle = _median(np.where(slot.is_set("live"), off_k, np.nan))
    return replace(without_setpoint, setpoint_off_k=0.0 if np.isnan(middle) else middle)


def _median(values: Floats) -> float:
    if not len(values):
        return float("nan")
    return float(rings.median(values[:, None], share=0.0)[0])


def _radiation(moment: Moment) -> float:
    table = moment.windows.newest(Measurement.WEATHER)
    if not table.ids:
        return 0.0
    oldest_ms = np.full(len(table.ids), moment.now_ms - _WEATHER_MS)
    middle = _median(table.current("radiation_w_per_m2", oldest_ms=oldest_ms))
    return 0.0 if np.isnan(middle) else middle


def _branch_loads(moment: Moment) -> dict[str, float]:
    layout = moment.windows.layout
    share = moment.point("primary_flow_m3_per_h") / design_flows(moment.basis)
    branches = list(dict.fromkeys(layout.station_branch))
    place = {name: number for number, name in enumerate(branches)}
    of_branch = np.array([place[name] for name in layout.station_branch], np.intp)
    flows = (share > 0) & np.isfinite(share)
    total = np.bincount(of_branch, np.where(flows, share, 0.0), len(branches))
    count = np.bincount(of_branch, flows, len(branches))
    return dict(zip(branches, (_OPEN_SHARE * total / np.maximum(count, 1)).tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class _Told:
    """What is known of each plant from elsewhere, shape ``(n,)`` each."""

    maintenance: NDArray[np.bool_]
    in_season: NDArray[np.bool_] | None
    source_supply_mpa: Floats
    source_diff_mpa: Floats
    branch_load: Floats
    rising: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        layout: Layout,
        fleet: Fleet,
        maintenance: NDArray[np.bool_] | None,
        in_season: NDArray[np.bool_] | None,
    ) -> "_Told":
        """Return it for the stations of a layout."""
        nothing = np.zeros(len(layout.station_source), np.bool_)
        return cls(
            nothing if maintenance is None else maintenance,
            in_season,
            _by_id(layout.station_source, fleet.source_supply_mpa.get),
            _by_id(layout.station_source, fleet.source_diff_mpa.get),
            _by_id(layout.station_branch, fleet.branch_load.get),
            _by_id(layout.station_source, fleet.rising.get) == 1.0,
        )

    def of_rows(self, rows: NDArray[np.intp]) -> "_Told":
        """Return it for plants that stand at some stations."""
        return _Told(
            self.maintenance[rows],
            None if self.in_season is None else self.in_season[rows],
            self.source_supply_mpa[rows],
            self.source_diff_mpa[rows],
            self.branch_load[rows],
            self.rising[rows],
        )


def _station_slot(moment: Moment, fleet: Fleet, told: _Told, value: Callable[[str], Floats]) -> StationSlot:
    local = datetime.fromtimestamp(moment.now_ms / 1000, UTC).astimezone(moment.basis.zone)
    of, table = moment.basis.of, moment.plants
    return StationSlot(
        memory=moment.windows.memory(of),
        schedule=moment.windows.schedule(of),
        number=moment.now_ms // SLOT_MS,
        hour=local.hour + local.minute / 60,
        week_hour=hour_of_week(local.weekday(), local.hour),
        value=value,
        newest_ms=table.newest_ms.max(axis=0, initial=0),
        raw=moment.points_now,
        reports=lambda point: table.newest_ms[table.points[point]] > 0,
        design_flow_m3_per_h=design_flows(moment.basis),
        maintenance=told.maintenance,
        in_season=told.in_season,
        fleet=fleet,
        source_supply_mpa=told.source_supply_mpa,
        source_diff_mpa=told.source_diff_mpa,
        branch_load=told.branch_load,
        rising=told.rising,
    )


def _of_circuits(circuits: Moment, stations: Moment, of_station: NDArray[np.intp]) -> Callable[[str], Floats]:
    """Return how a point of circuits is read: their own where they have it, else that of their station."""
    own = circuits.plants.points

    def value(point: str) -> Floats:
        return circuits.point(point) if point in own else stations.point(point)[of_station]

    return value


def _by_id(names: Sequence[str], figure: Callable[[str], float | None]) -> Floats:
    found = (figure(name) for name in names)
    return np.array([np.nan if value is None else float(value) for value in found], np.float64)
