"""Who owns the folder of an embedded store, and how many commits it has acknowledged, known without opening DuckDB."""

import fcntl
import mmap
from pathlib import Path

from storage.readings.errors import StoreInUseError

__all__ = ["COUNTER_NAME", "DATABASE_NAME", "CommitCounter", "in_use", "is_owned"]

DATABASE_NAME = "timeseries.duckdb"
"""File name of the database in the store's folder."""
COUNTER_NAME = "acknowledged.count"
"""File name of the number of acknowledged commits; its lock says who owns the folder."""
COUNTER_BYTES = 8
"""Size of the file with the number of acknowledged commits."""


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
            raise in_use(path.parent) from error
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


def in_use(folder: Path) -> StoreInUseError:
    """Return the error that says what to do."""
    return StoreInUseError(
        f"another process owns {folder}: the embedded store serves one process; "
        "for separate processes set timeseries.url to an InfluxDB (influxdb://host:port)"
    )
