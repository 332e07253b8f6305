"""Figures of windows: mean, spread, span, median of three, turns, slope, noise, longest flat run.

A window is an array ``(n_slots, n_objects)``, NaN where nothing came. Where the order counts the oldest slot comes first.
Not here: where windows are kept (`alerting.judging.learned.memory`).
"""

import itertools

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "longest_flat_run",
    "mean",
    "median",
    "median_of_three",
    "noise",
    "slope",
    "span",
    "spread",
    "total",
    "turns",
]

Floats = NDArray[np.float64]


def total(rows: Floats) -> Floats:
    """Return the sum of each object, the same to the last bit in whichever company it stands.

    A single column would be summed in pairs, several are summed row by row: one station judged alone must give what it
    gives among all.
    """
    if rows.shape[1] == 1:
        return total(np.repeat(rows, 2, axis=1))[:1]
    summed: Floats = np.ascontiguousarray(rows).sum(axis=0)
    return summed


def mean(rows: Floats, *, share: float = 0.5) -> Floats:
    """Return the mean of each object; NaN where less than `share` of the slots have a value."""
    known = ~np.isnan(rows)
    count = known.sum(axis=0)
    summed = total(np.where(known, rows, 0.0))
    return np.where(count >= max(1.0, share * len(rows)), summed / np.maximum(count, 1), np.nan)


def spread(rows: Floats, *, share: float = 0.7) -> Floats:
    """Return the standard deviation of each object."""
    known = ~np.isnan(rows)
    count = np.maximum(known.sum(axis=0), 1)
    # About the mean first: squares of big figures would lose the small differences.
    middle = total(np.where(known, rows, 0.0)) / count
    off = np.where(known, rows - middle, 0.0)
    enough = known.sum(axis=0) >= share * len(rows)
    return np.where(enough, np.sqrt(total(off * off) / count), np.nan)


def span(rows: Floats, *, share: float = 0.75) -> Floats:
    """Return highest less lowest value of each object."""
    missing = np.isnan(rows)
    highest = np.where(missing, -np.inf, rows).max(axis=0)
    lowest = np.where(missing, np.inf, rows).min(axis=0)
    enough = missing.sum(axis=0) <= (1 - share) * len(rows)
    with np.errstate(invalid="ignore"):
        return np.where(enough, highest - lowest, np.nan)


def median(rows: Floats, *, share: float = 0.5) -> Floats:
    """Return the median of each object."""
    count = (~np.isnan(rows)).sum(axis=0)
    ordered = np.sort(rows, axis=0)  # NaN goes last
    column = np.arange(rows.shape[1])
    low = ordered[np.maximum(count - 1, 0) // 2, column]
    high = ordered[np.minimum(count // 2, len(rows) - 1), column]
    return np.where(count >= max(1.0, share * len(rows)), (low + high) / 2, np.nan)


def median_of_three(first: Floats, second: Floats, third: Floats) -> Floats:
    """Return the middle one; a single outlier does not show. NaN where one is missing."""
    return np.maximum(np.minimum(first, second), np.minimum(np.maximum(first, second), third))


def turns(rows: Floats, size: float) -> Floats:
    """Return how often each object changed its direction by steps larger than `size`."""
    change = np.diff(rows, axis=0)
    change = np.where(np.abs(change) < size, 0.0, change)
    turned: Floats = (change[1:] * change[:-1] < 0).sum(axis=0).astype(np.float64)
    return turned


def noise(rows: Floats, *, share: float = 0.5) -> Floats:
    """Return the median of what each object moved from slot to slot: what a slow change hardly touches."""
    return median(np.abs(np.diff(rows, axis=0)), share=share)


def slope(rows: Floats, *, share: float = 0.5) -> Floats:
    """Return the least-squares slope of each object, per slot."""
    known = ~np.isnan(rows)
    count = known.sum(axis=0)
    at = np.arange(len(rows), dtype=np.float64)[:, None]
    safe = np.maximum(count, 1)
    middle_at = total(np.where(known, at, 0.0)) / safe
    middle = total(np.where(known, rows, 0.0)) / safe
    off_at = np.where(known, at - middle_at, 0.0)
    over = total(off_at * np.where(known, rows - middle, 0.0))
    under = total(off_at * off_at)
    enough = (count >= max(2.0, share * len(rows))) & (under > 0)
    return np.where(enough, over / np.where(under > 0, under, 1.0), np.nan)


def longest_flat_run(rows: Floats) -> Floats:
    """Return over how many slots each object at most kept one value; a gap ends a run."""
    longest = run = np.where(np.isnan(rows[0]), 0.0, 1.0)
    for before, after in itertools.pairwise(rows):
        run = np.where(np.isnan(after), 0.0, np.where(after == before, run + 1.0, 1.0))
        longest = np.maximum(longest, run)
    return longest
