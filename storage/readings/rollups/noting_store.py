"""A store whose appends are noted for the roll-ups: what a collector of several writes through."""

from typing import Any

from heating.protocols import AppendMark, TimeSeriesStore
from heating.samples import SampleBatch
from storage.readings.rollups.shared import SharedRollups

__all__ = ["NotingStore"]


class NotingStore:
    """The store itself in everything but `append`.

    Parameters
    ----------
    store
        Where readings go.
    rollups
        Is told of every batch that the store took.
    """

    def __init__(self, store: TimeSeriesStore, rollups: SharedRollups) -> None:
        self._store = store
        self._rollups = rollups

    def append(self, batch: SampleBatch, *, mark: AppendMark | None = None) -> None:
        """See `heating.protocols.TimeSeriesStore.append`."""
        with self._rollups.storing(batch):
            self._store.append(batch, mark=mark)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
