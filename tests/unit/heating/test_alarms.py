"""The alarm state machine follows ISA-18.2: shelving hides, clearing needs an acknowledgement, nothing reopens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heating.alarms import (
    Alarm,
    AlarmEvent,
    AlarmEventKind,
    AlarmState,
    ForbiddenTransitionError,
    Priority,
    apply_event,
)
from heating.heat_tree import Level, Node

T0 = datetime(2026, 1, 15, 8, tzinfo=UTC)
K = AlarmEventKind


def alarm(**changes: object) -> Alarm:
    base = Alarm(
        alarm_id="a1",
        rule_id="ST-02",
        subject=Node(Level.STATION, "st-001"),
        area_id="xilinhot",
        priority=Priority.P1,
        raised_at=T0,
        annunciated_at=T0,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def event(kind: AlarmEventKind, minutes: float = 1, **fields: object) -> AlarmEvent:
    return AlarmEvent(alarm_id="a1", kind=kind, at=T0 + timedelta(minutes=minutes), **fields)  # type: ignore[arg-type]


def after(*events: AlarmEvent, start: Alarm | None = None) -> Alarm:
    state = start or alarm()
    for step in events:
        state = apply_event(state, step)
    return state


def test_acknowledged_then_cleared_is_closed() -> None:
    state = after(event(K.ACKNOWLEDGED, by="li"))
    assert state.state is AlarmState.ACK_ACTIVE
    state = apply_event(state, event(K.CLEARED, 5))
    assert (state.state, state.closed_at) == (AlarmState.NORMAL, T0 + timedelta(minutes=5))


def test_cleared_without_acknowledgement_waits_for_it() -> None:
    state = after(event(K.CLEARED, 5))
    assert state.state is AlarmState.RTN_UNACK
    assert after(event(K.ACKNOWLEDGED, 9, by="li"), start=state).state is AlarmState.NORMAL


@pytest.mark.parametrize("silent", [{"annunciated_at": None}, {"priority": Priority.P4}])
def test_what_nobody_was_told_of_closes_when_it_clears(silent: dict[str, object]) -> None:
    assert after(event(K.CLEARED), start=alarm(**silent)).state is AlarmState.NORMAL


def test_shelving_hides_the_state_and_its_end_shows_it_again() -> None:
    shelved = after(event(K.SHELVED, until=T0 + timedelta(hours=2), by="li", comment="检修"))
    assert (shelved.state, shelved.shelve_reason) == (AlarmState.SHELVED, "检修")
    assert after(event(K.SHELVE_EXPIRED, 120), start=shelved).state is AlarmState.UNACK_ACTIVE


def test_shelving_needs_an_end_in_the_future() -> None:
    with pytest.raises(ForbiddenTransitionError, match="end in the future"):
        after(event(K.SHELVED, 5, until=T0))


def test_an_inhibited_alarm_is_suppressed_until_released() -> None:
    hidden = after(event(K.INHIBITED, inhibitor="a0"))
    assert (hidden.state, hidden.inhibited_by) == (AlarmState.SUPPRESSED_BY_DESIGN, "a0")
    assert after(event(K.RELEASED), start=hidden).state is AlarmState.UNACK_ACTIVE


def test_an_expired_acknowledgement_calls_again() -> None:
    known = after(event(K.ACKNOWLEDGED, by="li", until=T0 + timedelta(minutes=30)))
    assert after(event(K.ACKNOWLEDGE_EXPIRED, 30), start=known).state is AlarmState.UNACK_ACTIVE


def test_escalation_and_attachment_change_only_what_they_name() -> None:
    state = after(
        event(K.ESCALATED, parameters={"priority": 1}),
        event(K.ATTACHED, parameters={"incident_id": "i1"}),
        start=alarm(priority=Priority.P2),
    )
    assert (state.priority, state.incident_id, state.state) == (Priority.P1, "i1", AlarmState.UNACK_ACTIVE)


@pytest.mark.parametrize(
    "impossible",
    [
        (event(K.CLEARED), event(K.CLEARED)),
        (event(K.ACKNOWLEDGED, by="li"), event(K.ACKNOWLEDGED, by="wu")),
        (event(K.UNSHELVED),),
        (event(K.ACKNOWLEDGED, by="li"), event(K.CLEARED), event(K.SHELVED, until=T0 + timedelta(hours=1))),
        (event(K.RAISED, opening=alarm()),),
        (AlarmEvent(alarm_id="other", kind=K.CLEARED, at=T0),),
    ],
)
def test_impossible_events_are_refused(impossible: tuple[AlarmEvent, ...]) -> None:
    with pytest.raises(ForbiddenTransitionError):
        after(*impossible)


@given(st.lists(st.sampled_from([k for k in K if k is not K.RAISED]), max_size=12))
def test_a_closed_alarm_never_reopens(kinds: list[AlarmEventKind]) -> None:
    state = alarm()
    was_closed = was_cleared = False
    for kind in kinds:
        step = event(
            kind,
            until=T0 + timedelta(hours=1),
            inhibitor="a0",
            parameters={"incident_id": "i1", "priority": 2, "rule_id": "leak"},
        )
        try:
            state = apply_event(state, step)
        except ForbiddenTransitionError:
            continue
        assert not (was_closed and state.is_open)
        assert not (was_cleared and state.is_active)
        was_closed, was_cleared = not state.is_open, not state.is_active


def test_a_comment_changes_nothing_even_when_closed() -> None:
    closed = alarm(cleared_at=T0, closed_at=T0)
    assert apply_event(closed, event(K.COMMENTED, comment="换泵")) == closed


def test_priorities_and_words_are_stored_for_years_and_stay() -> None:
    assert {priority.name: int(priority) for priority in Priority} == {"P1": 1, "P2": 2, "P3": 3, "P4": 4}
    assert alarm().fingerprint == "ST-02|station:st-001"


def test_an_alarm_begins_as_its_opening_row() -> None:
    opening = alarm(annunciated_at=None)
    assert apply_event(None, event(K.RAISED, opening=opening)) == opening


@pytest.mark.parametrize(("before", "opening"), [(None, None), (alarm(), alarm()), (alarm(), None)])
def test_a_raising_needs_an_opening_row_and_no_alarm_before_it(
    before: Alarm | None, opening: Alarm | None
) -> None:
    with pytest.raises(ForbiddenTransitionError, match="raised once"):
        apply_event(before, event(K.RAISED, opening=opening))


def test_an_event_without_its_alarm_is_refused() -> None:
    with pytest.raises(ForbiddenTransitionError, match="no alarm 'a1'"):
        apply_event(None, event(K.CLEARED))


@pytest.mark.parametrize(
    ("changes", "closes"),
    [
        ({"annunciated_at": None}, True),
        ({"priority": Priority.P4}, True),
        ({"acknowledged_at": T0}, True),
        ({}, False),
    ],
)
def test_a_cleared_alarm_closes_at_once_when_nobody_was_called_or_somebody_answered(
    changes: dict[str, object], closes: bool
) -> None:
    cleared = after(event(K.CLEARED, 5), start=alarm(**changes))
    assert cleared.cleared_at == T0 + timedelta(minutes=5)
    assert cleared.closed_at == (T0 + timedelta(minutes=5) if closes else None)


def test_an_answer_after_the_clearing_closes_it_with_the_answer() -> None:
    closed = after(event(K.CLEARED, 5), event(K.ACKNOWLEDGED, 9, by="li", until=T0 + timedelta(hours=1)))
    assert (closed.cleared_at, closed.closed_at) == (T0 + timedelta(minutes=5), T0 + timedelta(minutes=9))
    assert (closed.acknowledged_by, closed.acknowledge_until) == ("li", T0 + timedelta(hours=1))


def test_an_expired_acknowledgement_leaves_nothing_of_itself() -> None:
    answered = event(K.ACKNOWLEDGED, by="li", until=T0 + timedelta(minutes=2))
    assert after(answered, event(K.ACKNOWLEDGE_EXPIRED, 2)) == alarm()


def test_a_superseded_alarm_keeps_the_moment_it_cleared() -> None:
    returned = after(event(K.CLEARED, 5), event(K.SUPERSEDED, 9))
    assert (returned.cleared_at, returned.closed_at) == (T0 + timedelta(minutes=5), T0 + timedelta(minutes=9))
    at_once = after(event(K.SUPERSEDED, 9))
    assert (at_once.cleared_at, at_once.closed_at) == (T0 + timedelta(minutes=9), T0 + timedelta(minutes=9))


@pytest.mark.parametrize("until", [None, T0, T0 + timedelta(minutes=1)])
def test_a_shelving_needs_an_end_after_its_beginning(until: datetime | None) -> None:
    with pytest.raises(ForbiddenTransitionError, match="end in the future"):
        after(event(K.SHELVED, until=until))


@pytest.mark.parametrize("end", [K.UNSHELVED, K.SHELVE_EXPIRED])
def test_a_shelving_that_ends_leaves_nothing_of_itself(end: AlarmEventKind) -> None:
    shelved = after(event(K.SHELVED, by="li", comment="pump work", until=T0 + timedelta(hours=1)))
    assert (shelved.shelved_by, shelved.shelve_reason) == ("li", "pump work")
    assert after(event(end, 2), start=shelved) == alarm()
    with pytest.raises(ForbiddenTransitionError, match="not shelved"):
        after(event(end, 3))


def test_an_announcement_keeps_its_first_moment() -> None:
    first = after(event(K.ANNUNCIATED, 3), start=alarm(annunciated_at=None))
    assert first.annunciated_at == T0 + timedelta(minutes=3)
    assert after(event(K.ANNUNCIATED, 9), start=first) == first


def test_inhibition_membership_and_urgency_are_laid_over_and_taken_away() -> None:
    inhibited = after(event(K.INHIBITED, inhibitor="a0"))
    assert (inhibited.inhibited_by, inhibited.state) == ("a0", AlarmState.SUPPRESSED_BY_DESIGN)
    assert after(event(K.RELEASED, 2), start=inhibited) == alarm()
    assert after(event(K.ATTACHED, parameters={"incident_id": "I1"})).incident_id == "I1"
    assert (
        after(event(K.ESCALATED, parameters={"priority": 1}), start=alarm(priority=Priority.P3)).priority
        is Priority.P1
    )


@pytest.mark.parametrize("last", [K.ACKNOWLEDGED, K.CLEARED])
def test_an_alarm_that_is_done_stays_open_on_its_shelf_and_closes_with_it(last: AlarmEventKind) -> None:
    first = K.CLEARED if last is K.ACKNOWLEDGED else K.ACKNOWLEDGED
    shelved = after(event(K.ANNUNCIATED), event(K.SHELVED, by="li", until=T0 + timedelta(hours=1)))
    done = after(event(first, 2, by="li"), event(last, 3, by="li"), start=shelved)
    assert (done.state, done.is_active, done.is_open) == (AlarmState.SHELVED, False, True)
    assert after(event(K.UNSHELVED, 4, by="li"), start=done).state is AlarmState.NORMAL


def test_a_shelf_that_is_carried_on_names_who_shelved() -> None:
    carried = event(K.SHELVED, until=T0 + timedelta(hours=1), parameters={"shelved_by": "li"})
    assert after(carried).shelved_by == "li"
