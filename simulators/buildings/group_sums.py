"""Sums of homes by building: fast where the registry lists the homes of a building one after the other."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["GroupSums"]


class GroupSums:
    """Adds up values by group.

    Parameters
    ----------
    index : ndarray
        (n,) group of each member.
    count : int
        How many groups; those without a member get 0.
    """

    def __init__(self, index: NDArray[np.int32], count: int) -> None:
        self._index, self._count = index, count
        self._present: NDArray[np.int32] | None = None
        if len(index) and (np.diff(index) >= 0).all():
            self._starts = np.flatnonzero(np.diff(index, prepend=index[0] - 1))
            self._present = index[self._starts]

    def sums(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the sum of each group, shape ``(count,)``."""
        if self._present is None:
            return np.bincount(self._index, values, self._count).astype(np.float64)
        total = np.zeros(self._count)
        total[self._present] = np.add.reduceat(values, self._starts)
        return total
