"""Scans of the embedded store over all objects of a measurement: statistics in buckets, and a short window raw.

Both are bounded in time; reads of single objects live in `reading`.
"""

from collections.abc import Sequence
from datetime import timedelta

import duckdb
import numpy as np
from numpy.typing import NDArray

from heating.intervals import Interval
from heating.points import POINT_INDEX, Measurement
from heating.quality import Quality
from heating.samples import ObjectRef, SampleBatch
from storage.readings.duckdb.catalogue import Catalogue, DayTable
from storage.readings.statistics import Statistics, merge_statistics

__all__ = ["read_statistics", "read_window"]


def read_statistics(
    cursor: duckdb.DuckDBPyConnection,
    catalogue: Catalogue,
    measurement: Measurement,
    points: Sequence[str],
    window: Interval,
    *,
    step: timedelta,
) -> list[Statistics]:
    """Return mean, minimum, maximum and count of usable readings, points without readings left out."""
    step_ms = step // timedelta(milliseconds=1)
    found: dict[str, Statistics] = {}
    for table in catalogue.tables_of(measurement.value, window.start_ms, window.end_ms):
        names = [point for point in points if point in table.columns]
        if not names:
            continue
        answer = cursor.execute(
            _statistics_select(table, names, step_ms), {"start": window.start_ms, "end": window.end_ms}
        ).fetchnumpy()
        for i, name in enumerate(names):
            rows = np.flatnonzero(np.ma.filled(np.ma.asarray(answer[f"n{i}"]), 0) > 0)
            if not len(rows):
                continue
            ids = tuple(catalogue.object_ids[key] for key in answer["object"][rows].tolist())
            mean, low, high = (np.asarray(answer[f"{part}{i}"][rows], np.float64) for part in ("m", "l", "h"))
            count = np.asarray(answer[f"n{i}"][rows], np.int64)
            part = Statistics(name, ids, np.asarray(answer["b"][rows], np.int64), mean, low, high, count)
            found[name] = merge_statistics(found[name], part) if name in found else part
    return list(found.values())


def _statistics_select(table: DayTable, names: Sequence[str], step_ms: int) -> str:
    readings = ["object", "t"]
    columns = ["object", f"t - t % {step_ms} AS b"]
    for i, name in enumerate(names):
        usable = f'"{name}" IS NOT NULL'
        if f"{name}__q" in table.columns:
            usable += f' AND coalesce("{name}__q", 0) < {int(Quality.BAD)}'
        readings.append(f'arg_min("{name}", rowid) FILTER (WHERE {usable}) AS v{i}')
        columns += [f"avg(v{i}) AS m{i}", f"min(v{i}) AS l{i}", f"max(v{i}) AS h{i}", f"count(v{i}) AS n{i}"]
    # The inner query makes one reading of repeated ones, as every other read does: a broker delivers a message again
    # when a collector died between keeping and acknowledging it, and rows are merged only when a day is closed.
    return (
        f"SELECT {', '.join(columns)} FROM ("
        f'SELECT {", ".join(readings)} FROM "{table.name}" WHERE t >= $start AND t < $end GROUP BY object, t'
        ") GROUP BY ALL ORDER BY b, object"
    )


def read_window(
    cursor: duckdb.DuckDBPyConnection, catalogue: Catalogue, measurement: Measurement, window: Interval
) -> SampleBatch:
    """Return every reading of a measurement in a window, of repeated readings the first."""
    pieces: list[tuple[NDArray[np.generic], ...]] = []
    for table in catalogue.tables_of(measurement.value, window.start_ms, window.end_ms):
        names = [column for column in table.columns if (measurement, column) in POINT_INDEX]
        qualities = {name: f"{name}__q" if f"{name}__q" in table.columns else None for name in names}
        chosen = ", ".join(f'"{name}"' for name in (*names, *filter(None, qualities.values())))
        answer = cursor.execute(
            f'SELECT object, t, received_ms, {chosen} FROM "{table.name}" '
            "WHERE t >= $start AND t < $end ORDER BY t, object, rowid",
            {"start": window.start_ms, "end": window.end_ms},
        ).fetchnumpy()
        for name in names:
            place = POINT_INDEX[measurement, name]
            pieces.append(_readings_of(answer, name, qualities[name], place))
    if not pieces:
        return SampleBatch.empty()
    key, point, measured, received, value, quality = (np.concatenate(c) for c in zip(*pieces, strict=True))
    keys, index = np.unique(key, return_inverse=True)
    return SampleBatch(
        objects=tuple(ObjectRef(measurement, catalogue.object_ids[number]) for number in keys.tolist()),
        object_index=index.astype(np.int32),
        point=point.astype(np.int16),
        measured_ms=measured.astype(np.int64),
        received_ms=received.astype(np.int64),
        value=value.astype(np.float64),
        quality=quality.astype(np.uint8),
    )


def _readings_of(
    answer: dict[str, NDArray[np.generic]], name: str, quality_name: str | None, place: int
) -> tuple[NDArray[np.generic], ...]:
    """Return object number, point, measured and received time, value and quality of one point's first readings."""
    value = np.ma.filled(np.ma.asarray(answer[name], np.float64), np.nan)
    quality = (
        np.zeros(len(value), np.uint8)
        if quality_name is None
        else np.ma.filled(np.ma.asarray(answer[quality_name]), 0).astype(np.uint8)
    )
    rows = np.flatnonzero(~np.isnan(value) | (quality > 0))
    object_number, t = answer["object"][rows], answer["t"][rows]
    first = np.ones(len(rows), np.bool_)
    first[1:] = (object_number[1:] != object_number[:-1]) | (t[1:] != t[:-1])
    rows = rows[first]
    received = np.ma.filled(np.ma.asarray(answer["received_ms"]), 0)[rows]
    points = np.full(len(rows), place, np.int16)
    return answer["object"][rows], points, answer["t"][rows], received, value[rows], quality[rows]
