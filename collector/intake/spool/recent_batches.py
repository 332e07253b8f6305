"""`RecentBatches`: the newest committed batches in memory, so that the forwarder need not read them back.

Only a shortcut: the spool is the truth, and whatever is not here is read from it. Not safe for threads by itself.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heating.samples import SampleBatch

__all__ = ["MAX_ROWS", "RecentBatches", "SpooledBatch"]

MAX_ROWS = 400_000
"""Rows held at the most, about 15 MB."""


@dataclass(frozen=True, slots=True)
class SpooledBatch:
    """A batch that the spool keeps."""

    sequence: int
    samples: SampleBatch
    message: NDArray[np.int32]
    """(n,) number of the message within its batch, for each row."""


class RecentBatches:
    """Every batch from some sequence on, and nothing older.

    Parameters
    ----------
    after
        Newest sequence that is not held.
    """

    def __init__(self, *, after: int) -> None:
        self._held: deque[SpooledBatch] = deque()
        self._rows = 0
        self._from = after + 1

    def put(self, batch: SpooledBatch | None, *, reached: int) -> None:
        """Add a committed batch (None: the commit kept rejections only); too many let the oldest go."""
        if batch is None:
            return
        if batch.sequence != reached:
            raise ValueError(f"batch {batch.sequence} is not commit {reached}")
        self._held.append(batch)
        self._rows += len(batch.samples)
        while self._rows > MAX_ROWS:
            self._let_go()

    def after(self, cursor: int, *, max_rows: int) -> list[SpooledBatch] | None:
        """Return the batches behind a cursor, about `max_rows` rows; None when the spool must be read."""
        if cursor + 1 < self._from:
            return None
        chosen: list[SpooledBatch] = []
        rows = 0
        for batch in self._held:
            if batch.sequence <= cursor:
                continue
            chosen.append(batch)
            rows += len(batch.samples)
            if rows >= max_rows:
                break
        return chosen

    def drop_through(self, sequence: int) -> None:
        """Let go of what the store has."""
        while self._held and self._held[0].sequence <= sequence:
            self._let_go()

    def restart(self, *, after: int) -> None:
        """Hold nothing up to a sequence."""
        self._held.clear()
        self._rows = 0
        self._from = after + 1

    def _let_go(self) -> None:
        batch = self._held.popleft()
        self._rows -= len(batch.samples)
        self._from = batch.sequence + 1
