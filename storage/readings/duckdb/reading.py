"""Reads of the embedded store: bounded in time, across day tables, on a cursor of the reader's own."""

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from heating.intervals import Interval
from heating.points import POINT_INDEX, POINTS, Measurement
from heating.protocols import RollupBatch, RollupName, SeriesColumns
from heating.samples import ObjectRef, SampleBatch
from storage.readings.duckdb.catalogue import Catalogue, DayTable, present, quality_of, value_of
from storage.readings.duckdb.pivot import ROLLUP_PARTS
from storage.readings.merging import empty_series, series_from_rows

__all__ = ["read_latest", "read_rollup", "read_series"]

ROWID_SPAN = 2**36
"""More rows than a day table ever has; time within a day (below 2**27 ms) times this fits 63 bits."""

_LATEST_PARTS = (("t", np.int64), ("r", np.int64), ("v", np.float64), ("q", np.uint8))


def read_series(
    cursor: duckdb.DuckDBPyConnection,
    catalogue: Catalogue,
    ref: ObjectRef,
    points: Sequence[str],
    window: Interval,
) -> SeriesColumns:
    """Return points of one object, rows of one time merged, the first value of a point winning."""
    key = catalogue.keys.get((ref.measurement.value, ref.object_id))
    tables = catalogue.tables_of(ref.measurement.value, window.start_ms, window.end_ms)
    selects = [_series_select(table, points) for table in tables if set(points) & set(table.columns)]
    if key is None or not selects:
        return empty_series(points)
    sql = " UNION ALL ".join(selects) + " ORDER BY t, r"
    found = cursor.execute(sql, {"key": key, "start": window.start_ms, "end": window.end_ms}).fetchnumpy()
    return series_from_rows(
        found["t"],
        {point: _floats(found[f"v{i}"]) for i, point in enumerate(points)},
        {point: _codes(found[f"q{i}"]) for i, point in enumerate(points)},
    )


def _series_select(table: DayTable, points: Sequence[str]) -> str:
    columns = ["t", "rowid AS r"]
    for i, point in enumerate(points):
        columns.append(f"{value_of(table, point)} AS v{i}")
        columns.append(f"{quality_of(table, point)} AS q{i}")
    held = " OR ".join(present(table, point) for point in points if point in table.columns)
    return (
        f'SELECT {", ".join(columns)} FROM "{table.name}" '
        f"WHERE object = $key AND t >= $start AND t < $end AND ({held})"
    )


def _floats(column: NDArray[Any]) -> NDArray[np.float64]:
    return np.ma.filled(np.ma.asarray(column, np.float64), np.nan)


def _codes(column: NDArray[Any]) -> NDArray[np.uint8]:
    return np.ma.filled(np.ma.asarray(column), 0).astype(np.uint8)


def read_latest(
    cursor: duckdb.DuckDBPyConnection, catalogue: Catalogue, measurement: Measurement, window: Interval
) -> SampleBatch:
    """Return the newest value of every point of every object inside a window."""
    pieces: list[tuple[NDArray[Any], ...]] = []
    for table in catalogue.tables_of(measurement.value, window.start_ms, window.end_ms):
        names = [column for column in table.columns if (measurement, column) in POINT_INDEX]
        found = cursor.execute(
            _latest_select(table, names), {"start": window.start_ms, "end": window.end_ms}
        ).fetchnumpy()
        for i, name in enumerate(names):
            rows = np.flatnonzero(~np.ma.getmaskarray(np.ma.asarray(found[f"t{i}"])))
            if not len(rows):
                continue
            place = np.full(len(rows), POINT_INDEX[measurement, name], np.int16)
            parts = [_plain(found[f"{part}{i}"], kind)[rows] for part, kind in _LATEST_PARTS]
            pieces.append((found["object"][rows], place, *parts))
    if not pieces:
        return SampleBatch.empty()
    return _newest_of(
        measurement, catalogue, [np.concatenate(column) for column in zip(*pieces, strict=True)]
    )


