"""The calendar of disturbances: which of them last at a moment, how strong, and until when nothing changes.

What lives here: onsets, ends, repeats and profiles, looked up for all disturbances at once. What does not: what they
do (`simulators.faults.fault_schedule`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.fault_kinds import Profile
from simulators.faults.confounders import PlacedConfounder
from simulators.faults.profiles import Shape, share_at
from simulators.faults.targets import PlacedFault
from simulators.random_streams import RandomStreams, entity_keys

__all__ = ["Calendar", "Spell"]

Disturbance = PlacedFault | PlacedConfounder
_NEVER_MS = np.int64(2**62)


@dataclass(frozen=True, slots=True)
class Spell:
    """One disturbance at one moment."""

    what: Disturbance
    number: int
    """0 for the first time."""
    onset_ms: int
    end_ms: int | None
    strength: float
    """Severity times profile, 0 to 1."""
    over: bool = False
    """Its end is past, only its trace stays."""


class Calendar:
    """When disturbances come and go.

    Parameters
    ----------
    what : sequence of PlacedFault or PlacedConfounder
        In the order in which they act.
    live_ms : int
        Onsets count from here [epoch ms]; may be moved once by `go_live`.
    random : RandomStreams
        Stream ``fault.luck``.
    """

    def __init__(self, what: Sequence[Disturbance], *, live_ms: int, random: RandomStreams) -> None:
        self._what = list(what)
        self._random = random
        self._early_ms = self._live_ms = live_ms
        self._shapes: dict[int, Shape] = {}
        self._renew()

    def go_live(self, live_ms: int) -> None:
        """Count the onsets of what is to come from this moment; what lies in the past stays."""
        self._live_ms = live_ms
        self._renew()

    def add(self, more: Sequence[Disturbance]) -> None:
        """Take in more disturbances."""
        if more:
            self._what.extend(more)
            self._renew()

    def at(self, now_ms: int) -> tuple[list[Spell], int]:
        """Return what lasts at a moment, and the moment until which nothing changes [epoch ms]."""
        began = now_ms >= self._onset_ms
        number = np.where(self._repeats & began, (now_ms - self._onset_ms) // self._repeat_ms, 0)
        onset_ms = self._onset_ms + number * self._repeat_ms * self._repeats
        end_ms = np.where(self._length_ms < _NEVER_MS, onset_ms + self._length_ms, _NEVER_MS)
        lasts = began & (now_ms < end_ms)
        again_ms = np.where(self._repeats, onset_ms + self._repeat_ms, _NEVER_MS)
        turns_ms = np.where(lasts, end_ms, np.where(began, again_ms, self._onset_ms))
        until_ms = int(turns_ms.min(initial=_NEVER_MS))
        spells = []
        for place in np.flatnonzero(lasts | (began & self._lasting)).tolist():
            spell, stays_ms = self._spell(
                place, int(number[place]), int(onset_ms[place]), int(end_ms[place]), now_ms
            )
            spells.append(spell)
            until_ms = min(until_ms, now_ms + stays_ms)
        return spells, max(until_ms, now_ms + 1)

    def _spell(self, place: int, number: int, onset_ms: int, end_ms: int, now_ms: int) -> tuple[Spell, int]:
        what = self._what[place]
        share, stays_s = share_at(self._shape(place), (now_ms - onset_ms) / 1000)
        stays_ms = int(_NEVER_MS) if math.isinf(stays_s) else math.ceil(stays_s * 1000)
        over = now_ms >= end_ms
        end = None if end_ms >= _NEVER_MS else end_ms
        return Spell(what, number, onset_ms, end, what.plan.severity * share, over), stays_ms

    def _renew(self) -> None:
        plans = [item.plan for item in self._what]
        self._onset_ms = np.array([self._onset_of(item) for item in self._what], np.int64)
        lengths = [_NEVER_MS if plan.duration is None else int(plan.duration * 1000) for plan in plans]
        self._length_ms: NDArray[np.int64] = np.array(lengths, np.int64)
        repeats = [0 if plan.repeat is None else int(plan.repeat * 1000) for plan in plans]
        self._repeats = np.array(repeats, np.int64) > 0
        self._repeat_ms: NDArray[np.int64] = np.maximum(np.array(repeats, np.int64), 1)
        kinds = [item.kind.lasting if isinstance(item, PlacedFault) else False for item in self._what]
        self._lasting = np.array(kinds, np.bool_)

    def _onset_of(self, item: Disturbance) -> int:
        if item.onset_ms is not None:
            return item.onset_ms
        origin_ms = self._early_ms if item.plan.onset < 0 else self._live_ms
        return origin_ms + int(item.plan.onset * 1000)

    def _shape(self, place: int) -> Shape:
        shape = self._shapes.get(place)
        if shape is None:
            shape = self._shapes[place] = self._shape_of(self._what[place])
        return shape

    def _shape_of(self, item: Disturbance) -> Shape:
        key = entity_keys([item.plan.id])

        def luck(number: int) -> float:
            return float(self._random.uniform("fault.luck", key, number)[0])

        if isinstance(item, PlacedConfounder):
            return Shape(Profile.STEP, rise_s=1.0, period_s=1.0, duty=1.0, luck=luck)
        plan, kind = item.plan, item.kind
        return Shape(
            plan.profile or kind.profile,
            rise_s=plan.rise or kind.rise_s,
            period_s=plan.period or kind.period_s,
            duty=plan.duty,
            luck=luck,
        )
