"""Two cities side by side, one with faults and one without: who is truly affected, and when it first shows.

What lives here: the definition of the design. A home is affected when it becomes at least half a kelvin colder because
of a fault; a fault is observable from the first report that differs from the healthy city's by more than an operator
could see. Both cities draw the same random numbers, so every difference comes from the faults. What does not: truth
that is estimated while it happens (`simulators.truth.truth_files`).

With one fault left out of the second city the result is exact. With all faults left out, which costs one more run
however many there are, each difference is put down to the faults that last or ended less than a day ago and have it in
their reach (homes below and their neighbours); where two of them overlap, both get it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from heating.points import Measurement
from simulators.city import City
from simulators.devices.station_instruments import circuit_places
from simulators.fault_kinds import TargetKind
from simulators.faults.fault_schedule import Occurrence, PlacedFault
from simulators.reports import Report
from simulators.scenario import Scenario
from simulators.truth.report_differences import ReportDifferences
from simulators.truth.truth_files import FAULTS_FILE, fault_line

__all__ = ["COLDER_K", "FaultTruth", "PairedRun", "without_faults"]

COLDER_K = 0.5
"""A home counts as affected when it is colder by this much than without the fault [K]."""
_TAIL_MS = 24 * 3_600_000
"""Homes cool on for hours after a fault ends; differences count until a day after [ms]."""


def without_faults(scenario: Scenario, *, only: str | None = None) -> Scenario:
    """Return the scenario of the healthy city of a pair.

    Parameters
    ----------
    scenario : Scenario
        With faults.
    only : str or None
        Id of the one planned fault to leave out; all faults, planned or by chance, when None.
    """
    if only is None:
        return scenario.model_copy(update={"faults": (), "random_faults": None})
    kept = tuple(plan for plan in scenario.faults if plan.id != only)
    return scenario.model_copy(update={"faults": kept})


@dataclass(slots=True)
class FaultTruth:
    """What a pair has shown of one fault."""

    occurrence: Occurrence
    reach: NDArray[np.int64]
    """(k,) places of the homes that could be affected: those below, and their neighbours."""
    coldest_k: NDArray[np.float32]
    """(k,) largest difference seen in each of them [K], 0 or above."""
    watchers: dict[Measurement, NDArray[np.int64]]
    """Places of the devices that could show it, by fleet."""
    first_seen_ms: int | None
    muddy: bool
    """Another fault showed in the same devices before, so that the first difference says nothing."""

    def affected(self, colder_k: float = COLDER_K) -> NDArray[np.int64]:
        """Return the places of the homes affected."""
        return self.reach[self.coldest_k >= colder_k]


class PairedRun:
    """Follows a city with a healthy twin.

    Parameters
    ----------
    city : City
        The run with faults, at its start.
    twin : City
        The same without them (`without_faults`), at the same moment.
    colder_k : float
        See `COLDER_K`.

    Raises
    ------
    ValueError
        When the two are not at the same moment.
    """

    def __init__(self, city: City, twin: City, *, colder_k: float = COLDER_K) -> None:
        if city.now_ms != twin.now_ms:
            raise ValueError("the two cities of a pair must be at the same moment")
        self._twin = twin
        self._layout = city.layout
        self._colder_k = colder_k
        self._truths: dict[tuple[str, int], FaultTruth] = {}
        self._recent: list[FaultTruth] = []
        self._differences = ReportDifferences(city)

    def follow(self, city: City, reports: Sequence[Report]) -> None:
        """Take the twin to the city's moment and compare; called after every step of the city."""
        for occurrence in city.faults.active(city.now_ms):
            mark = (occurrence.fault.plan.id, occurrence.number)
            if mark not in self._truths:
                self._truths[mark] = truth = self._begin(occurrence)
                self._recent.append(truth)
        self._twin.step((city.now_ms - self._twin.now_ms) / 1000)
        self._recent = [truth for truth in self._recent if not _is_history(truth.occurrence, city.now_ms)]
        self._compare_homes(city)
        self._differences.compare(reports, list(self._twin.reports()))
        for truth in self._recent:
            if truth.first_seen_ms is None and not truth.muddy:
                truth.first_seen_ms = self._differences.first_among(truth.watchers, truth.occurrence.onset_ms)

    def truths(self) -> list[FaultTruth]:
        """Return what has been seen so far, by onset."""
        return sorted(self._truths.values(), key=lambda truth: truth.occurrence.onset_ms)

    def write(self, folder: Path) -> None:
        """Write ``faults.jsonl`` with what the pair has shown; an earlier estimate is replaced.

        Where nothing was seen of a fault because others hid it, the catalogue's estimate stands in.
        """
        folder.mkdir(parents=True, exist_ok=True)
        lines = []
        for truth in self.truths():
            seen_ms, kind = truth.first_seen_ms, truth.occurrence.fault.kind
            if truth.muddy and kind.seen_after_s is not None:
                seen_ms = truth.occurrence.onset_ms + int(kind.seen_after_s * 1000)
            homes = truth.affected(self._colder_k)
            lines.append(fault_line(truth.occurrence, self._layout, seen_ms=seen_ms, homes=homes))
        (folder / FAULTS_FILE).write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))

    def _begin(self, occurrence: Occurrence) -> FaultTruth:
        fault = occurrence.fault
        reach = self._with_neighbours(fault.homes)
        watchers = self._watchers(fault, reach)
        return FaultTruth(
            occurrence,
            reach,
            np.zeros(len(reach), np.float32),
            watchers,
            None,
            muddy=self._differences.shows_now(watchers),
        )

    def _compare_homes(self, city: City) -> None:
        colder_k = self._twin.homes.air_c - city.homes.air_c
        for truth in self._recent:
            if len(truth.reach):
                np.maximum(truth.coldest_k, colder_k[truth.reach], out=truth.coldest_k)

    def _with_neighbours(self, homes: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.unique(np.concatenate([homes, self._layout.neighbours[:, homes].ravel()])).astype(np.int64)

    def _watchers(self, fault: PlacedFault, reach: NDArray[np.int64]) -> dict[Measurement, NDArray[np.int64]]:
        """Return the devices in which a fault could show: stations and sources of what it reaches, and sensors."""
        layout, nothing = self._layout, np.zeros(0, np.int64)
        sensors = np.flatnonzero(np.isin(layout.sensor_home, reach))
        stations = sources = nothing
        match fault.kind.target:
            case TargetKind.STATION:
                stations = fault.index("")
            case TargetKind.BRANCH | TargetKind.SOURCE:
                stations = np.unique(layout.home_station[fault.homes]).astype(np.int64)
                sources = np.unique(layout.station_source[stations]).astype(np.int64)
            case TargetKind.SENSOR:
                sensors = np.array([fault.place], np.int64)
            case TargetKind.BUILDING:
                stations = np.array([layout.building_station[fault.place]], np.int64)
                sensors = np.flatnonzero(layout.home_building[layout.sensor_home] == fault.place)
            case TargetKind.RISER | TargetKind.HOUSEHOLD:
                pass
        return {
            Measurement.STATION: np.unique(layout.station_house[stations]),
            Measurement.CIRCUIT: circuit_places(layout)[stations[layout.shares_house[stations]]],
            Measurement.SOURCE: sources,
            Measurement.ROOM: sensors,
        }


def _is_history(occurrence: Occurrence, now_ms: int) -> bool:
    return occurrence.end_ms is not None and now_ms > occurrence.end_ms + _TAIL_MS
