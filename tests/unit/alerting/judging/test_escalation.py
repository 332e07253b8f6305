"""An alarm becomes more urgent when a variant has held for its delay; missing data stop that delay, nothing else."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.judging.conditions.evaluation import RuleTruth
from alerting.judging.timers import RuleState, advance
from config.rules.reading import Rule, Variant, load_rules
from config.settings.tree import RulesSettings
from heating.alarms import Priority
from tests.support.examples import examples

TICK_MS = 10_000
RULE = replace(
    load_rules(RulesSettings()).rule("ST-33"),
    priority=Priority.P3,
    on_delay=timedelta(seconds=30),
    off_delay=timedelta(seconds=40),
    variants=(Variant(Priority.P2, "lt < low_m"), Variant(Priority.P1, "lt < lowest_m")),
)
HOLDS, NOT, UNKNOWN = 1, 0, -1


def escalations(*variants: tuple[int, int], raised: int = HOLDS, rule: Rule = RULE) -> list[tuple[int, int]]:
    """Return (tick, priority) of each escalation; the alarm is active for ten ticks before the first of `variants`."""
    found, state = [], RuleState.empty()
    for tick, (p2, p1) in enumerate([(NOT, NOT)] * 10 + list(variants), start=-10):
        columns = [np.array([value], np.int8) for value in (raised, NOT, p2, p1)]
        truth = RuleTruth(columns[0], columns[1], (columns[2], columns[3]))
        result = advance(rule, state, truth, now_ms=(tick + 20) * TICK_MS)
        state = result.state
        found += [(tick, int(priority)) for priority in result.escalated_priority]
    return found


def test_a_variant_escalates_after_exactly_the_delay() -> None:
    assert escalations(*[(NOT, HOLDS)] * 3) == []
    assert escalations(*[(NOT, HOLDS)] * 6) == [(3, 1)]


def test_a_variant_that_was_false_for_one_tick_begins_its_delay_again() -> None:
    assert escalations(*[(NOT, HOLDS)] * 3, (NOT, NOT), *[(NOT, HOLDS)] * 3) == []
    assert escalations(*[(NOT, HOLDS)] * 3, (NOT, NOT), *[(NOT, HOLDS)] * 4) == [(7, 1)]


def test_a_variant_that_is_unknown_at_every_third_tick_still_escalates() -> None:
    rhythm = [(NOT, HOLDS), (NOT, HOLDS), (NOT, UNKNOWN)] * 3
    # The first unknown tick stops the delay at 20 of 30 s, the next known one lets it go on.
    assert escalations(*rhythm) == [(4, 1)]


@pytest.mark.parametrize("gap", [1, 2, 50])
def test_missing_data_stop_the_delay_for_as_long_as_they_last(gap: int) -> None:
    assert escalations((NOT, HOLDS), *[(NOT, UNKNOWN)] * gap, *[(NOT, HOLDS)] * 2) == []
    found = escalations((NOT, HOLDS), *[(NOT, UNKNOWN)] * gap, *[(NOT, HOLDS)] * 3)
    assert found == [(gap + 3, 1)]


def test_missing_data_alone_never_escalate_and_never_begin_a_delay() -> None:
    assert escalations(*[(UNKNOWN, UNKNOWN)] * 40) == []
    assert escalations(*[(UNKNOWN, UNKNOWN)] * 40, *[(NOT, HOLDS)] * 3) == []


def test_a_lower_variant_that_holds_is_not_stopped_by_a_higher_one_that_is_unknown() -> None:
    assert escalations(*[(HOLDS, UNKNOWN)] * 4) == [(3, 2)]


def test_each_step_of_urgency_has_a_delay_of_its_own() -> None:
    assert escalations(*[(HOLDS, NOT)] * 4, *[(HOLDS, HOLDS)] * 6) == [(3, 2), (7, 1)]


def test_the_most_urgent_of_several_variants_counts_and_no_alarm_becomes_less_urgent() -> None:
    assert escalations(*[(HOLDS, HOLDS)] * 4, *[(HOLDS, NOT)] * 9, *[(NOT, NOT)] * 9) == [(3, 1)]


def test_what_never_fired_does_not_escalate() -> None:
    assert escalations(*[(HOLDS, HOLDS)] * 9, raised=NOT) == []
    assert escalations(*[(HOLDS, HOLDS)] * 9, raised=UNKNOWN) == []


@settings(max_examples=examples(60))
@given(
    st.lists(st.sampled_from([HOLDS, NOT]), min_size=1, max_size=12),
    st.lists(st.integers(0, 3), min_size=12, max_size=12),
)
def test_a_gap_anywhere_only_moves_the_escalation(values: list[int], gaps: list[int]) -> None:
    """Never earlier than without the gaps, and never where it would not have come without them."""
    plain, holed, place = [], [], []
    for value, gap in zip(values, gaps, strict=False):
        plain += [(NOT, value), (NOT, value)]
        place.append(len(holed))
        holed += [(NOT, value), *[(NOT, UNKNOWN)] * gap, (NOT, value)]
        place.append(len(holed) - 1)
    first = escalations(*holed)
    known = escalations(*plain)
    assert len(first) <= len(known)
    if first:
        assert place.index(first[0][0]) >= known[0][0]
