"""Symptoms of the league in one live step, and of a season of 50 stations judged from history.

The live step is the worst one: a slot of five minutes has ended, so memory learns as well. 643 stations report 33
points each, 10,158 of the homes are sensed. History takes two days of 300 s and is told for 180 days; conditions are
evaluated in blocks of six hours. Reference in the same run: sorting as many figures as the stations report.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from statistics import median
from time import perf_counter

import numpy as np

from alerting.judging.cold_homes import ColdLines
from alerting.judging.layout import Layout
from alerting.judging.learned.declared import SLOT_MS
from alerting.judging.remembering import remember
from alerting.judging.signals.registry import FAMILIES
from alerting.judging.signals.tables import Signals
from alerting.judging.symptoms.judge import Step, SymptomJudge
from alerting.judging.symptoms.state import SymptomState
from alerting.judging.windows import Windows
from benchmarks.bench_rules import league
from benchmarks.harness import Goal, Reference, Result
from config.rules.scopes import HOUSEHOLD, WATCH
from config.symptoms.reading import load_symptoms
from heating.assets import Branch, Site
from heating.heat_tree import build_heat_tree
from heating.intervals import from_epoch_ms, to_epoch_ms
from heating.points import POINTS, Measurement
from heating.samples import ObjectRef, SampleBatch

_T0_MS = to_epoch_ms(datetime(2026, 1, 10, tzinfo=UTC))
_SENSED = 10_158
_BRANCHES = 40
_SEASON_SLOTS = 180 * 288
_HISTORY_STATIONS, _HISTORY_SLOTS, _BLOCK = 50, 2 * 288, 72
_LIVE_STEPS = 12
_POINTS = tuple(
    place
    for place, point in enumerate(POINTS)
    if point.measurement is Measurement.STATION
    and not point.name.startswith(
        ("circulation_pump_3", "circulation_pump_4", "gateway", "voltage", "current")
    )
)


def _site(stations: int, sensed: int) -> Site:
    """Return the league, or its first stations, with branches and a share of sensed homes."""
    whole = league()
    kept = {station.station_id for station in whole.stations[:stations]}
    buildings = tuple(one for one in whole.buildings if one.station_id in kept)
    of = {one.building_id for one in buildings}
    homes = tuple(one for one in whole.households if one.building_id in of)
    every = max(1, len(homes) // max(sensed, 1))
    sensors = tuple(one for row, one in enumerate(whole.sensors[: len(homes)]) if row % every == 0)[:sensed]
    names = {one.sensor_id for one in sensors}
    return replace(
        whole,
        branches=tuple(Branch(branch_id=f"N{n}", name=f"N{n}", source_id="P") for n in range(_BRANCHES)),
        stations=tuple(
            replace(one, branch_id=f"N{row % _BRANCHES}") for row, one in enumerate(whole.stations[:stations])
        ),
        buildings=buildings,
        households=homes,
        sensors=sensors,
        assignments=tuple(one for one in whole.assignments if one.sensor_id in names),
    )


class _Plant:
    """Readings of every station and sensed home, trembling about their middle."""

    def __init__(self, layout: Layout) -> None:
        self._random = np.random.default_rng(1)
        self._stations = tuple(
            ObjectRef(Measurement.STATION, name) for name in layout.ids[Measurement.STATION]
        )
        self._rooms = tuple(ObjectRef(Measurement.ROOM, name) for name in layout.ids[Measurement.ROOM])
        middle = {"°C": 50.0, "MPa": 0.5, "m³/h": 150.0, "%": 50.0, "Hz": 40.0, "GJ/h": 20.0}
        self._middle = np.array([middle.get(POINTS[place].unit.value, 1.0) for place in _POINTS])

    def at(self, now_ms: int, share_of_rooms: float) -> SampleBatch:
        """Return what comes in at a moment."""
        stations, rooms = len(self._stations), int(len(self._rooms) * share_of_rooms)
        chosen = self._random.choice(len(self._rooms), rooms, replace=False)
        count = stations * len(_POINTS) + rooms
        tremble = 1.0 + self._random.normal(0, 0.01, (stations, len(_POINTS)))
        values = np.concatenate([(self._middle * tremble).ravel(), self._random.normal(21, 0.2, rooms)])
        room = next(n for n, p in enumerate(POINTS) if p.name == "room_temp_c")
        return SampleBatch(
            objects=self._stations + self._rooms,
            object_index=np.concatenate(
                [np.repeat(np.arange(stations), len(_POINTS)), stations + chosen]
            ).astype(np.int32),
            point=np.concatenate([np.tile(_POINTS, stations), np.full(rooms, room)]).astype(np.int16),
            measured_ms=np.full(count, now_ms - 1000, np.int64),
            received_ms=np.full(count, now_ms, np.int64),
            value=values,
            quality=np.zeros(count, np.uint8),
        )


class _House:
    """Everything that judges symptoms."""

    def __init__(self, stations: int, sensed: int) -> None:
        site = _site(stations, sensed)
        self.layout = Layout(site, build_heat_tree(site))
        self.windows, self.plant = Windows(self.layout), _Plant(self.layout)
        own = [one for one in FAMILIES if one.scope.table not in (HOUSEHOLD.table, WATCH.table)]
        self.signals = Signals(standard_c=18.0, watching_since_ms=_T0_MS, families=own)
        self.judge, self.state, self.lines = SymptomJudge(load_symptoms()), SymptomState(), ColdLines()

    def moment(self, now_ms: int) -> Step:
        """Remember a slot and return the signals."""
        remember(self.signals, self.windows, now_ms=now_ms)
        self.lines.take(self.windows, now_ms=now_ms)
        return self.signals.tables(self.windows, now_ms=now_ms), from_epoch_ms(now_ms)


def _live() -> Iterator[Result]:
    house = _House(643, _SENSED)
    took_ms, sorted_ms = [], []
    for slot in range(_LIVE_STEPS):
        now_ms = _T0_MS + slot * SLOT_MS
        house.windows.take(house.plant.at(now_ms, 0.5))
        started = perf_counter()
        house.state, _ = house.judge.step(house.state, *house.moment(now_ms), house.layout)
        house.lines.cold(house.windows, now_ms=now_ms)
        took_ms.append((perf_counter() - started) * 1000)
        sorted_ms.append(_reference(643) * 1000)
    house.judge.close()
    yield Result(
        name="symptoms.live_step_league",
        value=median(took_ms[2:]),
        unit="ms",
        reference=Reference(name="sorting what the stations report", value=median(sorted_ms)),
        goal=Goal(at_most=250.0),
    )


def _history() -> Iterator[Result]:
    house = _House(_HISTORY_STATIONS, 2_600)
    batches = [house.plant.at(_T0_MS + slot * SLOT_MS, 0.2) for slot in range(_HISTORY_SLOTS)]
    started = perf_counter()
    block: list[Step] = []
    for slot, batch in enumerate(batches):
        now_ms = _T0_MS + slot * SLOT_MS
        house.windows.take(batch)
        block.append(house.moment(now_ms))
        house.lines.cold(house.windows, now_ms=now_ms)
        if len(block) == _BLOCK:
            house.state, _ = house.judge.block(house.state, block, house.layout)
            block = []
    took_s = perf_counter() - started
    house.judge.close()
    yield Result(
        name="symptoms.season_of_50_stations",
        value=took_s / _HISTORY_SLOTS * _SEASON_SLOTS,
        unit="s",
        reference=Reference(
            name="sorting what the stations report, as often",
            value=median(_reference(_HISTORY_STATIONS) for _ in range(20)) * _SEASON_SLOTS,
        ),
        goal=Goal(at_most=300.0),
    )


def _reference(stations: int) -> float:
    figures = np.random.default_rng(1).normal(0, 1, stations * len(_POINTS))
    started = perf_counter()
    np.sort(figures)
    return perf_counter() - started


def run() -> list[Result]:
    """Measure both."""
    return [*_live(), *_history()]
