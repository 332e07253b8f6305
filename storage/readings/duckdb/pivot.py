"""From one row a value to one row a measured time: the wide rows of the day tables, and the rows of roll-ups.

Pure array work; what the columns are called is the InfluxDB schema (``<point>``, ``<point>__q`` and the others of `storage.readings.fields`, ``received_ms``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heating.points import POINTS, Measurement
from heating.protocols import RollupBatch, RollupName
from heating.quality import Quality
from heating.samples import SampleBatch
from storage.readings.duckdb.partitions import DAY_MS, Partition, partitions_of_times
from storage.readings.fields import BAD, BAD_QUALITY, QUALITY

__all__ = ["ROLLUP_PARTS", "WideColumns", "pivot_samples", "rollup_rows", "split_by_kind"]

ROLLUP_PARTS = ("mean", "min", "max", "count")
"""Endings of the columns of a roll-up."""

WideColumns = dict[str, NDArray[Any]]
"""Columns by name; masked where NULL, and NaN is NULL too."""


def split_by_kind(batch: SampleBatch) -> Iterator[tuple[Measurement, SampleBatch]]:
    """Yield the rows of each measurement, `objects` cut down to those that the rows use."""
    used = np.flatnonzero(np.bincount(batch.object_index, minlength=len(batch.objects)))
    for measurement in Measurement:
        chosen = [place for place in used.tolist() if batch.objects[place].measurement is measurement]
        if not chosen:
            continue
        if len(chosen) == len(batch.objects):
            yield measurement, batch
            return
        renumbered = np.full(len(batch.objects), -1, np.int32)
        renumbered[chosen] = np.arange(len(chosen), dtype=np.int32)
        part = batch.select(renumbered[batch.object_index] >= 0)
        yield (
            measurement,
            replace(
                part,
                objects=tuple(batch.objects[place] for place in chosen),
                object_index=renumbered[part.object_index],
            ),
        )


def pivot_samples(
    measurement: Measurement, batch: SampleBatch, keys: NDArray[np.uint32]
) -> Iterator[tuple[Partition, WideColumns]]:
    """Yield the wide rows of each day, in order of object and time.

    Parameters
    ----------
    batch
        Rows of one measurement.
    keys
        ``(len(batch.objects),)`` the store's number of each object.
    """
    for partition, rows in partitions_of_times(measurement.value, batch.measured_ms):
        yield partition, _pivot_day(partition, batch.select(rows), keys)  # type: ignore[arg-type]


def _pivot_day(partition: Partition, batch: SampleBatch, keys: NDArray[np.uint32]) -> WideColumns:
    series = keys[batch.object_index].astype(np.int64) * DAY_MS + (batch.measured_ms - partition.start_ms)
    order = np.argsort(series, kind="stable")
    in_order = series[order]
    new = np.concatenate(([True], in_order[1:] != in_order[:-1]))
    row_of = np.empty(len(order), np.intp)
    row_of[order] = np.cumsum(new) - 1
    firsts = in_order[new]
    columns: WideColumns = {
        "object": (firsts // DAY_MS).astype(np.uint32),
        "t": firsts % DAY_MS + partition.start_ms,
        "received_ms": batch.received_ms[order][new],
    }
    for index in np.unique(batch.point).tolist():
        # Backwards: of repeated places numpy keeps the last assignment, so the first reading wins.
        rows = np.flatnonzero(batch.point == index)[::-1]
        name, places = POINTS[index].name, row_of[rows]
        values = np.full(len(firsts), np.nan)
        values[places] = batch.value[rows]
        columns[name] = values
        if batch.quality[rows].any():
            quality = np.zeros(len(firsts), np.uint8)
            quality[places] = batch.quality[rows]
            _part_by_quality(columns, name, values, quality)
    return columns


def _part_by_quality(
    columns: WideColumns, name: str, values: NDArray[np.float64], quality: NDArray[np.uint8]
) -> None:
    """Put bad values and the codes of a point into columns of their own."""
    bad = quality >= Quality.BAD
    uncertain = (quality > 0) & ~bad
    if uncertain.any():
        columns[f"{name}{QUALITY}"] = np.ma.masked_array(quality, ~uncertain)
    if bad.any():
        columns[name] = np.where(bad, np.nan, values)
        columns[f"{name}{BAD}"] = np.where(bad, values, np.nan)
        columns[f"{name}{BAD_QUALITY}"] = np.ma.masked_array(quality, ~bad)


def rollup_rows(
    name: RollupName, batches: Sequence[RollupBatch], keys: Sequence[NDArray[np.uint32]]
) -> Iterator[tuple[Partition, WideColumns]]:
    """Yield the roll-up rows of each table, the points of one object and bucket in one row.

    Parameters
    ----------
    batches
        Rows of one roll-up; of rows of the same object, point and bucket the last wins.
    keys
        The store's number of each row's object, an array ``(n,)`` a batch.
    """
    buckets, bucket_place = np.unique(
        np.concatenate([rows.bucket_ms for rows in batches]), return_inverse=True
    )
    series = np.concatenate(keys).astype(np.int64) * len(buckets) + bucket_place
    distinct, row_of = np.unique(series, return_inverse=True)
    columns: WideColumns = {
        "object": (distinct // len(buckets)).astype(np.uint32),
        "t": buckets[distinct % len(buckets)].astype(np.int64),
    }
    begin = 0
    for rows in batches:
        places = row_of[begin : begin + len(rows.count)]
        begin += len(rows.count)
        _lay(columns, rows, places, len(distinct))
    for partition, chosen in partitions_of_times(name.value, columns["t"]):
        yield partition, {column: values[chosen] for column, values in columns.items()}


def _lay(columns: WideColumns, rows: RollupBatch, places: NDArray[np.intp], n: int) -> None:
    """Put the rows of one point at their places; where there are none the count is masked, which is NULL."""
    parts: Sequence[NDArray[Any]] = (rows.mean, rows.minimum, rows.maximum)
    for ending, part in zip(ROLLUP_PARTS[:3], parts, strict=True):
        values = columns.setdefault(f"{rows.point}_{ending}", np.full(n, np.nan))
        values[places] = part
    name = f"{rows.point}_{ROLLUP_PARTS[3]}"
    if name not in columns:
        columns[name] = np.ma.masked_array(np.zeros(n, np.int64), np.ones(n, np.bool_))
    columns[name][places] = rows.count
