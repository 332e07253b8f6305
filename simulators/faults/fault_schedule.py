"""What is broken when, and the arrays that say so.

What lives here: the calendar of faults and confounders, and filling `Effects` from it. What does not: fields of
scenario files (`simulators.scenario`), targets (`simulators.faults.targets`), consequences (they follow from physics).
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulators.city_layout import CityLayout
from simulators.effects import Effects, no_effects
from simulators.fault_kinds import apply_change
from simulators.faults.calendar import Calendar, Spell
from simulators.faults.confounders import PlacedConfounder
from simulators.faults.random_faults import RandomFaults
from simulators.faults.targets import PlacedFault, place_faults
from simulators.random_streams import RandomStreams

__all__ = ["ConfounderOccurrence", "FaultSchedule", "Occurrence", "PlacedFault", "place_faults"]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a fault happens."""

    fault: PlacedFault
    number: int
    """0 for the first time."""
    onset_ms: int
    end_ms: int | None


@dataclass(frozen=True, slots=True)
class ConfounderOccurrence:
    """One time that a confounder happens."""

    confounder: PlacedConfounder
    number: int
    """0 for the first time."""
    onset_ms: int
    end_ms: int


class FaultSchedule:
    """Which faults and confounders are active when.

    Parameters
    ----------
    faults : tuple of PlacedFault
        From `place_faults`.
    layout : CityLayout
        Sizes.
    live_ms : int
        Onsets count from here [epoch ms]; may be moved once by `go_live`.
    random : RandomStreams or None
        Stream ``fault.luck`` of intermittent faults; a fixed seed when None.
    by_chance : RandomFaults or None
        Faults that nobody planned.
    confounders : sequence of PlacedConfounder
        From `simulators.faults.confounders.place_confounders`.
    """

    def __init__(
        self,
        faults: Sequence[PlacedFault],
        layout: CityLayout,
        *,
        live_ms: int,
        random: RandomStreams | None = None,
        by_chance: RandomFaults | None = None,
        confounders: Sequence[PlacedConfounder] = (),
    ) -> None:
        self._by_chance = by_chance
        self._calendar = Calendar(
            [*faults, *confounders], live_ms=live_ms, random=RandomStreams(0) if random is None else random
        )
        self._neutral = no_effects(layout)
        _seal(self._neutral)
        self._effects = self._neutral
        self._marks: tuple[tuple[str, int, float], ...] = ()
        self._active: list[Occurrence] = []
        self._confounders: list[ConfounderOccurrence] = []
        self._from_ms = self._until_ms = 0

    def go_live(self, live_ms: int) -> None:
        """Count the onsets of faults to come from this moment; those that lie in the past stay."""
        self._calendar.go_live(live_ms)
        self._from_ms = self._until_ms = 0

    def active(self, now_ms: int) -> list[Occurrence]:
        """Return what is broken at a moment [epoch ms]."""
        self._look_up(now_ms)
        return self._active

    def active_confounders(self, now_ms: int) -> list[ConfounderOccurrence]:
        """Return what looks like a fault at a moment [epoch ms] and is none."""
        self._look_up(now_ms)
        return self._confounders

    def effects(self, now_ms: int) -> Effects:
        """Return what is broken at a moment as arrays; the same object as long as nothing changes.

        Arrays may not be written; those that nothing changes are the same objects in all answers.
        """
        self._look_up(now_ms)
        return self._effects

    def _look_up(self, now_ms: int) -> None:
        if self._from_ms <= now_ms < self._until_ms:
            return
        if self._by_chance is not None:
            self._calendar.add(self._by_chance.up_to(now_ms))
        spells, until_ms = self._calendar.at(now_ms)
        if self._by_chance is not None:
            until_ms = min(until_ms, self._by_chance.known_until_ms)
        self._from_ms, self._until_ms = now_ms, until_ms
        self._active, self._confounders = [], []
        for spell in spells:
            match spell.what:
                case PlacedFault() if not spell.over:
                    self._active.append(Occurrence(spell.what, spell.number, spell.onset_ms, spell.end_ms))
                case PlacedConfounder() if spell.end_ms is not None:
                    self._confounders.append(
                        ConfounderOccurrence(spell.what, spell.number, spell.onset_ms, spell.end_ms)
                    )
                case _:
                    pass  # over, but its trace stays
        marks = tuple((spell.what.plan.id, spell.number, spell.strength) for spell in spells)
        if marks != self._marks:
            self._marks = marks
            self._effects = self._build(spells)

    def _build(self, spells: Sequence[Spell]) -> Effects:
        acting = [spell for spell in spells if spell.strength > 0]
        fields = {change.field for spell in acting for change in spell.what.changes}
        if not fields:
            return self._neutral
        effects = dataclasses.replace(
            self._neutral, **{field: getattr(self._neutral, field).copy() for field in sorted(fields)}
        )
        for spell in acting:
            for change in spell.what.changes:
                apply_change(
                    effects,
                    change,
                    spell.what.index(change.field),
                    spell.strength,
                    count=spell.number + 1,
                    other=spell.what.other_home,
                )
        _seal(effects)
        return effects


def _seal(effects: Effects) -> None:
    """Let nobody write into arrays that later answers share."""
    for field in dataclasses.fields(effects):
        array: np.ndarray[tuple[int, ...], np.dtype[np.generic]] = getattr(effects, field.name)
        array.setflags(write=False)
