"""Timers of one rule over many subjects: on-delay, off-delay, holding on missing data, escalation. Pure numpy.

The state is sparse: only subjects that are pending, active or clearing have a row. `advance` is a pure function of
state, truths and now, row by row: any split of the subjects gives the same result. Not here: alarms, inhibition.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from alerting.judging.conditions.evaluation import FALSE, TRUE, UNKNOWN, RuleTruth
from config.rules.reading import Rule
from heating.alarms import Priority

__all__ = ["Advance", "Phase", "RuleState", "advance"]

_RUNNING = -1
_STOOD = -2
"""At and below: a delay of escalation that stands still."""


class Phase(IntEnum):
    """Where a subject stands."""

    NORMAL = 0
    PENDING = 1
    """The condition holds, the on-delay is running."""
    ACTIVE = 2
    CLEARING = 3
    """The clear condition holds, the off-delay is running."""


@dataclass(frozen=True, slots=True)
class RuleState:
    """Subjects of one rule that are not normal; every array has shape ``(n,)``, `row` rises."""

    row: NDArray[np.int64]
    """Place in the signal table."""
    phase: NDArray[np.int8]
    since_ms: NDArray[np.int64]
    """Start of the running delay [epoch ms], moved by the time it stood frozen."""
    frozen_ms: NDArray[np.int64]
    """When missing data stopped the delay [epoch ms]; -1 while it runs."""
    priority: NDArray[np.int8]
    """Present priority; 0 while pending."""
    urgent_ms: NDArray[np.int64]
    """Since when a more urgent variant holds [epoch ms]; -1 when none does. While missing data hide whether it still
    does the delay stands still: then the time that had run, as ``-2 - run_ms``."""

    @classmethod
    def empty(cls) -> "RuleState":
        """Return the state in which every subject is normal."""
        whole, small = np.zeros(0, np.int64), np.zeros(0, np.int8)
        return cls(whole, small, whole, whole, small, whole)

    def select(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "RuleState":
        """Return some entries."""
        return RuleState(*(getattr(self, f.name)[chosen] for f in fields(self)))

    def in_rows(self, rows: NDArray[np.int64]) -> "RuleState":
        """Return the entries moved to other rows, shape ``(n,)``; those moved to -1 are dropped."""
        order = np.argsort(rows, kind="stable")
        order = order[rows[order] >= 0]
        return replace(self.select(order), row=rows[order])

    def shifted(self, by_ms: int) -> "RuleState":
        """Return the same delays after the clock jumped by `by_ms`: what had run has run."""
        frozen_ms = np.where(self.frozen_ms == _RUNNING, _RUNNING, self.frozen_ms + by_ms)
        urgent_ms = np.where(self.urgent_ms <= _RUNNING, self.urgent_ms, self.urgent_ms + by_ms)
        return replace(self, since_ms=self.since_ms + by_ms, frozen_ms=frozen_ms, urgent_ms=urgent_ms)

    def not_after(self, now_ms: int) -> "RuleState":
        """Return the state without moments that are still to come: the clock went back while nobody judged."""
        since_ms, frozen_ms, urgent_ms = (
            np.minimum(moments, now_ms) for moments in (self.since_ms, self.frozen_ms, self.urgent_ms)
        )
        return replace(self, since_ms=since_ms, frozen_ms=frozen_ms, urgent_ms=urgent_ms)

    @classmethod
    def joined(cls, states: Sequence["RuleState"]) -> "RuleState":
        """Return the entries of states that have no row in common."""
        columns = (np.concatenate([getattr(state, f.name) for state in states]) for f in fields(cls))
        together = cls(*columns)
        return together.select(np.argsort(together.row, kind="stable"))


@dataclass(frozen=True, slots=True)
class Advance:
    """What one step did: the new state, and which rows of the table changed how."""

    state: RuleState
    raised: NDArray[np.int64]
    raised_priority: NDArray[np.int8]
    cleared: NDArray[np.int64]
    escalated: NDArray[np.int64]
    escalated_priority: NDArray[np.int8]
    touched: NDArray[np.int64]
    """Rows whose entry differs from before."""


@dataclass(slots=True)
class _Work:
    """Entries of the rows that may change in this step, as mutable columns."""

    row: NDArray[np.int64]
    phase: NDArray[np.int8]
    since_ms: NDArray[np.int64]
    frozen_ms: NDArray[np.int64]
    priority: NDArray[np.int8]
    urgent_ms: NDArray[np.int64]

    def frozen(self) -> RuleState:
        return RuleState(*(getattr(self, f.name).copy() for f in fields(self)))


def advance(rule: Rule, state: RuleState, truth: RuleTruth, *, now_ms: int) -> Advance:
    """Return what becomes of a rule's subjects.

    Parameters
    ----------
    rule : Rule
        Delays, priority and variants.
    state : RuleState
        Before the step.
    truth : RuleTruth
        Truths at `now_ms`, shape ``(n_subjects,)``. Unknown holds: no delay ends and none is lost meanwhile.
    now_ms : int
        The moment of the step [epoch ms].
    """
    work = _spread(state, truth)
    before = work.frozen()
    raised, cleared = truth.raised[work.row], truth.cleared[work.row]
    _hold(work, raised, cleared, now_ms)
    fired = _pend_and_fire(work, raised, now_ms, _milliseconds(rule.on_delay.total_seconds()))
    ended = _clear(work, raised, cleared, now_ms, _milliseconds(rule.off_delay.total_seconds()))
    work.priority[fired] = int(rule.priority)
    more_urgent = _escalate(
        work,
        wanted=_most_urgent(rule, truth, work.row, unknown_counts=False),
        possible=_most_urgent(rule, truth, work.row, unknown_counts=True),
        base=rule.priority,
        now_ms=now_ms,
        delay_ms=_milliseconds(rule.on_delay.total_seconds()),
    )
    after = work.frozen()
    differs = np.zeros(len(work.row), np.bool_)
    for name in ("phase", "since_ms", "frozen_ms", "priority", "urgent_ms"):
        differs |= getattr(before, name) != getattr(after, name)
    return Advance(
        state=after.select(after.phase != Phase.NORMAL),
        raised=work.row[fired],
        raised_priority=after.priority[fired],
        cleared=work.row[ended],
        escalated=work.row[more_urgent & ~fired],
        escalated_priority=after.priority[more_urgent & ~fired],
        touched=work.row[differs],
    )


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _spread(state: RuleState, truth: RuleTruth) -> _Work:
    rows = np.union1d(state.row, np.flatnonzero(truth.raised == TRUE)).astype(np.int64)
    place = np.searchsorted(rows, state.row)
    n = len(rows)
    work = _Work(
        rows,
        np.zeros(n, np.int8),
        np.zeros(n, np.int64),
        np.full(n, _RUNNING, np.int64),
        np.zeros(n, np.int8),
        np.full(n, _RUNNING, np.int64),
    )
    for name in ("phase", "since_ms", "frozen_ms", "priority", "urgent_ms"):
        getattr(work, name)[place] = getattr(state, name)
    return work


def _hold(work: _Work, raised: NDArray[np.int8], cleared: NDArray[np.int8], now_ms: int) -> None:
    timing = (work.phase == Phase.PENDING) | (work.phase == Phase.CLEARING)
    judged_by = np.where(work.phase == Phase.CLEARING, cleared, raised)
    unknown = judged_by == UNKNOWN
    work.frozen_ms[timing & unknown & (work.frozen_ms == _RUNNING)] = now_ms
    thaw = timing & ~unknown & (work.frozen_ms != _RUNNING)
    work.since_ms[thaw] += now_ms - work.frozen_ms[thaw]
    work.frozen_ms[thaw] = _RUNNING


def _pend_and_fire(work: _Work, raised: NDArray[np.int8], now_ms: int, delay_ms: int) -> NDArray[np.bool_]:
    begins = (work.phase == Phase.NORMAL) & (raised == TRUE)
    work.phase[begins] = Phase.PENDING
    work.since_ms[begins] = now_ms
    ends = (work.phase == Phase.PENDING) & (raised == FALSE)
    work.phase[ends] = Phase.NORMAL
    fired = (work.phase == Phase.PENDING) & (raised == TRUE) & (now_ms - work.since_ms >= delay_ms)
    work.phase[fired] = Phase.ACTIVE
    work.since_ms[fired] = now_ms
    return np.asarray(fired)


def _clear(
    work: _Work, raised: NDArray[np.int8], cleared: NDArray[np.int8], now_ms: int, delay_ms: int
) -> NDArray[np.bool_]:
    begins = (work.phase == Phase.ACTIVE) & (cleared == TRUE) & (raised != TRUE)
    work.phase[begins] = Phase.CLEARING
    work.since_ms[begins] = now_ms
    back = (work.phase == Phase.CLEARING) & ((cleared == FALSE) | (raised == TRUE))
    work.phase[back] = Phase.ACTIVE
    work.since_ms[back] = now_ms
    work.frozen_ms[back] = _RUNNING
    ended = (work.phase == Phase.CLEARING) & (cleared == TRUE) & (now_ms - work.since_ms >= delay_ms)
    work.phase[ended] = Phase.NORMAL
    return np.asarray(ended)


def _most_urgent(
    rule: Rule, truth: RuleTruth, rows: NDArray[np.int64], *, unknown_counts: bool
) -> NDArray[np.int8]:
    """Return the most urgent priority of the rule and its variants that hold, or that may hold."""
    wanted = np.full(len(rows), int(rule.priority), np.int8)
    for variant, holds in zip(rule.variants, truth.variants, strict=True):
        counts = (holds[rows] == TRUE) | (unknown_counts & (holds[rows] == UNKNOWN))
        wanted = np.where(counts, np.minimum(wanted, np.int8(variant.priority)), wanted)
    return wanted.astype(np.int8)


def _escalate(
    work: _Work,
    *,
    wanted: NDArray[np.int8],
    possible: NDArray[np.int8],
    base: Priority,
    now_ms: int,
    delay_ms: int,
) -> NDArray[np.bool_]:
    present = np.where(work.priority == 0, np.int8(base), work.priority)
    concerned = work.phase != Phase.NORMAL
    urgent = concerned & (wanted < present)
    hidden = concerned & ~urgent & (possible < present)
    # Missing data must not begin the delay again, or a variant that is unknown now and then never becomes due; nor may
    # they let it run. The time that had run is kept in the same field, so that saved timers keep their form.
    stops = hidden & (work.urgent_ms >= 0)
    work.urgent_ms[stops] = _STOOD - (now_ms - work.urgent_ms[stops])
    goes_on = urgent & (work.urgent_ms <= _STOOD)
    work.urgent_ms[goes_on] = now_ms - (_STOOD - work.urgent_ms[goes_on])
    work.urgent_ms[urgent & (work.urgent_ms == _RUNNING)] = now_ms
    work.urgent_ms[~urgent & ~hidden] = _RUNNING
    due = urgent & (work.priority > 0) & (now_ms - work.urgent_ms >= delay_ms)
    work.priority[due] = wanted[due]
    work.urgent_ms[due] = _RUNNING
    return np.asarray(due)
