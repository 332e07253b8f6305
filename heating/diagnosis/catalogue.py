"""Causes as evidence: which symptoms speak for a cause, which against it, and what follows from it by physics.

Weights are log-likelihood ratios [nat]. A `Codebook` holds the causes of one level as matrices over the level's symptoms,
so that scoring all causes of an object is two products. Not here: texts, priorities and files of causes
(`config.causes`), and how explanations live over time (`heating.diagnosis.explanation`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from heating.heat_tree import Level

__all__ = ["ACCEPTANCE_NAT", "FOUNDING_NAT", "SEASON_S", "Cause", "Codebook", "Flags", "Row"]

Row = NDArray[np.float64]
"""(n_symptoms,) of one object: 1 yes, 0 no, NaN unknown."""
Flags = NDArray[np.bool_]
"""(n_symptoms,), or a table of them with one row a cause."""

SEASON_S = 183 * 86400.0
"""Length of a heating season that rates count by [s]."""
FOUNDING_NAT = 4.0
"""A symptom that speaks for a cause by more than this can found it; what speaks more softly only adds."""
ACCEPTANCE_NAT = 1.0
"""Score above which a cause is accepted, unless it says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One thing that can go wrong at objects of one level."""

    cause_id: str
    level: Level
    group: str
    """Causes that may be taken for one another: an open explanation changes only within its group."""
    rate_per_season: float
    """Expected cases per object and season."""
    usual_s: float
    """Usual length of a case [s]; with the rate it gives the prior."""
    expect: Mapping[str, float] = field(default_factory=dict)
    """Symptoms of the level that speak for it when present [nat]."""
    missing: Mapping[str, float] = field(default_factory=dict)
    """Symptoms that speak against it when they are known to be absent [nat]."""
    against: Mapping[str, float] = field(default_factory=dict)
    """Symptoms that speak against it when present [nat]."""
    explains: frozenset[str] = frozenset()
    """Further consequences on the same object, without weight. Only physics belongs here."""
    below: frozenset[str] = frozenset()
    """Symptoms of stations in the subtree that follow from it."""
    above: frozenset[str] = frozenset()
    """Symptoms of the source above that follow from it."""
    spills: bool = False
    """Whether it also takes heat from its siblings, through the common source."""
    cools: bool = False
    """Whether homes cool by it: until they have recovered, cold buildings below are its consequence."""
    opens_after_s: float = 0.0
    """Time for which it must be the best explanation before it opens [s]."""
    linger_s: float = 0.0
    """Time for which its evidence may be gone before it closes [s]."""
    recover_s: float = 0.0
    """Time after its end in which its consequences stay its own [s]."""
    acceptance_nat: float = ACCEPTANCE_NAT
    """Score above which it is accepted [nat]."""

    @property
    def prior_nat(self) -> float:
        """Log-odds that an object has it at any moment [nat]."""
        return math.log(self.rate_per_season * self.usual_s / SEASON_S)

    @property
    def covered(self) -> frozenset[str]:
        """Symptoms of the object itself that it accounts for."""
        return frozenset(self.expect) | self.explains


class Codebook:
    """Causes of one level over the symptoms of that level.

    Parameters
    ----------
    causes : sequence of Cause
        All of one level, in the order in which ties are decided.
    symptoms : sequence of str
        Names of the columns of a row.
    below, above : sequence of str
        Symptoms of stations and of sources, for the levels that reach there.

    Raises
    ------
    KeyError
        When a cause names a symptom that is not in the lists (the linter of causes says it with its place).
    """

    def __init__(
        self,
        causes: Sequence[Cause],
        symptoms: Sequence[str],
        *,
        below: Sequence[str] = (),
        above: Sequence[str] = (),
    ) -> None:
        self.causes = tuple(causes)
        self.symptoms = tuple(symptoms)
        self.number = {cause.cause_id: number for number, cause in enumerate(self.causes)}
        column = {name: place for place, name in enumerate(self.symptoms)}
        shape = len(self.causes), len(self.symptoms)
        self.weight = np.zeros(shape)
        """What a present symptom adds [nat]."""
        self.absence = np.zeros(shape)
        """What a symptom that is known to be absent takes away [nat]."""
        for row, cause in enumerate(self.causes):
            for name, nat in cause.expect.items():
                self.weight[row, column[name]] += nat
            for name, nat in cause.against.items():
                self.weight[row, column[name]] -= nat
            for name, nat in cause.missing.items():
                self.absence[row, column[name]] = nat
        self.prior = np.array([cause.prior_nat for cause in self.causes])
        self.acceptance = np.array([cause.acceptance_nat for cause in self.causes])
        self.covers = _table([cause.covered for cause in self.causes], column)
        self.founding = self.weight > FOUNDING_NAT
        self.below = _table([cause.below for cause in self.causes], {n: i for i, n in enumerate(below)})
        self.above = _table([cause.above for cause in self.causes], {n: i for i, n in enumerate(above)})
        groups = [cause.group for cause in self.causes]
        self.same_group = np.array([[one == other for other in groups] for one in groups], bool)

    def __len__(self) -> int:
        return len(self.causes)

    def scores(self, present: Flags, absent: Flags) -> NDArray[np.float64]:
        """Return the score of each cause [nat], shape (n_causes,)."""
        scores: NDArray[np.float64] = self.prior + self.weight @ present - self.absence @ absent
        return scores


def _table(names_of: Sequence[frozenset[str]], column: Mapping[str, int]) -> NDArray[np.bool_]:
    table = np.zeros((len(names_of), len(column)), bool)
    for row, names in enumerate(names_of):
        for name in names:
            table[row, column[name]] = True
    return table
