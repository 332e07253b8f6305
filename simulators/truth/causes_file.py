"""``causes.parquet``: every home and hour with its true temperature and root cause.

What lives here: the file, written by DuckDB through a table on disk, so that a season of a city needs no memory, and
reading true temperatures back. What does not: finding causes (`simulators.truth.root_causes`). This is the one module
of the simulators that uses DuckDB (docs/decisions/0014).

Columns: ``household`` (text), ``hour`` (UTC timestamp, state at the full hour), ``room_temp_c`` (float, °C), ``cold``
(boolean), ``cause`` (text), ``fault`` (text, id in ``faults.jsonl``; null when no fault is to blame).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np

from simulators.truth.root_causes import CAUSES, HourOfTruth

__all__ = ["CAUSES_FILE", "CausesFile", "true_temperatures"]

CAUSES_FILE = "causes.parquet"
_MOST_PENDING = 1_000_000
"""Rows kept in memory before they go to the table."""


class CausesFile:
    """Takes hours and writes them when it is closed.

    Parameters
    ----------
    folder : Path
        Gets ``causes.parquet``; a file of an earlier run is removed at once.
    household_ids : sequence of str
        (n_homes,) names.
    """

    def __init__(self, folder: Path, household_ids: Sequence[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / CAUSES_FILE
        self._work = folder / f"{CAUSES_FILE}.work"
        for old in (self._path, self._work, self._work.with_name(f"{self._work.name}.wal")):
            old.unlink(missing_ok=True)
        self._ids = household_ids
        self._pending: list[HourOfTruth] = []
        self._connection: duckdb.DuckDBPyConnection | None = None

    def add(self, hour: HourOfTruth) -> None:
        """Take an hour."""
        self._pending.append(hour)
        if len(self._pending) * len(self._ids) >= _MOST_PENDING:
            self._flush()

    def close(self, fault_ids: Sequence[str]) -> int:
        """Write the file and return how many rows it has.

        Parameters
        ----------
        fault_ids : sequence of str
            Names of the faults that the hours point to.
        """
        self._flush()
        connection = self._open()
        try:
            names = np.array(self._ids, object)
            connection.register("homes", {"place": np.arange(len(names), dtype=np.int32), "name": names})
            causes = np.array([cause.value for cause in CAUSES], object)
            connection.register("causes", {"code": np.arange(len(causes), dtype=np.uint8), "name": causes})
            faults = np.array([*fault_ids, ""], object)
            connection.register("faults", {"place": np.arange(len(faults), dtype=np.int32), "name": faults})
            fresh = self._path.with_name(f"{self._path.name}.part")
            quoted = str(fresh).replace("'", "''")
            connection.execute(
                "COPY (SELECT h.name AS household, hour, room_temp_c, cold, c.name AS cause, f.name AS fault "
                "FROM hours JOIN homes h ON h.place = home JOIN causes c ON c.code = cause_code "
                "LEFT JOIN faults f ON f.place = fault_place AND fault_place >= 0) "
                f"TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)"
            )
            counted = connection.execute("SELECT count(*) FROM hours").fetchone()
            fresh.replace(self._path)
        finally:
            connection.close()
            self._connection = None
            self._work.unlink(missing_ok=True)
            self._work.with_name(f"{self._work.name}.wal").unlink(missing_ok=True)
        return int(counted[0]) if counted else 0

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            self._connection = duckdb.connect(str(self._work), config={"threads": 1})
            self._connection.execute("SET TimeZone = 'UTC'")
            self._connection.execute(
                "CREATE TABLE hours (hour TIMESTAMPTZ, home INTEGER, room_temp_c FLOAT, cold BOOLEAN, "
                "cause_code UTINYINT, fault_place INTEGER)"
            )
        return self._connection

    def _flush(self) -> None:
        if not self._pending:
            return
        homes = len(self._ids)
        rows = {
            "hour_ms": np.repeat(np.array([hour.hour_ms for hour in self._pending], np.int64), homes),
            "home": np.tile(np.arange(homes, dtype=np.int32), len(self._pending)),
            "room": np.round(np.concatenate([hour.room_temp_c for hour in self._pending]), 2),
            "cold": np.concatenate([hour.cold for hour in self._pending]),
            "cause": np.concatenate([hour.cause for hour in self._pending]),
            "fault": np.concatenate([hour.fault for hour in self._pending]),
        }
        connection = self._open()
        connection.register("pending", rows)
        connection.execute(
            "INSERT INTO hours SELECT to_timestamp(hour_ms / 1000), home, room, cold, cause, fault FROM pending"
        )
        connection.unregister("pending")
        self._pending = []


def true_temperatures(
    folder: Path, wanted: Collection[tuple[str, datetime]]
) -> Mapping[tuple[str, datetime], float]:
    """Read true room temperatures [°C] of homes at full hours; what is not in the file is left out, without a file all.

    Parameters
    ----------
    folder : Path
        The truth folder.
    wanted : collection of (str, datetime)
        Homes and hours, aware.
    """
    if not wanted or not (folder / CAUSES_FILE).exists():
        return {}
    homes = np.array([home for home, _ in wanted], object)
    moments_s = np.array([moment.timestamp() for _, moment in wanted], np.float64)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("wanted", {"home": homes, "at_s": moments_s})
        found = connection.execute(
            "SELECT home, at_s, room_temp_c FROM wanted JOIN read_parquet(?) "
            "ON household = home AND epoch(hour) = at_s",
            [str(folder / CAUSES_FILE)],
        ).fetchall()
    return {(str(home), datetime.fromtimestamp(at_s, UTC)): float(value) for home, at_s, value in found}
