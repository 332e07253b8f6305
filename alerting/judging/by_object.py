"""`ByObject`: arrays with one row an object. What is carried over, split, merged and saved goes by id."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["ByObject", "Rows", "move_future"]

Rows = NDArray[np.intp] | slice


class ByObject(ABC):
    """Base of what windows are made of.

    A subclass names in `ARRAYS` the arrays that are its state, each with the axis along which objects stand: readings
    of one sensor lie side by side where they are sorted, hours of all sensors where they are summed.
    """

    ARRAYS: ClassVar[Mapping[str, int]]

    def rows(self, name: str) -> NDArray[Any]:
        """Return a view of an array with the objects along its first axis."""
        array: NDArray[Any] = getattr(self, name)
        return np.moveaxis(array, self.ARRAYS[name], 0)

    def take_from(self, other: Self, mine: Rows, theirs: Rows) -> None:
        """Copy the state of objects: rows here and rows there."""
        for name in self.ARRAYS:
            self.rows(name)[mine] = other.rows(name)[theirs]

    @abstractmethod
    def follow_clock(self, by_ms: int, *, now_ms: int) -> None:
        """Move remembered moments along after the clock jumped by `by_ms` to `now_ms`; see `Windows.follow_clock`."""


def move_future(moments_ms: NDArray[np.int64], by_ms: int, now_ms: int) -> None:
    """Move, in place, moments that would lie after now; 0 stands for never and stays."""
    moments_ms[moments_ms > now_ms] += min(by_ms, 0)
