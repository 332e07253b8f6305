"""Line protocol: one line an object and measured time, with a field for every point.

Some 10 times faster than building `influxdb_client.Point` objects. Ids are checked before they come here
(`storage.timeseries.cleaning`); here they are escaped.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from heating.points import POINTS
from heating.protocols import RollupBatch
from heating.samples import SampleBatch

__all__ = ["escape_tag", "rollup_lines", "sample_lines"]

_FIELD = [f"{point.name}=" for point in POINTS]
_QUALITY_FIELD = [f"{point.name}__q=" for point in POINTS]
_ESCAPES = str.maketrans({",": "\\,", "=": "\\=", " ": "\\ "})


def escape_tag(value: str) -> str:
    """Return a tag's value as line protocol wants it: commas, equal signs and blanks behind a backslash."""
    return value.translate(_ESCAPES)


def sample_lines(batch: SampleBatch) -> list[str]:
    """Return the lines of a batch, times in milliseconds, in order of object and time.

    A NaN value leaves only its ``__q`` field. Of repeated readings of one point the first stays.
    """
    if not len(batch):
        return []
    heads = [
        f"{ref.measurement.value},{ref.measurement.tag}={escape_tag(ref.object_id)} " for ref in batch.objects
    ]
    order, starts = _grouped(batch)
    objects = batch.object_index[order[starts]].tolist()
    times = batch.measured_ms[order[starts]].tolist()
    received = batch.received_ms[order[starts]].tolist()
    points, values = batch.point[order].tolist(), batch.value[order].tolist()
    quality = batch.quality[order].tolist()
    ends = [*starts[1:].tolist(), len(order)]
    lines: list[str] = []
    for group, (first, end) in enumerate(zip(starts.tolist(), ends, strict=True)):
        if end - first == 1 and not quality[first]:
            fields = f"{_FIELD[points[first]]}{values[first]!r}"
        else:
            fields = _fields(points[first:end], values[first:end], quality[first:end])
        lines.append(f"{heads[objects[group]]}{fields},received_ms={received[group]}i {times[group]}")
    return lines


def _fields(points: Sequence[int], values: Sequence[float], quality: Sequence[int]) -> str:
    parts: list[str] = []
    for point, value, code in zip(points, values, quality, strict=True):
        if value == value:  # not NaN
            parts.append(f"{_FIELD[point]}{value!r}")
        if code:
            parts.append(f"{_QUALITY_FIELD[point]}{code}i")
    return ",".join(parts)


def _grouped(batch: SampleBatch) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows in order of object, time and point without repeats, and where each object and time begins."""
    span = int(batch.measured_ms.max() - batch.measured_ms.min()) + 1
    if len(batch.objects) * span * len(POINTS) < 2**63:
        series = batch.object_index.astype(np.int64) * span + (batch.measured_ms - batch.measured_ms.min())
        order = np.argsort(series * len(POINTS) + batch.point, kind="stable")
    else:
        order = np.lexsort((batch.point, batch.measured_ms, batch.object_index))
    objects, times, points = batch.object_index[order], batch.measured_ms[order], batch.point[order]
    new_line = np.ones(len(order), np.bool_)
    new_line[1:] = (objects[1:] != objects[:-1]) | (times[1:] != times[:-1])
    kept = new_line.copy()
    kept[1:] |= points[1:] != points[:-1]
    return order[kept], np.flatnonzero(new_line[kept])


def rollup_lines(rows: RollupBatch) -> list[str]:
    """Return the lines of roll-up rows, times in milliseconds; NaN leaves its field out, the count is always there."""
    lines: list[str] = []
    columns = (rows.bucket_ms, rows.mean, rows.minimum, rows.maximum, rows.count)
    for object_id, *cells in zip(rows.object_ids, *(column.tolist() for column in columns), strict=True):
        bucket_ms, mean, minimum, maximum, count = cells
        named = ((mean, "mean"), (minimum, "min"), (maximum, "max"))
        fields = [f"{rows.point}_{name}={value!r}" for value, name in named if math.isfinite(value)]
        fields.append(f"{rows.point}_count={int(count)}i")
        lines.append(
            f"{rows.name.value},{rows.name.tag}={escape_tag(object_id)} {','.join(fields)} {bucket_ms}"
        )
    return lines
