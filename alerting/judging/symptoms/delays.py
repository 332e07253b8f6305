"""Delays of all symptoms of a level at once: on-delay, off-delay, standing still while unknown. Pure numpy.

What `alerting.judging.timers` does for one rule and few subjects, done for every symptom and every object in one pass: a
season of history has fifty thousand steps. Not here: escalation and alarms, which symptoms do not have.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from alerting.judging.by_object import ByObject, move_future
from alerting.judging.conditions.evaluation import FALSE, TRUE, UNKNOWN
from alerting.judging.timers import Phase
from config.symptoms.reading import Symptom

__all__ = ["DelayState", "Delays", "milliseconds"]

_RUNNING = -1


def milliseconds(symptoms: Sequence[Symptom], which: str) -> NDArray[np.int64]:
    """Return a delay of each symptom [ms], shape ``(n_symptoms, 1)``."""
    found = [round(getattr(symptom, which).total_seconds() * 1000) for symptom in symptoms]
    return np.array(found, np.int64).reshape(-1, 1)


class DelayState(ByObject):
    """Phases of the symptoms of a level; every array has shape ``(n_symptoms, n_objects)``."""

    ARRAYS: ClassVar[Mapping[str, int]] = dict.fromkeys(("phase", "since_ms", "frozen_ms"), 1)

    def __init__(self, symptoms: int, objects: int) -> None:
        self.phase: NDArray[np.int8] = np.zeros((symptoms, objects), np.int8)
        """`Phase` of each."""
        self.since_ms: NDArray[np.int64] = np.zeros((symptoms, objects), np.int64)
        """Start of the running delay [epoch ms], moved by the time it stood still; 0 while none runs."""
        self.frozen_ms: NDArray[np.int64] = np.full((symptoms, objects), _RUNNING, np.int64)
        """When unknown stopped the delay [epoch ms]; -1 while it runs."""

    def copied(self) -> "DelayState":
        """Return a copy that can be written."""
        copy = DelayState(*self.phase.shape)
        copy.take_from(self, slice(None), slice(None))
        return copy

    def follow_clock(self, by_ms: int, *, now_ms: int) -> None:
        """Move delays along: what had run has run."""
        running = (self.phase != Phase.NORMAL) & (self.since_ms > 0)
        self.since_ms[running] += by_ms
        stopped = self.frozen_ms != _RUNNING
        self.frozen_ms[stopped] += by_ms
        move_future(self.since_ms, by_ms, now_ms)

    @property
    def yes(self) -> NDArray[np.bool_]:
        """Where a symptom is there: its on-delay has passed and its off-delay has not."""
        return np.asarray((self.phase == Phase.ACTIVE) | (self.phase == Phase.CLEARING))


class Delays:
    """The delays of the symptoms of a level."""

    def __init__(self, symptoms: Sequence[Symptom]) -> None:
        self._on_ms = milliseconds(symptoms, "on_delay")
        self._off_ms = milliseconds(symptoms, "off_delay")

    def advance(
        self, state: DelayState, raised: NDArray[np.int8], cleared: NDArray[np.int8], *, now_ms: int
    ) -> None:
        """Advance every symptom of every object to `now_ms`, in place.

        Parameters
        ----------
        state : DelayState
            Before, and after.
        raised, cleared : ndarray
            Truths at `now_ms`, shape ``(n_symptoms, n_objects)``. Unknown holds: no delay ends and none is lost.
        now_ms : int
            The moment of the step [epoch ms].
        """
        quiet = state.phase == Phase.NORMAL
        if (quiet & (raised != TRUE)).all():
            return  # most steps of a healthy plant
        phase, since_ms = state.phase, state.since_ms
        _hold(state, raised, cleared, now_ms)
        begins = quiet & (raised == TRUE)
        phase[begins] = Phase.PENDING
        since_ms[begins] = now_ms
        pending = phase == Phase.PENDING
        phase[pending & (raised == FALSE)] = Phase.NORMAL
        fired = pending & (raised == TRUE) & (now_ms - since_ms >= self._on_ms)
        phase[fired] = Phase.ACTIVE
        ends = (phase == Phase.ACTIVE) & (cleared == TRUE) & (raised != TRUE) & ~fired
        phase[ends] = Phase.CLEARING
        since_ms[ends] = now_ms
        back = (phase == Phase.CLEARING) & ((cleared == FALSE) | (raised == TRUE))
        phase[back] = Phase.ACTIVE
        over = (phase == Phase.CLEARING) & (cleared == TRUE) & (now_ms - since_ms >= self._off_ms)
        phase[over] = Phase.NORMAL
        settled = (phase == Phase.NORMAL) | (phase == Phase.ACTIVE)
        since_ms[settled] = 0
        state.frozen_ms[settled] = _RUNNING


def _hold(state: DelayState, raised: NDArray[np.int8], cleared: NDArray[np.int8], now_ms: int) -> None:
    clearing = state.phase == Phase.CLEARING
    timing = (state.phase == Phase.PENDING) | clearing
    unknown = np.where(clearing, cleared, raised) == UNKNOWN
    stops = timing & unknown & (state.frozen_ms == _RUNNING)
    state.frozen_ms[stops] = now_ms
    goes_on = timing & ~unknown & (state.frozen_ms != _RUNNING)
    state.since_ms[goes_on] += now_ms - state.frozen_ms[goes_on]
    state.frozen_ms[goes_on] = _RUNNING
