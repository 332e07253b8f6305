"""The stores under contract: DuckDB in a folder, InfluxDB 1.6.7 as a server, and a server that the environment names."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from heating.protocols import TimeSeriesStore
from storage.readings.duckdb.store import DuckDBStore
from storage.readings.influxdb.store import InfluxDBStore
from tests.support.servers.named_influxdb import named_influxdb

OpenStore = Callable[..., TimeSeriesStore]
CENTURY = timedelta(days=36_500)


NAMED = named_influxdb()


@pytest.fixture(
    params=["duckdb", pytest.param("influxdb", marks=pytest.mark.influxdb), *(["named"] if NAMED else [])]
)
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """Opens the same store each time it is called: ``open_store(retention_raw=...)``; closes what is left open."""
    opened: list[TimeSeriesStore] = []
    database = f"test{uuid.uuid4().hex[:12]}"
    server = request.getfixturevalue("influxdb_server") if request.param == "influxdb" else None
    if request.param == "named":
        server = NAMED

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
                server.url,
                database=database,
                token=getattr(server, "token", None),
                org=getattr(server, "org", "nuanliu"),
                flavour=getattr(server, "flavour", None),
                retention_raw=retention_raw,
                retention_rollup=retention_rollup,
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
