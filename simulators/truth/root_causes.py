"""Why each home is as cold as it is, hour by hour.

What lives here: putting cold homes down to faults, weather, buildings or themselves. What does not: writing it
(`simulators.truth.causes_file`), whom faults affect in all (`simulators.truth.paired_run`).

A home below 18 °C is put down, in this order: to its suspended contract; to a fault in whose reach it lies (the homes
below what broke, and their neighbours) and that has made it at least half a kelvin colder than the same home in the
healthy twin; to the weather, when a cold snap or frost below the design temperature reigns and it was not cold before;
to its building, when more than half of the homes there are cold; else to the home itself, whose radiators are weak.
Of several faults the widest comes first and explains what the median home in its reach has lost; a narrower one gets
the home when half a kelvin is left for it. Without a twin the narrowest fault above a cold home gets it. A home that is
warm but whose sensor is at fault has the cause sensor.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.city import City
from simulators.fault_kinds import RootCause, TargetKind
from simulators.faults.fault_schedule import Occurrence
from simulators.scenario import ConfounderType
from simulators.truth.truth_files import fault_id

__all__ = ["CAUSES", "COLD_BELOW_C", "HourOfTruth", "RootCauses"]

CAUSES: tuple[RootCause, ...] = tuple(RootCause)
"""Root causes in the order of their codes."""
COLD_BELOW_C = 18.0
"""Room temperature that the heating contract promises [°C]; GB/T 50893-2013 and provincial regulations."""
_LOST_K = 0.5
"""What a fault must have cost a home [K]."""
_TAIL_MS = 24 * 3_600_000
"""Homes stay colder for up to a day after a fault ends [ms]."""
_DESIGN_OUTDOOR_C = -25.2
"""Design temperature of Xilinhot [°C]; heating plants are not laid out for less."""
_CODE = {cause: code for code, cause in enumerate(CAUSES)}


@dataclass(frozen=True)
class HourOfTruth:
    """All homes at a full hour."""

    hour_ms: int
    """Epoch ms."""
    room_temp_c: NDArray[np.float32]
    """(n_homes,) [°C]."""
    cold: NDArray[np.bool_]
    """(n_homes,) below `COLD_BELOW_C`."""
    cause: NDArray[np.uint8]
    """(n_homes,) places in `CAUSES`."""
    fault: NDArray[np.int32]
    """(n_homes,) places in `RootCauses.fault_ids`; -1 where no fault is to blame."""


class RootCauses:
    """Follows a city and explains its homes when asked.

    Parameters
    ----------
    city : City
        For its layout.
    """

    def __init__(self, city: City) -> None:
        self._layout = city.layout
        self._recent: dict[tuple[str, int], Occurrence] = {}
        self._reach: dict[tuple[str, int], NDArray[np.int64]] = {}
        self._index: dict[tuple[str, int], int] = {}
        self.fault_ids: list[str] = []
        """Ids of all faults met so far, as in ``faults.jsonl``."""
        self._harsh_until_ms = 0
        self._cold_before = np.zeros(len(city.layout.home_key), np.bool_)

    def follow(self, city: City) -> None:
        """Note what is broken; called after every step."""
        for occurrence in city.faults.active(city.now_ms):
            mark = (occurrence.fault.plan.id, occurrence.number)
            if mark not in self._index:
                self._index[mark] = len(self.fault_ids)
                self.fault_ids.append(fault_id(occurrence))
                self._reach[mark] = self._with_neighbours(occurrence.fault.homes)
            self._recent[mark] = occurrence

    def at_hour(self, city: City, twin: City | None) -> HourOfTruth:
        """Explain all homes at the city's present moment.

        Parameters
        ----------
        city : City
            At a full hour.
        twin : City or None
            The healthy city at the same moment, if there is one.
        """
        self._forget(city.now_ms)
        air_c = city.homes.air_c
        cold = air_c < COLD_BELOW_C
        fault = self._by_loss(twin.homes.air_c - air_c) if twin is not None else self._by_place(cold)
        fault[~cold] = -1
        cause = self._unbroken(city, cold)
        kinds = self._cause_of_fault()
        cause[fault >= 0] = kinds[fault[fault >= 0]]
        suspended = cold & self._layout.home_suspended
        cause[suspended], fault[suspended] = _CODE[RootCause.SUSPENDED], -1
        return HourOfTruth(city.now_ms, air_c.copy(), cold, cause, fault)

    def _forget(self, now_ms: int) -> None:
        over = [m for m, o in self._recent.items() if o.end_ms is not None and now_ms > o.end_ms + _TAIL_MS]
        for mark in over:
            del self._recent[mark], self._reach[mark]

    def _widest_first(self) -> Sequence[tuple[tuple[str, int], Occurrence]]:
        cooling = [(mark, o) for mark, o in self._recent.items() if len(o.fault.homes)]
        return sorted(cooling, key=lambda item: (-len(item[1].fault.homes), item[1].onset_ms, item[0]))

    def _by_loss(self, lost_k: NDArray[np.float32]) -> NDArray[np.int32]:
        found = np.full(len(lost_k), -1, np.int32)
        left_k = lost_k.copy()
        for mark, occurrence in self._widest_first():
            reach = self._reach[mark]
            hit = reach[left_k[reach] >= _LOST_K]
            if len(hit):
                found[hit] = self._index[mark]
                left_k[hit] -= np.float32(max(0.0, float(np.median(left_k[occurrence.fault.homes]))))
        return found

    def _by_place(self, cold: NDArray[np.bool_]) -> NDArray[np.int32]:
        found = np.full(len(cold), -1, np.int32)
        for mark, occurrence in self._widest_first():
            found[occurrence.fault.homes] = self._index[mark]
        return found

    def _cause_of_fault(self) -> NDArray[np.uint8]:
        kinds = np.full(len(self.fault_ids), _CODE[RootCause.NONE], np.uint8)
        for mark, occurrence in self._recent.items():
            kinds[self._index[mark]] = _CODE[occurrence.fault.kind.cause]
        return kinds

    def _unbroken(self, city: City, cold: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """Return causes as if nothing were broken but sensors."""
        layout = self._layout
        cause = np.full(len(cold), _CODE[RootCause.NONE], np.uint8)
        for occurrence in self._recent.values():
            still = occurrence.end_ms is None or occurrence.end_ms > city.now_ms
            if occurrence.fault.kind.target is TargetKind.SENSOR and still:
                cause[layout.sensor_home[occurrence.fault.place]] = _CODE[RootCause.SENSOR]
        heated = ~layout.home_suspended
        buildings = len(layout.building_ids)
        all_homes = np.bincount(layout.home_building[heated], minlength=buildings)
        cold_homes = np.bincount(layout.home_building[heated & cold], minlength=buildings)
        mostly_cold = (2 * cold_homes > all_homes)[layout.home_building]
        cause[cold] = np.where(mostly_cold[cold], _CODE[RootCause.BUILDING], _CODE[RootCause.HOME])
        if self._is_harsh(city):
            cause[cold & ~self._cold_before] = _CODE[RootCause.WEATHER]
        else:
            self._cold_before = cold
        return cause

    def _is_harsh(self, city: City) -> bool:
        snap = any(
            happening.confounder.plan.type is ConfounderType.COLD_SNAP
            for happening in city.faults.active_confounders(city.now_ms)
        )
        if snap or city.weather.outdoor_temp_c(city.now_ms / 1000) < _DESIGN_OUTDOOR_C:
            self._harsh_until_ms = city.now_ms + _TAIL_MS
        return city.now_ms < self._harsh_until_ms

    def _with_neighbours(self, homes: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.unique(np.concatenate([homes, self._layout.neighbours[:, homes].ravel()])).astype(np.int64)
