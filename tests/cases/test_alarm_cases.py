"""Alarms in the hands of people: what was reported of comparable software, with what is right (docs/field-faults.md)."""

from datetime import timedelta

from heating.alarms import AlarmEvent, AlarmEventKind, AlarmState
from tests.support.alerting_world import World


def shelve(world: World, *, minutes: float) -> None:
    (alarm,) = world.records.open_alarms()
    now = world.clock.now()
    until = now + timedelta(minutes=minutes)
    kind = AlarmEventKind.SHELVED
    event = AlarmEvent(alarm_id=alarm.alarm_id, kind=kind, at=now, by="wang", comment="work", until=until)
    world.records.append_events([event])


def test_15_a_shelf_belongs_to_rule_and_subject_until_it_ends() -> None:
    world = World()
    world.run(4, pump=0.0)
    shelve(world, minutes=90)
    world.service.dispatch()
    before = len(world.listener.heard)
    for _ in range(2):
        world.run(12)
        world.run(12, pump=0.0)
    world.service.dispatch()
    assert len(world.listener.heard) == before
    (alarm,) = world.records.open_alarms()
    assert (alarm.state, alarm.is_active, alarm.shelved_by) == (AlarmState.SHELVED, True, "wang")
    assert alarm.shelve_reason == "work"
    world.run(45, pump=0.0)
    world.service.dispatch()
    assert [message.body["reason"] for message in world.listener.heard[before:]].count("raised") == 1


def test_29_a_restart_takes_nobody_for_offline_who_had_no_time_to_speak() -> None:
    world = World()
    world.run(10)
    world.clock.advance(600)  # nobody listens
    world.fresh_service()
    for _ in range(11):
        world.clock.advance(10)
        world.service.tick()
    world.run(10)
    assert world.states("DQ-08") == []


def test_29_who_stays_silent_after_a_restart_is_reported_soon_and_an_alarm_of_before_holds() -> None:
    world = World()
    world.run(10)
    world.run(10, silent=True)
    assert world.states("DQ-08") == [AlarmState.UNACK_ACTIVE]
    world.clock.advance(600)
    world.fresh_service()
    world.run(2, silent=True)
    assert world.states("DQ-08") == [AlarmState.UNACK_ACTIVE]
    world = World()
    world.run(10)
    world.clock.advance(600)
    world.fresh_service()
    world.run(5, silent=True)
    assert world.states("DQ-08") == [AlarmState.UNACK_ACTIVE]