def _latest_select(table: DayTable, names: Sequence[str]) -> str:
    """Return the query; of rows with the same time the one inserted first wins, as in a series."""
    columns = ["object"]
    for i, name in enumerate(names):
        where = f"FILTER (WHERE {present(table, name)})"
        columns += [
            f"arg_max(t, age) {where} AS t{i}",
            f"arg_max_null(received_ms, age) {where} AS r{i}",
            f"arg_max_null({value_of(table, name)}, age) {where} AS v{i}",
            f"arg_max_null({quality_of(table, name)}, age) {where} AS q{i}",
        ]
    return (
        f"SELECT {', '.join(columns)} FROM ("
        f"SELECT *, (t - {table.partition.start_ms}) * {ROWID_SPAN} - rowid AS age "
        f'FROM "{table.name}" WHERE t >= $start AND t < $end) GROUP BY object'
    )


def _plain(column: NDArray[Any], kind: type) -> NDArray[Any]:
    """Return a column without a mask: NULL is NaN, or 0 in whole numbers."""
    masked = np.ma.asarray(column)
    return np.ma.filled(masked, np.nan if kind is np.float64 else 0).astype(kind)


def _newest_of(measurement: Measurement, catalogue: Catalogue, columns: list[NDArray[Any]]) -> SampleBatch:
    """Return one row an object and point: pieces come oldest day first, so the last of each wins."""
    key, point, measured, received, value, quality = columns
    series = key.astype(np.int64) * len(POINTS) + point
    order = np.argsort(series, kind="stable")
    in_order = series[order]
    last = order[np.concatenate((in_order[1:] != in_order[:-1], [True]))]
    keys, index = np.unique(key[last], return_inverse=True)
    return SampleBatch(
        objects=tuple(ObjectRef(measurement, catalogue.object_ids[number]) for number in keys.tolist()),
        object_index=index.astype(np.int32),
        point=point[last],
        measured_ms=measured[last],
        received_ms=received[last],
        value=value[last],
        quality=quality[last],
    )


def read_rollup(
    cursor: duckdb.DuckDBPyConnection,
    catalogue: Catalogue,
    name: RollupName,
    point: str,
    object_ids: Sequence[str],
    window: Interval,
) -> RollupBatch:
    """Return roll-up rows in order of bucket and object; of rewritten rows the last."""
    keys = [
        key for object_id in object_ids if (key := catalogue.keys.get((name.value, object_id))) is not None
    ]
    columns = [f"{point}_{ending}" for ending in ROLLUP_PARTS]
    tables = [
        table
        for table in catalogue.tables_of(name.value, window.start_ms, window.end_ms)
        if columns[-1] in table.columns
    ]
    if not keys or not tables:
        return _rollup_batch(name, point, (), [np.zeros(0, np.int64)] + [np.zeros(0)] * 4)
    chosen = ", ".join(
        f'"{column}" AS {ending}' for column, ending in zip(columns, ROLLUP_PARTS, strict=True)
    )
    sql = " UNION ALL ".join(
        f'SELECT t, object, rowid AS r, {chosen} FROM "{table.name}" WHERE object IN (SELECT unnest($keys)) '
        f'AND t >= $start AND t < $end AND "{columns[-1]}" IS NOT NULL'
        for table in tables
    )
    found = cursor.execute(
        f"{sql} ORDER BY t, object, r", {"keys": keys, "start": window.start_ms, "end": window.end_ms}
    ).fetchnumpy()
    time_ms, number = found["t"], found["object"]
    last = np.ones(len(time_ms), np.bool_)
    last[:-1] = (time_ms[1:] != time_ms[:-1]) | (number[1:] != number[:-1])
    ids = tuple(catalogue.object_ids[key] for key in number[last].tolist())
    return _rollup_batch(
        name, point, ids, [time_ms[last], *(_floats(found[part])[last] for part in ROLLUP_PARTS)]
    )


def _rollup_batch(
    name: RollupName, point: str, ids: tuple[str, ...], columns: Sequence[NDArray[Any]]
) -> RollupBatch:
    bucket_ms, mean, minimum, maximum, count = columns
    return RollupBatch(
        name=name,
        object_ids=ids,
        point=point,
        bucket_ms=bucket_ms,
        mean=mean,
        minimum=minimum,
        maximum=maximum,
        count=count.astype(np.int64),
    )
