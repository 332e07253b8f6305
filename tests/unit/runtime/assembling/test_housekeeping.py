"""The store is kept in order every hour, and a store that is away stops nothing."""

from datetime import UTC, datetime, timedelta

import pytest
import structlog.testing

from heating.clock import VirtualClock
from heating.errors import HeatingError
from runtime.assembling.housekeeping import Housekeeping, seconds_until_upkeep

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


@pytest.mark.parametrize(
    ("now", "wait"),
    [
        (datetime(2026, 1, 15, 6, 0, tzinfo=UTC), timedelta(minutes=20)),
        (datetime(2026, 1, 15, 6, 19, 59, tzinfo=UTC), timedelta(seconds=1)),
        (datetime(2026, 1, 15, 6, 20, tzinfo=UTC), timedelta(hours=1)),
        (datetime(2026, 1, 15, 23, 50, tzinfo=UTC), timedelta(minutes=30)),
    ],
)
def test_the_upkeep_comes_once_in_every_hour(now: datetime, wait: timedelta) -> None:
    assert seconds_until_upkeep(now) == wait.total_seconds()


def test_it_waits_for_its_minute_until_stopped(clock: VirtualClock) -> None:
    store = Store()
    keeper = Housekeeping(store=store, clock=clock)
    assert not keeper.is_running
    keeper.start()
    assert keeper.is_running
    keeper.stop()
    assert not keeper.is_running
    assert store.asked == []
