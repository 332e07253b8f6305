"""Which entries a step touches, and how they follow their subjects into other rows."""

from dataclasses import fields, replace
from datetime import timedelta

import numpy as np
import pytest

from alerting.judging.conditions.evaluation import RuleTruth
from alerting.judging.timers import Advance, Phase, RuleState, advance
from config.rules.reading import Rule, Variant, load_rules
from config.settings.tree import RulesSettings
from heating.alarms import Priority

RULE = replace(
    load_rules(RulesSettings()).rule("ST-33"),
    priority=Priority.P3,
    on_delay=timedelta(seconds=30),
    off_delay=timedelta(seconds=40),
    variants=(Variant(Priority.P1, "lt < lowest_m"),),
)
AT_ONCE = replace(RULE, on_delay=timedelta(0), off_delay=timedelta(0))
SECOND_MS = 1000
ON, OFF, UNKNOWN = 1, 0, -1
Truth = tuple[int, int, int]
BAD, URGENT, GOOD, GAP, BETWEEN = (ON, OFF, OFF), (ON, OFF, ON), (OFF, ON, OFF), (-1, -1, -1), (OFF, OFF, OFF)


def step(state: RuleState, at_s: float, *truths: Truth, rule: Rule = RULE) -> Advance:
    columns = [np.array(column, np.int8) for column in zip(*truths, strict=True)]
    truth = RuleTruth(columns[0], columns[1], (columns[2],))
    return advance(rule, state, truth, now_ms=round(at_s * SECOND_MS))


def entries(state: RuleState) -> list[tuple[int, Phase, int, int, int, int]]:
    columns = (getattr(state, entry.name).tolist() for entry in fields(state))
    return [(row, Phase(phase), *rest) for row, phase, *rest in zip(*columns, strict=True)]


def test_only_subjects_that_are_not_normal_have_an_entry() -> None:
    found = step(RuleState.empty(), 1, GOOD, BAD, BETWEEN, GAP, BAD)
    assert entries(found.state) == [
        (1, Phase.PENDING, 1000, -1, 0, -1),
        (4, Phase.PENDING, 1000, -1, 0, -1),
    ]
    assert entries(step(found.state, 2, GOOD, GOOD, GOOD, GOOD, BAD).state) == [
        (4, Phase.PENDING, 1000, -1, 0, -1)
    ]


def test_the_life_of_an_entry_from_pending_to_gone() -> None:
    state, seen = RuleState.empty(), []
    moments = [
        (0, BAD),
        (29.999, BAD),
        (30, BAD),
        (50, GOOD),
        (60, GAP),
        (70, GOOD),
        (99.999, GOOD),
        (100, GOOD),
    ]
    for at_s, truth in moments:
        found = step(state, at_s, truth)
        state = found.state
        seen.append((entries(state), found.raised.tolist(), found.cleared.tolist()))
    assert seen == [
        ([(0, Phase.PENDING, 0, -1, 0, -1)], [], []),
        ([(0, Phase.PENDING, 0, -1, 0, -1)], [], []),
        ([(0, Phase.ACTIVE, 30_000, -1, 3, -1)], [0], []),
        ([(0, Phase.CLEARING, 50_000, -1, 3, -1)], [], []),
        ([(0, Phase.CLEARING, 50_000, 60_000, 3, -1)], [], []),
        ([(0, Phase.CLEARING, 60_000, -1, 3, -1)], [], []),  # ten seconds stood still
        ([(0, Phase.CLEARING, 60_000, -1, 3, -1)], [], []),
        ([], [], [0]),
    ]


def test_a_relapse_makes_the_alarm_active_again_and_it_is_not_raised_a_second_time() -> None:
    state = step(RuleState.empty(), 0, BAD, rule=AT_ONCE).state
    state = step(state, 10, GOOD).state
    found = step(state, 20, BAD)
    assert entries(found.state) == [(0, Phase.ACTIVE, 20_000, -1, 3, -1)]
    assert (found.raised.tolist(), found.cleared.tolist()) == ([], [])


def test_rules_without_delays_raise_and_clear_at_once_with_their_priority() -> None:
    raised = step(RuleState.empty(), 5, BAD, URGENT, GOOD, rule=AT_ONCE)
    assert (raised.raised.tolist(), raised.raised_priority.tolist()) == ([0, 1], [3, 1])
    assert raised.escalated.tolist() == []  # one that is raised urgent does not become urgent as well
    cleared = step(raised.state, 5, GOOD, GOOD, GOOD, rule=AT_ONCE)
    assert cleared.cleared.tolist() == [0, 1]
    assert len(cleared.state.row) == 0


def test_while_both_conditions_hold_the_alarm_stays() -> None:
    both = (ON, ON, OFF)
    state = step(RuleState.empty(), 0, both, rule=AT_ONCE).state
    for at_s in (1, 50, 100):
        found = step(state, at_s, both, rule=AT_ONCE)
        assert (found.cleared.tolist(), entries(found.state)) == ([], [(0, Phase.ACTIVE, 0, -1, 3, -1)])
        state = found.state


