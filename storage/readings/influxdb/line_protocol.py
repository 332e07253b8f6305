"""Line protocol: one line an object and measured time, with a field for every point.

Some 10 times faster than building `influxdb_client.Point` objects. Ids are checked before they come here
(`storage.readings.cleaning`); here they are escaped.
"""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from heating.points import POINTS, Measurement
from heating.protocols import RollupBatch
from heating.quality import Quality
from heating.samples import SampleBatch
from storage.readings.fields import BAD, BAD_QUALITY, QUALITY

__all__ = ["escape_tag", "rollup_lines", "sample_lines"]

_FIELD = [f"{point.name}=" for point in POINTS]
_QUALITY_FIELD = [f"{point.name}{QUALITY}=" for point in POINTS]
_BAD_FIELD = [f"{point.name}{BAD}=" for point in POINTS]
_BAD_QUALITY_FIELD = [f"{point.name}{BAD_QUALITY}=" for point in POINTS]
_HEAD = {measurement: f"{measurement.value},{measurement.tag}=" for measurement in Measurement}


def escape_tag(value: str) -> str:
    """Return a tag's value as line protocol wants it: commas, equal signs and blanks behind a backslash."""
    return value.replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")


def sample_lines(batch: SampleBatch) -> list[str]:
    """Return the lines of a batch, times in milliseconds, in order of object and time.

    What is bad goes into fields of its own (`storage.readings.fields`); a NaN value leaves only its code. Of repeated readings of one point the first stays.
    """
    if not len(batch):
        return []
    heads = [f"{_HEAD[ref.measurement]}{escape_tag(ref.object_id)} " for ref in batch.objects]
    order, starts = _grouped(batch)
    heads_of_lines = map(heads.__getitem__, batch.object_index[order[starts]].tolist())
    times = batch.measured_ms[order[starts]].tolist()
    received = batch.received_ms[order[starts]].tolist()
    names = map(_FIELD.__getitem__, batch.point[order].tolist())
    if len(starts) == len(order) and not batch.quality.any():
        values = batch.value[order].tolist()
        return [
            f"{head}{name}{value!r},received_ms={arrived}i {at}"
            for head, name, value, arrived, at in zip(
                heads_of_lines, names, values, received, times, strict=True
            )
        ]
    fields = _fields(batch, order)
    bounds = pairwise([*starts.tolist(), len(order)])
    return [
        f"{head}{','.join(fields[first:end])},received_ms={arrived}i {at}"
        for head, (first, end), arrived, at in zip(heads_of_lines, bounds, received, times, strict=True)
    ]


def _fields(batch: SampleBatch, order: NDArray[np.intp]) -> list[str]:
    """Return the text of each reading: its value, its quality where not good, or both, in the fields of its band."""
    points = batch.point[order].tolist()
    texts = [
        f"{_FIELD[point]}{value!r}" for point, value in zip(points, batch.value[order].tolist(), strict=True)
    ]
    for place in np.flatnonzero(batch.quality[order]).tolist():
        row = order[place]
        code, point = int(batch.quality[row]), points[place]
        if code >= Quality.BAD:
            quality = f"{_BAD_QUALITY_FIELD[point]}{code}i"
            value = float(batch.value[row])
            texts[place] = quality if math.isnan(value) else f"{_BAD_FIELD[point]}{value!r},{quality}"
        else:
            texts[place] = f"{texts[place]},{_QUALITY_FIELD[point]}{code}i"
    return texts


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
