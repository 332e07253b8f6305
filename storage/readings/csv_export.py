"""Export of raw readings as one CSV file, for people with a spreadsheet; as large as the disk, not as the memory.

Read hour by hour and written as it comes; the file appears under its name only when it is whole. Not here: Parquet for
analysis (`storage.readings.parquet_export`).
"""

import csv
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import timedelta, tzinfo
from pathlib import Path

import numpy as np

from heating.errors import HeatingError
from heating.intervals import Interval, from_epoch_ms
from heating.points import POINTS, Measurement
from heating.quality import quality_label
from heating.samples import SampleBatch
from storage.readings.parquet_export import WindowStore
from storage.registry_files.cells import with_quote

__all__ = ["COLUMNS", "CsvExportError", "export_csv"]

COLUMNS = ("measurement", "object", "point", "unit", "measured", "received", "value", "quality")
"""Header of the file."""
PIECE = timedelta(hours=1)
"""Window held in memory."""


class CsvExportError(HeatingError):
    """The file cannot be written."""


def export_csv(
    store: WindowStore,
    path: Path,
    *,
    window: Interval,
    measurements: Sequence[Measurement] = tuple(Measurement),
    points: Collection[str] = (),
    object_ids: Collection[str] = (),
    zone: tzinfo | None = None,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> int:
    """Write the readings of a window, a line a reading, in order of time within each hour and point; return how many.

    Parameters
    ----------
    points, object_ids
        Only these; empty: all.
    zone
        Times are written in it, with their offset; None: UTC.

    Raises
    ------
    CsvExportError
        When the disk refuses.
    heating.errors.HeatingError
        When the store is away.
    """
    draft = path.with_name(f"{path.name}.part")
    try:
        with draft.open("w", encoding="utf-8-sig", newline="") as file:
            draft.chmod(0o600)  # room temperatures of homes are personal
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            written, hours = 0, -(-window.length // PIECE)
            for number in range(hours):
                start = window.start + number * PIECE
                piece = Interval(start, min(start + PIECE, window.end))
                for measurement in measurements:
                    batch = _chosen(store.window(measurement, piece), points, object_ids)
                    writer.writerows(_lines(batch, zone))
                    written += len(batch)
                progress("hours", number + 1, hours)
        draft.replace(path)
    except OSError as error:
        raise CsvExportError(f"{path}: {error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return written


def _chosen(batch: SampleBatch, points: Collection[str], object_ids: Collection[str]) -> SampleBatch:
    rows = np.ones(len(batch), np.bool_)
    if points:
        rows &= np.array([point.name in points for point in POINTS], np.bool_)[batch.point]
    if object_ids and len(batch):
        rows &= np.array([ref.object_id in object_ids for ref in batch.objects], np.bool_)[batch.object_index]
    return batch.select(rows)


def _lines(batch: SampleBatch, zone: tzinfo | None) -> Iterator[tuple[str, ...]]:
    names = [(ref.measurement.value, with_quote(ref.object_id)) for ref in batch.objects]
    columns = (
        batch.object_index, batch.point, batch.measured_ms, batch.received_ms, batch.value, batch.quality
    )  # fmt: skip
    for place, point, measured_ms, received_ms, value, quality in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        times = [
            from_epoch_ms(moment).astimezone(zone).isoformat(timespec="milliseconds") if zone is not None
            else from_epoch_ms(moment).isoformat(timespec="milliseconds")
            for moment in (measured_ms, received_ms)
        ]  # fmt: skip
        shown = "" if value != value else repr(value)
        known = POINTS[point]
        yield (*names[place], known.name, str(known.unit.value), *times, shown, quality_label(quality))
