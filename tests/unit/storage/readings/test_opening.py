"""Which store a URL opens."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from config.settings.tree import TimeSeriesSettings
from heating.protocols import HealthStatus
from storage.readings.duckdb.store import DuckDBStore
from storage.readings.errors import StoreInUseError
from storage.readings.influxdb.flavour import Flavour
from storage.readings.influxdb.store import InfluxDBStore
from storage.readings.opening import duckdb_folder, open_time_series_store


def test_a_duckdb_url_opens_a_folder(tmp_path: Path) -> None:
    store = open_time_series_store(TimeSeriesSettings(url=f"duckdb:///{tmp_path}/series"))
    assert isinstance(store, DuckDBStore)
    assert store.health().status is HealthStatus.OK
    assert (tmp_path / "series" / "timeseries.duckdb").exists()
    store.close()


def test_a_second_owner_is_refused_and_told_of_influxdb(tmp_path: Path) -> None:
    settings = TimeSeriesSettings(url=f"duckdb:///{tmp_path}")
    store = open_time_series_store(settings)
    with pytest.raises(StoreInUseError, match="influxdb://") as refused:
        open_time_series_store(settings)
    assert not refused.value.retryable
    store.close()
    open_time_series_store(settings).close()


@pytest.mark.parametrize(
    ("url", "address", "database"),
    [
        ("influxdb://127.0.0.1:8086", "http://127.0.0.1:8086", "heat"),
        ("influxdbs://influx.example:443/", "https://influx.example:443", "heat"),
        ("influxdb://127.0.0.1:8086/city", "http://127.0.0.1:8086", "city"),
    ],
)
def test_an_influxdb_url_opens_a_client_without_asking_the_server(
    url: str, address: str, database: str
) -> None:
    settings = TimeSeriesSettings(url=url, database="heat", flavour="v2", token=SecretStr("secret"))
    store = open_time_series_store(settings)
    assert isinstance(store, InfluxDBStore)
    assert (store.url, store.database, store.flavour) == (address, database, Flavour.V2)
    store.close()


@pytest.mark.parametrize("url", ["sqlite:///x", "duckdb://x", "duckdb:///", "/tmp/x"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"timeseries\.url"):
        open_time_series_store(TimeSeriesSettings(url=url))


def test_four_slashes_are_an_absolute_folder() -> None:
    assert duckdb_folder("duckdb:////var/lib/x") == Path("/var/lib/x")
    assert duckdb_folder("duckdb:///data/x") == Path("data/x")
