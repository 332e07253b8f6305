"""Why a cause is believed: which symptoms speak for it, which against it, and which are missing.

What console, card and API show of an explanation. Not here: words for it (texts of symptoms and causes are data).
"""

from dataclasses import dataclass

import numpy as np

from heating.diagnosis.catalogue import Codebook, Flags, Row

__all__ = ["Account", "account", "confidence"]

_SURE_NAT = 3.0
"""From this score on a cause is called sure; odds of twenty to one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One candidate cause with its evidence; symptoms by weight, the heaviest first."""

    cause_id: str
    score_nat: float
    """Log-odds: prior, plus what speaks for it, minus what speaks against it and what is missing."""
    supports: tuple[str, ...]
    """Present and expected."""
    consequences: tuple[str, ...]
    """Present and following from it, without weight."""
    contradicts: tuple[str, ...]
    """Present although they speak against it."""
    missing: tuple[str, ...]
    """Expected and known to be absent."""
    unknown: tuple[str, ...]
    """Expected, but not to be known now."""


def account(book: Codebook, cause_id: str, row: Row) -> Account:
    """Return the evidence of a cause in the symptoms of an object.

    Parameters
    ----------
    book : Codebook
        Causes of its level.
    cause_id : str
        The cause.
    row : (n_symptoms,) float
        Its symptoms: 1 yes, 0 no, NaN unknown.
    """
    number = book.number[cause_id]
    weight, absence = book.weight[number], book.absence[number]
    present, absent, unknown = row == 1.0, row == 0.0, np.isnan(row)
    expected = weight > 0
    follows = present & book.covers[number] & ~expected

    return Account(
        cause_id=cause_id,
        score_nat=float(book.prior[number] + weight @ present - absence @ absent),
        supports=_names(book, present & expected, weight),
        consequences=_names(book, follows, weight),
        contradicts=_names(book, present & (weight < 0), weight),
        missing=_names(book, absent & (absence > 0), absence),
        unknown=_names(book, unknown & expected, weight),
    )


def _names(book: Codebook, chosen: Flags, weight: Row) -> tuple[str, ...]:
    places = np.flatnonzero(chosen)
    heaviest_first = places[np.argsort(-np.abs(weight[places]), kind="stable")]
    return tuple(book.symptoms[place] for place in heaviest_first.tolist())


def confidence(ranked: tuple[Account, ...]) -> str:
    """Return how sure the first of some candidates is: ``sure``, ``likely`` or ``possible``."""
    if not ranked or ranked[0].score_nat <= 0:
        return "possible"
    lead = ranked[0].score_nat - max((other.score_nat for other in ranked[1:]), default=-np.inf)
    return "sure" if ranked[0].score_nat >= _SURE_NAT and lead >= _SURE_NAT else "likely"
