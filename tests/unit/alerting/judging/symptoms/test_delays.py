"""Delays of all symptoms at once do what the timers of one rule do."""

from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.judging.conditions.evaluation import RuleTruth
from alerting.judging.symptoms.delays import Delays, DelayState
from alerting.judging.timers import Phase, RuleState, advance
from config.bilingual import BilingualText
from config.rules.reading import load_rules
from config.rules.scopes import STATION
from config.settings.tree import RulesSettings
from config.symptoms.reading import Symptom
from tests.support.examples import examples

RULE = load_rules(RulesSettings()).rule("DQ-08")
"""On-delay of a minute, off-delay of two; no more urgent variants."""


def symptom(on: timedelta, off: timedelta) -> Symptom:
    return Symptom(
        symptom_id="some", scope=STATION, meaning=BilingualText("", ""), signals=(), limits={}, when="", on_delay=on,
        off_delay=off,
    )  # fmt: skip


truth = st.sampled_from([-1, 0, 1])
steps = st.lists(
    st.tuples(st.integers(1, 200), st.lists(st.tuples(truth, truth), min_size=2, max_size=2)), max_size=25
)
"""Seconds since the step before, and raised and cleared of two objects."""


@settings(max_examples=examples(150), deadline=None)
@given(steps)
def test_they_agree_with_the_timers_of_a_rule(run: list[tuple[int, list[tuple[int, int]]]]) -> None:
    delays = Delays([symptom(RULE.on_delay, RULE.off_delay), symptom(timedelta(0), timedelta(0))])
    state, rule_state = DelayState(2, 2), RuleState.empty()
    now_ms = 1_000_000
    for seconds, truths in run:
        now_ms += seconds * 1000
        raised, cleared = np.array(truths, np.int8).T
        rule_state = advance(RULE, rule_state, RuleTruth(raised, cleared), now_ms=now_ms).state
        delays.advance(state, np.stack([raised, raised]), np.stack([cleared, cleared]), now_ms=now_ms)
        expected = np.zeros(2, np.int8)
        expected[rule_state.row] = rule_state.phase
        assert state.phase[0].tolist() == expected.tolist()


def advanced(on_s: float, *moments: tuple[int, int, int]) -> DelayState:
    """Return the state of one object after (second, raised, cleared) each."""
    delays, state = Delays([symptom(timedelta(seconds=on_s), timedelta(0))]), DelayState(1, 1)
    for second, raised, cleared in moments:
        delays.advance(
            state, np.array([[raised]], np.int8), np.array([[cleared]], np.int8), now_ms=second * 1000
        )
    return state


def test_a_symptom_without_delay_is_there_at_once_and_gone_at_once() -> None:
    assert advanced(0, (1, 1, 0)).yes.all()
    assert not advanced(0, (1, 1, 0), (2, 0, 1)).yes.any()


def test_unknown_stops_the_delay_and_loses_nothing() -> None:
    assert not advanced(60, (1, 1, 0), (31, -1, -1), (91, 1, 0)).yes.any()
    assert advanced(60, (1, 1, 0), (31, -1, -1), (91, 1, 0), (121, 1, 0)).yes.all()


def test_unknown_keeps_a_symptom() -> None:
    assert advanced(0, (1, 1, 0), (100, -1, -1), (1000, -1, -1)).yes.all()


def test_the_clock_that_jumps_moves_what_runs() -> None:
    state = advanced(60, (100, 1, 0))
    state.follow_clock(-50_000, now_ms=60_000)
    assert state.since_ms[0, 0] == 50_000 and state.phase[0, 0] == Phase.PENDING
    idle = DelayState(1, 1)
    idle.follow_clock(-50_000, now_ms=60_000)
    assert idle.since_ms[0, 0] == 0
