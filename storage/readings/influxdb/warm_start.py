"""The newest value of every point of every object: what a warm start asks of InfluxDB.

Few objects (stations, sources): the server's ``LAST`` for each field. Rooms: raw scans of the newest half hour, then
of the rest of the window only what is still missing; 338,600 ``LAST`` would take half a minute each field.
"""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from heating.intervals import Interval
from heating.points import POINT_INDEX, Measurement
from heating.samples import ObjectRef, SampleBatch
from storage.readings.fields import SUFFIXES, joined_reading, names_of
from storage.readings.influxdb.scanning import (
    IDS_IN_A_STATEMENT,
    field_names,
    newest_rows,
    pieces_newest_first,
    read_window,
    within,
)
from storage.readings.influxdb.transport import InfluxTransport, Series

__all__ = ["read_latest"]

STATEMENTS_IN_A_REQUEST = 8
"""Statements of a warm start sent together."""
SCANNED = timedelta(minutes=30)
"""The newest part of the window, scanned whole for rooms."""
FEW = 2000
"""So many missing series are asked for by name; more are found by scanning on."""


def read_latest(
    transport: InfluxTransport, database: str, measurement: Measurement, window: Interval
) -> SampleBatch:
    """Return the newest value of every point of every object inside a window."""
    if measurement is not Measurement.ROOM:
        return _by_last(transport, database, measurement, window)
    recent = Interval(max(window.start, window.end - SCANNED), window.end)
    found = _scanned(transport, database, measurement, recent, points=None)
    older = Interval(window.start, recent.start)
    if not older.length:
        return found
    everything = _object_ids(transport, database, measurement, window)
    fields = field_names(transport, database, measurement)
    extra = [found]
    for point in (name for kind, name in POINT_INDEX if kind is measurement and name in fields):
        rows = found.point == POINT_INDEX[measurement, point]
        seen = {found.objects[place].object_id for place in np.unique(found.object_index[rows]).tolist()}
        missing = [object_id for object_id in everything if object_id not in seen]
        if len(missing) > FEW:
            extra.append(_scanned(transport, database, measurement, older, points=(point,)))
        else:
            for start in range(0, len(missing), IDS_IN_A_STATEMENT):
                ids = missing[start : start + IDS_IN_A_STATEMENT]
                part = read_window(transport, database, measurement, older, points=(point,), object_ids=ids)
                extra.append(newest_rows(part))
    return newest_rows(SampleBatch.concatenate(extra))


def _scanned(
    transport: InfluxTransport,
    database: str,
    measurement: Measurement,
    window: Interval,
    *,
    points: Sequence[str] | None,
) -> SampleBatch:
    """Scan a window piece by piece, keeping only the newest rows, so that memory stays small."""
    found = SampleBatch.empty()
    for piece in pieces_newest_first(window):
        part = newest_rows(read_window(transport, database, measurement, piece, points=points))
        found = newest_rows(SampleBatch.concatenate([part, found]))
    return found


def _object_ids(
    transport: InfluxTransport, database: str, measurement: Measurement, window: Interval
) -> list[str]:
    answer = transport.query(
        f'SHOW TAG VALUES FROM "{measurement.value}" WITH KEY = "{measurement.tag}" WHERE {within(window)}',
        database=database,
    )
    return [row[1] for series in answer[0] for row in series["values"]] if answer else []


def _by_last(
    transport: InfluxTransport, database: str, measurement: Measurement, window: Interval
) -> SampleBatch:
    """Ask a question a field, because a bad reading is in fields of its own: the last value, and the last code of each kind."""
    known = field_names(transport, database, measurement)
    asked: list[tuple[str, str]] = []
    for point in (name for kind, name in POINT_INDEX if kind is measurement):
        columns = ", ".join(f'"{field}"' for field in (*names_of(point), "received_ms"))
        asked += [
            (point, f'SELECT last("{field}"), {columns} FROM "{measurement.value}"')
            for field in names_of(point)
            if field in known
        ]
    pieces: list[SampleBatch] = []
    for start in range(0, len(asked), STATEMENTS_IN_A_REQUEST):
        part = asked[start : start + STATEMENTS_IN_A_REQUEST]
        text = ";".join(f'{select} WHERE {within(window)} GROUP BY "{measurement.tag}"' for _, select in part)
        for (point, _), answer in zip(part, transport.query(text, database=database), strict=True):
            if answer:
                pieces.append(_last_rows(answer, measurement, point))
    return newest_rows(SampleBatch.concatenate(pieces))


def _last_rows(answer: list[Series], measurement: Measurement, point: str) -> SampleBatch:
    """Return the one row of each series."""
    rows = np.array([series["values"][0] for series in answer], np.float64)
    tags = [series["tags"][measurement.tag] for series in answer]
    value, quality = joined_reading(*rows.T[2 : 2 + len(SUFFIXES)])
    return SampleBatch(
        objects=tuple(ObjectRef(measurement, tag) for tag in tags),
        object_index=np.arange(len(answer), dtype=np.int32),
        point=np.full(len(answer), POINT_INDEX[measurement, point], np.int16),
        measured_ms=rows[:, 0].astype(np.int64),
        received_ms=np.nan_to_num(rows[:, -1]).astype(np.int64),
        value=value,
        quality=quality,
    )
