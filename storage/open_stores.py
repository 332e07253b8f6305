"""Opening the time-series store that the settings name. What reads and writes lives in `storage.timeseries`."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from config.settings import TimeSeriesSettings
from heating.protocols import TimeSeriesStore
from storage.timeseries.duckdb_store.store import DuckDBStore

__all__ = ["duckdb_folder", "open_time_series_store"]


def open_time_series_store(settings: TimeSeriesSettings) -> TimeSeriesStore:
    """Open the store of ``settings.url``: ``duckdb:///folder``, ``influxdb://host:port``, ``influxdbs://host:port``.

    An embedded store is opened at once. InfluxDB is asked nothing here: a server that is away at the start shows in
    `TimeSeriesStore.health` and in retryable errors, and the store works as soon as the server is there.

    Raises
    ------
    ValueError
        When the URL names no known store.
    storage.timeseries.errors.StoreInUseError
        When another process owns the embedded store.
    """
    retention_raw = timedelta(days=settings.retention_raw_days)
    retention_rollup = timedelta(days=settings.retention_rollup_days)
    match urlsplit(settings.url).scheme:
        case "duckdb":
            return DuckDBStore(
                duckdb_folder(settings.url), retention_raw=retention_raw, retention_rollup=retention_rollup
            )
        case scheme:
            raise ValueError(f"timeseries.url begins with {scheme!r}: use duckdb, influxdb or influxdbs")


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
