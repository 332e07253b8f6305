"""The service from readings to committed history: faults, gaps, people, restarts, failed commits."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from heating.alarms import AlarmEvent, AlarmEventKind, AlarmState
from heating.assets import Sensor
from heating.errors import HeatingError
from heating.heat_tree import build_heat_tree
from heating.points import Measurement
from heating.protocols import AlarmRecords, HealthStatus
from tests.support.alerting_world import T0, World
from tests.support.fake_records import FakeRecords
from tests.support.small_site import small_site


def test_a_pump_trip_is_one_incident_with_the_homes_attached_and_not_announced_one_by_one() -> None:
    world = World()
    world.run(30)
    world.run(120, pump=0.0, room_c=15.0)
    world.service.dispatch()
    (incident,) = world.records.open_incidents()
    assert (incident.rule_id, str(incident.node), incident.affected_households) == ("ST-02", "station:S1", 4)
    members = {a.fingerprint for a in world.records.members_of(incident.incident_id)}
    assert members == {"ST-02|station:S1"} | {f"HB-02|household:H1-{m}" for m in range(1, 5)}
    assert world.states("HB-02") == [AlarmState.SUPPRESSED_BY_DESIGN] * 4
    assert world.heard("raised") == ["ST-02"]
    assert world.heard("unacknowledged") == ["ST-02"] * 23  # every 5 min
    assert all("S2" not in a.fingerprint and "H2" not in a.fingerprint for a in world.records.alarms.values())


def test_recovery_clears_the_incident_and_releases_the_homes() -> None:
    world = World()
    world.run(100, pump=0.0, room_c=15.0)
    world.run(4, room_c=15.0)
    assert world.records.open_incidents() == []
    assert world.states("ST-02") == [AlarmState.RTN_UNACK]
    assert world.states("HB-02") == [AlarmState.UNACK_ACTIVE] * 4
    assert ("released", "HB-02|household:H1-1") in world.kinds()


def test_a_data_gap_changes_no_process_alarm_and_raises_the_data_quality_alarm() -> None:
    world = World()
    world.run(5, pump=0.0)
    before = [kind for kind in world.kinds() if "DQ" not in kind[1]]
    world.run(60, silent=True)
    assert [kind for kind in world.kinds() if "DQ" not in kind[1]] == before
    assert world.states("DQ-08") == [AlarmState.UNACK_ACTIVE]
    assert world.states("ST-02") == [AlarmState.UNACK_ACTIVE]


def test_silence_is_not_judged_while_the_hours_before_the_start_are_still_being_read() -> None:
    world = World()
    world.live.past_is_missing = True
    world.run(40, silent=True)
    assert world.states("DQ-08") == []
    world.live.past_is_missing = False
    world.run(40, silent=True)
    assert world.states("DQ-08") == [AlarmState.UNACK_ACTIVE]


def test_a_new_occurrence_supersedes_an_unacknowledged_one_and_never_reopens_it() -> None:
    world = World()
    world.run(5, pump=0.0)
    world.run(5)
    world.run(5, pump=0.0)
    assert sorted(world.states("ST-02")) == [AlarmState.NORMAL, AlarmState.UNACK_ACTIVE]
    assert ("superseded", "ST-02|station:S1") in world.kinds()


def test_what_people_do_in_other_processes_is_followed_and_expires_visibly() -> None:
    world = World()
    world.run(5, pump=0.0)
    (alarm,) = world.records.open_alarms()
    until = world.clock.now() + timedelta(minutes=5)
    event = AlarmEvent(
        alarm_id=alarm.alarm_id,
        kind=AlarmEventKind.ACKNOWLEDGED,
        at=world.clock.now(),
        by="wang",
        until=until,
    )
    world.records.append_events([event])
    world.run(3, pump=0.0)
    assert world.states("ST-02") == [AlarmState.ACK_ACTIVE]
    world.run(3, pump=0.0)
    assert world.states("ST-02") == [AlarmState.UNACK_ACTIVE]
    world.service.dispatch()
    assert [message.body["reason"] for message in world.listener.heard] == ["raised", "again"]


def test_shelving_ends_by_itself() -> None:
    world = World()
    world.run(5, pump=0.0)
    (alarm,) = world.records.open_alarms()
    event = AlarmEvent(
        alarm_id=alarm.alarm_id,
        kind=AlarmEventKind.SHELVED,
        at=world.clock.now(),
        by="wang",
        comment="planned work",
        until=world.clock.now() + timedelta(minutes=2),
    )
    world.records.append_events([event])
    world.run(1, pump=0.0)
    assert world.states("ST-02") == [AlarmState.SHELVED]
    world.run(2, pump=0.0)
    assert world.states("ST-02") == [AlarmState.UNACK_ACTIVE]


def scenario(restart_at: Callable[[int], bool]) -> tuple[list[AlarmEvent], list[str]]:
    world = World()
    for minute in range(80):
        if restart_at(minute):
            world.service.stop()
            world.fresh_service()
        world.run(1, pump=0.0 if 5 <= minute < 70 else 1.0, room_c=11.0 if 8 <= minute < 74 else 20.0)
    world.service.stop()
    return world.records.history, sorted(world.records.messages)


@pytest.mark.slow
def test_restarts_at_every_second_tick_give_the_same_history_and_notices() -> None:
    undisturbed = scenario(lambda minute: False)
    assert len(undisturbed[0]) > 20
    assert sum(":unacknowledged:" in key for key in undisturbed[1]) > 10
    assert scenario(lambda minute: minute % 2 == 1) == undisturbed


def test_a_failed_commit_keeps_nothing_and_the_next_tick_does_the_work() -> None:
    world = World()
    world.run(1, pump=0.0)
    world.clock.advance(60)
    world.send(pump=0.0, room_c=20.0)
    world.records.fail_next = HeatingError("database is away")
    with pytest.raises(HeatingError, match="away"):
        world.service.tick()
    assert world.service.health().status is HealthStatus.DEGRADED
    assert world.states("ST-02") == []
    world.run(1, pump=0.0)
    assert world.states("ST-02") == [AlarmState.UNACK_ACTIVE]
    assert world.service.health().status is HealthStatus.OK


def test_a_doubled_tick_is_skipped() -> None:
    world = World()
    world.run(2, pump=0.0)
    assert world.service.tick(world.clock.now()).skipped


def test_health_says_when_the_watch_is_blind() -> None:
    world = World()
    assert world.service.health().status is HealthStatus.DOWN
    world.run(1)
    world.clock.advance(120)
    assert world.service.health().status is HealthStatus.DEGRADED


def test_a_changed_registry_is_followed_and_pending_timers_survive() -> None:
    world = World()
    world.run(1, pump=0.0)
    world.records.site = small_site(stations=3)
    world.records.site_version += 1
    world.run(1, pump=0.0)
    assert world.states("ST-02") == [AlarmState.UNACK_ACTIVE]
    assert "engine/S3" not in world.records.states


def test_a_move_planned_in_the_registry_is_followed_when_its_hour_comes() -> None:
    world = World()
    first, *others = world.records.site.assignments
    at = T0 + timedelta(minutes=5)
    world.records.site = replace(
        world.records.site,
        assignments=(replace(first, end=at), replace(first, sensor_id="R9", start=at), *others),
    )
    world.records.site = replace(
        world.records.site, sensors=(*world.records.site.sensors, Sensor(sensor_id="R9", interval_s=300.0))
    )
    world.live.rebuild(world.records.site, build_heat_tree(world.records.site), now=T0)

    def sensors() -> set[str]:
        layout = world.live.layout
        return {layout.ids[Measurement.ROOM][row] for row in layout.home_sensor.tolist()}

    world.run(4)
    assert "R1-1" in sensors() and "R9" not in sensors()
    world.run(3)
    assert "R9" in sensors() and "R1-1" not in sensors()


def test_the_fake_is_what_the_service_needs() -> None:
    records: AlarmRecords = FakeRecords()
    assert records.last_sequence() == 0


@pytest.mark.parametrize("ending", ["well", "refused by the records", "broken"])
def test_a_service_lives_while_its_ticks_come_to_an_end(ending: str) -> None:
    world, uptime_s = World(), [1000.0]
    entered, go_on = threading.Event(), threading.Event()

    def held_up(*_: object, **__: object) -> list[AlarmEvent]:
        entered.set()
        assert go_on.wait(60)
        if ending != "well":
            raise HeatingError("database is away") if "refused" in ending else RuntimeError("a bug")
        return []

    world.records.events_since = held_up  # type: ignore[method-assign]
    world.uptime_s = lambda: uptime_s[-1]
    service = world.fresh_service()
    assert service.is_alive()
    service.start()
    try:
        assert entered.wait(60)
        uptime_s.append(1299.0)
        assert service.is_alive()
        uptime_s.append(1301.0)
        assert not service.is_alive()
        entered.clear()
        world.clock.advance(60)
        go_on.set()
        assert entered.wait(60)  # the next tick began, so the first one has ended
        assert service.is_alive() == (ending != "broken")
    finally:
        go_on.set()
        service.stop()
    assert service.is_alive()
