"""Scans of the embedded store over all objects of a measurement: statistics in buckets, and a short window raw.

Both are bounded in time; reads of single objects live in `reading`.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from heating.intervals import Interval
from heating.points import POINT_INDEX, Measurement
from heating.quality import Quality
from heating.samples import ObjectRef, SampleBatch
from storage.readings.duckdb.catalogue import Catalogue, DayTable, quality_of, value_of
from storage.readings.fields import QUALITY
from storage.readings.statistics import Statistics

__all__ = ["read_statistics", "read_window"]

PIECE_MS = 900_000
"""Window of one query of statistics [ms]. DuckDB keeps some 90 bytes for every reading in it, so an hour of a league
(four million readings) would take 350 MB, a quarter 90 MB."""


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
    found: dict[str, list[_Sums]] = {}
    for table in catalogue.tables_of(measurement.value, window.start_ms, window.end_ms):
        names = [point for point in points if point in table.columns]
        if not names:
            continue
        statement = _statistics_select(table, names, step_ms)
        begin_ms = max(window.start_ms, table.partition.start_ms)
        end_ms = min(window.end_ms, table.partition.end_ms)
        for start_ms in range(begin_ms, end_ms, PIECE_MS):
            piece = {"start": start_ms, "end": min(start_ms + PIECE_MS, end_ms)}
            answer = cursor.execute(statement, piece).fetchnumpy()
            for i, name in enumerate(names):
                rows = np.flatnonzero(np.ma.filled(np.ma.asarray(answer[f"n{i}"]), 0) > 0)
                if len(rows):
                    columns = (
                        answer[column] for column in ("object", "b", f"s{i}", f"l{i}", f"h{i}", f"n{i}")
                    )
                    found.setdefault(name, []).append(
                        _Sums(*(np.asarray(column[rows]) for column in columns))
                    )
    return [_statistics(catalogue, name, parts) for name, parts in found.items()]


class _Sums(NamedTuple):
    """Sums of one point, one row an object and bucket; all arrays ``(n,)``."""

    object_key: NDArray[np.uint32]
    bucket_ms: NDArray[np.int64]
    total: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    number: NDArray[np.int64]


def _statistics(catalogue: Catalogue, point: str, parts: Sequence[_Sums]) -> Statistics:
    sums = parts[0] if len(parts) == 1 else _added(_Sums(*map(np.concatenate, zip(*parts, strict=True))))
    return Statistics(
        point=point,
        object_ids=tuple(catalogue.object_ids[key] for key in sums.object_key.tolist()),
        bucket_ms=sums.bucket_ms,
        mean=sums.total / sums.number,
        minimum=sums.low,
        maximum=sums.high,
        count=sums.number,
    )


def _added(sums: _Sums) -> _Sums:
    """Return one row an object and bucket: a bucket may be longer than a piece."""
    order = np.lexsort((sums.object_key, sums.bucket_ms))
    object_key, bucket_ms = sums.object_key[order], sums.bucket_ms[order]
    new = np.concatenate(([True], (object_key[1:] != object_key[:-1]) | (bucket_ms[1:] != bucket_ms[:-1])))
    starts = np.flatnonzero(new)
    return _Sums(
        object_key[starts],
        bucket_ms[starts],
        np.add.reduceat(sums.total[order], starts),
        np.minimum.reduceat(sums.low[order], starts),
        np.maximum.reduceat(sums.high[order], starts),
        np.add.reduceat(sums.number[order], starts),
    )


def _statistics_select(table: DayTable, names: Sequence[str], step_ms: int) -> str:
    readings = ["object", "t"]
    columns = ["object", f"t - t % {step_ms} AS b"]
    for i, name in enumerate(names):
        usable = f'"{name}" IS NOT NULL'
        # Bad values that were written before they had a field of their own.
        if f"{name}{QUALITY}" in table.columns:
            usable += f' AND coalesce("{name}{QUALITY}", 0) < {int(Quality.BAD)}'
        readings.append(f'arg_min("{name}", rowid) FILTER (WHERE {usable}) AS v{i}')
        columns += [f"sum(v{i}) AS s{i}", f"min(v{i}) AS l{i}", f"max(v{i}) AS h{i}", f"count(v{i}) AS n{i}"]
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
        chosen = ", ".join(
            f"{value_of(table, name)} AS v{i}, {quality_of(table, name)} AS q{i}"
            for i, name in enumerate(names)
        )
        answer = cursor.execute(
            f'SELECT object, t, received_ms, {chosen} FROM "{table.name}" '
            "WHERE t >= $start AND t < $end ORDER BY t, object, rowid",
            {"start": window.start_ms, "end": window.end_ms},
        ).fetchnumpy()
        for i, name in enumerate(names):
            pieces.append(_readings_of(answer, i, POINT_INDEX[measurement, name]))
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
    answer: dict[str, NDArray[np.generic]], number: int, place: int
) -> tuple[NDArray[np.generic], ...]:
    """Return object number, point, measured and received time, value and quality of one point's first readings."""
    value = np.ma.filled(np.ma.asarray(answer[f"v{number}"], np.float64), np.nan)
    quality = np.ma.filled(np.ma.asarray(answer[f"q{number}"]), 0).astype(np.uint8)
    rows = np.flatnonzero(~np.isnan(value) | (quality > 0))
    object_number, t = answer["object"][rows], answer["t"][rows]
    first = np.ones(len(rows), np.bool_)
    first[1:] = (object_number[1:] != object_number[:-1]) | (t[1:] != t[:-1])
    rows = rows[first]
    received = np.ma.filled(np.ma.asarray(answer["received_ms"]), 0)[rows]
    points = np.full(len(rows), place, np.int16)
    return answer["object"][rows], points, answer["t"][rows], received, value[rows], quality[rows]
