"""Reads of InfluxDB in InfluxQL: bounded in time, ids bound as parameters, field names from the list of points."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from heating.intervals import Interval
from heating.protocols import RollupBatch, RollupName, SeriesColumns
from heating.samples import ObjectRef
from storage.readings.fields import joined_reading, names_of
from storage.readings.influxdb.scanning import IDS_IN_A_STATEMENT, within
from storage.readings.influxdb.transport import InfluxTransport, Series
from storage.readings.merging import empty_series

__all__ = ["joined_rollup", "joined_series", "read_rollup", "read_series"]


def read_series(
    transport: InfluxTransport, database: str, ref: ObjectRef, points: Sequence[str], window: Interval
) -> SeriesColumns:
    """Return points of one object."""
    fields = ", ".join(f'"{field}"' for point in points for field in names_of(point))
    statement = (
        f'SELECT {fields} FROM "{ref.measurement.value}" '
        f'WHERE "{ref.measurement.tag}" = $id AND {within(window)}'
    )
    answer = transport.query(statement, database=database, parameters={"id": ref.object_id})
    if not points or not answer or not answer[0]:
        return empty_series(points)
    time_ms, cells = _table(answer[0][0])
    # By name: what the server leaves out was never written.
    columns = dict(zip(answer[0][0]["columns"][1:], cells.T, strict=True))
    absent = np.full(len(time_ms), np.nan)
    readings = {
        point: joined_reading(*(columns.get(field, absent) for field in names_of(point))) for point in points
    }
    return SeriesColumns(
        time_ms=time_ms,
        values={point: value for point, (value, _) in readings.items()},
        quality={point: quality for point, (_, quality) in readings.items()},
    )


def _table(series: Series) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return times ``(n,)`` and the other columns ``(n, n_columns)``, null as NaN."""
    rows = np.array(series["values"], np.float64)
    return rows[:, 0].astype(np.int64), rows[:, 1:]


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
            f'SELECT {fields} FROM {source} WHERE ({named}) AND {within(window)} GROUP BY "{name.tag}"'
        )
        parameters = {f"id{i}": object_id for i, object_id in enumerate(part)}
        for series in transport.query(statement, database=database, parameters=parameters)[0]:
            table = _table(series)
            tables.append(table)
            ids += [series["tags"][name.tag]] * len(table[0])
    return _rollup_in_order(name, point, ids, tables)


def joined_series(parts: Sequence[SeriesColumns]) -> SeriesColumns:
    """Return the columns of one object whose window was read in pieces, oldest first."""
    if len(parts) == 1:
        return parts[0]
    return SeriesColumns(
        time_ms=np.concatenate([part.time_ms for part in parts]),
        values={name: np.concatenate([part.values[name] for part in parts]) for name in parts[0].values},
        quality={name: np.concatenate([part.quality[name] for part in parts]) for name in parts[0].quality},
    )


def joined_rollup(parts: Sequence[RollupBatch]) -> RollupBatch:
    """Return the rows of a roll-up whose window was read in pieces, oldest first."""
    if len(parts) == 1:
        return parts[0]
    return RollupBatch(
        name=parts[0].name,
        object_ids=tuple(object_id for part in parts for object_id in part.object_ids),
        point=parts[0].point,
        bucket_ms=np.concatenate([part.bucket_ms for part in parts]),
        mean=np.concatenate([part.mean for part in parts]),
        minimum=np.concatenate([part.minimum for part in parts]),
        maximum=np.concatenate([part.maximum for part in parts]),
        count=np.concatenate([part.count for part in parts]),
    )


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
