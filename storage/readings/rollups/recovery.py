"""Which buckets no process has written: those open at the start, those of the time without a process, late hours."""

from collections.abc import Mapping

from heating.intervals import Interval, from_epoch_ms
from storage.readings.rollups.state import RollupState

__all__ = ["MissingBuckets"]

HOUR_MS = 3_600_000
"""Longest gap that is filled at once [ms]."""


class MissingBuckets:
    """Starts of buckets to be computed from raw readings, by kind.

    Parameters
    ----------
    steps
        Length of a bucket by kind [ms].
    starts
        Missing buckets by kind.
    live_from_ms
        First bucket by kind that is gathered live.
    """

    def __init__(
        self, *, steps: Mapping[str, int], starts: Mapping[str, set[int]], live_from_ms: Mapping[str, int]
    ) -> None:
        self._steps = dict(steps)
        self._starts = {kind: set(found) for kind, found in starts.items()}
        self._live_from_ms = dict(live_from_ms)

    @classmethod
    def since_last_run(
        cls, state: RollupState, *, steps: Mapping[str, int], now_ms: int, horizon_ms: int, longest_ms: int
    ) -> "MissingBuckets":
        """Return what is missing at a start.

        Parameters
        ----------
        state
            What the last process left.
        now_ms
            Start of this process; the buckets open now are missing too, their beginning was not seen [epoch ms].
        horizon_ms
            How far back to begin where no process has written [ms].
        longest_ms
            Never further back than this [ms].
        """
        starts: dict[str, set[int]] = {}
        live: dict[str, int] = {}
        for kind, step in steps.items():
            live[kind] = now_ms // step * step + step
            begin = max(state.written_until_ms.get(kind, now_ms - horizon_ms), now_ms - longest_ms)
            starts[kind] = set(range(begin // step * step, live[kind], step))
            for hour in state.late_hours_ms:
                if hour >= now_ms - longest_ms:
                    starts[kind] |= set(range(hour, min(hour + HOUR_MS, live[kind]), step))
        return cls(steps=steps, starts=starts, live_from_ms=live)

    def __len__(self) -> int:
        return sum(map(len, self._starts.values()))

    def has(self, kind: str, start_ms: int) -> bool:
        """Return whether a bucket is still to be computed."""
        return start_ms in self._starts[kind]

    def end_ms(self, kind: str) -> int:
        """Return the first bucket that is gathered live [epoch ms]."""
        return self._live_from_ms[kind]

    def reached(self, kind: str, closed_until_ms: int) -> int:
        """Return up to where a kind is written without a gap [epoch ms]."""
        return min(self._starts[kind], default=closed_until_ms)

    def add(self, kind: str, start_ms: int) -> None:
        """Note a bucket that could not be kept in memory until the store took it."""
        self._starts[kind].add(start_ms)

    def next_gap(self, kind: str, *, ended_by_ms: int) -> Interval | None:
        """Return the newest missing buckets in a row that have ended, at most an hour of them; None when none."""
        step = self._steps[kind]
        newest = max((start for start in self._starts[kind] if start + step <= ended_by_ms), default=None)
        if newest is None:
            return None
        begin, end = newest, newest + step
        while begin - step in self._starts[kind] and end - begin < HOUR_MS:
            begin -= step
        return Interval(from_epoch_ms(begin), from_epoch_ms(end))

    def fill(self, kind: str, gap: Interval) -> None:
        """Note that the buckets of a gap are written."""
        self._starts[kind] -= set(range(gap.start_ms, gap.end_ms, self._steps[kind]))
