"""Evidence of a cause, as people read it."""

import numpy as np
import pytest

from heating.diagnosis.account import Account, account, confidence
from heating.diagnosis.catalogue import Cause, Codebook
from heating.heat_tree import Level

BOOK = Codebook(
    [
        Cause(
            cause_id="burst", level=Level.STATION, group="g", rate_per_season=0.15, usual_s=18000,
            expect={"makeup_max": 5.0, "p2r_low": 2.0, "p2r_lowlow": 7.0}, missing={"p2r_low": 6.0, "makeup_max": 3.0},
            against={"mains_off": 12.0}, explains=frozenset({"no_circ"}),
        )
    ],
    ("mains_off", "no_circ", "p2r_low", "p2r_lowlow", "makeup_max", "noisy"),
)  # fmt: skip
YES, NO, UNKNOWN = 1.0, 0.0, np.nan


def _of(*row: float) -> Account:
    return account(BOOK, "burst", np.array(row))


def test_evidence_is_sorted_by_what_it_says() -> None:
    found = _of(NO, YES, YES, YES, UNKNOWN, YES)
    assert found.supports == ("p2r_lowlow", "p2r_low")
    assert found.consequences == ("no_circ",)
    assert found.unknown == ("makeup_max",)
    assert (found.missing, found.contradicts) == ((), ())


def test_what_is_missing_and_what_contradicts_is_named_and_taken_off() -> None:
    found = _of(YES, NO, NO, YES, NO, NO)
    assert found.missing == ("p2r_low", "makeup_max")
    assert found.contradicts == ("mains_off",)
    prior = np.log(0.15 * 18000 / (183 * 86400))
    assert found.score_nat == pytest.approx(prior + 7 - 12 - 6 - 3)


def _scored(*scores: float) -> tuple[Account, ...]:
    none: tuple[str, ...] = ()
    return tuple(
        Account(cause_id=str(n), score_nat=s, supports=none, consequences=none, contradicts=none, missing=none, unknown=none)
        for n, s in enumerate(scores)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("scores", "said"),
    [((5.0, 1.0), "sure"), ((5.0,), "sure"), ((5.0, 4.0), "likely"), ((2.0, -9.0), "likely"), ((-0.1,), "possible"), ((), "possible")],
)  # fmt: skip
def test_confidence_is_said_in_three_words(scores: tuple[float, ...], said: str) -> None:
    assert confidence(_scored(*scores)) == said
