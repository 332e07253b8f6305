"""The machine's clock jumps: ticks go on, durations stay what they were, and the watch says by how much it jumped."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from alerting.judging.live_state import LiveState
from heating.alarms import AlarmState
from heating.clock import ManualClock, SteadyClock
from heating.heat_tree import build_heat_tree
from heating.protocols import HealthStatus
from tests.support.alerting_world import T0, World


class Machine(SteadyClock):
    """A machine whose time of day can be set wrong; its uptime only grows."""

    def __init__(self) -> None:
        self.wall = ManualClock(T0)
        self.uptime_s = 0.0
        super().__init__(self.wall, uptime_s=lambda: self.uptime_s)

    def advance(self, step_s: float) -> None:
        self.wall.advance(step_s)
        self.uptime_s += step_s


class JumpyWorld(World):
    """A world on such a machine, ticking every 10 s."""

    def __init__(self) -> None:
        super().__init__()
        self.machine = Machine()
        self.clock = self.machine  # type: ignore[assignment]
        self.uptime_s = lambda: self.machine.uptime_s
        self.live = LiveState(self.records.site, build_heat_tree(self.records.site), now=T0)
        self.fresh_service()

    def go_on(self, seconds: int, *, pump: float = 1.0) -> int:
        """Return how many ticks were made."""
        made = 0
        for _ in range(seconds // 10):
            self.machine.advance(10)
            self.send(pump=pump, room_c=20.0)
            made += not self.service.tick().skipped
        return made

    def raised_after_s(self, rule_id: str, *, pump: float) -> int:
        for seconds in range(10, 1200, 10):
            self.go_on(10, pump=pump)
            if AlarmState.UNACK_ACTIVE in self.states(rule_id):
                return seconds
        return 1200


def undisturbed_s() -> int:
    world = JumpyWorld()
    world.go_on(120)
    return world.raised_after_s("ST-02", pump=0.0)


@pytest.mark.parametrize("jump", [timedelta(hours=-2), timedelta(hours=2), timedelta(days=-30)])
def test_an_alarm_whose_delay_is_running_when_the_clock_is_set_is_raised_when_it_would_have_been(
    jump: timedelta,
) -> None:
    expected_s = undisturbed_s()
    world = JumpyWorld()
    world.go_on(120)
    world.machine.wall.advance(jump)
    assert world.go_on(20, pump=0.0) == 2
    assert world.service.health().status is HealthStatus.DEGRADED
    assert world.service.health().figures["clock_jump_s"] == jump.total_seconds()
    assert world.raised_after_s("ST-02", pump=0.0) == expected_s - 20
    world.go_on(120, pump=0.0)
    assert world.service.health().status is HealthStatus.OK
    assert world.machine.now() == world.machine.wall.now()
    assert world.states("DQ-14") != []
    (alarm,) = [one for one in world.records.alarms.values() if one.rule_id == "DQ-14"]
    assert alarm.parameters["clock_jump_s"] == jump.total_seconds()
    assert world.states("DQ-08") == world.states("DQ-01") == []  # nobody went silent because a clock was set


def test_after_a_jump_back_new_readings_count_at_once_and_a_new_alarm_comes_in_time() -> None:
    expected_s = undisturbed_s()
    world = JumpyWorld()
    world.go_on(120)
    world.machine.wall.advance(-7200)
    world.go_on(120)
    assert world.raised_after_s("ST-02", pump=0.0) == expected_s
    world.go_on(60, pump=0.0)
    world.service.dispatch()
    assert "ST-02" in world.heard("raised")


def test_a_wrong_time_of_five_seconds_is_told_and_never_followed() -> None:
    world = JumpyWorld()
    world.go_on(120)
    world.machine.wall.advance(timedelta(days=400))
    world.machine.advance(5)
    world.service.tick()
    world.machine.wall.advance(timedelta(days=-400))
    assert world.go_on(300) == 30
    assert world.machine.shift_ms == 0
    (alarm,) = [one for one in world.records.alarms.values() if one.rule_id == "DQ-14"]
    assert alarm.parameters["clock_jump_s"] == timedelta(days=400).total_seconds()
    assert [one.rule_id for one in world.records.alarms.values()] == ["DQ-14"]
    assert world.service.health().status is HealthStatus.OK


def test_a_jump_that_came_and_went_between_two_ticks_is_told_too() -> None:
    world = JumpyWorld()
    world.go_on(120)
    world.machine.wall.advance(7200)
    world.machine.now_ms()  # a batch comes in meanwhile
    world.machine.wall.advance(-7200)
    world.go_on(10)
    assert len(world.states("DQ-14")) == 1


def without_steady_clock(world: World) -> None:
    world.clock.advance(-7200)
    world.run(1, pump=0.0)


def restarted(world: World) -> None:
    world.service.stop()
    world.clock.advance(-7200)
    world.live = LiveState(world.records.site, build_heat_tree(world.records.site), now=T0)
    world.fresh_service()


@pytest.mark.parametrize("set_back", [without_steady_clock, restarted])
def test_a_clock_set_back_under_the_service_or_before_its_start_delays_no_alarm(
    set_back: Callable[[World], None],
) -> None:
    world = World()
    world.run(3)
    world.run(1, pump=0.0)
    set_back(world)
    world.run(3, pump=0.0)
    assert world.states("ST-02") == [AlarmState.UNACK_ACTIVE]


def test_reminders_go_on_after_a_clock_was_set_back() -> None:
    world = World()
    world.run(4, pump=0.0)
    world.service.stop()
    world.clock.advance(-7200)
    world.live = LiveState(world.records.site, build_heat_tree(world.records.site), now=T0)
    world.fresh_service()
    world.run(40, pump=0.0)
    world.service.dispatch()
    assert "ST-02" in world.heard("unacknowledged")
