"""The stores under contract: DuckDB in a folder, InfluxDB 1.6.7 as a server."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from heating.protocols import TimeSeriesStore
from storage.readings.duckdb.store import DuckDBStore
from storage.readings.influxdb.store import InfluxDBStore

OpenStore = Callable[..., TimeSeriesStore]
CENTURY = timedelta(days=36_500)


@pytest.fixture(params=["duckdb", pytest.param("influxdb", marks=pytest.mark.influxdb)])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """Opens the same store each time it is called: ``open_store(retention_raw=...)``; closes what is left open."""
    opened: list[TimeSeriesStore] = []
    database = f"test_{uuid.uuid4().hex[:12]}"
    server = None if request.param == "duckdb" else request.getfixturevalue("influxdb_server")

    def start(
        *, retention_raw: timedelta = CENTURY, retention_rollup: timedelta = CENTURY
    ) -> TimeSeriesStore:
        store: TimeSeriesStore
        if server is None:
            store = DuckDBStore(
                tmp_path / "store", retention_raw=retention_raw, retention_rollup=retention_rollup
            )
        else:
            store = InfluxDBStore(
                server.url, database=database, retention_raw=retention_raw, retention_rollup=retention_rollup
            )
        opened.append(store)
        return store

    yield start
    for store in opened:
        store.close()
    if server is not None:
        server.drop_database(database)


@pytest.fixture
def store(open_store: OpenStore) -> TimeSeriesStore:
    """An empty store."""
    return open_store()
