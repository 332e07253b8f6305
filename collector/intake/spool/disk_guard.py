"""How full the disk of the spool is: below a limit the collector stops acknowledging before the disk is full."""

import shutil
from collections.abc import Callable
from pathlib import Path
from time import monotonic

__all__ = ["DiskGuard", "free_share_pct"]

LOOK_EVERY_S = 1.0
"""The disk is asked at most this often [s]."""


def free_share_pct(folder: Path) -> float:
    """Return how much of the disk below a folder is free [%]."""
    usage = shutil.disk_usage(folder)
    return 100.0 * usage.free / usage.total if usage.total else 100.0


class DiskGuard:
    """Says whether there is room to go on.

    Parameters
    ----------
    folder
        Folder of the spool.
    min_free_pct
        Below this share of free disk there is none [%].
    measure
        Returns the free share [%]; replaced in tests.
    """

    def __init__(
        self, *, folder: Path, min_free_pct: float, measure: Callable[[Path], float] = free_share_pct
    ) -> None:
        self._folder = folder
        self._min_free_pct = min_free_pct
        self._measure = measure
        self._looked_s = -LOOK_EVERY_S
        self.free_pct = 100.0
        """Free share at the last look [%]."""

    def has_room(self) -> bool:
        """Return whether more may be written; asks the disk at most once a second."""
        now_s = monotonic()
        if now_s - self._looked_s >= LOOK_EVERY_S:
            self._looked_s = now_s
            self.free_pct = self._measure(self._folder)
        return self.free_pct >= self._min_free_pct
