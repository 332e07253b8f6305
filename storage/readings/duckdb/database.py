"""Opening the database file of the embedded store, and what to do when its write-ahead log is broken.

DuckDB takes a log with a broken record in three ways: it refuses to open, or it stops at the record as if the log
ended there, or it ignores the whole log. Only the first shows by itself, so the number of acknowledged commits is
kept beside the database (`storage.readings.duckdb.ownership`) and compared at every open.
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import structlog

from storage.private_files import begin_private
from storage.readings.duckdb.ownership import DATABASE_NAME, in_use
from storage.readings.errors import StoreUnavailableError, TimeSeriesError

__all__ = [
    "DuckDBSetAside",
    "OpenedDatabase",
    "damaged_database",
    "open_database",
    "transaction",
    "translated",
]

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
    begin_private(folder, folder=True)
    path = folder / DATABASE_NAME
    log_path = path.with_name(path.name + ".wal")
    copy = _copy_of_log(log_path)
    try:
        connection, problem = _connect_or_drop_log(path, log_path, memory_limit_mb)
    except BaseException:
        if copy is not None:
            copy.unlink()
        raise
    try:
        found = connection.execute("SELECT sequence FROM marks WHERE source = ?", [STORE_MARK]).fetchone()
    except duckdb.Error as error:
        connection.close()
        raise damaged_database(folder, error) from error
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
    except duckdb.OperationalError as error:  # the disk, the memory, another process: never the log's fault
        if _is_locked(path):
            raise in_use(path.parent) from error
        raise _translation(error, damaged=path) from error
    except duckdb.Error as error:
        if not log_path.exists():
            raise _translation(error, damaged=path) from error
        problem = str(error).splitlines()[0]
    # Whether the log is to blame shows by the database opening without it; until then it is only put aside.
    beside = log_path.with_name(log_path.name + ".refused")
    log_path.replace(beside)
    try:
        connection = _connect(path, memory_limit_mb)
    except duckdb.Error as error:
        beside.replace(log_path)
        raise _translation(error, damaged=path) from error
    beside.unlink()
    return connection, problem


def _is_locked(path: Path) -> bool:
    """Return whether another process has the database file open: DuckDB locks it as `fcntl.lockf` does."""
    try:
        with path.open("rb") as file:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _is_duckdb(path: Path) -> bool:
    """Return whether a file begins as every DuckDB database does, by a checksum and then its sign."""
    with path.open("rb") as file:
        return file.read(12)[8:] == b"DUCK"


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
    if damaged is not None and damaged.exists() and not _is_duckdb(damaged):
        return TimeSeriesError(
            f"{damaged} is not a DuckDB database: move it away to begin with an empty one, or restore it"
        )
    if damaged is not None and damaged.exists() and not isinstance(error, duckdb.OperationalError):
        return damaged_database(damaged.parent, error)
    return StoreUnavailableError(f"the embedded store refused: {str(error).splitlines()[0]}")


def damaged_database(folder: Path, error: duckdb.Error) -> TimeSeriesError:
    """Return the error for a database file that opens and cannot be read, with the way out.

    It is not set aside by itself: it may hold years, of which the spool has one day.
    """
    path = folder / DATABASE_NAME
    return TimeSeriesError(
        f"{path} is damaged ({str(error).splitlines()[0][:200]}): put back a copy with nuanliu restore, or move it and "
        f"{path.name}.wal away to begin with an empty one; the spool gives back the last day by itself"
    )


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
