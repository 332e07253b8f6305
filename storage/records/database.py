"""The connection to SQLite or PostgreSQL: opening, transactions, retries, the translation of errors.

SQLite: write-ahead log, synchronous=FULL, writers begin IMMEDIATE and queue within the process, so that a reader
never turns into a writer halfway. PostgreSQL: writers that must come one after another (histories whose numbers are
read as a cursor) take a transaction lock by name.
"""

import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import TypeVar
from zlib import crc32

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from heating.errors import HeatingError
from storage.private_files import begin_private

__all__ = ["Database", "RecordsUnavailableError", "UnsupportedDatabaseError", "open_database"]

Result = TypeVar("Result")

_TRIES = 6
_FIRST_PAUSE_S = 0.02
_BUSY_TIMEOUT_MS = 10_000
_PATIENCE_S = 5.0
"""A write that has waited for so long is not tried again [s]."""
_CONFLICT_CODES = frozenset({"40001", "40P01"})
"""PostgreSQL: serialization failure, deadlock."""


class RecordsUnavailableError(HeatingError):
    """The database cannot be reached or is busy for too long; the same call may succeed later."""

    retryable = True


class _ConflictError(RecordsUnavailableError):
    """Another writer was in the way."""


class UnsupportedDatabaseError(HeatingError):
    """The URL names a database that the records do not run on."""


class Database:
    """An engine with the two ways to use it: `reading` and `write`."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._writers = threading.Lock()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection whose reads see one state of the data on SQLite, each statement its own elsewhere."""
        with _translated(), self.engine.connect() as connection, connection.begin():
            yield connection

    def insert(self, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
        """Return an INSERT that knows ON CONFLICT."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def write(self, work: Callable[[sa.Connection], Result], *, lock: str | None = None) -> Result:
        """Run `work` in one transaction and commit it; run it again when another writer was in the way.

        Parameters
        ----------
        work : callable
            Gets the connection; may run several times, so it keeps its effects inside the database.
        lock : str, optional
            Name of a lock held until the commit: writers of one name come one after another.

        Raises
        ------
        RecordsUnavailableError
            When the database is away or stays busy.
        """
        pause_s, end_s = _FIRST_PAUSE_S, monotonic() + _PATIENCE_S
        for _ in range(_TRIES - 1):
            try:
                return self._write_once(work, lock)
            except _ConflictError:
                # SQLite has waited for the lock already: six times that would be a minute.
                if monotonic() >= end_s:
                    raise
                _pause(pause_s)
                pause_s *= 2
        return self._write_once(work, lock)

    def _write_once(self, work: Callable[[sa.Connection], Result], lock: str | None) -> Result:
        if self.is_sqlite:
            with self._writers, _translated():
                return self._in_transaction(work, None)
        with _translated():
            return self._in_transaction(work, lock)

    def _in_transaction(self, work: Callable[[sa.Connection], Result], lock: str | None) -> Result:
        with self.engine.connect() as connection:
            connection = connection.execution_options(writes=True)
            with connection.begin():
                if lock is not None:
                    self.lock(connection, lock)
                return work(connection)

    def lock(self, connection: sa.Connection, name: str) -> None:
        """Hold a lock by name until the commit of the transaction that `connection` is in.

        SQLite has one writer at a time and needs none. Who takes two takes that of the audit last: a fixed order, so
        that two writers never wait for each other.
        """
        if not self.is_sqlite:
            number = crc32(name.encode())
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def open_database(url: str, *, password_file: Path | None = None) -> Database:
    """Open an engine; nothing is connected yet.

    Raises
    ------
    UnsupportedDatabaseError
        For anything but a SQLite file or PostgreSQL by psycopg.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise UnsupportedDatabaseError(
            "records.url is no SQLAlchemy URL, for example sqlite:///path"
        ) from error
    if password_file is not None and parsed.password is None:
        parsed = parsed.set(password=password_file.read_text(encoding="utf-8").strip())
    match parsed.get_backend_name():
        case "sqlite":
            return Database(_sqlite_engine(parsed))
        case "postgresql":
            return Database(_postgresql_engine(parsed))
        case other:
            raise UnsupportedDatabaseError(f"records run on sqlite or postgresql+psycopg, not on {other}")


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise UnsupportedDatabaseError(
            "records on SQLite need a file, for example sqlite:///data/records.sqlite3"
        )
    path = Path(url.database).expanduser().resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    private: list[Path] = []
    engine = sa.create_engine(url, pool_size=16, max_overflow=48, hide_parameters=True)

    @sa.event.listens_for(engine, "do_connect")
    def make_private(_dialect: object, _record: object, _words: object, _options: object) -> None:
        # Before SQLite makes it: its log files take the rights of the file. What the disk refuses SQLite says better.
        if not private:
            with suppress(OSError):
                begin_private(path)
            private.append(path)

    @sa.event.listens_for(engine, "connect")
    def configure(connection: object, _record: object) -> None:
        # Transactions are begun below, not guessed by the driver.
        connection.isolation_level = None  # type: ignore[attr-defined]
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql_engine(url: sa.URL) -> sa.Engine:
    if url.get_driver_name() != "psycopg":
        url = url.set(drivername="postgresql+psycopg")
    return sa.create_engine(
        url,
        pool_size=10,
        max_overflow=30,
        pool_pre_ping=True,
        hide_parameters=True,  # errors are logged; names, phones and notes are not
        connect_args={"connect_timeout": 5, "application_name": "nuanliu"},
    )


def _pause(about_s: float) -> None:
    """Wait a little, never twice as long: two writers in each other's way part."""
    threading.Event().wait(about_s * random.uniform(0.5, 1.5))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise RecordsUnavailableError("no free connection to the records") from error
    except (OperationalError, InterfaceError) as error:
        kind = _ConflictError if _is_conflict(error) else RecordsUnavailableError
        raise kind(f"the records do not answer: {_first_line(error)}") from error


def _is_conflict(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.OperationalError):
        # The low byte is the code, the rest says more about it.
        return error.orig.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(error.orig, "sqlstate", None) in _CONFLICT_CODES


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]
