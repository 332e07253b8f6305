"""The store is kept in order every hour, and a store that is away stops nothing."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import structlog.testing

from heating.clock import VirtualClock
from heating.errors import HeatingError
from runtime.housekeeping import Housekeeping

NOW = datetime(2026, 1, 15, 6, 0, tzinfo=UTC)


class AwayError(HeatingError):
    """The store does not answer."""

    retryable = True


class Store:
    """Notes when its upkeep was asked for."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.asked: list[datetime] = []

    def apply_retention(self, *, now: datetime) -> int:
        self.asked.append(now)
        if self.fails:
            raise AwayError("store away")
        return 3


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(real_origin=datetime.now(UTC), virtual_origin=NOW, speed=1.0)


def test_the_upkeep_is_told_the_time_of_the_house_and_what_it_dropped_is_logged(clock: VirtualClock) -> None:
    store = Store()
    with structlog.testing.capture_logs() as events:
        Housekeeping(store=store, clock=clock).run_once()
    (asked,) = store.asked
    assert NOW <= asked < NOW + timedelta(minutes=5)
    assert [(event["event"], event["dropped"]) for event in events] == [("runtime.retention_applied", 3)]


def test_a_store_that_is_away_is_told_and_asked_again_next_time(clock: VirtualClock) -> None:
    store = Store(fails=True)
    keeper = Housekeeping(store=store, clock=clock)
    with structlog.testing.capture_logs() as events:
        keeper.run_once()
        store.fails = False
        keeper.run_once()
    assert len(store.asked) == 2
    assert [event["event"] for event in events] == ["runtime.retention_failed", "runtime.retention_applied"]
    assert events[0]["retryable"] is True and "store away" in events[0]["error"]


def test_an_error_that_is_no_error_of_the_house_is_not_swallowed(clock: VirtualClock) -> None:
    class Broken(Store):
        def apply_retention(self, *, now: datetime) -> int:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Housekeeping(store=Broken(), clock=clock).run_once()


def test_it_runs_once_in_every_hour_until_stopped(clock: VirtualClock) -> None:
    keeper = Housekeeping(store=Store(), clock=clock)
    assert not keeper.is_running
    keeper.start()
    try:
        assert keeper.is_running
        (job,) = keeper._scheduler.get_jobs()
        times = [job.trigger.get_next_fire_time(None, NOW)]
        for _ in range(24):
            times.append(job.trigger.get_next_fire_time(times[-1], times[-1]))
    finally:
        keeper.stop()
    assert not keeper.is_running
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(hours=1)}
