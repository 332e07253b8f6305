"""Half-open time intervals ``[start, end)`` in aware UTC, and the epoch-millisecond form used in arrays."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

__all__ = ["Interval", "from_epoch_ms", "to_epoch_ms"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_epoch_ms(moment: datetime) -> int:
    """Return milliseconds since 1970-01-01 UTC, exact (no floating point).

    Raises
    ------
    ValueError
        When the moment is naive: local times are a rendering matter and never enter the core.
    """
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no place in the core: attach UTC")
    return (moment - _EPOCH) // _MILLISECOND


def from_epoch_ms(epoch_ms: int) -> datetime:
    """Return the aware UTC moment of a millisecond count."""
    return _EPOCH + timedelta(milliseconds=int(epoch_ms))


@dataclass(frozen=True, slots=True)
class Interval:
    """A half-open interval: `start` belongs to it, `end` does not.

    Raises
    ------
    ValueError
        When a bound is naive or `end` lies before `start`.
    """

    start: datetime
    """First moment inside, aware UTC."""
    end: datetime
    """First moment outside, aware UTC."""

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("interval bounds must be aware")
        if self.end < self.start:
            raise ValueError(f"interval ends ({self.end}) before it starts ({self.start})")

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    @property
    def start_ms(self) -> int:
        """Start in epoch milliseconds."""
        return to_epoch_ms(self.start)

    @property
    def end_ms(self) -> int:
        """End in epoch milliseconds."""
        return to_epoch_ms(self.end)

    @property
    def length(self) -> timedelta:
        """Length of the interval."""
        return self.end - self.start

    def overlaps(self, other: "Interval") -> bool:
        """Return whether the two intervals share a moment."""
        return self.start < other.end and other.start < self.end

    @classmethod
    def last(cls, length: timedelta, *, now: datetime) -> "Interval":
        """Return the window of `length` that ends just after `now` (so that `now` belongs to it)."""
        end = now + _MILLISECOND
        return cls(end - length, end)
