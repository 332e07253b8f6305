"""The watch says itself that it was blind: after a pause of the judging, and while no readings can come in."""

from datetime import timedelta

import pytest

from config.rules.alarm_texts import alarm_text
from heating.alarms import AlarmState
from heating.errors import HeatingError
from heating.intake_troubles import IntakeTrouble, TroubleKind
from heating.losses import LossKind, ReadingLoss
from heating.protocols import Health, HealthStatus
from tests.support.alerting_world import World


def fed_world() -> tuple[World, list[HealthStatus]]:
    world, status = World(), [HealthStatus.OK]
    world.watch = lambda: Health(status[-1])
    world.fresh_service()
    return world, status


def test_a_pause_of_the_judging_is_reported_when_it_is_over_and_clears() -> None:
    world = World()
    world.run(3)
    world.clock.advance(300)
    world.run(1)
    assert world.states("DQ-14") == [AlarmState.UNACK_ACTIVE]
    world.run(7)
    world.service.dispatch()
    assert world.states("DQ-14") == [AlarmState.RTN_UNACK]
    assert world.heard("raised") == ["DQ-14"]


def test_history_in_long_steps_is_no_pause_and_neither_is_the_step_from_history_to_live() -> None:
    world, status = fed_world()
    status.append(HealthStatus.DOWN)
    for _ in range(3):
        world.clock.advance(300)
        world.service.tick(world.clock.now(), history=True)
    status.append(HealthStatus.OK)
    world.clock.advance(300)
    world.run(2)
    assert world.states("DQ-14") == []


def test_a_start_after_the_process_was_away_says_for_how_long() -> None:
    world = World()
    world.judged_before = lambda: world.clock.now() - timedelta(seconds=150)
    world.fresh_service()
    world.run(1)
    assert world.states("DQ-14") == [AlarmState.UNACK_ACTIVE]
    (alarm,) = [one for one in world.records.alarms.values() if one.rule_id == "DQ-14"]
    assert alarm.parameters["blind_s"] == pytest.approx(150.0, abs=1)


@pytest.mark.parametrize("ago_s", [None, 55])
def test_a_first_start_and_a_quick_restart_are_no_pause(ago_s: float | None) -> None:
    world = World()
    world.judged_before = lambda: None if ago_s is None else world.clock.now() - timedelta(seconds=ago_s)
    world.fresh_service()
    world.run(2)
    assert world.states("DQ-14") == []


def test_records_that_were_away_for_long_count_as_a_pause() -> None:
    world = World()
    world.run(2)
    for _ in range(3):
        world.clock.advance(60)
        world.records.fail_next = HeatingError("database is away")
        world.send(pump=0.0, room_c=20.0)
        with pytest.raises(HeatingError):
            world.service.tick()
    world.run(1)
    assert world.states("DQ-14") == [AlarmState.UNACK_ACTIVE]


def test_a_feed_that_is_down_is_reported_and_a_restart_meanwhile_keeps_the_alarm() -> None:
    world, status = fed_world()
    world.run(3)
    status.append(HealthStatus.DOWN)
    world.run(3)
    assert world.states("DQ-14") == []
    world.run(1)
    assert world.states("DQ-14") == [AlarmState.UNACK_ACTIVE]
    world.service.stop()
    world.fresh_service()
    world.run(2)
    status.append(HealthStatus.DEGRADED)
    world.run(4)
    assert world.states("DQ-14") == [AlarmState.UNACK_ACTIVE]
    world.run(3)
    assert world.states("DQ-14") == [AlarmState.RTN_UNACK]
    assert "engine@watch" in world.records.states


def test_time_that_runs_faster_is_no_pause() -> None:
    world = World()
    world.clock.speed = 60.0  # as the clock of a demo has it
    world.run(1)
    world.clock.advance(timedelta(minutes=30).total_seconds())
    world.run(1)
    assert world.states("DQ-14") == []


def test_a_loss_that_a_collector_reported_is_an_alarm_with_its_span_for_ten_minutes() -> None:
    world = World()
    start_s = world.clock.now().timestamp()
    reported: list[tuple[int, ReadingLoss]] = []
    world.losses = lambda since_ms: [loss for at_ms, loss in reported if at_ms > since_ms]
    world.fresh_service()
    world.run(2)
    assert world.states("DQ-16") == []
    begun_ms = world.clock.now_ms() - 7_200_000
    loss = ReadingLoss(
        kind=LossKind.BROKER_DROPPED, since_ms=begun_ms, until_ms=begun_ms + 3_600_000, number=2000
    )
    reported.append((world.clock.now_ms(), loss))
    world.run(1)
    (alarm,) = [one for one in world.records.alarms.values() if one.rule_id == "DQ-16"]
    assert alarm.parameters == {
        "lost_s": 3600.0,
        "lost_messages": 2000.0,
        "lost_from_s": start_s + 120 - 7200,
        "lost_until_s": start_s + 120 - 3600,
    }
    world.run(8)
    assert world.states("DQ-16") == [AlarmState.UNACK_ACTIVE]
    world.run(2)
    assert AlarmState.UNACK_ACTIVE not in world.states("DQ-16")


def test_throttled_senders_and_a_refused_field_are_alarms_that_name_them() -> None:
    world = World()
    found = [
        IntakeTrouble(
            kind=TroubleKind.SENDERS_THROTTLED, number=29_799, senders="heat/a/station/S1/telemetry (29799)"
        ),
        IntakeTrouble(
            kind=TroubleKind.FIELD_TYPE,
            number=5,
            measurement="room",
            field="humidity_pct",
            there_type="string",
        ),
        IntakeTrouble(
            kind=TroubleKind.FIELD_TYPE,
            number=600,
            measurement="room",
            field="room_temp_c",
            there_type="integer",
        ),
    ]
    world.troubles = lambda _since_ms: found
    world.fresh_service()
    world.run(2)
    texts = {
        alarm.rule_id: alarm_text(world.rules.rule(alarm.rule_id), alarm.parameters, "en").message
        for alarm in world.records.alarms.values()
    }
    assert texts["DQ-17"] == (
        "Topics above their share: heat/a/station/S1/telemetry (29799); 29799 messages kept aside"
    )
    assert texts["DQ-18"] == (
        "Field room_temp_c of measurement room exists in the store as integer: 605 values were refused"
    )
    found.clear()
    world.run(7)
    assert set(world.states("DQ-17") + world.states("DQ-18")) == {AlarmState.RTN_UNACK}
