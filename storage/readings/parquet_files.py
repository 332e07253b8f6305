"""Readings as Parquet files, written by DuckDB from columns: one row a value, names as text, times as timestamps."""

from pathlib import Path

import numpy as np

from config.drafts import draft_for
from heating.points import POINTS
from heating.samples import SampleBatch

__all__ = ["write_parquet"]


def write_parquet(batch: SampleBatch, path: Path) -> int:
    """Write a batch sorted by object, point and time, and return how many rows.

    Columns: ``object``, ``point``, ``measured`` and ``received`` (UTC), ``value`` (null: the device sent none),
    ``quality`` (code).

    Parameters
    ----------
    path
        The file, replaced whole; only its owner may read it: room temperatures of homes are personal.
    """
    import duckdb  # here, since a collector that could be asked for an export may have another store

    names = np.array([ref.object_id for ref in batch.objects], object)
    points = np.array([point.name for point in POINTS], object)
    columns = {
        "object_place": batch.object_index,
        "point_place": batch.point,
        "measured_ms": batch.measured_ms,
        "received_ms": batch.received_ms,
        "value": np.ma.masked_array(batch.value, np.isnan(batch.value)),
        "quality": batch.quality,
    }
    with draft_for(path, private=True) as draft, duckdb.connect(config={"threads": 1}) as connection:
        quoted = str(draft).replace("'", "''")
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("readings", columns)
        connection.register("objects", {"place": np.arange(len(names), dtype=np.int32), "name": names})
        connection.register("points", {"place": np.arange(len(points), dtype=np.int16), "name": points})
        # Into the draft itself: a temporary file of DuckDB's would have the rights of the umask.
        connection.execute(
            "COPY (SELECT o.name AS object, p.name AS point, to_timestamp(measured_ms / 1000.0) AS measured, "
            "to_timestamp(received_ms / 1000.0) AS received, value, quality FROM readings "
            "JOIN objects o ON o.place = object_place JOIN points p ON p.place = point_place "
            f"ORDER BY object, point, measured) TO '{quoted}' (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)"
        )
    return len(batch)
