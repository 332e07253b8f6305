"""One step of judging: a pure function of state, readings and now, over any part of the fleet.

`JudgingState` is all a step remembers, by object id: it can be split by station, merged, saved (`state_codec`) and
carried to a changed registry, and a step of the parts gives what a step of the whole gives. A stream engine keyed by
station keeps one state a station; the running house keeps one for all, in place (`alerting.judging.live_state`). Not
here: explanation along the tree, which is keyed by source, and alarms.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from alerting.judging.engine import RuleEngine, Timers, Transition
from alerting.judging.layout import Layout
from alerting.judging.signals.family import CALM, WatchFigures
from alerting.judging.signals.tables import Signals
from alerting.judging.windows import Windows
from heating.intervals import to_epoch_ms
from heating.samples import SampleBatch

__all__ = ["JudgingState", "step"]


@dataclass(frozen=True, slots=True)
class JudgingState:
    """What is remembered from step to step of the objects of a layout."""

    windows: Windows
    timers: Timers

    @classmethod
    def empty(cls, layout: Layout) -> "JudgingState":
        """Return the state before the first reading."""
        return cls(Windows(layout), Timers())

    def of(self, station_ids: Collection[str]) -> "JudgingState":
        """Return the state of some stations with everything below them."""
        return self.carried_to(self.windows.layout.of_stations(station_ids))

    def above_stations(self) -> "JudgingState":
        """Return the state of what belongs to no station."""
        return self.carried_to(self.windows.layout.above_stations())

    def carried_to(self, layout: Layout) -> "JudgingState":
        """Return a copy in the rows of another layout; objects that stay keep their state."""
        return JudgingState.merged(layout, (self,))

    @staticmethod
    def merged(layout: Layout, pieces: Iterable["JudgingState"]) -> "JudgingState":
        """Return the state of several parts as one."""
        known = tuple(pieces)
        return JudgingState(
            Windows.merged(layout, (piece.windows for piece in known)),
            Timers.merged(layout, (piece.timers for piece in known)),
        )


def step(
    state: JudgingState,
    readings: SampleBatch,
    now: datetime,
    *,
    engine: RuleEngine,
    signals: Signals,
    watch: WatchFigures = CALM,
    held: Collection[str] = (),
) -> tuple[JudgingState, tuple[Transition, ...]]:
    """Take readings and judge; `state` stays as it is. Readings of objects that are not in the state are left out.

    Parameters
    ----------
    state : JudgingState
        Before the step, of any part of the fleet.
    readings : SampleBatch
        What came in since.
    now : datetime
        The moment of the step.
    engine : RuleEngine
        Compiled rules.
    signals : Signals
        Families of signals and figures of the site.
    watch : WatchFigures
        What the watch knows of itself.
    held : collection of str
        Ids of rules that are not judged now and keep their state.
    """
    windows = state.windows.carried_to(state.windows.layout)
    windows.take(readings)
    tables = signals.tables(windows, now_ms=to_epoch_ms(now), watch=watch)
    judged = engine.advance(state.timers, tables, now, held=held)
    return JudgingState(windows, judged.timers), judged.transitions
