"""Errors of the time-series stores. The adapters that raise them have a folder each."""

from heating.errors import HeatingError

__all__ = [
    "StoreAccessError",
    "StoreInUseError",
    "StoreNotFoundError",
    "StoreQueryError",
    "StoreRejectedError",
    "StoreUnavailableError",
    "TimeSeriesError",
]


class TimeSeriesError(HeatingError):
    """Root of the errors of this folder."""


class StoreUnavailableError(TimeSeriesError):
    """The store is away, busy or full for a while; the same call may succeed later.

    Attributes
    ----------
    retryable : bool
        Always True.
    """

    retryable = True


class StoreAccessError(StoreUnavailableError):
    """The server does not let us in, or not there: the token or its rights must change."""


class StoreRejectedError(TimeSeriesError):
    """The store refuses these rows, now and later; the caller halves the batch until it has found the culprit.

    Attributes
    ----------
    retryable : bool
        Always False.
    """

    retryable = False


class StoreInUseError(TimeSeriesError):
    """Another process owns the embedded store; separate processes need InfluxDB."""


class StoreQueryError(TimeSeriesError):
    """A read that no store serves: too many objects, an unknown point, an id that cannot be an id."""


class StoreNotFoundError(StoreQueryError):
    """The server knows no such thing."""