def test_each_delay_is_stopped_by_the_condition_that_it_waits_for_and_not_by_the_other() -> None:
    raising, unknown_raising = (ON, UNKNOWN, OFF), (UNKNOWN, OFF, OFF)
    state = step(RuleState.empty(), 0, raising, raising).state
    found = step(step(state, 10, raising, unknown_raising).state, 30, raising, raising)
    assert entries(found.state) == [
        (0, Phase.ACTIVE, 30_000, -1, 3, -1),
        (1, Phase.PENDING, 20_000, -1, 0, -1),
    ]

    clearing, unknown_clearing = (UNKNOWN, ON, OFF), (OFF, UNKNOWN, OFF)
    state = step(RuleState.empty(), 0, BAD, BAD, rule=AT_ONCE).state
    state = step(step(state, 0, clearing, clearing).state, 10, clearing, unknown_clearing).state
    found = step(state, 40, clearing, clearing)
    assert found.cleared.tolist() == [0]
    assert entries(found.state) == [(1, Phase.CLEARING, 30_000, -1, 3, -1)]


def test_an_urgent_variant_counts_from_when_it_began_and_is_forgotten_when_it_ends() -> None:
    state = step(RuleState.empty(), 0, BAD, rule=AT_ONCE).state
    state = step(state, 10, URGENT).state
    assert entries(state) == [(0, Phase.ACTIVE, 0, -1, 3, 10_000)]
    assert entries(step(state, 20, BAD).state) == [(0, Phase.ACTIVE, 0, -1, 3, -1)]
    hidden = step(state, 25, (ON, OFF, UNKNOWN)).state
    assert entries(hidden) == [(0, Phase.ACTIVE, 0, -1, 3, -2 - 15_000)]
    assert entries(step(hidden, 95, URGENT).state) == [(0, Phase.ACTIVE, 0, -1, 3, 80_000)]
    early, due = step(state, 39.999, URGENT), step(state, 40, URGENT)
    assert (early.escalated.tolist(), due.escalated.tolist()) == ([], [0])
    assert due.escalated_priority.tolist() == [1]
    assert entries(due.state) == [(0, Phase.ACTIVE, 0, -1, 1, -1)]


def test_what_is_still_pending_does_not_become_urgent_however_long_its_variant_holds() -> None:
    hidden = (UNKNOWN, OFF, ON)
    state = step(RuleState.empty(), 0, BAD).state
    found = step(step(state, 10, hidden).state, 600, hidden)
    assert (found.raised.tolist(), found.escalated.tolist()) == ([], [])
    assert entries(found.state) == [(0, Phase.PENDING, 0, 10_000, 0, 10_000)]


def test_missing_data_at_the_moment_an_urgent_variant_began_keep_no_time() -> None:
    state = step(RuleState.empty(), 0, BAD, rule=AT_ONCE).state
    state = step(step(state, 0, URGENT).state, 0, (ON, OFF, UNKNOWN)).state
    assert entries(state) == [(0, Phase.ACTIVE, 0, -1, 3, -2)]
    assert entries(step(state, 60, URGENT).state) == [(0, Phase.ACTIVE, 0, -1, 3, 60_000)]


@pytest.mark.parametrize(
    ("before", "after", "touched"),
    [
        ((BAD, BAD, GOOD), (BAD, BAD, GOOD), []),  # delays run without anybody writing
        ((BAD, BAD, GOOD), (GOOD, BAD, GOOD), [0]),
        ((BAD, BAD, GOOD), (BAD, BAD, BAD), [2]),
        ((BAD, BAD, GOOD), (BAD, GAP, GAP), [1]),
        ((BAD, BAD, GOOD), (BAD, URGENT, GOOD), [1]),
    ],
)
def test_a_row_is_touched_when_its_entry_differs_from_before(
    before: tuple[Truth, ...], after: tuple[Truth, ...], touched: list[int]
) -> None:
    state = step(RuleState.empty(), 1, *before).state
    assert step(state, 2, *after).touched.tolist() == touched


def test_an_escalation_touches_its_row_and_a_fall_back_to_the_rule_does_not_undo_it() -> None:
    state = step(RuleState.empty(), 0, URGENT, rule=AT_ONCE).state
    found = step(state, 1, BAD, rule=AT_ONCE)
    assert (found.touched.tolist(), entries(found.state)) == ([], [(0, Phase.ACTIVE, 0, -1, 1, -1)])


def test_delays_of_fractions_of_a_second_are_kept_to_the_millisecond() -> None:
    rule = replace(RULE, on_delay=timedelta(milliseconds=1500))
    state = step(RuleState.empty(), 0, BAD).state
    assert step(state, 1.499, BAD, rule=rule).raised.tolist() == []
    assert step(state, 1.5, BAD, rule=rule).raised.tolist() == [0]


def test_entries_that_move_are_sorted_by_their_new_rows_and_those_that_are_gone_dropped() -> None:
    state = step(RuleState.empty(), 7, BAD, URGENT, BAD, rule=AT_ONCE).state
    moved = state.in_rows(np.array([5, 0, -1]))
    assert entries(moved) == [(0, Phase.ACTIVE, 7000, -1, 1, -1), (5, Phase.ACTIVE, 7000, -1, 3, -1)]
    parts = [state.select(np.array([1])), state.select(np.array([0, 2]))]
    assert entries(RuleState.joined(parts)) == entries(state)
