"""The files of the spool: names, tables, and how they are opened.

One SQLite file an hour of arrival holds the good rows, the rejections and the keys of what came, so that all three
are committed together; a small catalogue holds the spool's identity and the forwarder's cursor. Every file runs with a
write-ahead log and synchronous=FULL: a commit is on the disk before it returns.
"""

import fcntl
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path

from collector.intake.spool.devices_heard import HEARD_TABLE
from collector.intake.spool.untimed_memory import UNTIMED_TABLE
from collector.intake.spool.upgrade import add_devices_column
from heating.errors import HeatingError
from storage.private_files import begin_private

__all__ = [
    "CATALOGUE_NAME",
    "HOUR_CHARACTERS",
    "REJECTION_COLUMNS",
    "SpoolError",
    "SpoolFile",
    "SpoolInUseError",
    "file_name",
    "find_files",
    "hour_of",
    "keys_path",
    "last_entry",
    "latest_arrivals",
    "lock_folder",
    "new_file",
    "open_catalogue",
    "open_file",
    "remove_file",
    "set_aside",
]

CATALOGUE_NAME = "catalogue.sqlite3"
"""File with the spool's identity, cursor and old rejections."""
HOUR_CHARACTERS = 11
"""Length of an hour in a file name."""
BUSY_S = 10.0
"""Longest wait for another connection's transaction [s]."""

_HOUR_TABLES = """
CREATE TABLE IF NOT EXISTS batch (
    sequence INTEGER PRIMARY KEY, received_ms INTEGER NOT NULL, messages INTEGER NOT NULL,
    row_count INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS batch_keys (sequence INTEGER PRIMARY KEY, keys BLOB NOT NULL);
"""
_REJECTION_TABLE = """
CREATE TABLE IF NOT EXISTS rejection (
    sequence INTEGER NOT NULL, ordinal INTEGER NOT NULL, received_ms INTEGER NOT NULL, topic TEXT NOT NULL,
    payload BLOB NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, content BLOB NOT NULL,
    whole INTEGER NOT NULL, replayed_ms INTEGER,
    devices TEXT NOT NULL DEFAULT '', PRIMARY KEY (sequence, ordinal)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS rejection_content ON rejection (content);
"""
_CATALOGUE_TABLES = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
REJECTION_COLUMNS = (
    "sequence, ordinal, received_ms, topic, payload, reason, detail, content, whole, replayed_ms, devices"
)
"""Columns of the table `rejection`, in order."""


class SpoolError(HeatingError):
    """The spool cannot keep something now: disk full, disk broken, or the folder is in use. Try again later."""

    retryable = True


class SpoolInUseError(SpoolError):
    """Another process runs on this folder: two collectors need two folders."""

    retryable = False


@dataclass(slots=True)
class SpoolFile:
    """One hourly file."""

    path: Path
    """Where it lies."""
    hour: str
    """Hour of arrival that opened it, ``YYYYMMDDTHH`` UTC; a mark follows when it is not the first of its hour."""
    last_sequence: int
    """Newest sequence in it, 0 when empty."""
    last_received_ms: int
    """Newest arrival in it [epoch ms]."""

    def is_of(self, hour: str) -> bool:
        """Return whether it takes what arrives in an hour."""
        return self.hour[:HOUR_CHARACTERS] == hour


def new_file(folder: Path, hour: str) -> SpoolFile:
    """Return a file for an hour that does not exist yet."""
    label, number = hour, 1
    while (folder / file_name(label)).exists():
        number += 1
        label = f"{hour}-{number}"
    return SpoolFile(folder / file_name(label), label, 0, 0)


def latest_arrivals(files: Sequence[SpoolFile]) -> list[int]:
    """Return when the newest message of each file arrived at the latest [epoch ms]; files in order.

    No message of a file arrived after the next file was opened, whatever a clock that was wrong has noted.
    """
    found: list[int] = []
    latest = 2**62
    for file in reversed(files):
        found.append(min(latest, file.last_received_ms))
        latest = min(latest, _end_of(file.hour))
    return found[::-1]


