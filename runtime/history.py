"""Loading history in bulk: into the store, and through the rules, so that a fresh house knows what went before."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

import numpy as np
import structlog

from alerting.judging.live_state import LiveState
from alerting.serving.service import AlertingService
from config.sample_files import read_sample_file
from heating.intervals import from_epoch_ms
from heating.protocols import AppendMark, TimeSeriesStore
from heating.samples import SampleBatch

__all__ = ["HistoryLoader", "judge_history"]

_log = structlog.get_logger()
SOURCE = "history"
"""Name under which history is marked in the store: a second load of the same file is skipped."""


class HistoryLoader:
    """Takes sample files as they appear in a folder, in order of their names.

    Parameters
    ----------
    folder : Path
        Where the simulator writes ``*.npz``.
    store : TimeSeriesStore
        Gets every batch.
    keep_from_ms : int
        Batches with rows at or after this are kept for `judge_history` [epoch ms].
    """

    def __init__(self, *, folder: Path, store: TimeSeriesStore, keep_from_ms: int) -> None:
        self._folder = folder
        self._store = store
        self._keep_from_ms = keep_from_ms
        self._loaded: set[str] = set()
        self.rows = 0
        """Rows loaded."""
        self.recent: list[SampleBatch] = []
        """What is kept for the rules."""

    def load_new(self) -> int:
        """Load the files that are new; return how many. Loaded files are deleted."""
        fresh = [path for path in sorted(self._folder.glob("*.npz")) if path.name not in self._loaded]
        for path in fresh:
            batch = read_sample_file(path)
            self._store.append(batch, mark=AppendMark(SOURCE, len(self._loaded) + 1))
            self._loaded.add(path.name)
            self.rows += len(batch)
            recent = batch.measured_ms >= self._keep_from_ms
            if recent.any():
                self.recent.append(batch.select(recent))
            path.unlink()
        return len(fresh)


def judge_history(
    batches: Iterable[SampleBatch],
    *,
    live_state: LiveState,
    service: AlertingService,
    step: timedelta = timedelta(minutes=5),
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Lead readings through live state and rules in the order of their measured time; return the ticks made.

    Every tick sees the readings measured up to its own moment; the last tick is at the last reading. Alarms, incidents
    and pending timers are then what they would be had the house been running.
    """
    whole = SampleBatch.concatenate(list(batches))
    if not len(whole):
        return 0
    order = np.argsort(whole.measured_ms, kind="stable")
    whole = whole.select(order)
    step_ms = int(step.total_seconds() * 1000)
    first, last = int(whole.measured_ms[0]), int(whole.measured_ms[-1])
    ends = np.arange(-(-first // step_ms) * step_ms, last + step_ms, step_ms)
    cuts = np.searchsorted(whole.measured_ms, ends, side="right")
    begin = 0
    for place, (end_ms, cut) in enumerate(zip(ends, cuts, strict=True)):
        live_state.accept(whole.select(np.arange(begin, cut)))
        service.tick(from_epoch_ms(min(int(end_ms), last)), history=True)
        begin = int(cut)
        if progress is not None:
            progress(place + 1, len(ends))
    _log.info("runtime.history_judged", rows=len(whole), ticks=len(ends))
    return len(ends)
