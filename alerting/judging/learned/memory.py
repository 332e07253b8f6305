"""`Memory`: what is learned of the objects of one measurement, as arrays with the objects along the last axis.

Windows are rings whose place follows from the slot alone, so that rows of different objects never need a cursor of their
own. Not here: what is learned (the families of `alerting.judging.learned`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from alerting.judging.by_object import ByObject
from alerting.judging.learned.declared import SLOT_MS, CurveKind, Learns, NormalKind
from alerting.judging.learned.normals import (
    ODD_DAYS_PROPOSE,
    CurveLimits,
    NormalLimits,
    NormalState,
    fit,
    learn,
)

__all__ = ["LearnedNormal", "Memory", "Proposal"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
_FEATURES = 3
_UNSURE = 100.0
"""Variance of the weights of a curve before anything was learned."""
_NORMAL_FIELDS = len(NormalState._fields)
_UNKNOWN_NORMAL = (np.nan, 0.0, 0.0, 0.0, 0.0, np.nan, 0.0)


@dataclass(frozen=True, slots=True)
class LearnedNormal:
    """One normal of one object, for a page."""

    kind: NormalKind
    value: float
    learned_slots: int

    @property
    def is_known(self) -> bool:
        """Whether enough was learned to judge by it."""
        return self.learned_slots >= self.kind.warm_slots


@dataclass(frozen=True, slots=True)
class Proposal:
    """A new normal that a person may confirm."""

    kind: NormalKind
    row: int
    """Row of the object."""
    present: float
    proposed: float
    odd_days: int


class Memory(ByObject):
    """Empty memory.

    Parameters
    ----------
    learns : Learns
        What is kept.
    objects : int
        How many objects.
    """

    ARRAYS: ClassVar[Mapping[str, int]] = {
        "slot": 0, "rings": 1, "normals": 2, "weights": 2, "covariances": 3, "fitted": 1, "kept": 1, "figures": 1,
    }  # fmt: skip

    def __init__(self, learns: Learns, objects: int) -> None:
        self.learns = learns
        self._ring_rows: dict[str, slice] = {}
        at = 0
        for name, size in learns.rings.items():
            self._ring_rows[name] = slice(at, at + size)
            at += size
        self._normal = {kind.name: place for place, kind in enumerate(learns.normals)}
        self._curve = {kind.name: place for place, kind in enumerate(learns.curves)}
        self._kept = {name: place for place, name in enumerate(learns.kept)}
        self._figure = {figure.name: place for place, figure in enumerate(learns.figures)}
        self.slot: NDArray[np.int64] = np.zeros(objects, np.int64)
        """Newest slot taken [slots since the epoch]; 0: none."""
        self.rings: Floats = np.full((at, objects), np.nan)
        self.normals: Floats = np.empty((len(learns.normals), _NORMAL_FIELDS, objects))
        self.normals[:] = np.array(_UNKNOWN_NORMAL)[:, None]
        self.weights: Floats = np.zeros((len(learns.curves), _FEATURES, objects))
        self.covariances: Floats = np.zeros((len(learns.curves), _FEATURES, _FEATURES, objects))
        for place, curve in enumerate(learns.curves):
            self.covariances[place] = _doubt(curve)[:, :, None]
        self.fitted: Floats = np.zeros((len(learns.curves), objects))
        self.kept: Floats = np.repeat(
            np.array(list(learns.kept.values()), np.float64)[:, None], objects, axis=1
        )
        self.figures: Floats = np.full((len(learns.figures), objects), np.nan)
        # Of the slot that runs, until `finish`: no state.
        self._limits, self._curve_limits = NormalLimits.of(learns.normals), CurveLimits.of(learns.curves)
        self._known_mean: Floats = np.full((len(learns.normals), objects), np.nan)
        self._value: Floats = np.full((len(learns.normals), objects), np.nan)
        self._usable: Flags = np.zeros((len(learns.normals), objects), np.bool_)
        self._features: Floats = np.zeros((len(learns.curves), _FEATURES, objects))
        self._error: Floats = np.full((len(learns.curves), objects), np.nan)
        self._fits: Flags = np.zeros((len(learns.curves), objects), np.bool_)

    def follow_clock(self, by_ms: int, *, now_ms: int) -> None:
        """Empty the windows of objects whose newest slot would lie in the future; what was learned stays."""
        now = now_ms // SLOT_MS
        ahead = self.slot > now
        self.rings[:, ahead] = np.nan
        self.slot[ahead] = now

    def begin(self, slot: int) -> None:
        """Turn the windows to a slot: what was missed stands in them as missing."""
        for last in np.unique(self.slot).tolist():
            missed = slot - last - 1
            if last == 0 or missed <= 0:
                continue
            behind = np.flatnonzero(self.slot == last)
            for rows in self._ring_rows.values():
                size = rows.stop - rows.start
                gone = rows.start + (last + 1 + np.arange(min(missed, size))) % size
                self.rings[np.ix_(gone, behind)] = np.nan
        self.slot[:] = slot
        mean, taught = self.normals[:, 0], self.normals[:, 1]
        self._known_mean = np.where(taught >= self._limits.warm, mean, np.nan)

    def push(self, name: str, slot: int, value: Floats) -> None:
        """Put the value of a slot into a window; every window takes one in every slot."""
        rows = self._ring_rows[name]
        self.rings[rows.start + slot % (rows.stop - rows.start)] = value

    def window(self, name: str) -> Floats:
        """Return a window in no order, shape ``(n_slots, n)``."""
        rows: Floats = self.rings[self._ring_rows[name]]
        return rows

    def ordered(self, name: str, slot: int, length: int | None = None) -> Floats:
        """Return the newest slots of a window, oldest first; the whole one by default."""
        rows = self._ring_rows[name]
        size = rows.stop - rows.start
        wanted = size if length is None else length
        chosen: Floats = self.rings[rows.start + (slot + 1 - wanted + np.arange(wanted)) % size]
        return chosen

    def back(self, name: str, slot: int, by: int = 0) -> Floats:
        """Return the value of some slots ago."""
        rows = self._ring_rows[name]
        value: Floats = self.rings[rows.start + (slot - by) % (rows.stop - rows.start)]
        return value

    def known(self, name: str) -> Floats:
        """Return a normal of each object, NaN until it is known."""
        place = self._normal[name]
        mean, taught = self.normals[place, 0], self.normals[place, 1]
        return np.where(taught >= self.learns.normals[place].warm_slots, mean, np.nan)

    def against_normal(self, name: str, value: Floats, usable: Flags) -> Floats:
        """Return values against their normals (difference or quotient); `finish` learns from those that are usable."""
        place = self._normal[name]
        self._value[place], self._usable[place] = value, usable
        known: Floats = self._known_mean[place]
        return value / known if self.learns.normals[place].ratio else value - known

    def residual(
        self, name: str, features: Sequence[Floats | float], value: Floats, usable: Flags | None = None
    ) -> Floats:
        """Return how far values are from their curves, NaN until those are known.

        `finish` learns from those that are `usable`; from none when it is left out.
        """
        place = self._curve[name]
        x = self._features[place] if usable is not None else np.zeros((_FEATURES, len(self.slot)))
        for row, feature in enumerate(features):
            x[row] = feature
        error: Floats = value - (self.weights[place] * x).sum(axis=0)
        if usable is not None:
            self._error[place], self._fits[place] = error, usable
        return np.where(self.fitted[place] >= self.learns.curves[place].warm_slots, error, np.nan)

    def finish(self, *, day_ends: bool) -> None:
        """Learn from the values of the slot: all normals in one pass, and all curves."""
        learn(self._limits, self._state(), self._value, self._usable, day_ends=day_ends)
        fit(
            self._curve_limits, self.weights, self.covariances, self.fitted, self._features, self._error, self._fits
        )  # fmt: skip
        self._usable[:] = False
        self._fits[:] = False

    def carried(self, name: str) -> Floats:
        """Return a figure that is carried from slot to slot; written in place."""
        figure: Floats = self.kept[self._kept[name]]
        return figure

    def give(self, name: str, value: Floats) -> None:
        """Set a figure until the next slot."""
        self.figures[self._figure[name]] = value

    def figure(self, name: str) -> Floats:
        """Return a figure of the newest slot."""
        figure: Floats = self.figures[self._figure[name]]
        return figure

    def names(self) -> dict[str, list[str]]:
        """Return what the rows of each array stand for: saved memory of another version is read by them."""
        rings = [f"{name}:{place}" for name, size in self.learns.rings.items() for place in range(size)]
        curves = [kind.name for kind in self.learns.curves]
        return {
            "slot": ["slot"],
            "rings": rings,
            "normals": [kind.name for kind in self.learns.normals],
            "weights": curves,
            "covariances": curves,
            "fitted": curves,
            "kept": list(self.learns.kept),
            "figures": [figure.name for figure in self.learns.figures],
        }

    def learned_of(self, row: int) -> tuple[LearnedNormal, ...]:
        """Return the normals of one object, for a page."""
        state = self._state()
        return tuple(
            LearnedNormal(kind, float(state.mean[place, row]), int(state.taught[place, row]))
            for place, kind in enumerate(self.learns.normals)
        )

    def proposals(self) -> tuple[Proposal, ...]:
        """Return the new normals to confirm, by normal and object."""
        state = self._state()
        return tuple(
            Proposal(
                self.learns.normals[place],
                row,
                float(state.mean[place, row]),
                float(state.odd_mean[place, row]),
                int(state.odd_days[place, row]),
            )
            for place, row in np.argwhere(state.odd_days >= ODD_DAYS_PROPOSE).tolist()
        )

    def adopt(self, name: str, row: int) -> None:
        """Take what was proposed as the normal of an object: a person confirmed it."""
        place, state = self._normal[name], self._state()
        state.mean[place, row] = state.odd_mean[place, row]
        for of_days in (state.odd_days, state.odd_count, state.odd_slots):
            of_days[place, row] = 0.0

    def reset(self, name: str, row: int) -> None:
        """Forget a normal or curve of one object: it is learned from the beginning."""
        if name in self._normal:
            self.normals[self._normal[name], :, row] = _UNKNOWN_NORMAL
            return
        place = self._curve[name]
        self.weights[place, :, row] = self.fitted[place, row] = 0.0
        self.covariances[place, :, :, row] = _doubt(self.learns.curves[place])

    def _state(self) -> NormalState:
        return NormalState(*np.moveaxis(self.normals, 1, 0))


def _doubt(kind: CurveKind) -> Floats:
    certain = [kind.certain.get(place, _UNSURE) for place in range(_FEATURES)]
    return np.diag(np.array(certain, np.float64))
