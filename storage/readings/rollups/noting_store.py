"""The store that a collector appends through: what it takes is noted for the roll-ups."""

from heating.protocols import AppendMark, TimeSeriesStore
from heating.samples import SampleBatch
from storage.readings.rollups.engine import RollupEngine

__all__ = ["NotingStore"]


class NotingStore:
    """A `heating.protocols.ReadingSink` in front of a store.

    Parameters
    ----------
    store
        Where readings go.
    rollups
        Notes the buckets of every batch.
    """

    def __init__(self, store: TimeSeriesStore, rollups: RollupEngine) -> None:
        self._store = store
        self._rollups = rollups

    def append(self, batch: SampleBatch, *, mark: AppendMark | None = None) -> None:
        """See `heating.protocols.ReadingSink.append`."""
        with self._rollups.storing(batch):
            self._store.append(batch, mark=mark)

    def last_mark(self, source: str) -> int | None:
        """See `heating.protocols.ReadingSink.last_mark`."""
        return self._store.last_mark(source)

    def checkpointed_mark(self, source: str) -> int | None:
        """See `heating.protocols.ReadingSink.checkpointed_mark`."""
        return self._store.checkpointed_mark(source)