def hour_of(moment_ms: int) -> str:
    """Return the hour of a moment as it stands in file names."""
    return datetime.fromtimestamp(moment_ms // 1000, UTC).strftime("%Y%m%dT%H")


def file_name(hour: str) -> str:
    """Return the name of the file of an hour."""
    return f"spool-{hour}.sqlite3"


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}{'?mode=ro' if read_only else ''}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    if not read_only:
        connection.execute("PRAGMA page_size=16384")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
    return connection


def open_file(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open an hourly file, with its tables unless `read_only`.

    Raises
    ------
    sqlite3.Error
        When it is damaged or the disk is full.
    """
    connection = _connect(path, read_only=read_only)
    if not read_only:
        connection.executescript(_HOUR_TABLES + UNTIMED_TABLE + HEARD_TABLE + _REJECTION_TABLE)
        add_devices_column(connection)
    return connection


def open_catalogue(folder: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open the catalogue of a spool folder.

    Raises
    ------
    sqlite3.Error
        When it is damaged or the disk is full.
    """
    connection = _connect(folder / CATALOGUE_NAME, read_only=read_only)
    if not read_only:
        connection.executescript(_CATALOGUE_TABLES + _REJECTION_TABLE)
        add_devices_column(connection)
    return connection


def last_entry(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return the newest sequence and the newest arrival [epoch ms] in a file, 0 when it is empty."""
    newest = [
        connection.execute(f"SELECT max(sequence), max(received_ms) FROM {table}").fetchone()
        for table in ("batch", "rejection")
    ]
    return max(row[0] or 0 for row in newest), max(row[1] or 0 for row in newest)


def find_files(folder: Path) -> tuple[list[SpoolFile], list[Path]]:
    """Return the hourly files of a folder in order, and those of which nothing can be read.

    A file with broken pages is among the former, with the end of its hour as its newest arrival: what it still holds
    is salvaged.
    """
    files: list[SpoolFile] = []
    damaged: list[Path] = []
    for path in sorted(folder.glob("spool-*.sqlite3")):
        hour = path.stem.removeprefix("spool-")
        try:
            with closing(open_file(path)) as connection:
                try:
                    newest = last_entry(connection)
                except sqlite3.DatabaseError:
                    last = connection.execute("SELECT max(sequence) FROM batch").fetchone()[0]
                    newest = last or 0, _end_of(hour)
        except sqlite3.DatabaseError:
            damaged.append(path)
            continue
        files.append(SpoolFile(path, hour, *newest))
    # The sequences say which file came first; a name says it only as long as the clock was right. Files without any
    # stay where their names put them.
    numbered = iter(sorted((file for file in files if file.last_sequence), key=attrgetter("last_sequence")))
    return [next(numbered) if file.last_sequence else file for file in files], damaged


def _end_of(hour: str) -> int:
    """Return the end of an hour of arrival [epoch ms]; nothing that arrived later is in its file."""
    try:
        start = datetime.strptime(f"{hour[:HOUR_CHARACTERS]}+0000", "%Y%m%dT%H%z")
    except ValueError:
        return 0
    return int(start.timestamp() * 1000) + 3_600_000


def keys_path(path: Path) -> Path:
    """Return where the keys of an hourly file are saved; they can be made again from it."""
    return path.with_name(f"{path.name}.keys")


def remove_file(path: Path) -> None:
    """Delete an hourly file with its write-ahead log."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    keys_path(path).unlink(missing_ok=True)


def lock_folder(folder: Path) -> int:
    """Take a spool folder for this process; close the returned handle to let go.

    Raises
    ------
    SpoolInUseError
        When another process has it.
    """
    begin_private(folder, folder=True)
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise SpoolInUseError(f"another collector runs on the spool {folder}") from error
    return handle


def set_aside(path: Path) -> None:
    """Rename a damaged file and its write-ahead log, so that the spool goes on without it."""
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(part.with_name(f"{part.name}.damaged"))
