"""How full the disk of the spool is: below a limit the collector stops acknowledging before the disk is full."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

from collector.intake.spool.rejections import WHOLE_PAYLOAD_BYTES

__all__ = ["DiskGuard", "bytes_to_write", "free_share_pct"]

LOOK_EVERY_S = 1.0
"""The disk is asked at most this often [s]."""
LARGE_BATCH_BYTES = 1_048_576
"""Before a batch of this size the disk is asked again [bytes]."""


def bytes_to_write(payloads: Sequence[bytes]) -> int:
    """Return what a batch may take on the disk [bytes]: of a payload that is longer no more is kept.

    A sender of long payloads would else fill batches that seem to fit on no small disk, and wait in them for ever.
    """
    whole = sum(map(len, payloads))
    if whole < LARGE_BATCH_BYTES:
        return whole
    return sum(min(len(payload), WHOLE_PAYLOAD_BYTES) for payload in payloads)


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
    total_bytes
        Returns the size of the disk [bytes]; replaced in tests.
    """

    def __init__(
        self,
        *,
        folder: Path,
        min_free_pct: float,
        measure: Callable[[Path], float] = free_share_pct,
        total_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).total,
    ) -> None:
        self._folder = folder
        self._min_free_pct = min_free_pct
        self._measure = measure
        self._total_bytes = total_bytes
        self._looked_s = -LOOK_EVERY_S
        self.free_pct = 100.0
        """Free share at the last look [%]."""

    def has_room(self, batch_bytes: int = 0) -> bool:
        """Return whether a batch may be written; asks the disk at most once a second, for a large batch always.

        A batch takes its bytes twice, in the log and in the file, before the log is emptied; what lies below the limit
        stays for the cursor and for the way out.
        """
        now_s = monotonic()
        if batch_bytes >= LARGE_BATCH_BYTES or now_s - self._looked_s >= LOOK_EVERY_S:
            self._looked_s = now_s
            self.free_pct = self._measure(self._folder)
        needed_pct = 100.0 * 2 * batch_bytes / max(1, self._total_bytes(self._folder))
        return self.free_pct - needed_pct >= self._min_free_pct
