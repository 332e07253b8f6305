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
