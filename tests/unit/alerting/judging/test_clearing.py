"""An alarm clears after its delay of good data; missing data stop that delay and do not begin it again."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from alerting.judging.conditions.evaluation import RuleTruth
from alerting.judging.timers import RuleState, advance
from config.rules.reading import load_rules
from config.settings.tree import RulesSettings

TICK_MS = 10_000
RULE = replace(
    load_rules(RulesSettings()).rule("ST-33"),
    on_delay=timedelta(0),
    off_delay=timedelta(seconds=40),
    variants=(),
)
BAD, GOOD, BETWEEN, GAP = (1, 0), (0, 1), (0, 0), (-1, -1)
HALF = (1, -1)
"""The condition holds; whether it is over is unknown."""


def cleared_at(*ticks: tuple[int, int]) -> list[int]:
    """Return at which ticks an alarm clears that is active before the first of them."""
    found, state = [], RuleState.empty()
    for tick, (raised, cleared) in enumerate([BAD, *ticks], start=-1):
        truth = RuleTruth(np.array([raised], np.int8), np.array([cleared], np.int8), ())
        result = advance(RULE, state, truth, now_ms=(tick + 10) * TICK_MS)
        state = result.state
        found += [tick] * len(result.cleared)
    return found


def test_it_clears_after_exactly_the_delay() -> None:
    assert cleared_at(*[GOOD] * 4) == []
    assert cleared_at(*[GOOD] * 5) == [4]


@pytest.mark.parametrize("gap", [1, 3, 30])
def test_a_gap_stops_the_delay_and_what_had_run_still_counts(gap: int) -> None:
    assert cleared_at(GOOD, GOOD, *[GAP] * gap, *[GOOD] * 2) == []
    # 20 s had run when the first tick was missing, 20 s more are needed after the gap.
    assert cleared_at(GOOD, GOOD, *[GAP] * gap, *[GOOD] * 3) == [gap + 4]


@pytest.mark.parametrize("between", [BETWEEN, BAD, HALF])
def test_a_value_that_is_not_good_begins_the_delay_again(between: tuple[int, int]) -> None:
    assert cleared_at(GOOD, GOOD, GOOD, between, *[GOOD] * 5) == [8]


@pytest.mark.parametrize("gap", [1, 30])
def test_after_a_relapse_out_of_a_gap_the_next_delay_is_of_its_usual_length(gap: int) -> None:
    assert cleared_at(GOOD, *[GAP] * gap, HALF, BAD, *[GOOD] * 5) == [gap + 7]


def test_missing_data_alone_clear_nothing() -> None:
    assert cleared_at(*[GAP] * 100) == []
