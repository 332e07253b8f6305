"""What collectors share about roll-ups: notes of buckets to compute, and the lease of the one that computes them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

__all__ = ["RollupDue", "RollupNotes"]


class RollupDue(NamedTuple):
    """A bucket that is to be computed."""

    family: str
    """Name of its `storage.readings.rollups.families.BucketFamily`."""
    bucket_ms: int
    """Start of the bucket [epoch ms]."""
    token: str
    """Changes whenever the bucket is noted again: a note made during the computation outlives it."""


class RollupNotes(Protocol):
    """Durable notes and a lease; `storage.records.rollup_work` keeps them, for one collector as for several."""

    def note(self, buckets: Mapping[tuple[str, int], int]) -> None:
        """Note buckets (family, start) as to be computed from a time on [epoch ms]; an earlier time stays."""
        ...

    def due(self, *, now_ms: int, limit: int = 1000) -> list[RollupDue]:
        """Return buckets that may be computed, newest first."""
        ...

    def hold(self, holder: str, *, now_ms: int, for_ms: int) -> bool:
        """Take or renew the lease; return whether `holder` has it now."""
        ...

    def release(self, holder: str) -> None:
        """Give the lease up."""
        ...

    def done(self, holder: str, computed: Sequence[RollupDue], *, now_ms: int) -> bool:
        """Delete the notes of computed buckets, but those noted again meanwhile; return whether the lease held.

        Without the lease the buckets are noted again.
        """
        ...
