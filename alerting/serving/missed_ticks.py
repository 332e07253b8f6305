"""`MissedTicks`: what was judged while the records were away, until it can be committed.

Readings go on to come in while the records are away, and what begins and ends meanwhile would leave no trace if only the
present were judged afterwards. So every tick that cannot be committed is judged all the same, on timers of its own; its
transitions are kept and committed, each at its own moment, before the first tick that can be. Not here: the commit
(`alerting.serving.service`). A process that ends meanwhile loses what it holds here.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import structlog
from numpy.typing import NDArray

from alerting.alarms.lifecycle import TickPlan
from alerting.judging.engine import Judged, RuleEngine, Timers
from alerting.judging.layout import Layout
from alerting.judging.live_state import LiveState
from alerting.judging.signals.family import WatchFigures
from alerting.judging.signals.tables import Signals
from alerting.serving.image import Image
from heating.intervals import to_epoch_ms

__all__ = ["MissedTicks"]

_log = structlog.get_logger()
_MOST_TRANSITIONS = 500_000
"""More than this is no outage of records any more: a city of 338,600 homes that turned cold and warm again."""


@dataclass(frozen=True, slots=True)
class _MissedTick:
    """One moment that is still to be committed."""

    at: datetime
    judged: Judged
    """With every row that was touched since the moment before."""


@dataclass(frozen=True, slots=True)
class _Basis:
    """What the last commit left: the judging goes on from here."""

    layout: Layout
    signals: Signals
    timers: Timers
    term: int
    """Of the lease: another process that judged meanwhile has timers of its own."""


class MissedTicks:
    """Empty: nothing was missed.

    Parameters
    ----------
    engine : RuleEngine
        Judges.
    """

    def __init__(self, engine: RuleEngine) -> None:
        self._engine = engine
        self._basis: _Basis | None = None
        self._timers = Timers()
        self._touched: dict[str, NDArray[np.int64]] = {}
        self._steps: list[_MissedTick] = []
        self._transitions = 0
        self._last: datetime | None = None
        self.number = 0
        """Ticks that were judged and are not committed."""

    def start_from(self, image: Image, *, term: int) -> None:
        """Begin at what was just committed or read; without effect while something is to be committed."""
        if not self.number:
            self._basis = _Basis(image.layout, image.signals, image.timers, term)
            self._timers = image.timers

    def forget(self) -> None:
        """Let go of everything: another process judges."""
        self._basis = None
        self._settle()

    def follow_clock(self, by_ms: int) -> None:
        """Move the timers along after the clock jumped."""
        self._timers = self._timers.shifted(by_ms)

    def judge(self, live: LiveState, now: datetime, *, watch: WatchFigures, held: Collection[str]) -> None:
        """Judge a moment that cannot be committed; without a basis there is nothing to go on from."""
        basis = self._basis
        if basis is None or (self._last is not None and now <= self._last):
            return
        with live.held() as windows:
            if windows.layout is not basis.layout:
                return
            tables = basis.signals.tables(windows, now_ms=to_epoch_ms(now), watch=watch)
        judged = self._engine.advance(self._timers, tables, now, held=held)
        self._timers, self._last = judged.timers, now
        self.number += 1
        for name, rows in judged.touched.items():
            before = self._touched.get(name)
            self._touched[name] = rows if before is None else np.union1d(before, rows).astype(np.int64)
        if judged.transitions:
            self._steps.append(_MissedTick(now, Judged(judged.timers, judged.transitions, self._touched)))
            self._touched = {}
            self._transitions += len(judged.transitions)
        if self._transitions > _MOST_TRANSITIONS:
            _log.error("alerting.missed_ticks_dropped", ticks=self.number, transitions=self._transitions)
            self.forget()

    def catch_up(self, image: Image, *, term: int, commit: Callable[[Judged, TickPlan], object]) -> int:
        """Commit what was judged without the records, each moment by itself; return how many alarms it raised.

        Parameters
        ----------
        image : Image
            As the records have it now.
        term : int
            Of the lease; in another one somebody else may have judged, and what is held here no longer fits.
        commit : callable
            Writes a moment. What it raises is passed on, and what was not written stays for the next try.
        """
        if not self.number:
            self.start_from(image, term=term)
            return 0
        basis = self._basis
        if basis is None or basis.layout is not image.layout or basis.term != term:
            _log.warning("alerting.missed_ticks_forgotten", ticks=self.number)
            self.forget()
            return 0
        _log.info("alerting.missed_ticks_committed", ticks=self.number)
        raised = 0
        for step in self._to_commit():
            plan = image.lifecycle.tick(step.judged.transitions, now=step.at)
            commit(step.judged, plan)
            raised += plan.raised
        return raised

    def _to_commit(self) -> Iterator[_MissedTick]:
        """Yield the moments, oldest first; each is gone when the next is asked for."""
        while self._steps:
            yield self._steps[0]
            del self._steps[0]
        if self._touched and self._last is not None:
            yield _MissedTick(self._last, Judged(self._timers, (), self._touched))
        self._settle()

    def _settle(self) -> None:
        self._steps, self._touched, self._last = [], {}, None
        self._transitions = self.number = 0
