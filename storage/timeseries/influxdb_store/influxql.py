"""Reads of InfluxDB in InfluxQL: bounded in time, ids bound as parameters, field names from the list of points."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heating.intervals import Interval
from heating.points import POINT_INDEX, Measurement
from heating.protocols import RollupBatch, RollupName, SeriesColumns
from heating.samples import ObjectRef, SampleBatch
from storage.timeseries.influxdb_store.transport import InfluxTransport, Series
from storage.timeseries.merging import empty_series

__all__ = ["read_latest", "read_rollup", "read_series"]

IDS_IN_A_STATEMENT = 250
"""Ids named in one condition of a roll-up read."""
STATEMENTS_IN_A_REQUEST = 8
"""Statements of a warm start sent together."""


def read_series(
    transport: InfluxTransport, database: str, ref: ObjectRef, points: Sequence[str], window: Interval
) -> SeriesColumns:
    """Return points of one object."""
    fields = ", ".join(f'"{point}", "{point}__q"' for point in points)
    statement = (
        f'SELECT {fields} FROM "{ref.measurement.value}" '
        f'WHERE "{ref.measurement.tag}" = $id AND {_within(window)}'
    )
    answer = transport.query(statement, database=database, parameters={"id": ref.object_id})
    if not points or not answer or not answer[0]:
        return empty_series(points)
    time_ms, cells = _table(answer[0][0])
    return SeriesColumns(
        time_ms=time_ms,
        values={point: cells[:, 2 * i] for i, point in enumerate(points)},
        quality={
            point: np.nan_to_num(cells[:, 2 * i + 1]).astype(np.uint8) for i, point in enumerate(points)
        },
    )


def _within(window: Interval) -> str:
    return f"time >= {window.start_ms}ms AND time < {window.end_ms}ms"


def _table(series: Series) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return times ``(n,)`` and the other columns ``(n, n_columns)``, null as NaN."""
    rows = np.array(series["values"], np.float64)
    return rows[:, 0].astype(np.int64), rows[:, 1:]


def read_latest(
    transport: InfluxTransport, database: str, measurement: Measurement, window: Interval
) -> SampleBatch:
    """Return the newest value of every point of every object inside a window.

    Two questions a point, because a null leaves only its quality: the last value, and the last quality that is not
    good. The newer of both is the answer.
    """
    known = _field_names(transport, database, measurement)
    asked: list[tuple[str, str]] = []
    for point in (name for kind, name in POINT_INDEX if kind is measurement):
        columns = f'"{point}", "{point}__q", "received_ms"'
        asked += [
            (point, f'SELECT last("{field}"), {columns} FROM "{measurement.value}"')
            for field in (point, f"{point}__q")
            if field in known
        ]
    pieces: list[tuple[NDArray[Any], ...]] = []
    places: dict[str, int] = {}
    for start in range(0, len(asked), STATEMENTS_IN_A_REQUEST):
        part = asked[start : start + STATEMENTS_IN_A_REQUEST]
        text = ";".join(
            f'{select} WHERE {_within(window)} GROUP BY "{measurement.tag}"' for _, select in part
        )
        for (point, _), answer in zip(part, transport.query(text, database=database), strict=True):
            if answer:
                pieces.append(_last_rows(answer, places, measurement, point))
    return _newest(measurement, places, pieces)


def _field_names(transport: InfluxTransport, database: str, measurement: Measurement) -> frozenset[str]:
    answer = transport.query(f'SHOW FIELD KEYS FROM "{measurement.value}"', database=database)
    return frozenset(row[0] for series in answer[0] for row in series["values"]) if answer else frozenset()


def _last_rows(
    answer: list[Series], places: dict[str, int], measurement: Measurement, point: str
) -> tuple[NDArray[Any], ...]:
    """Return object, point, time, received, value and quality of the one row of each series."""
    objects = [places.setdefault(series["tags"][measurement.tag], len(places)) for series in answer]
    rows = np.array([series["values"][0] for series in answer], np.float64)
    return (
        np.array(objects, np.int32),
        np.full(len(objects), POINT_INDEX[measurement, point], np.int16),
        rows[:, 0].astype(np.int64),
        np.nan_to_num(rows[:, 4]).astype(np.int64),
        rows[:, 2],
        np.nan_to_num(rows[:, 3]).astype(np.uint8),
    )


def _newest(
    measurement: Measurement, places: dict[str, int], pieces: Sequence[tuple[NDArray[Any], ...]]
) -> SampleBatch:
    """Return one row an object and point, the newest."""
    if not pieces:
        return SampleBatch.empty()
    index, point, measured, received, value, quality = (
        np.concatenate(column) for column in zip(*pieces, strict=True)
    )
    order = np.lexsort((measured, point, index))
    last = np.ones(len(order), np.bool_)
    last[:-1] = (index[order][1:] != index[order][:-1]) | (point[order][1:] != point[order][:-1])
    chosen = order[last]
    return SampleBatch(
        objects=tuple(ObjectRef(measurement, object_id) for object_id in places),
        object_index=index[chosen],
        point=point[chosen],
        measured_ms=measured[chosen],
        received_ms=received[chosen],
        value=value[chosen],
        quality=quality[chosen],
    )


def read_rollup(
    transport: InfluxTransport,
    database: str,
    source: str,
    name: RollupName,
    point: str,
    object_ids: Sequence[str],
    window: Interval,
) -> RollupBatch:
    """Return roll-up rows of named objects in order of bucket and object.

    Parameters
    ----------
    source
        Quoted measurement, with its retention policy where it has one.
    """
    fields = ", ".join(f'"{point}_{part}"' for part in ("mean", "min", "max", "count"))
    ids: list[str] = []
    tables: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
    for start in range(0, len(object_ids), IDS_IN_A_STATEMENT):
        part = object_ids[start : start + IDS_IN_A_STATEMENT]
        named = " OR ".join(f'"{name.tag}" = $id{i}' for i in range(len(part)))
        statement = (
            f'SELECT {fields} FROM {source} WHERE ({named}) AND {_within(window)} GROUP BY "{name.tag}"'
        )
        parameters = {f"id{i}": object_id for i, object_id in enumerate(part)}
        for series in transport.query(statement, database=database, parameters=parameters)[0]:
            table = _table(series)
            tables.append(table)
            ids += [series["tags"][name.tag]] * len(table[0])
    return _rollup_in_order(name, point, ids, tables)


def _rollup_in_order(
    name: RollupName,
    point: str,
    ids: Sequence[str],
    tables: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]],
) -> RollupBatch:
    time_ms = np.concatenate([table[0] for table in tables]) if tables else np.zeros(0, np.int64)
    cells = np.concatenate([table[1] for table in tables]) if tables else np.zeros((0, 4))
    order = np.lexsort((np.array(ids, np.str_), time_ms)) if len(ids) else np.zeros(0, np.intp)
    count = np.nan_to_num(cells[order, 3]).astype(np.int64)
    statistics = np.where(count[:, np.newaxis] > 0, cells[order, :3], np.nan)
    return RollupBatch(
        name=name,
        object_ids=tuple(ids[place] for place in order.tolist()),
        point=point,
        bucket_ms=time_ms[order],
        mean=statistics[:, 0],
        minimum=statistics[:, 1],
        maximum=statistics[:, 2],
        count=count,
    )
