"""`DuckDBStore`: the time-series store of the one-process deployment, in a folder of its own."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import duckdb
import structlog

from heating.clock import Clock, SystemClock
from heating.intervals import Interval, to_epoch_ms
from heating.points import Measurement
from heating.protocols import (
    AppendMark,
    Health,
    HealthStatus,
    RollupBatch,
    RollupName,
    SeriesColumns,
)
from heating.samples import ObjectRef, SampleBatch
from storage.private_files import begin_private
from storage.readings.cleaning import clean_batch
from storage.readings.duckdb.catalogue import Catalogue, Staged
from storage.readings.duckdb.closing import drop_tables, sort_table
from storage.readings.duckdb.copying import copy_database
from storage.readings.duckdb.database import (
    DuckDBSetAside,
    damaged_database,
    open_database,
    transaction,
    translated,
)
from storage.readings.duckdb.owner import Job, OwnerThread
from storage.readings.duckdb.ownership import COUNTER_NAME, DATABASE_NAME, CommitCounter
from storage.readings.duckdb.pivot import pivot_samples, rollup_rows, split_by_kind
from storage.readings.duckdb.reading import read_latest, read_rollup, read_series
from storage.readings.duckdb.scanning import read_statistics, read_window
from storage.readings.errors import TimeSeriesError
from storage.readings.identifiers import check_points, check_ref, require_few_objects
from storage.readings.rollup_checks import check_rollup_point, clean_rollup
from storage.readings.statistics import Statistics, check_statistics_window
from storage.readings.thinning import thin_series

__all__ = ["DuckDBStore"]

Result = TypeVar("Result")
STUCK_AFTER_S = 30.0
"""A job of the owner thread that takes longer shows in the health [s]; stalls of half a second are usual."""

_log = structlog.get_logger()


class DuckDBStore:
    """Readings and roll-ups in DuckDB; see `heating.protocols.TimeSeriesStore` for what each method promises.

    Writes run one after the other in one thread, each in a transaction with its mark; reads run beside them.

    Parameters
    ----------
    folder
        Folder of this store alone; made when missing.
    retention_raw, retention_rollup
        How long readings and roll-ups are kept.
    patience_s
        A write that has not begun after this long fails with a retryable error [s].
    memory_limit_mb
        Most memory for DuckDB's buffers [MB].
    clock
        Measures how long a job has been running.

    Raises
    ------
    StoreInUseError
        When another process owns the folder.
    """

    def __init__(
        self,
        folder: Path,
        *,
        retention_raw: timedelta = timedelta(days=400),
        retention_rollup: timedelta = timedelta(days=1826),
        patience_s: float = 30.0,
        memory_limit_mb: int = 512,
        clock: Clock | None = None,
    ) -> None:
        self._folder = folder
        self._retention_raw = retention_raw
        self._retention_rollup = retention_rollup
        self._patience_s = patience_s
        self._memory_limit_mb = memory_limit_mb
        self._catalogue = Catalogue()
        self._checkpointed: dict[str, int] = {}
        self._set_aside: DuckDBSetAside | None = None
        self._last_failure = ""
        self._upkeep = threading.Lock()
        begin_private(folder, folder=True)
        self._counter = CommitCounter(folder / COUNTER_NAME)
        try:
            self._owner = OwnerThread(self._connect, clock=clock or SystemClock())
        except BaseException:
            self._counter.close()
            raise

    kind = "duckdb"
    """Name in the manifest of a backup."""

    @property
    def set_aside(self) -> DuckDBSetAside | None:
        """The broken write-ahead log found at the start, if any: the days since the last checkpoint have gaps."""
        return self._set_aside

    def append(self, batch: SampleBatch, *, mark: AppendMark | None = None) -> None:
        """Store a batch durably, together with its mark; a batch whose mark was applied is skipped."""
        clean = clean_batch(batch)
        self._write(lambda connection: self._append(connection, clean, mark))

    def last_mark(self, source: str) -> int | None:
        """Return the last sequence applied from a source; None when nothing came from it."""
        return self._catalogue.marks.get(source) if source else None

    def checkpointed_mark(self, source: str) -> int | None:
        """Return the last sequence of a source that a broken write-ahead log cannot take away, 0 when there is none."""
        return self._checkpointed.get(source, 0)

    @property
    def has_lost_writes(self) -> bool:
        """Whether a broken write-ahead log was set aside at the start: acknowledged writes may be missing."""
        return self._set_aside is not None

    def series(
        self, ref: ObjectRef, points: Sequence[str], window: Interval, *, max_points: int | None = None
    ) -> SeriesColumns:
        """Return points of one object in a window, thinned to about `max_points` rows keeping min and max."""
        check_ref(ref)
        names = check_points(ref.measurement, points)
        columns = self._read(lambda cursor: read_series(cursor, self._catalogue, ref, names, window))
        return thin_series(columns, max_points)

    def latest(self, measurement: Measurement, window: Interval) -> SampleBatch:
        """Return the newest value of every point of every object of a measurement inside a window."""
        return self._read(lambda cursor: read_latest(cursor, self._catalogue, measurement, window))

    def window(self, measurement: Measurement, window: Interval) -> SampleBatch:
        """Return every reading of a measurement in a window of at most a day: exports and copies, not pages."""
        check_statistics_window(window)
        return self._read(lambda cursor: read_window(cursor, self._catalogue, measurement, window))

    def statistics(
        self, measurement: Measurement, points: Sequence[str], window: Interval, *, step: timedelta
    ) -> list[Statistics]:
        """Return statistics of raw readings in buckets, all objects of a measurement, by one scan."""
        check_statistics_window(window)
        names = check_points(measurement, points)
        return self._read(
            lambda cursor: read_statistics(cursor, self._catalogue, measurement, names, window, step=step)
        )

    def write_rollup(self, rows: RollupBatch) -> None:
        """Store roll-up rows, replacing those of the same object, point and bucket."""
        self.write_rollups([rows])

    def write_rollups(self, batches: Sequence[RollupBatch]) -> None:
        """Store rows of several roll-ups and points in one transaction."""
        clean = [rows for rows in map(clean_rollup, batches) if len(rows.count)]
        if clean:
            self._write(lambda connection: self._write_rollups(connection, clean))

    def read_rollup(
        self, name: RollupName, point: str, object_ids: Sequence[str], window: Interval
    ) -> RollupBatch:
        """Return roll-up rows of at most 2,000 named objects in time order."""
        ids = require_few_objects(object_ids)
        check_rollup_point(name, point)
        return self._read(lambda cursor: read_rollup(cursor, self._catalogue, name, point, ids, window))

    def apply_retention(self, *, now: datetime) -> int:
        """Drop tables older than the retention, sort closed ones, checkpoint; return how many were dropped."""
        raw_ms, rollup_ms = to_epoch_ms(now - self._retention_raw), to_epoch_ms(now - self._retention_rollup)
        with self._upkeep, translated():
            old = [
                name
                for name, table in self._catalogue.tables.items()
                if table.partition.end_ms <= (rollup_ms if table.partition.is_rollup else raw_ms)
            ]
            dropped = self._run(lambda connection: drop_tables(connection, self._catalogue, old))
            self._sort_closed(to_epoch_ms(now))
        self.checkpoint()
        return dropped

    def close_days(self, *, now: datetime) -> int:
        """Sort the tables of past days (and months of roll-ups) that are not sorted; return how many."""
        with self._upkeep, translated():
            return self._sort_closed(to_epoch_ms(now))

    def checkpoint(self) -> None:
        """Bring the write-ahead log into the database file."""
        with translated():
            self._run(self._checkpoint)

    def back_up(self, folder: Path, *, now: datetime) -> None:
        """Copy the whole database into a folder, in one state, while appends go on.

        Raises
        ------
        FileExistsError
            When the folder holds a database already.
        """
        with translated(), self._cursor() as cursor:
            copy_database(cursor, folder)

    def health(self) -> Health:
        """Return the state, without waiting for the owner thread."""
        figures = {
            "waiting_jobs": float(self._owner.waiting),
            "busy_seconds": self._owner.busy_s,
            "tables": float(len(self._catalogue.tables)),
            "objects": float(len(self._catalogue.keys)),
            "database_bytes": self._size(DATABASE_NAME),
            "log_bytes": self._size(f"{DATABASE_NAME}.wal"),
        }
        if not self._owner.alive:
            return Health(HealthStatus.DOWN, "the embedded store is closed", figures)
        if self._last_failure:
            return Health(HealthStatus.DOWN, self._last_failure, figures)
        if figures["busy_seconds"] > STUCK_AFTER_S:
            return Health(HealthStatus.DEGRADED, "a write has not ended for long", figures)
        if self._set_aside is not None:
            return Health(
                HealthStatus.DEGRADED, f"write-ahead log set aside: {self._set_aside.reason}", figures
            )
        return Health(HealthStatus.OK, figures=figures)

    def close(self) -> None:
        """Finish what is queued, checkpoint, let go of the file."""
        if not self._owner.alive:
            return
        self._owner.close(last=self._checkpoint)
        self._counter.close()

    # --- in the owner thread ---------------------------------------------------------------------------------

    def _connect(self) -> duckdb.DuckDBPyConnection:
        opened = open_database(
            self._folder, memory_limit_mb=self._memory_limit_mb, acknowledged=self._counter.value
        )
        self._set_aside = opened.set_aside or self._set_aside
        try:
            self._catalogue.load(opened.connection)
        except duckdb.Error as error:
            opened.connection.close()
            raise damaged_database(self._folder, error) from error
        self._counter.value = self._catalogue.commits
        return opened.connection

    def _append(
        self, connection: duckdb.DuckDBPyConnection, batch: SampleBatch, mark: AppendMark | None
    ) -> None:
        if mark is not None and mark.sequence <= self._catalogue.marks.get(mark.source, -1):
            _log.info("storage.repeat_skipped", source=mark.source, sequence=mark.sequence)
            return
        staged = Staged()
        if mark is not None:
            staged.marks[mark.source] = mark.sequence
        with transaction(connection):
            for measurement, part in split_by_kind(batch):
                ids = [ref.object_id for ref in part.objects]
                keys = self._catalogue.stage_keys(staged, measurement.value, ids)
                for partition, columns in pivot_samples(measurement, part, keys):
                    self._catalogue.insert_rows(connection, staged, partition, columns)
            self._catalogue.write_staged(connection, staged)
        self._publish(staged)

    def _write_rollups(self, connection: duckdb.DuckDBPyConnection, batches: Sequence[RollupBatch]) -> None:
        staged = Staged()
        with transaction(connection):
            for name in dict.fromkeys(rows.name for rows in batches):
                together = [rows for rows in batches if rows.name is name]
                keys = [self._catalogue.stage_keys(staged, name.value, rows.object_ids) for rows in together]
                for partition, columns in rollup_rows(name, together, keys):
                    self._catalogue.insert_rows(connection, staged, partition, columns)
            self._catalogue.write_staged(connection, staged)
        self._publish(staged)

    def _publish(self, staged: Staged) -> None:
        self._catalogue.publish(staged)
        self._counter.value = self._catalogue.commits

    def _checkpoint(self, connection: duckdb.DuckDBPyConnection) -> None:
        marks = dict(self._catalogue.marks)
        connection.execute("CHECKPOINT")
        self._checkpointed = marks

    # --- in the caller's thread ------------------------------------------------------------------------------

    def _run(self, job: Job[Result]) -> Result:
        return self._owner.run(job, patience_s=self._patience_s)

    def _write(self, job: Job[None]) -> None:
        try:
            with translated():
                self._run(job)
        except TimeSeriesError as error:
            self._last_failure = str(error)
            raise
        self._last_failure = ""

    def _read(self, query: Callable[[duckdb.DuckDBPyConnection], Result]) -> Result:
        """Run a query on a cursor of its own; again when retention took a table away in between."""
        with translated(), self._cursor() as cursor:
            try:
                return query(cursor)
            except duckdb.CatalogException:
                return query(cursor)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._owner.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def _sort_closed(self, now_ms: int) -> int:
        closed = [
            name
            for name, table in self._catalogue.tables.items()
            if not table.is_sorted and table.partition.end_ms <= now_ms
        ]
        for name in closed:
            sort_table(self._owner, self._catalogue, name, patience_s=self._patience_s)
        return len(closed)

    def _size(self, name: str) -> float:
        try:
            return float((self._folder / name).stat().st_size)
        except FileNotFoundError:
            return 0.0
