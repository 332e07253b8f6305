"""`SharedSilence`: many devices that were silent over one span of time, and spoke again after it.

One silent device is its own affair (DQ rules judge it); many at once were silenced by something between them and us, so
what they sent is lost. What lives here: holes of devices and what they have in common. What does not: who is late
(`collector.intake.spool.devices_heard`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from heating.losses import LossKind, ReadingLoss

__all__ = ["LEAST_DEVICES", "SHARE", "Holes", "SharedSilence"]

LEAST_DEVICES = 5
"""Fewer devices with a hole are no common one."""
SHARE = 0.2
"""Share of the devices that report often enough to have the hole; more than it must have it."""
LONGEST_WAIT_MS = 6 * 3_600_000
"""A hole that began longer before the newest one ended waits for no others [ms]."""
LOOK_EVERY_MS = 5_000
"""Least time between two looks [ms]."""
MOST_HOLES = 500_000
"""Holes that wait for others; older ones are dropped."""
_TIMES_INTERVAL = 2.0
"""Intervals that the common part of the holes must last: each one may begin and end an interval apart."""


class Holes(NamedTuple):
    """Spans in which single devices were silent, side by side."""

    device: NDArray[np.int64]
    """(n,) place of the device."""
    since_ms: NDArray[np.int64]
    """(n,) its last reading before [epoch ms]."""
    until_ms: NDArray[np.int64]
    """(n,) its first reading after [epoch ms]."""

    def where(self, kept: NDArray[np.bool_]) -> "Holes":
        """Return those marked True."""
        return Holes(self.device[kept], self.since_ms[kept], self.until_ms[kept])


_NONE = Holes(*(np.zeros(0, np.int64) for _ in range(3)))


class SharedSilence:
    """Collects holes and finds the span that many of them cover."""

    def __init__(self) -> None:
        self._waiting = _NONE
        self._told: list[tuple[int, int]] = []
        self._looked_ms = -(2**62)

    def add(
        self, fresh: Holes, *, interval_ms: NDArray[np.float64], last_ms: NDArray[np.int64], now_ms: int
    ) -> ReadingLoss | None:
        """Take holes that have just ended; return the common one when they make it.

        Parameters
        ----------
        fresh
            Holes of this batch.
        interval_ms, last_ms
            (n_devices,) how often each reports, NaN while that is not known, and when it did last.
        now_ms
            Arrival of the batch [epoch ms].
        """
        # What belongs to a silence that was reported already says nothing new.
        for since_ms, until_ms in self._told:
            fresh = fresh.where((fresh.since_ms >= until_ms) | (fresh.until_ms <= since_ms))
        if not len(fresh.device):
            return None
        self._waiting = Holes(
            *(np.concatenate(both)[-MOST_HOLES:] for both in zip(self._waiting, fresh, strict=True))
        )
        if len(self._waiting.device) < LEAST_DEVICES or 0 <= now_ms - self._looked_ms < LOOK_EVERY_MS:
            return None
        self._looked_ms = now_ms
        newest_ms = int(self._waiting.until_ms.max())
        self._waiting = self._waiting.where(self._waiting.since_ms > newest_ms - LONGEST_WAIT_MS)
        return self._look(interval_ms, last_ms)

    def _look(self, interval_ms: NDArray[np.float64], last_ms: NDArray[np.int64]) -> ReadingLoss | None:
        waiting = self._waiting
        if not len(waiting.device):
            return None
        since_ms, until_ms = _most_covered(waiting)
        members = (waiting.since_ms <= since_ms) & (waiting.until_ms >= until_ms)
        devices = np.unique(waiting.device[members])
        span_ms = until_ms - since_ms
        if span_ms < _TIMES_INTERVAL * float(np.median(interval_ms[devices])):
            return None
        # Who reports too rarely to have such a hole, or had fallen silent before it, is no witness for either side.
        able = (interval_ms * _TIMES_INTERVAL <= span_ms) & (last_ms >= since_ms - 3.0 * interval_ms)
        if len(devices) < LEAST_DEVICES or len(devices) <= SHARE * np.count_nonzero(able):
            return None
        self._waiting = waiting.where((waiting.since_ms >= until_ms) | (waiting.until_ms <= since_ms))
        self._told = [*self._told[-20:], (since_ms, until_ms)]
        return ReadingLoss(kind=LossKind.COMMON_SILENCE, since_ms=since_ms, until_ms=until_ms)


def _most_covered(holes: Holes) -> tuple[int, int]:
    """Return the stretch of time that most holes cover, the first one of equals."""
    moments = np.concatenate([holes.since_ms, holes.until_ms])
    steps = np.concatenate([np.ones(len(holes.since_ms), np.int64), np.full(len(holes.until_ms), -1)])
    # Ends before starts: holes that only touch have nothing in common.
    order = np.lexsort((steps, moments))
    best = int(np.argmax(np.cumsum(steps[order])))
    return int(moments[order[best]]), int(moments[order[best + 1]])
