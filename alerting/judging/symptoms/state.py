"""`SymptomState`: the delays of every level's symptoms, by object id; it can be split, merged, carried and saved."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from alerting.judging.layout import Layout
from alerting.judging.symptoms.delays import DelayState
from heating.heat_tree import Level

__all__ = ["Names", "SymptomState"]

Names = Mapping[Level, tuple[str, ...]]
"""Symptoms of each level, in the order of the rows of the state."""


@dataclass(frozen=True, slots=True)
class SymptomState:
    """What is remembered from step to step of the symptoms of a layout's objects; nothing yet without a layout."""

    levels: Mapping[Level, DelayState] = field(default_factory=dict)
    layout: Layout | None = None
    names: Names = field(default_factory=dict)

    def of(self, level: Level, names: Names, layout: Layout) -> DelayState:
        """Return the delays of a level in the rows of a layout and the order of some names; what is new is empty."""
        if self.layout is layout and self.names.get(level) == names[level] and level in self.levels:
            return self.levels[level]
        return SymptomState.merged(layout, (self,), {level: names[level]}).levels[level]

    def carried_to(self, layout: Layout) -> "SymptomState":
        """Return the same delays in the rows of another layout: a changed registry, or a part of this one."""
        return SymptomState.merged(layout, (self,), self.names)

    def follow_clock(self, by_ms: int, *, now_ms: int) -> None:
        """Move delays along, in place, after the clock jumped by `by_ms` to `now_ms`."""
        for one in self.levels.values():
            one.follow_clock(by_ms, now_ms=now_ms)

    @staticmethod
    def merged(layout: Layout, pieces: Iterable["SymptomState"], names: Names) -> "SymptomState":
        """Return the delays of several parts in the rows of the whole."""
        whole = {level: DelayState(len(of), len(layout.subjects(level))) for level, of in names.items()}
        for piece in pieces:
            for level, one in piece.levels.items():
                if piece.layout is not None and level in whole:
                    _copy(piece, level, one, whole[level], names[level], layout)
        return SymptomState(whole, layout, names)


def _copy(
    piece: SymptomState,
    level: Level,
    one: DelayState,
    into: DelayState,
    names: tuple[str, ...],
    layout: Layout,
) -> None:
    assert piece.layout is not None
    rows = layout.subjects(level).rows_of(piece.layout.subjects(level).ids)
    here = np.flatnonzero(rows >= 0)
    own = {name: place for place, name in enumerate(piece.names[level])}
    pairs = [(place, own[name]) for place, name in enumerate(names) if name in own]
    for array in one.ARRAYS:
        for mine, theirs in pairs:
            getattr(into, array)[mine, rows[here]] = getattr(one, array)[theirs, here]
