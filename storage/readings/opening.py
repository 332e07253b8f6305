"""Opening the time-series store that the settings name; each client is imported only when its store is opened."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from config.settings.tree import TimeSeriesSettings
from heating.protocols import TimeSeriesStore
from storage.readings.influxdb.flavour import Flavour
from storage.readings.parquet_export import WindowStore
from storage.readings.statistics import RollupStore

if TYPE_CHECKING:
    from storage.readings.influxdb.store import InfluxDBStore

__all__ = ["OpenedStore", "duckdb_folder", "open_influxdb_store", "open_time_series_store"]


class OpenedStore(TimeSeriesStore, RollupStore, WindowStore, Protocol):
    """What every store of ours can do."""

    @property
    def kind(self) -> str:
        """Name of the adapter in the manifest of a backup."""
        ...

    def back_up(self, folder: Path, *, now: datetime) -> None:
        """Copy everything up to now into a folder, while appends go on."""
        ...


def open_time_series_store(settings: TimeSeriesSettings) -> OpenedStore:
    """Open the store of ``settings.url``: ``duckdb:///folder``, ``influxdb://host:port``, ``influxdbs://host:port``.

    A path after ``host:port`` names the database instead of ``settings.database``. An embedded store is opened at
    once. InfluxDB is asked nothing here: a server that is away at the start shows in `TimeSeriesStore.health` and in
    retryable errors, and the store works as soon as the server is there.

    Raises
    ------
    ValueError
        When the URL names no known store.
    storage.readings.errors.StoreInUseError
        When another process owns the embedded store.
    """
    match urlsplit(settings.url).scheme:
        case "duckdb":
            # Here and below: DuckDB costs 25 MB and InfluxDB's client 40 MB of memory, and no process needs both.
            from storage.readings.duckdb.store import DuckDBStore

            return DuckDBStore(
                duckdb_folder(settings.url),
                retention_raw=timedelta(days=settings.retention_raw_days),
                retention_rollup=timedelta(days=settings.retention_rollup_days),
            )
        case "influxdb" | "influxdbs":
            return open_influxdb_store(settings)
        case scheme:
            raise ValueError(f"timeseries.url begins with {scheme!r}: use duckdb, influxdb or influxdbs")


def open_influxdb_store(settings: TimeSeriesSettings) -> "InfluxDBStore":
    """Open the store of an InfluxDB URL, with what only a server can do."""
    from storage.readings.influxdb.store import InfluxDBStore

    parts = urlsplit(settings.url)
    return InfluxDBStore(
        f"{parts.scheme.replace('influxdb', 'http')}://{parts.netloc}",
        database=parts.path.strip("/") or settings.database,
        flavour=None if settings.flavour == "auto" else Flavour(settings.flavour),
        token=settings.token.get_secret_value() if settings.token else None,
        org=settings.org,
        timeout_s=settings.timeout_s,
        retention_raw=timedelta(days=settings.retention_raw_days),
        retention_rollup=timedelta(days=settings.retention_rollup_days),
        longest_query=None if settings.query_hours is None else timedelta(hours=settings.query_hours),
    )


def duckdb_folder(url: str) -> Path:
    """Return the folder of a ``duckdb:///folder`` URL; four slashes make it absolute.

    Raises
    ------
    ValueError
        When the URL is another or names no folder.
    """
    prefix = "duckdb:///"
    if not url.startswith(prefix) or not url.removeprefix(prefix):
        raise ValueError(f"timeseries.url is {url!r}: write duckdb:///folder or duckdb:////absolute/folder")
    return Path(url.removeprefix(prefix))
