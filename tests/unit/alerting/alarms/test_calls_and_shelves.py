"""Unacknowledged alarms call again, shelvings have an end by priority, homes of one incident share their notices."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import cast

import pytest

from heating.alarms import AlarmEvent, AlarmEventKind, AlarmState
from tests.support.alerting_world import RULES, World


def person_does(world: World, kind: AlarmEventKind, *, minutes: float | None = None) -> None:
    (alarm,) = world.records.open_alarms()
    now = world.clock.now()
    until = None if minutes is None else now + timedelta(minutes=minutes)
    event = AlarmEvent(alarm_id=alarm.alarm_id, kind=kind, at=now, by="wang", comment="work", until=until)
    world.records.append_events([event])


def test_an_emergency_that_nobody_acknowledges_calls_every_five_minutes_until_somebody_does() -> None:
    world = World()
    world.run(18, pump=0.0)
    world.service.dispatch()
    assert (world.heard("raised"), world.heard("unacknowledged")) == (["ST-02"], ["ST-02"] * 3)
    person_does(world, AlarmEventKind.ACKNOWLEDGED, minutes=60)
    world.run(30, pump=0.0)
    world.service.dispatch()
    assert len(world.heard("unacknowledged")) == 3


def test_what_has_cleared_or_is_shelved_does_not_call() -> None:
    world = World()
    world.run(4, pump=0.0)
    person_does(world, AlarmEventKind.SHELVED, minutes=30)
    world.run(20, pump=0.0)
    world.service.dispatch()
    assert world.heard("unacknowledged") == []
    world.run(12, pump=0.0)
    world.run(30)
    world.service.dispatch()
    assert world.states("ST-02") == [AlarmState.RTN_UNACK]
    assert len(world.heard("unacknowledged")) == 1


def test_an_expired_acknowledgement_is_told_once_and_the_wait_begins_anew() -> None:
    world = World()
    world.run(4, pump=0.0)
    person_does(world, AlarmEventKind.ACKNOWLEDGED, minutes=20)
    world.run(23, pump=0.0)
    world.service.dispatch()
    assert (world.heard("again"), world.heard("unacknowledged")) == (["ST-02"], [])
    assert ("acknowledge_expired", "ST-02|station:S1") in world.kinds()
    world.run(4, pump=0.0)
    world.service.dispatch()
    assert len(world.heard("unacknowledged")) == 1


def test_a_shelving_beyond_the_limit_of_its_priority_is_cut_and_the_cut_is_in_the_history() -> None:
    world = World()
    world.run(4, pump=0.0)
    person_does(world, AlarmEventKind.SHELVED, minutes=24 * 60)
    world.run(2, pump=0.0)
    (alarm,) = world.records.open_alarms()
    longest = RULES.defaults.max_shelve[alarm.priority]
    assert alarm.shelved_until is not None
    assert world.clock.now() < alarm.shelved_until <= world.clock.now() + longest
    cut = [event for event in world.records.history if event.kind is AlarmEventKind.SHELVED]
    assert [(event.by, event.comment) for event in cut] == [("wang", "work"), ("engine", "wang: work")]
    world.run(125, pump=0.0)
    assert world.states("ST-02") == [AlarmState.UNACK_ACTIVE]


@pytest.mark.parametrize(("minutes", "notices"), [(20, 2), (0, 3)])
def test_homes_that_turn_dangerous_one_after_the_other_share_notices_and_are_named(
    minutes: int, notices: int
) -> None:
    defaults = replace(RULES.defaults, group_interval=timedelta(minutes=minutes))
    world = World(replace(RULES, defaults=defaults))
    world.run(5, pump=0.0)
    for home, lasting in ((1, 5), (2, 2), (3, 2), (4, 70)):
        world.cold_homes = home
        world.run(lasting, pump=0.0)
    world.service.dispatch()
    dangers = [message for message in world.listener.heard if message.body["rule_id"] == "HB-03"]
    raised = [message for message in dangers if message.body["reason"] == "raised"]
    assert len(raised) == notices
    named = [name for message in raised for name in cast("list[str]", message.body["subject_names"])]
    assert sorted(named) == sorted(f"小区11号楼{1 + m % 2}单元{m}01" for m in range(1, 5))
    gaps = [later.due_at - one.due_at for one, later in pairwise(raised)]
    assert min(gaps) >= defaults.group_interval
    assert len({message.body["incident_id"] for message in raised}) == 1


def test_a_silent_gateway_changes_no_alarm_of_the_rules_that_it_holds() -> None:
    world = World()
    world.run(20, pump=0.0)
    before = {a.fingerprint: a for a in world.records.open_alarms() if a.rule_id in RULES.held_by("DQ-08")}
    assert before
    world.run(60, pump=0.0, silent=True)
    assert "DQ-08" in {alarm.rule_id for alarm in world.records.open_alarms()}
    after = {a.fingerprint: a for a in world.records.open_alarms() if a.rule_id in RULES.held_by("DQ-08")}
    assert after == before


@pytest.mark.parametrize("acknowledged", [False, True])
def test_a_shelf_survives_that_its_alarm_clears_whatever_was_acknowledged(acknowledged: bool) -> None:
    world = World()
    world.run(4, pump=0.0)
    if acknowledged:
        person_does(world, AlarmEventKind.ACKNOWLEDGED, minutes=5)
    person_does(world, AlarmEventKind.SHELVED, minutes=90)
    world.run(30)
    (cleared,) = world.records.open_alarms()
    assert (cleared.state, cleared.is_active) == (AlarmState.SHELVED, False)
    if not acknowledged:
        person_does(world, AlarmEventKind.ACKNOWLEDGED, minutes=5)
    world.fresh_service()
    world.run(10, pump=0.0)
    assert world.states("ST-02") == [AlarmState.NORMAL, AlarmState.SHELVED]


def test_a_shelf_put_on_a_cleared_alarm_holds_when_its_condition_returns() -> None:
    world = World()
    world.run(4, pump=0.0)
    world.run(12)
    assert world.states("ST-02") == [AlarmState.RTN_UNACK]
    person_does(world, AlarmEventKind.SHELVED, minutes=60)
    world.service.dispatch()
    before = len(world.listener.heard)
    world.run(10, pump=0.0)
    world.service.dispatch()
    assert len(world.listener.heard) == before
    assert world.states("ST-02") == [AlarmState.NORMAL, AlarmState.SHELVED]


def test_who_was_called_hears_at_the_end_of_the_shelf_that_it_has_cleared() -> None:
    world = World()
    world.run(4, pump=0.0)
    person_does(world, AlarmEventKind.ACKNOWLEDGED, minutes=5)
    person_does(world, AlarmEventKind.SHELVED, minutes=60)
    world.run(40)
    world.service.dispatch()
    assert world.heard("cleared") == []
    world.run(25)
    world.service.dispatch()
    assert world.heard("cleared") == ["ST-02"]
    assert world.records.open_alarms() == []
