"""Raw scans of InfluxDB over all objects of a measurement in short pieces of time.

One scan of rows costs a fraction of what the last value of each of 338,600 series costs. Reads of single objects live
in `influxql`.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heating.intervals import Interval
from heating.points import POINT_INDEX, POINTS, Measurement
from heating.samples import ObjectRef, SampleBatch
from storage.readings.fields import joined_reading, names_of
from storage.readings.influxdb.transport import InfluxTransport, Series

__all__ = ["IDS_IN_A_STATEMENT", "field_names", "newest_rows", "pieces_newest_first", "read_window", "within"]

PIECE = timedelta(minutes=30)
"""Window of one scan. Each costs the server something for every series, so shorter pieces cost more in all."""
IDS_IN_A_STATEMENT = 250
"""Ids named in one condition."""


def within(window: Interval) -> str:
    """Return the condition on the time."""
    return f"time >= {window.start_ms}ms AND time < {window.end_ms}ms"


def field_names(transport: InfluxTransport, database: str, measurement: Measurement) -> frozenset[str]:
    """Return the fields that a measurement ever had."""
    answer = transport.query(f'SHOW FIELD KEYS FROM "{measurement.value}"', database=database)
    return frozenset(row[0] for series in answer[0] for row in series["values"]) if answer else frozenset()


def pieces_newest_first(window: Interval, length: timedelta = PIECE) -> Iterator[Interval]:
    """Yield the window in pieces, the newest first."""
    end = window.end
    while end > window.start:
        start = max(window.start, end - length)
        yield Interval(start, end)
        end = start


def read_window(
    transport: InfluxTransport,
    database: str,
    measurement: Measurement,
    window: Interval,
    *,
    points: Sequence[str] | None = None,
    object_ids: Sequence[str] = (),
) -> SampleBatch:
    """Return every reading of a measurement in a window, in order of time within each point.

    Parameters
    ----------
    points
        Only these; None: all.
    object_ids
        Only these, at most `IDS_IN_A_STATEMENT`; empty: all objects.
    """
    known = field_names(transport, database, measurement)
    wanted = [
        name
        for kind, name in POINT_INDEX
        if kind is measurement and (points is None or name in points) and not known.isdisjoint(names_of(name))
    ]
    if not wanted:
        return SampleBatch.empty()
    columns = [column for name in wanted for column in names_of(name) if column in known]
    fields = ", ".join(f'"{column}"' for column in columns)
    condition = within(window)
    if object_ids:
        named = " OR ".join(f'"{measurement.tag}" = $id{i}' for i in range(len(object_ids)))
        condition = f"({named}) AND {condition}"
    answer = transport.stream(
        f'SELECT {fields}, "received_ms", "{measurement.tag}" FROM "{measurement.value}" WHERE {condition}',
        database=database,
        parameters={f"id{i}": object_id for i, object_id in enumerate(object_ids)},
    )
    places: dict[str, int] = {}
    parts = [part for series in answer for part in _columns(series, wanted, measurement, places)]
    return _batch(measurement, places, parts)


def _columns(
    series: Series, wanted: Sequence[str], measurement: Measurement, places: dict[str, int]
) -> Iterator[tuple[NDArray[Any], ...]]:
    """Yield object, point, time, received, value and quality of each point's readings."""
    columns = dict(zip(series["columns"], zip(*series["values"], strict=True), strict=True))
    time_ms = np.array(columns["time"], np.int64)
    ids = columns[measurement.tag]
    objects = np.array([places.setdefault(name, len(places)) for name in ids], np.int32)
    received = np.nan_to_num(np.array(columns["received_ms"], np.float64)).astype(np.int64)
    absent = np.full(len(time_ms), np.nan)
    for name in wanted:
        fields = [
            np.array(columns[field], np.float64) if field in columns else absent for field in names_of(name)
        ]
        value, quality = joined_reading(*fields)
        rows = np.flatnonzero(~np.isnan(value) | (quality > 0))
        place = np.full(len(rows), POINT_INDEX[measurement, name], np.int16)
        yield objects[rows], place, time_ms[rows], received[rows], value[rows], quality[rows]


def _batch(
    measurement: Measurement, places: dict[str, int], parts: Sequence[tuple[NDArray[Any], ...]]
) -> SampleBatch:
    if not parts:
        return SampleBatch.empty()
    index, point, measured, received, value, quality = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    return SampleBatch(
        objects=tuple(ObjectRef(measurement, object_id) for object_id in places),
        object_index=index,
        point=point,
        measured_ms=measured,
        received_ms=received,
        value=value,
        quality=quality,
    )


def newest_rows(batch: SampleBatch) -> SampleBatch:
    """Return one row an object and point, the newest."""
    series = batch.object_index.astype(np.int64) * len(POINTS) + batch.point
    order = np.lexsort((batch.measured_ms, series))
    last = np.ones(len(order), np.bool_)
    last[:-1] = series[order][1:] != series[order][:-1]
    return batch.select(order[last])
