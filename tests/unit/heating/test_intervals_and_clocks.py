"""Windows meet without a gap and without an overlap; a clock that is set refuses a time without a zone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from heating.clock import ManualClock, SteadyClock, VirtualClock
from heating.intervals import Interval

T0 = datetime(2026, 1, 15, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("start_h", "end_h", "overlaps"),
    [
        (-2, -1, False),
        (-1, 0, False),
        (-1, 0.5, True),
        (0.2, 0.8, True),
        (-1, 2, True),
        (0.5, 2, True),
        (1, 2, False),
    ],
)
def test_two_windows_overlap_when_they_share_a_moment(start_h: float, end_h: float, overlaps: bool) -> None:
    one, other = Interval(T0, T0 + HOUR), Interval(T0 + start_h * HOUR, T0 + end_h * HOUR)
    assert one.overlaps(other) is overlaps
    assert other.overlaps(one) is overlaps


def test_a_window_of_no_length_is_allowed_and_holds_nothing() -> None:
    empty = Interval(T0, T0)
    assert T0 not in empty
    assert empty.length == timedelta(0)


def test_a_window_in_milliseconds() -> None:
    window = Interval(T0, T0 + HOUR)
    assert window.start_ms == T0.timestamp() * 1000
    assert (window.end_ms - window.start_ms, window.length) == (3_600_000, HOUR)


def test_the_last_hour_ends_with_now_and_no_later() -> None:
    window = Interval.last(HOUR, now=T0)
    assert T0 in window and T0 + timedelta(milliseconds=1) not in window
    assert window.length == HOUR


@pytest.mark.parametrize("bounds", [(NAIVE, T0), (T0, NAIVE), (NAIVE, NAIVE)])
def test_each_bound_must_be_aware(bounds: tuple[datetime, datetime]) -> None:
    with pytest.raises(ValueError, match="aware"):
        Interval(*bounds)


def test_a_manual_clock_moves_by_seconds_or_steps_and_says_where_it_is() -> None:
    clock = ManualClock(T0)
    assert clock.advance(90) == T0 + timedelta(seconds=90) == clock.now()
    assert clock.advance(HOUR) == T0 + HOUR + timedelta(seconds=90)
    clock.set(T0)
    assert clock.now() == T0


def test_a_manual_clock_refuses_a_time_without_a_zone() -> None:
    with pytest.raises(ValueError, match="naive"):
        ManualClock(NAIVE)
    clock = ManualClock(T0)
    with pytest.raises(ValueError, match="naive"):
        clock.set(NAIVE)
    assert clock.now() == T0


@pytest.mark.parametrize("speed", [0.0, -1.0])
def test_a_virtual_clock_cannot_stand_or_run_backwards(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        VirtualClock(real_origin=T0, virtual_origin=T0, speed=speed)


def test_a_virtual_clock_may_be_slower_than_real_time() -> None:
    real = ManualClock(T0)
    clock = VirtualClock(real_origin=T0, virtual_origin=T0, speed=0.5, real=real)
    real.advance(HOUR)
    assert clock.now() == T0 + HOUR / 2


def steady() -> tuple[SteadyClock, ManualClock, Callable[[float], None]]:
    """A steady clock, its wall clock, and what lets both run."""
    wall, up = ManualClock(T0), [0.0]

    def run(seconds: float) -> None:
        wall.advance(seconds)
        up[0] += seconds

    return SteadyClock(wall, uptime_s=lambda: up[0]), wall, run


@pytest.mark.parametrize("jump_s", [-7200.0, 7200.0, 400 * 86400.0])
def test_a_steady_clock_follows_a_jump_that_lasts_a_minute_and_says_by_how_much(jump_s: float) -> None:
    clock, wall, run = steady()
    run(10)
    wall.advance(jump_s)
    assert clock.now() == T0 + timedelta(seconds=10)
    assert clock.pending_s == jump_s
    run(59)
    assert clock.now() == T0 + timedelta(seconds=69)
    assert clock.shift_ms == 0
    run(1)
    assert clock.now() == wall.now() == T0 + timedelta(seconds=70 + jump_s)
    assert (clock.shift_ms, clock.pending_s) == (jump_s * 1000, 0.0)


def test_a_steady_clock_never_follows_a_wrong_time_that_is_corrected() -> None:
    clock, wall, run = steady()
    wall.advance(timedelta(days=400))
    for second in range(5):
        assert clock.now() == T0 + timedelta(seconds=second)
        run(1)
    wall.advance(timedelta(days=-400))
    run(60)
    assert clock.now() == T0 + timedelta(seconds=65)
    assert clock.shift_ms == 0
    assert clock.take_largest_jump_s() == 400 * 86400
    assert clock.take_largest_jump_s() == 0


def test_a_steady_clock_starts_waiting_again_when_the_time_moves_again_and_follows_small_steps_at_once() -> (
    None
):
    clock, wall, run = steady()
    wall.advance(3600)
    clock.now()
    run(50)
    wall.advance(3600)
    clock.now()
    run(50)
    assert clock.now() == T0 + timedelta(seconds=100)
    run(10)
    assert clock.now() == wall.now()
    wall.advance(-4)
    assert clock.now() == wall.now()
    assert clock.shift_ms == 7_200_000
