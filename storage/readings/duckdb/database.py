"""Opening the database file of the embedded store, and what to do when its write-ahead log is broken.

DuckDB takes a log with a broken record in three ways: it refuses to open, or it stops at the record as if the log
ended there, or it ignores the whole log. Only the first shows by itself, so the number of acknowledged commits is
kept beside the database (`CommitCounter`) and compared at every open.
"""

import fcntl
import mmap
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import structlog

from storage.readings.errors import StoreInUseError, StoreUnavailableError, TimeSeriesError

__all__ = [
    "DATABASE_NAME",
    "CommitCounter",
    "DuckDBSetAside",
    "OpenedDatabase",
    "is_owned",
    "open_database",
    "transaction",
    "translated",
]

DATABASE_NAME = "timeseries.duckdb"
"""File name of the database in the store's folder."""
COUNTER_NAME = "acknowledged.count"
"""File name of the number of acknowledged commits; its lock says who owns the folder."""
COUNTER_BYTES = 8
"""Size of the file with the number of acknowledged commits."""
STORE_MARK = ""
"""Name under which the store keeps its own count of commits among the marks; spools have longer names."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (key UINTEGER NOT NULL, kind VARCHAR NOT NULL, object_id VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS marks (source VARCHAR PRIMARY KEY, sequence BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS sorted_tables (name VARCHAR PRIMARY KEY);
"""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DuckDBSetAside:
    """A write-ahead log that could not be replayed whole: what came after the last checkpoint may be missing."""

    path: Path
    """The log, kept as it was found."""
    reason: str
    """What was wrong with it."""


@dataclass(frozen=True, slots=True)
class OpenedDatabase:
    """An open database."""

    connection: duckdb.DuckDBPyConnection
    set_aside: DuckDBSetAside | None


class CommitCounter:
    """Number of the last acknowledged commit, in a mapped file: survives a kill of the process, costs no fsync.

    It is written after the commit is durable, so it never runs ahead of a sound database. The file is locked while it
    is open: a second store on the same folder, in this process or another, is refused.

    Raises
    ------
    StoreInUseError
        When another store has the folder open.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise _in_use(path.parent) from error
        if self._file.seek(0, 2) != COUNTER_BYTES:
            self._file.truncate(0)
            self._file.write(bytes(COUNTER_BYTES))
            self._file.flush()
        self._map = mmap.mmap(self._file.fileno(), COUNTER_BYTES)

    @property
    def value(self) -> int:
        """The number; 0 before the first commit."""
        return int.from_bytes(self._map[:COUNTER_BYTES], "little")

    @value.setter
    def value(self, number: int) -> None:
        self._map[:COUNTER_BYTES] = number.to_bytes(COUNTER_BYTES, "little")

    def close(self) -> None:
        """Let go of the file and the lock."""
        self._map.close()
        self._file.close()


def is_owned(folder: Path) -> bool:
    """Return whether a store, of this process or another, has a folder open at this moment."""
    try:
        with (folder / COUNTER_NAME).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _in_use(folder: Path) -> StoreInUseError:
    return StoreInUseError(
        f"another process owns {folder}: the embedded store serves one process; "
        "for separate processes set timeseries.url to an InfluxDB (influxdb://host:port)"
    )


def open_database(folder: Path, *, memory_limit_mb: int, acknowledged: int) -> OpenedDatabase:
    """Open or create the database in a folder; a log that cannot be replayed is set aside.

    Parameters
    ----------
    memory_limit_mb
        Most memory for DuckDB's buffers [MB].
    acknowledged
        Number of the last acknowledged commit; fewer in the database means that the log was broken.

    Raises
    ------
    StoreInUseError
        When another process owns the file.
    StoreUnavailableError
        When the disk refuses.
    TimeSeriesError
        When the database file itself is damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / DATABASE_NAME
    log_path = path.with_name(path.name + ".wal")
    copy = _copy_of_log(log_path)
    try:
        connection, problem = _connect_or_drop_log(path, log_path, memory_limit_mb)
    except BaseException:
        if copy is not None:
            copy.unlink()
        raise
    found = connection.execute("SELECT sequence FROM marks WHERE source = ?", [STORE_MARK]).fetchone()
    commits = int(found[0]) if found else 0
    if not problem and commits < acknowledged:
        problem = f"{acknowledged - commits} acknowledged commits are not in it"
    if not problem:
        if copy is not None:
            copy.unlink()
        return OpenedDatabase(connection, None)
    kept = copy if copy is not None else log_path
    _log.warning("storage.log_set_aside", path=str(kept), reason=problem, commits=commits)
    return OpenedDatabase(connection, DuckDBSetAside(kept, problem))


def _copy_of_log(log_path: Path) -> Path | None:
    """Keep a copy of a log left by an unclean end: opening the database consumes it."""
    if not log_path.exists() or not log_path.stat().st_size:
        return None
    number = 1
    while (copy := log_path.with_name(f"set-aside-{number}.wal")).exists():
        number += 1
    shutil.copyfile(log_path, copy)
    return copy


def _connect_or_drop_log(
    path: Path, log_path: Path, memory_limit_mb: int
) -> tuple[duckdb.DuckDBPyConnection, str]:
    """Connect; when the log cannot be replayed, remove it (a copy is kept) and connect without it."""
    try:
        return _connect(path, memory_limit_mb), ""
    except duckdb.Error as error:
        if "lock on file" in str(error):
            raise _in_use(path.parent) from error
        if not log_path.exists() or "WAL" not in str(error):
            raise _translation(error, damaged=path) from error
        problem = str(error).splitlines()[0]
    log_path.unlink()
    try:
        return _connect(path, memory_limit_mb), problem
    except duckdb.Error as error:
        raise _translation(error, damaged=path) from error


def _connect(path: Path, memory_limit_mb: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        str(path),
        config={
            "memory_limit": f"{memory_limit_mb}MB",
            "threads": 2,
            "checkpoint_threshold": "64MB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    try:
        connection.execute(SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def _translation(error: duckdb.Error, *, damaged: Path | None = None) -> TimeSeriesError:
    if damaged is not None and "not a valid DuckDB" in str(error):
        return TimeSeriesError(
            f"{damaged} is not a DuckDB database: move it away to start anew, or restore it"
        )
    return StoreUnavailableError(f"the embedded store refused: {str(error).splitlines()[0]}")


@contextmanager
def translated() -> Iterator[None]:
    """Turn DuckDB's errors into the store's: full disks, memory and locks pass, so all are retryable."""
    try:
        yield
    except duckdb.Error as error:
        raise _translation(error) from error


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what happens inside, or leave nothing of it."""
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
    except BaseException:
        try:
            connection.execute("ROLLBACK")
        except duckdb.Error as error:
            _log.warning("storage.rollback_failed", reason=str(error))
        raise
    connection.execute("COMMIT")
