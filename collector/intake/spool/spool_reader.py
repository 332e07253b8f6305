"""`SpoolReader`: batches out of the hourly files, for the forwarder's thread; damage is stepped over and reported.

A batch whose bytes are damaged is copied beside the spool (`damaged-<sequence>.batch`), counted and left out: it must
not stop what came after it. What does not live here: the cursor and the list of files (`collector.intake.spool.spool`).
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import structlog

from collector.intake.spool.batch_codec import CodecError, decode_batch
from collector.intake.spool.recent_batches import SpooledBatch
from collector.intake.spool.spool_files import SpoolFile, open_file

__all__ = ["SpoolReader", "is_damage"]

AT_ONCE = 64
"""Batches taken out of a file by one query."""

log = structlog.get_logger()


def is_damage(error: BaseException) -> bool:
    """Return whether an error says that a file is broken, not that it is busy or the disk full."""
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(
        error, sqlite3.OperationalError | sqlite3.ProgrammingError | sqlite3.IntegrityError
    )


class SpoolReader:
    """Reads hourly files in order.

    Parameters
    ----------
    folder
        Where damaged batches are put aside.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._connections: dict[Path, sqlite3.Connection] = {}
        self._damaged: set[int] = set()

    @property
    def damaged_batches(self) -> int:
        """Batches that could not be read since the start; their messages were acknowledged."""
        return len(self._damaged)

    def connection(self, file: SpoolFile) -> sqlite3.Connection:
        """Return the reader's own connection to a file.

        Raises
        ------
        sqlite3.Error
            When it cannot be opened.
        """
        if file.path not in self._connections:
            self._connections[file.path] = open_file(file.path)
        return self._connections[file.path]

    def release(self, file: SpoolFile) -> sqlite3.Connection:
        """Return the connection to a file, which the caller closes."""
        connection = self.connection(file)
        del self._connections[file.path]
        return connection

    def batches(self, file: SpoolFile, *, after: int) -> Iterator[SpooledBatch]:
        """Yield the batches of a file behind a sequence, in order; the damaged ones are reported and left out.

        Raises
        ------
        sqlite3.Error
            When the file cannot be read now.
        """
        for sequence, body in self._bodies(file, after):
            try:
                samples, message = decode_batch(body)
            except CodecError as error:
                self._report_batch(file, sequence, body, error)
                continue
            yield SpooledBatch(sequence, samples, message)

    def first_sequence(self, file: SpoolFile) -> int | None:
        """Return the first sequence of a file with readings, None when it has none or cannot be read.

        Raises
        ------
        sqlite3.Error
            When the file cannot be read now.
        """
        try:
            row = self.connection(file).execute("SELECT min(sequence) FROM batch").fetchone()
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            self._report_file(file, error)
            return None
        return None if row[0] is None else int(row[0])

    def close(self) -> None:
        """Let go of every file."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def _bodies(self, file: SpoolFile, after: int) -> Iterator[tuple[int, bytes]]:
        query = "SELECT sequence, body FROM batch WHERE sequence > ? ORDER BY sequence LIMIT ?"
        while True:
            try:
                rows = self.connection(file).execute(query, (after, AT_ONCE)).fetchall()
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self._report_file(file, error)
                yield from self._salvaged(file, after)
                return
            if not rows:
                return
            yield from rows
            after = rows[-1][0]

    def _salvaged(self, file: SpoolFile, after: int) -> Iterator[tuple[int, bytes]]:
        """Ask for one batch after the other, so that a broken page costs only what lies on it."""
        for sequence in range(after + 1, file.last_sequence + 1):
            try:
                query = "SELECT body FROM batch WHERE sequence = ?"
                row = self.connection(file).execute(query, (sequence,)).fetchone()
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self._report_batch(file, sequence, b"", error)
                continue
            if row is not None:
                yield sequence, row[0]

    def _report_file(self, file: SpoolFile, error: Exception) -> None:
        log.error("collector.spool_file_broken", file=file.path.name, error=str(error))

    def _report_batch(self, file: SpoolFile, sequence: int, body: bytes, error: Exception) -> None:
        if sequence in self._damaged:
            return
        self._damaged.add(sequence)
        log.error("collector.batch_damaged", file=file.path.name, sequence=sequence, error=str(error))
        if not body:
            return
        try:
            (self._folder / f"damaged-{sequence}.batch").write_bytes(body)
        except OSError as fault:
            log.error("collector.damaged_batch_not_kept", sequence=sequence, error=str(fault))
