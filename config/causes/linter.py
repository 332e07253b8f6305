"""Whether causes make sense together: symptoms that exist, nothing that can never open, no circle of consequences."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from config.causes.reading import CauseEntry, CauseSet, Shown
from config.mistakes import Mistake
from heating.diagnosis.catalogue import FOUNDING_NAT, Cause
from heating.heat_tree import Level

__all__ = ["lint_causes"]

_SENSED_BY_HOMES = (Level.BUILDING, Level.RISER, Level.HOUSEHOLD)
"""Levels whose evidence is likelihood ratios of homes and not symptoms with names."""


def lint_causes(causes: CauseSet, symptoms: Mapping[Level, Sequence[str]]) -> list[Mistake]:
    """Return what is wrong with a set of causes.

    Parameters
    ----------
    causes : CauseSet
        What was read.
    symptoms : mapping
        Names of the symptoms of each level.
    """
    known = {level: frozenset(names) for level, names in symptoms.items()}
    mistakes: list[Mistake] = []
    for entry in causes:
        mistakes += _unknown_symptoms(entry, known)
        mistakes += _beyond_reach(entry)
        mistakes += _without_a_record(entry)
    mistakes += _circles(causes)
    return mistakes


def _unknown_symptoms(entry: CauseEntry, known: Mapping[Level, frozenset[str]]) -> Iterator[Mistake]:
    cause = entry.cause
    own = known.get(cause.level, frozenset())
    named = {"expect": cause.expect, "missing": cause.missing, "against": cause.against}
    for key, names in (*named.items(), ("explains", cause.explains)):
        for name in sorted(set(names) - own):
            problem = f"{cause.cause_id}: {key} names {name!r}, which is no symptom of a {cause.level.word}."
            yield Mistake(entry.file, problem, "Correct the name, or write the symptom.")
    for key, names, level in (("below", cause.below, Level.STATION), ("above", cause.above, Level.SOURCE)):
        for name in sorted(names - known.get(level, frozenset())):
            problem = f"{cause.cause_id}: {key} names {name!r}, which is no symptom of a {level.word}."
            yield Mistake(entry.file, problem, "Correct the name, or write the symptom.")
    if cause.below and cause.level not in (Level.SOURCE, Level.BRANCH):
        yield Mistake(
            entry.file, f"{cause.cause_id}: only sources and branches explain stations.", "Remove «below»."
        )
    if cause.above and cause.level is not Level.BRANCH:
        yield Mistake(entry.file, f"{cause.cause_id}: only branches explain their source.", "Remove «above».")


def _beyond_reach(entry: CauseEntry) -> Iterator[Mistake]:
    """A cause that no symptoms can raise above its acceptance can never open."""
    cause = entry.cause
    if cause.level in _SENSED_BY_HOMES:
        return
    best = cause.prior_nat + sum(cause.expect.values())
    if best <= cause.acceptance_nat:
        problem = f"{cause.cause_id} can never open: with all its symptoms it scores {best:.1f} nat."
        yield Mistake(
            entry.file,
            problem,
            f"Its weights must sum to more than {cause.acceptance_nat - cause.prior_nat:.1f}.",
        )
    if not any(nat > FOUNDING_NAT for nat in cause.expect.values()):
        problem = f"{cause.cause_id} has no symptom that founds it."
        yield Mistake(
            entry.file, problem, f"Give the one that tells it from others more than {FOUNDING_NAT:g} nat."
        )
    for name in sorted(cause.missing.keys() - cause.expect.keys()):
        problem = f"{cause.cause_id}: {name} counts when it is missing, but is not expected."
        yield Mistake(entry.file, problem, "Add it to «expect».")
    for name in sorted(cause.against.keys() & cause.covered):
        problem = f"{cause.cause_id}: {name} speaks against it and follows from it."
        yield Mistake(entry.file, problem, "Remove one of the two.")


def _without_a_record(entry: CauseEntry) -> Iterator[Mistake]:
    if entry.shown is Shown.ANNOUNCED and entry.time_to_respond_s is None:
        yield Mistake(
            entry.file, f"{entry.cause_id} calls people but gives no time to respond.", "Add time_to_respond."
        )


def _circles(causes: CauseSet) -> Iterator[Mistake]:
    """Two causes of one level that take each other's founding symptoms for consequences hide each other for ever."""
    for one, two in combinations(causes, 2):
        apart = one.cause.level is two.cause.level and one.cause.group != two.cause.group
        if apart and _swallows(one.cause, two.cause) and _swallows(two.cause, one.cause):
            problem = f"{one.cause_id} and {two.cause_id} each explain what founds the other."
            yield Mistake(one.file, problem, "Only physics belongs in «explains»: remove one side.")


def _swallows(one: Cause, other: Cause) -> bool:
    founding = {name for name, nat in other.expect.items() if nat > FOUNDING_NAT}
    return bool(founding) and founding <= one.explains
