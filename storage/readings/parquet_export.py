"""Export of raw readings for analysis: one Parquet file a measurement and UTC day, from any store.

Read hour by hour, so that a league's day does not have to fit into memory; each hour becomes a part of its day's
folder. How a file is written lives in `storage.readings.parquet_files`.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from heating.errors import HeatingError
from heating.intervals import Interval
from heating.points import Measurement
from heating.samples import SampleBatch
from storage.readings.parquet_files import write_parquet

__all__ = ["ExportError", "WindowStore", "export_days"]

MOST_ROWS = 20_000_000
"""Readings held for one file; a day with more is written in several parts."""
PIECE = timedelta(hours=1)


class ExportError(HeatingError):
    """The files cannot be written."""


class WindowStore(Protocol):
    """A store that gives every reading of a short window."""

    def window(self, measurement: Measurement, window: Interval) -> SampleBatch:
        """Return every reading of a measurement in a window of at most a day."""
        ...


def export_days(
    store: WindowStore,
    folder: Path,
    *,
    window: Interval,
    measurements: Sequence[Measurement] = tuple(Measurement),
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
    most_rows: int = MOST_ROWS,
) -> int:
    """Write ``<measurement>-<yyyymmdd>.parquet``, or ``-partN`` where a day is large; return how many readings.

    Days without readings leave no file. A file of an earlier export is replaced.

    Parameters
    ----------
    window
        Whole UTC days.
    most_rows
        Readings held in memory for one file.

    Raises
    ------
    ExportError
        When the disk refuses.
    heating.errors.HeatingError
        When the store is away.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"{folder}: {error}") from error
    days = -(-window.length // timedelta(days=1))
    written = 0
    for number in range(days):
        start = window.start + timedelta(days=number)
        day = Interval(start, min(start + timedelta(days=1), window.end))
        for measurement in measurements:
            try:
                written += _export_day(store, folder, measurement, day, most_rows)
            except OSError as error:
                raise ExportError(f"{folder}: {error}") from error
        progress("days", number + 1, days)
    return written


def _export_day(
    store: WindowStore, folder: Path, measurement: Measurement, day: Interval, most_rows: int
) -> int:
    name = f"{measurement.value}-{day.start:%Y%m%d}"
    for old in folder.glob(f"{name}*.parquet"):
        old.unlink()
    held: list[SampleBatch] = []
    written = part = 0
    start = day.start
    while start < day.end:
        piece = Interval(start, min(start + PIECE, day.end))
        held.append(store.window(measurement, piece))
        start = piece.end
        if sum(map(len, held)) > most_rows:
            part += 1
            written += write_parquet(SampleBatch.concatenate(held), folder / f"{name}-part{part}.parquet")
            held = []
    rest = SampleBatch.concatenate(held)
    if len(rest):
        ending = f"-part{part + 1}" if part else ""
        written += write_parquet(rest, folder / f"{name}{ending}.parquet")
    return written
