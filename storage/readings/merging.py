"""Rows of one object that share a time become one row; and the columns that a read returns.

Both adapters read wide rows: one a measured time, or several when parts of a message came apart. What lives here
turns them into `SeriesColumns`. Thinning is in `thinning`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from heating.protocols import SeriesColumns

__all__ = ["empty_series", "first_of_each_time", "series_from_rows"]

FloatColumns = Mapping[str, NDArray[np.float64]]
QualityColumns = Mapping[str, NDArray[np.uint8]]


def empty_series(points: Sequence[str]) -> SeriesColumns:
    """Return columns without rows."""
    return SeriesColumns(
        time_ms=np.zeros(0, np.int64),
        values={point: np.zeros(0) for point in points},
        quality={point: np.zeros(0, np.uint8) for point in points},
    )


def first_of_each_time(
    starts: NDArray[np.intp], present: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return for each group of rows the first row where something is present.

    Parameters
    ----------
    starts
        ``(n_groups,)`` first row of each group, rising.
    present
        ``(n,)`` whether the row holds the point.

    Returns
    -------
    rows, found
        ``(n_groups,)`` each; where nothing is present `rows` is the group's first row and `found` is False.
    """
    n = len(present)
    candidates = np.where(present, np.arange(n), n)
    rows = np.minimum.reduceat(candidates, starts)
    found = rows < n
    return np.where(found, rows, starts), found


def series_from_rows(
    time_ms: NDArray[np.int64], values: FloatColumns, quality: QualityColumns
) -> SeriesColumns:
    """Return series of rows in time order, rows of the same time merged; of two values of a point the first wins.

    Parameters
    ----------
    time_ms
        ``(n,)`` not falling.
    values
        ``(n,)`` a point; NaN: null or absent.
    quality
        ``(n,)`` a point; 0 where good or absent.
    """
    if not len(time_ms):
        return empty_series(tuple(values))
    new = np.flatnonzero(np.concatenate(([True], time_ms[1:] != time_ms[:-1])))
    if len(new) == len(time_ms):
        return SeriesColumns(time_ms=time_ms, values=dict(values), quality=dict(quality))
    merged_values: dict[str, NDArray[np.float64]] = {}
    merged_quality: dict[str, NDArray[np.uint8]] = {}
    for point, column in values.items():
        rows, found = first_of_each_time(new, ~np.isnan(column) | (quality[point] > 0))
        merged_values[point] = np.where(found, column[rows], np.nan)
        merged_quality[point] = np.where(found, quality[point][rows], 0).astype(np.uint8)
    return SeriesColumns(time_ms=time_ms[new], values=merged_values, quality=merged_quality)
