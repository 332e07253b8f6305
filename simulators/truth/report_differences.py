"""Which devices report something else than their twins in a healthy city.

What lives here: the comparison of two sets of reports of the same moments. What does not: why they differ
(`simulators.truth.paired_run`). Noise is the same in both cities, so limits only keep out what no operator would see.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from heating.points import Measurement
from simulators.city import City
from simulators.reports import Fleet, Report

__all__ = ["ReportDifferences", "visible_difference"]

_BY_ENDING: tuple[tuple[str, float, float], ...] = (
    ("_temp_c", 0.3, 0.0),
    ("_setpoint_c", 0.3, 0.0),
    ("_mpa", 0.005, 0.0),
    ("_pct", 3.0, 0.0),
    ("_hz", 0.5, 0.0),
    ("_m3_per_h", 0.05, 0.03),
    ("_level_m", 0.05, 0.0),
    ("_total_gj", 0.5, 0.5),
    ("_total_m3", 0.5, 0.5),
    ("_total_kwh", 5.0, 0.5),
    ("_v", 5.0, 0.0),
)
"""Endings of point names, with the absolute limit in the point's unit and the share of the healthy value; the larger
counts. Registers keep a small difference for good after any fault, so that only a register begun anew counts."""
_OTHERWISE = (0.3, 0.05)


def visible_difference(point: str) -> tuple[float, float]:
    """Return from which difference on a point shows a fault: absolute, in its unit, and as a share of the value."""
    for ending, absolute, share in _BY_ENDING:
        if point.endswith(ending):
            return absolute, share
    return _OTHERWISE


class ReportDifferences:
    """Remembers when each device first differed, and whether it did at its last report."""

    def __init__(self, city: City) -> None:
        self._sizes = {
            Measurement.STATION: len(city.layout.house_key),
            Measurement.CIRCUIT: int(city.layout.shares_house.sum()),
            Measurement.ROOM: len(city.layout.sensor_key),
            Measurement.SOURCE: len(city.layout.site.sources),
        }
        self._differs = {kind: np.zeros(size, np.bool_) for kind, size in self._sizes.items()}
        self._last_ms = {kind: np.zeros(size, np.int64) for kind, size in self._sizes.items()}
        self._limits: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}

    def compare(self, reports: Sequence[Report], healthy: Sequence[Report]) -> None:
        """Take in the reports of both cities of one step."""
        for kind in self._sizes:
            here = [report for report in reports if report.fleet.measurement is kind]
            there = [report for report in healthy if report.fleet.measurement is kind]
            if here or there:
                self._compare_fleet(kind, here, there)

    def shows_now(self, watchers: Mapping[Measurement, NDArray[np.int64]]) -> bool:
        """Return whether one of the devices differed at its last report."""
        return any(bool(self._differs[kind][places].any()) for kind, places in watchers.items())

    def first_among(self, watchers: Mapping[Measurement, NDArray[np.int64]], onset_ms: int) -> int | None:
        """Return the earliest moment of the devices' last reports that differ, not before an onset [epoch ms]."""
        found = [
            int(moments.min())
            for kind, places in watchers.items()
            if len(moments := self._last_ms[kind][places[self._differs[kind][places]]])
            and moments.max() >= onset_ms
        ]
        return max(min(found), onset_ms) if found else None

    def _compare_fleet(self, kind: Measurement, here: Sequence[Report], there: Sequence[Report]) -> None:
        places, moments, values = _joined(here)
        places_2, moments_2, values_2 = _joined(there)
        differs, last_ms = self._differs[kind], self._last_ms[kind]
        if np.array_equal(places, places_2) and np.array_equal(moments, moments_2):
            different = self._different(here[0].fleet, values, values_2)
            differs[places] = different
            last_ms[places] = moments
            return
        rows = {(p, m): row for row, (p, m) in enumerate(zip(places.tolist(), moments.tolist(), strict=True))}
        rows_2 = {
            (p, m): row for row, (p, m) in enumerate(zip(places_2.tolist(), moments_2.tolist(), strict=True))
        }
        fleet = (here or there)[0].fleet
        for place, moment in sorted(rows.keys() | rows_2.keys(), key=lambda mark: mark[1]):
            row, row_2 = rows.get((place, moment)), rows_2.get((place, moment))
            if row is None or row_2 is None:
                differs[place] = True  # one of them is silent, or tells another time
            else:
                differs[place] = bool(self._different(fleet, values[[row]], values_2[[row_2]])[0])
            last_ms[place] = moment

    def _different(
        self, fleet: Fleet, values: NDArray[np.float64], healthy: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        absolute, share = self._limits_of(fleet)
        limit = np.maximum(absolute, share * np.abs(healthy))
        gone = np.isnan(values) != np.isnan(healthy)
        return np.asarray((gone | (np.abs(values - healthy) > limit)).any(axis=1))

    def _limits_of(self, fleet: Fleet) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        limits = self._limits.get(id(fleet))
        if limits is None:
            pairs = [visible_difference(point) for point in fleet.points]
            absolute, share = np.array(pairs, np.float64).T
            limits = self._limits[id(fleet)] = (absolute, share)
        return limits


def _joined(
    reports: Sequence[Report],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    if not reports:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 0))
    return (
        np.concatenate([report.places for report in reports]),
        np.concatenate([report.measured_ms for report in reports]),
        np.concatenate([report.values for report in reports]),
    )
