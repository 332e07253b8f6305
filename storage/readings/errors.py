"""Errors of the time-series stores. The adapters that raise them have a folder each."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from heating.errors import HeatingError

__all__ = [
    "Refusal",
    "RefusalKind",
    "StoreAccessError",
    "StoreInUseError",
    "StoreLimitError",
    "StoreMissingError",
    "StoreNotFoundError",
    "StoreQueryError",
    "StoreRejectedError",
    "StoreUnavailableError",
    "TimeSeriesError",
    "WindowTooLongError",
]


class RefusalKind(StrEnum):
    """Why a store refuses rows. The words are kept in the spool: never rename one."""

    RETENTION = "retention"
    """Measured before the time that the store keeps."""
    FIELD_TYPE = "field_type"
    """The field exists there with another type."""
    SERIES_LIMIT = "series_limit"
    """The server's limit of series, or of values of one tag, is reached: new objects find no room."""
    LINES = "lines"
    """The server cannot read or place these lines and does not say more."""
    UNKNOWN = "unknown"
    """The answer says nothing about rows: it may as well be a wrong store, or something in front of it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason that a store gave for refusing rows."""

    kind: RefusalKind
    text: str = ""
    """The store's own words."""
    measurement: str = ""
    """Where only one is refused."""
    field: str = ""
    """Name of the field that exists with another type."""
    there_type: str = ""
    """The type that it has there."""
    limit: int | None = None
    """The limit that was met."""
    oldest_ms: int | None = None
    """The store keeps rows from here on [epoch ms]."""
    dropped: int | None = None
    """Lines that it did not keep; None: it does not say, or kept none."""

    @property
    def remedy(self) -> str:
        """What its operator can do; the page on operations says more."""
        match self.kind:
            case RefusalKind.RETENTION:
                return "make the server keep raw readings at least as long as collector.late_limit_s"
            case RefusalKind.FIELD_TYPE:
                return (
                    f"stop who writes «{self.field}» of «{self.measurement}» as {self.there_type or 'another type'}, "
                    "and remove those rows from the server"
                )
            case RefusalKind.SERIES_LIMIT:
                return "raise max-values-per-tag and max-series-per-database in the server's configuration"
            case _:
                return "look for the lines in the server's log"


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
    """The server does not let us in, or not there: the token or its rights must change.

    Parameters
    ----------
    message
        For people.
    is_stranger
        The server does not know the token at all.
    """

    def __init__(self, message: str, *, is_stranger: bool = False) -> None:
        super().__init__(message)
        self.is_stranger = is_stranger
        """The server does not know the token at all."""


class StoreMissingError(StoreUnavailableError):
    """The server has no database or bucket of this name yet; it can be made any time."""


class StoreLimitError(StoreUnavailableError):
    """The server has no room for another database: nothing of ours is wrong, and no row can be kept until it has."""


class StoreRejectedError(TimeSeriesError):
    """The store refuses some of these rows, now and later; the caller finds out which.

    Parameters
    ----------
    message
        For the log.
    refusals
        The reasons it gave.
    lines
        Lines that were offered.

    Attributes
    ----------
    retryable : bool
        Always False.
    """

    retryable = False

    def __init__(self, message: str, *, refusals: Sequence[Refusal] = (), lines: int = 0) -> None:
        super().__init__(message)
        self.refusals = tuple(refusals) or (Refusal(RefusalKind.UNKNOWN, message),)
        """At least one."""
        self.lines = lines
        """Lines that were offered."""

    @property
    def took_nothing(self) -> bool:
        """Whether the store says of every line that it did not keep it."""
        return 0 < self.lines <= sum(refusal.dropped or 0 for refusal in self.refusals)


class StoreInUseError(TimeSeriesError):
    """Another process owns the embedded store; separate processes need InfluxDB."""


class StoreQueryError(TimeSeriesError):
    """A read that no store serves: too many objects, an unknown point, an id that cannot be an id."""


class StoreNotFoundError(StoreQueryError):
    """The server knows no such thing."""


class WindowTooLongError(StoreQueryError):
    """The server reads no window of this length at once; ask in shorter pieces.

    Parameters
    ----------
    message
        For people.
    file_limit
        Files that one query may touch; None: the server did not say.
    """

    def __init__(self, message: str, *, file_limit: int | None = None) -> None:
        super().__init__(message)
        self.file_limit = file_limit
