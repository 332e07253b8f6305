"""How normals and curves learn: robust running means and recursive least squares, stopped where a value is odd.

A normal that only grew with its values would learn every fault. So a value that is odd teaches nothing; instead odd
days are counted, and five in a row are a new normal that a person is asked to confirm. Pure functions over arrays with
the objects along the last axis, all normals of a measurement in one pass. Not here: where the arrays are kept
(`alerting.judging.learned.memory`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerting.judging.learned.declared import SLOTS_A_DAY, CurveKind, NormalKind

__all__ = ["ODD_DAYS_PROPOSE", "CurveLimits", "NormalLimits", "NormalState", "fit", "learn"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ODD_DAYS_PROPOSE = 5
"""So many odd days in a row are a new normal to confirm."""
_LARGEST_VARIANCE = 1e3
"""Of a weight that nothing is learned about any more: forgetting would let it grow without end."""


class NormalState(NamedTuple):
    """State of some normals, shape ``(n_normals, n)`` each; views that are written in place."""

    mean: Floats
    taught: Floats
    """Slots learned from."""
    odd_slots: Floats
    """Of the day that runs."""
    good_slots: Floats
    odd_days: Floats
    """Odd days in a row."""
    odd_mean: Floats
    """Mean of the odd values since they began."""
    odd_count: Floats


def _column(figures: Sequence[float]) -> Floats:
    return np.array(figures, np.float64).reshape(-1, 1)


@dataclass(frozen=True, slots=True)
class NormalLimits:
    """Limits and speeds of normals as columns, shape ``(n_normals, 1)`` each."""

    odd: Floats
    ratio: Flags
    warm: Floats
    learn: Floats
    slow_gain: Floats

    @classmethod
    def of(cls, kinds: Sequence[NormalKind]) -> "NormalLimits":
        """Return those of some normals."""
        return cls(
            _column([kind.odd for kind in kinds]),
            np.array([kind.ratio for kind in kinds], np.bool_).reshape(-1, 1),
            _column([kind.warm_slots for kind in kinds]),
            _column([kind.learn_days * SLOTS_A_DAY for kind in kinds]),
            _column([1.0 / (kind.slow_days * SLOTS_A_DAY) for kind in kinds]),
        )


def learn(limits: NormalLimits, state: NormalState, value: Floats, usable: Flags, *, day_ends: bool) -> None:
    """Take the values of a slot, in place.

    Parameters
    ----------
    limits : NormalLimits
        Limits and speeds.
    state : NormalState
        Before, and after.
    value : ndarray
        Shape ``(n_normals, n)``.
    usable : ndarray
        Whether the object runs as it should, so that its value may teach.
    day_ends : bool
        Whether this is the last slot of a day.
    """
    usable = usable & np.isfinite(value)
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.abs(np.where(limits.ratio, value / state.mean - 1.0, value - state.mean))
    odd = usable & (state.taught >= limits.warm) & ~(off < limits.odd)
    good = usable & ~odd
    gain = np.where(state.taught < limits.learn, 1.0 / (state.taught + 1.0), limits.slow_gain)
    mean = np.where(state.taught == 0.0, value, state.mean + gain * (value - state.mean))
    np.copyto(state.mean, mean, where=good)
    np.add(state.taught, 1.0, out=state.taught, where=good)
    np.add(state.good_slots, 1.0, out=state.good_slots, where=good)
    if odd.any():
        _note_odd(state, value, odd)
    if day_ends:
        _end_day(state)


def _note_odd(state: NormalState, value: Floats, odd: Flags) -> None:
    state.odd_slots[odd] += 1.0
    state.odd_count[odd] += 1.0
    count = np.minimum(state.odd_count[odd], SLOTS_A_DAY)
    before = np.where(count == 1.0, value[odd], state.odd_mean[odd])
    state.odd_mean[odd] = before + (value[odd] - before) / count


def _end_day(state: NormalState) -> None:
    said = state.odd_slots + state.good_slots > 0
    was_odd = said & (state.odd_slots > state.good_slots)
    state.odd_days[:] = np.where(was_odd, state.odd_days + 1.0, np.where(said, 0.0, state.odd_days))
    state.odd_count[said & ~was_odd] = 0.0
    state.odd_slots[:] = state.good_slots[:] = 0.0


@dataclass(frozen=True, slots=True)
class CurveLimits:
    """Limits and speeds of curves as columns, shape ``(n_curves, 1)`` each."""

    odd: Floats
    forget: Floats
    warm: Floats

    @classmethod
    def of(cls, kinds: Sequence[CurveKind]) -> "CurveLimits":
        """Return those of some curves."""
        return cls(
            _column([kind.odd for kind in kinds]),
            _column([kind.forget for kind in kinds]),
            _column([kind.warm_slots for kind in kinds]),
        )


def fit(
    limits: CurveLimits,
    weights: Floats,
    covariances: Floats,
    taught: Floats,
    features: Floats,
    error: Floats,
    usable: Flags,
) -> None:
    """Learn curves by recursive least squares with forgetting, in place.

    Parameters
    ----------
    limits : CurveLimits
        Limits and speeds.
    weights : ndarray
        Shape ``(n_curves, 3, n)``.
    covariances : ndarray
        Shape ``(n_curves, 3, 3, n)``.
    taught : ndarray
        Slots learned from, shape ``(n_curves, n)``.
    features : ndarray
        What the values follow from, shape ``(n_curves, 3, n)``.
    error : ndarray
        Values less what the curves say, shape ``(n_curves, n)``.
    usable : ndarray
        Whether the object may teach.
    """
    teaches = usable & np.isfinite(error) & ((taught < limits.warm) | (np.abs(error) < limits.odd))
    if not teaches.any():
        return
    x = np.where(teaches[:, None], features, 0.0)
    px = (covariances * x[:, None]).sum(axis=2)
    gain = px / (limits.forget + (x * px).sum(axis=1))[:, None]
    weights += gain * np.where(teaches, error, 0.0)[:, None]
    shrunk = (covariances - gain[:, :, None] * px[:, None]) / limits.forget[:, None, None]
    np.copyto(covariances, np.minimum(shrunk, _LARGEST_VARIANCE), where=teaches[:, None, None])
    taught += teaches
