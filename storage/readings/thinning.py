"""Fewer rows for a chart without losing a peak: rows that hold a minimum or a maximum of their bucket stay.

Pure arithmetic on `SeriesColumns`; which rows are read is the adapters' business.
"""

import numpy as np
from numpy.typing import NDArray

from heating.protocols import SeriesColumns
from heating.quality import is_bad, is_usable

__all__ = ["thin_series"]


def thin_series(columns: SeriesColumns, max_points: int | None) -> SeriesColumns:
    """Return the columns with about `max_points` rows.

    The time span is cut in equal buckets. Of each bucket stay, for every point, the first row with its smallest and
    the first with its largest usable value, and one row with a bad value if there is any, so that a chart still shows
    that something was wrong. The first and the last row always stay. No row is made up.

    Parameters
    ----------
    columns
        Rows in time order.
    max_points
        Rows wanted [-], at least 1; None keeps all. Fewer than ``2 * n_points + 3`` cannot be reached.

    Raises
    ------
    ValueError
        When `max_points` is below 1.
    """
    if max_points is not None and max_points < 1:
        raise ValueError(f"max_points is {max_points}, at least 1 is needed")
    n = len(columns.time_ms)
    if max_points is None or n <= max_points:
        return columns
    n_buckets = max(1, (max_points - 2) // (2 * max(1, len(columns.values)) + 1))
    starts = _bucket_starts(columns.time_ms, n_buckets)
    keep = np.zeros(n, np.bool_)
    keep[[0, -1]] = True
    any_bad = np.zeros(n, np.bool_)
    for point, values in columns.values.items():
        quality = columns.quality[point]
        usable = np.where(is_usable(quality), values, np.nan)
        keep[_first_rows(usable, np.fmin.reduceat(usable, starts), starts)] = True
        keep[_first_rows(usable, np.fmax.reduceat(usable, starts), starts)] = True
        any_bad |= is_bad(quality)
    keep[_first_of_buckets(np.flatnonzero(any_bad), starts)] = True
    return SeriesColumns(
        time_ms=columns.time_ms[keep],
        values={point: column[keep] for point, column in columns.values.items()},
        quality={point: column[keep] for point, column in columns.quality.items()},
        thinned=True,
    )


def _bucket_starts(time_ms: NDArray[np.int64], n_buckets: int) -> NDArray[np.intp]:
    """Return the first row of every bucket that has rows."""
    first, span = int(time_ms[0]), int(time_ms[-1] - time_ms[0]) + 1
    bucket = (time_ms - first) * n_buckets // span
    return np.flatnonzero(np.concatenate(([True], bucket[1:] != bucket[:-1])))


def _first_rows(
    values: NDArray[np.float64], extreme: NDArray[np.float64], starts: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return of each bucket the first row that holds the bucket's extreme; nothing for buckets without a value."""
    lengths = np.diff(np.append(starts, len(values)))
    return _first_of_buckets(np.flatnonzero(values == np.repeat(extreme, lengths)), starts)


def _first_of_buckets(rows: NDArray[np.intp], starts: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the first of the given rows (rising) in each bucket."""
    if not len(rows):
        return rows
    bucket = np.searchsorted(starts, rows, side="right")
    return rows[np.concatenate(([True], bucket[1:] != bucket[:-1]))]
