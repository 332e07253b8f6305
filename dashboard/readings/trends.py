"""History of one object as columns for a chart: missing stays missing, gaps are not joined.

Windows of more than two days come from roll-ups (`long_trends`), shorter ones from the readings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.readings.long_trends import RESOLUTIONS, long_series, rollup_for
from dashboard.web.values import Bilingual, TrendColumns
from heating.assets import SensorAssignment
from heating.diagnosis.freshness import STALE_INTERVALS
from heating.intervals import Interval
from heating.points import Measurement, point_named
from heating.protocols import RollupName, SeriesColumns, TimeSeriesStore
from heating.quality import is_usable
from heating.samples import ObjectRef
from storage.readings.thinning import thin_series

__all__ = ["OUTDOOR", "Trends"]

OUTDOOR = "outdoor_temp_c"
"""Name of the weather site's column in a trend."""
_ROOM = "room_temp_c"


@dataclass(frozen=True, slots=True)
class _Read:
    """One object's columns and what they were made of."""

    columns: SeriesColumns
    resolution: str = "raw"
    step_s: float = 0.0
    """Length of a bucket [s]; 0 for readings."""


_NOTHING_READ = _Read(SeriesColumns(np.zeros(0, np.int64), {}, {}))


class Trends:
    """Reads series and joins them on time.

    Parameters
    ----------
    store : TimeSeriesStore
        History.
    """

    def __init__(self, *, store: TimeSeriesStore) -> None:
        self._store = store

    def of_object(
        self,
        ref: ObjectRef,
        points: Sequence[str],
        window: Interval,
        *,
        max_points: int,
        interval_s: float,
        outdoor_site: str | None = None,
    ) -> TrendColumns:
        """Return points of an object, and the outdoor temperature beside them where a weather site is named."""
        name = rollup_for(ref.measurement, window)
        read = self._read(ref, points, window, name, max_points=max_points)
        parts = [(ref.measurement, read.columns)]
        if outdoor_site is not None:
            parts.append(self._outdoor(outdoor_site, window, max_points))
        interval_s = max(interval_s, read.step_s)
        return _joined(ref.object_id, parts, window, interval_s, resolution=read.resolution)

    def of_home(
        self,
        household_id: str,
        assignments: Sequence[SensorAssignment],
        window: Interval,
        *,
        max_points: int,
        interval_s: float,
        outdoor_site: str | None,
    ) -> TrendColumns:
        """Return the room temperature of a home: each sensor for the time it measured this home."""
        name = rollup_for(Measurement.ROOM, window)
        read = [
            self._read(ref, [_ROOM], part, name, max_points=max_points)
            for ref, part in _pieces(assignments, window)
        ]
        parts = [(Measurement.ROOM, each.columns) for each in read]
        coarsest = max(read, key=lambda each: each.step_s, default=_NOTHING_READ)
        interval_s = max(interval_s, coarsest.step_s)
        if outdoor_site is not None:
            parts.append(self._outdoor(outdoor_site, window, max_points))
        return _joined(household_id, parts, window, interval_s, resolution=coarsest.resolution)

    def room_values(
        self, assignments: Sequence[SensorAssignment], window: Interval
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return time [epoch ms] and usable room temperatures [°C] of a home, both ``(n,)``."""
        times, values = [np.zeros(0, np.int64)], [np.zeros(0, np.float64)]
        for ref, part in _pieces(assignments, window):
            series = self._store.series(ref, [_ROOM], part)
            column = np.asarray(series.values.get(_ROOM, np.zeros(0)))
            if len(column):
                usable = np.isfinite(column) & _usable(series, _ROOM)
                times.append(series.time_ms[usable])
                values.append(column[usable])
        return np.concatenate(times), np.concatenate(values)

    def _read(
        self,
        ref: ObjectRef,
        points: Sequence[str],
        window: Interval,
        name: RollupName | None,
        *,
        max_points: int,
    ) -> "_Read":
        """Return points of an object, from a roll-up where one serves and has rows."""
        if name is None or not points:
            return _Read(self._store.series(ref, points, window, max_points=max_points))
        pieces, buckets = long_series(self._store, name, ref, points, window, max_points=max_points)
        columns = thin_series(_in_order(pieces, points), max_points)
        if not buckets:
            return _Read(columns)
        return _Read(columns, RESOLUTIONS[name], name.step.total_seconds())

    def _outdoor(self, site: str, window: Interval, max_points: int) -> tuple[Measurement, SeriesColumns]:
        ref = ObjectRef(Measurement.WEATHER, site)
        return Measurement.WEATHER, self._store.series(ref, [OUTDOOR], window, max_points=max_points)


def _in_order(pieces: Sequence[SeriesColumns], points: Sequence[str]) -> SeriesColumns:
    """Return pieces of one object that do not overlap as one series in order of time."""
    time_ms = np.concatenate([np.zeros(0, np.int64), *(piece.time_ms for piece in pieces)])
    order = np.argsort(time_ms, kind="stable")
    empty, good = np.zeros(0), np.zeros(0, np.uint8)
    return SeriesColumns(
        time_ms=time_ms[order],
        values={
            point: np.concatenate([empty, *(piece.values[point] for piece in pieces)])[order]
            for point in points
        },
        quality={
            point: np.concatenate([good, *(piece.quality[point] for piece in pieces)])[order]
            for point in points
        },
        thinned=any(piece.thinned for piece in pieces),
    )


def _pieces(assignments: Sequence[SensorAssignment], window: Interval) -> list[tuple[ObjectRef, Interval]]:
    pieces = []
    for assignment in assignments:
        start = max(assignment.start, window.start)
        end = window.end if assignment.end is None else min(assignment.end, window.end)
        if start < end:
            pieces.append((ObjectRef(Measurement.ROOM, assignment.sensor_id), Interval(start, end)))
    return pieces


def _usable(series: SeriesColumns, name: str) -> NDArray[np.bool_]:
    codes = series.quality.get(name)
    if codes is None:
        return np.ones(len(series.time_ms), np.bool_)
    return is_usable(np.asarray(codes, np.uint8))


def _joined(
    object_id: str,
    parts: Sequence[tuple[Measurement, SeriesColumns]],
    window: Interval,
    interval_s: float,
    *,
    resolution: str,
) -> TrendColumns:
    time_ms = np.unique(np.concatenate([np.zeros(0, np.int64), *(part.time_ms for _, part in parts)]))
    columns: dict[str, NDArray[np.float64]] = {}
    quality: dict[str, NDArray[np.uint8]] = {}
    units: dict[str, str] = {}
    labels: dict[str, Bilingual] = {}
    for measurement, part in parts:
        rows = np.searchsorted(time_ms, part.time_ms)
        for name, values in part.values.items():
            column = columns.setdefault(name, np.full(len(time_ms), np.nan))
            column[rows] = np.where(np.isfinite(values), values, column[rows])
            codes = quality.setdefault(name, np.zeros(len(time_ms), np.uint8))
            if (given := part.quality.get(name)) is not None:
                codes[rows] = given
            point = point_named(measurement, name)
            units[name], labels[name] = point.unit.value, Bilingual(point.label_zh, point.label_en)
    return TrendColumns(
        object_id=object_id,
        start=window.start,
        end=window.end,
        time_ms=time_ms.tolist(),
        columns={name: _plain(column) for name, column in columns.items()},
        units=units,
        labels=labels,
        gap_ms=_gap_ms(parts, interval_s),
        thinned=resolution != "raw" or any(part.thinned for _, part in parts),
        quality=_notable(quality),
        resolution=resolution,
    )


def _gap_ms(parts: Sequence[tuple[Measurement, SeriesColumns]], interval_s: float) -> int:
    gap_ms = STALE_INTERVALS * interval_s * 1000.0
    spread = [np.diff(part.time_ms) for _, part in parts if len(part.time_ms) > 2]
    return int(max([gap_ms, *(STALE_INTERVALS * float(np.median(steps)) for steps in spread)]))


def _plain(column: NDArray[np.float64]) -> list[float | None]:
    return [value if value == value else None for value in column.tolist()]


def _notable(quality: Mapping[str, NDArray[np.uint8]]) -> dict[str, list[int]]:
    return {name: codes.tolist() for name, codes in quality.items() if codes.any()}
