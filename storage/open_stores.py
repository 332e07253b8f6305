"""Opening the time-series store that the settings name. What reads and writes lives in `storage.timeseries`."""

from config.settings import TimeSeriesSettings
from heating.protocols import TimeSeriesStore

__all__ = ["open_time_series_store"]


def open_time_series_store(settings: TimeSeriesSettings, *, read_only: bool = False) -> TimeSeriesStore:
    """Open the store of ``settings.url``: ``duckdb:///folder``, ``influxdb://host:port``, ``influxdbs://host:port``.

    An embedded store is opened at once. InfluxDB is asked nothing here: a server that is away at the start shows in
    `TimeSeriesStore.health` and in retryable errors, and the store works as soon as the server is there.

    Parameters
    ----------
    settings
        Section ``timeseries``.
    read_only
        Refuse every write of this process with `StoreRejectedError`.

    Raises
    ------
    ValueError
        When the URL names no known store.
    storage.timeseries.errors.StoreInUseError
        When another process owns the embedded store.
    """
    raise NotImplementedError(f"{settings.url}, read_only={read_only}")
