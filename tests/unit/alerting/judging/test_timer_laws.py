"""Laws of the timers that hold for every series of truths."""

from dataclasses import fields, replace
from datetime import timedelta

import numpy as np
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
    on_delay=timedelta(seconds=30),
    off_delay=timedelta(seconds=40),
    variants=(Variant(Priority.P1, "lt < lowest_m"),),
)
Truth = tuple[int, int, int]
truth = st.sampled_from(
    [(1, 0, 0), (1, 0, 1), (0, 0, 0), (0, 1, 0), (-1, -1, -1), (-1, 0, 0), (0, -1, 0), (1, 0, -1)]
)
SUBJECTS = 3


@st.composite
def runs(draw: st.DrawFn) -> list[tuple[Truth, ...]]:
    """Truths that last for some ticks, so that delays end and are cut short about equally often."""
    columns = []
    for _ in range(SUBJECTS):
        spells = draw(st.lists(st.tuples(truth, st.integers(1, 6)), min_size=1, max_size=8))
        columns.append([value for value, length in spells for _ in range(length)])
    return list(zip(*columns, strict=False))


series = runs()


def run(
    ticks: list[tuple[Truth, ...]],
    *,
    rule: Rule = RULE,
    subjects: tuple[int, ...] = (0, 1, 2),
    doubled: bool = False,
) -> tuple[list[tuple[int, str, int, int]], RuleState]:
    """Return (tick, kind, subject, priority) of every transition and the last state."""
    state = RuleState.empty()
    found: list[tuple[int, str, int, int]] = []
    for place, row in enumerate(ticks):
        columns = [np.array([row[s][k] for s in subjects], np.int8) for k in range(3)]
        for _ in range(2 if doubled else 1):
            now_ms = (place + 1) * TICK_MS
            result = advance(rule, state, RuleTruth(columns[0], columns[1], (columns[2],)), now_ms=now_ms)
            state = result.state
            found += [
                (place, "raised", subjects[r], int(p))
                for r, p in zip(result.raised, result.raised_priority, strict=True)
            ]
            found += [(place, "cleared", subjects[r], 0) for r in result.cleared]
            found += [
                (place, "escalated", subjects[r], int(p))
                for r, p in zip(result.escalated, result.escalated_priority, strict=True)
            ]
    return sorted(found), state


@settings(max_examples=examples(40))
@given(series)
def test_nothing_fires_before_the_on_delay_of_known_truth(ticks: list[tuple[Truth, ...]]) -> None:
    for place, kind, subject, _ in run(ticks)[0]:
        if kind == "raised":
            held = [row[subject][0] for row in ticks[: place + 1]]
            since_false = len(held) - 1 - max((i for i, v in enumerate(held) if v == 0), default=-1)
            assert held[-1] == 1
            assert sum(v == 1 for v in held[-since_false:]) > 3


@settings(max_examples=examples(40))
@given(series)
def test_nothing_clears_without_good_data_for_the_off_delay(ticks: list[tuple[Truth, ...]]) -> None:
    for place, kind, subject, _ in run(ticks)[0]:
        if kind == "cleared":
            cleared = [row[subject][1] for row in ticks[: place + 1]]
            since_not = len(cleared) - 1 - max((i for i, v in enumerate(cleared) if v == 0), default=-1)
            assert cleared[-1] == 1
            assert sum(v == 1 for v in cleared[-since_not:]) > 4


@settings(max_examples=examples(40))
@given(series)
def test_raised_and_cleared_alternate_for_each_subject(ticks: list[tuple[Truth, ...]]) -> None:
    found, _ = run(ticks)
    for subject in range(SUBJECTS):
        kinds = [kind for _, kind, who, _ in found if who == subject and kind != "escalated"]
        assert kinds == (["raised", "cleared"] * len(kinds))[: len(kinds)]


@settings(max_examples=examples(40))
@given(series)
def test_judging_subjects_apart_gives_the_same_as_together(ticks: list[tuple[Truth, ...]]) -> None:
    apart = sorted(run(ticks, subjects=(0,))[0] + run(ticks, subjects=(1, 2))[0])
    assert run(ticks)[0] == apart


@settings(max_examples=examples(40))
@given(series)
def test_a_doubled_tick_changes_nothing(ticks: list[tuple[Truth, ...]]) -> None:
    once, state = run(ticks)
    twice, same = run(ticks, doubled=True)
    assert once == twice
    for entry in fields(RuleState):
        assert np.array_equal(getattr(state, entry.name), getattr(same, entry.name))


@settings(max_examples=examples(80))
@given(series, st.integers(min_value=0, max_value=40), st.integers(min_value=1, max_value=20))
def test_missing_data_at_any_place_for_any_time_shift_what_follows_and_change_nothing_else(
    ticks: list[tuple[Truth, ...]], place: int, gap: int
) -> None:
    """A gap stops every delay and nothing else: what comes after it comes later by its length, as if time stood still."""
    place = min(place, len(ticks))
    unknown = ((-1, -1, -1),) * SUBJECTS
    with_gap = [*ticks[:place], *[unknown] * gap, *ticks[place:]]
    expected = [(at + gap * (at >= place), *rest) for at, *rest in run(ticks)[0]]
    assert run(with_gap)[0] == expected


@settings(max_examples=examples(40))
@given(series, st.integers(0, SUBJECTS - 1), st.integers(0, 10))
def test_a_truth_that_holds_for_the_on_delay_raises_at_its_end_whatever_was_before(
    ticks: list[tuple[Truth, ...]], subject: int, longer: int
) -> None:
    normal, on = (0, 1, 0), (1, 0, 0)
    others = [list(row) for row in ticks]
    spells = [normal] * 6 + [on] * (4 + longer)
    followed = [
        *map(tuple, others),
        *[tuple(spell if s == subject else normal for s in range(SUBJECTS)) for spell in spells],
    ]
    found = [(at, kind) for at, kind, who, _ in run(followed)[0] if who == subject]
    assert (len(ticks) + 6 + 3, "raised") in found


@settings(max_examples=examples(40))
@given(series, st.integers(0, SUBJECTS - 1))
def test_an_alarm_clears_at_the_end_of_the_off_delay_whatever_was_before(
    ticks: list[tuple[Truth, ...]], subject: int
) -> None:
    on, off = (1, 0, 0), (0, 1, 0)
    followed = [*ticks, *[(on,) * SUBJECTS] * 10, *[(off,) * SUBJECTS] * 5]
    found = [(at, kind) for at, kind, who, _ in run(followed)[0] if who == subject]
    assert found[-1] == (len(ticks) + 10 + 4, "cleared")


@settings(max_examples=examples(40))
@given(series, st.integers(0, SUBJECTS - 1))
def test_an_active_alarm_becomes_urgent_at_the_end_of_the_on_delay_of_its_variant(
    ticks: list[tuple[Truth, ...]], subject: int
) -> None:
    normal, on, urgent = (0, 1, 0), (1, 0, 0), (1, 0, 1)
    followed = [*ticks, *[(normal,) * SUBJECTS] * 6, *[(on,) * SUBJECTS] * 5, *[(urgent,) * SUBJECTS] * 5]
    found = [change for change in run(followed)[0] if change[2] == subject]
    assert found[-2][:2] == (len(ticks) + 6 + 3, "raised")
    assert found[-1] == (len(ticks) + 11 + 3, "escalated", subject, 1)


@settings(max_examples=examples(40))
@given(series)
def test_priority_only_becomes_more_urgent_while_active(ticks: list[tuple[Truth, ...]]) -> None:
    present = dict.fromkeys(range(SUBJECTS), 9)
    for _, kind, subject, priority in run(ticks)[0]:
        if kind == "cleared":
            present[subject] = 9
        else:
            assert priority < present[subject]
            present[subject] = priority


def test_a_gap_between_two_true_spells_does_not_count_towards_the_on_delay() -> None:
    on, unknown = ((1, 0, 0),) * SUBJECTS, ((-1, -1, -1),) * SUBJECTS
    assert run([on, *[unknown] * 10, on, on])[0] == []
    assert run([on, *[unknown] * 10, on, on, on])[0] != []


def test_an_alarm_that_is_urgent_from_the_start_is_raised_urgent() -> None:
    found, _ = run([((1, 0, 1), (1, 0, 0), (0, 1, 0))] * 4)
    assert found == [(3, "raised", 0, 1), (3, "raised", 1, 2)]
