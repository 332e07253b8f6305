"""A room that stops giving signs of life is named with its last moment; clocks that differ are no reason."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.overview.missing_rooms import RoomWatch
from heating.clock import ManualClock
from heating.protocols import HealthStatus
from heating.room_signs import MissingRoom, SignKind
from runtime.assembling.signs_of_life import SignsOfLife, judged_before
from runtime.rooms import Room
from storage.records.records import Records, open_records

T0 = datetime(2026, 1, 10, 8, tzinfo=UTC)
ROOMS = ("collector", "alerting", "dashboard")


class Town:
    """Records, the machine of the collector and the machine of the dashboard."""

    def __init__(self, folder: Path) -> None:
        self.records: Records = open_records(f"sqlite:///{folder / 'records.sqlite3'}")
        self.clock = ManualClock(T0)
        self.uptime_s = 1000.0
        self.watch = RoomWatch(
            self.records.room_reports,
            expected=ROOMS,
            here=frozenset({"dashboard"}),
            clock=self.clock,
            uptime_s=lambda: self.uptime_s,
        )

    def sign(self, room: Room, name: str | None = None, *, clock: ManualClock | None = None) -> None:
        names = {room: name or f"{room}@a"}
        SignsOfLife(self.records.room_reports, names=names, clock=clock or self.clock).give()

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.uptime_s += seconds


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def test_a_room_that_never_spoke_is_missing_and_one_that_runs_here_is_not(town: Town) -> None:
    town.sign(Room.COLLECTOR)
    assert town.watch.missing() == [MissingRoom(room="alerting", since=None)]
    assert town.watch.health().status is HealthStatus.DOWN
    assert "alerting never" in town.watch.health().reason


def test_a_killed_room_is_missing_since_its_last_sign_and_back_with_the_next(town: Town) -> None:
    town.sign(Room.COLLECTOR)
    town.sign(Room.ALERTING)
    assert town.watch.missing() == []
    for _ in range(5):
        town.wait(10)
        town.sign(Room.COLLECTOR)
    assert town.watch.missing() == [MissingRoom(room="alerting", since=T0)]
    health = town.watch.health()
    assert health.status is HealthStatus.DOWN
    assert "2026-01-10T08:00:00Z" in health.reason
    assert (health.figures["alerting_up"], health.figures["collector_up"]) == (0.0, 1.0)
    assert health.figures["alerting_sign_age_s"] == 50.0
    town.sign(Room.ALERTING)
    town.wait(5)
    assert town.watch.missing() == []
    assert town.watch.health().status is HealthStatus.OK


def test_a_room_away_since_before_the_first_look_is_missing_at_once(town: Town) -> None:
    for room in (Room.COLLECTOR, Room.ALERTING):
        town.sign(room)
    town.wait(3600)
    town.sign(Room.COLLECTOR)
    assert [one.room for one in town.watch.missing()] == ["alerting"]


def test_a_machine_whose_clock_is_an_hour_behind_is_not_missing(town: Town) -> None:
    behind = ManualClock(T0 - timedelta(hours=1))
    town.sign(Room.ALERTING)
    town.sign(Room.COLLECTOR, clock=behind)
    # Only what was never seen to change is judged by its time.
    assert [one.room for one in town.watch.missing()] == ["collector"]
    town.wait(10)
    behind.advance(10)
    town.sign(Room.COLLECTOR, clock=behind)
    assert town.watch.missing() == []


def test_one_of_two_collectors_is_named_for_an_hour_and_nothing_is_down(town: Town) -> None:
    town.sign(Room.ALERTING)
    town.sign(Room.COLLECTOR, "one")
    town.sign(Room.COLLECTOR, "two")
    town.watch.missing()
    town.wait(60)
    town.sign(Room.ALERTING)
    town.sign(Room.COLLECTOR, "one")
    assert town.watch.missing() == []
    health = town.watch.health()
    assert (health.status, health.reason) == (
        HealthStatus.DEGRADED,
        "two is missing since 2026-01-10T08:00:00Z",
    )
    town.wait(3600)
    town.sign(Room.ALERTING)
    town.sign(Room.COLLECTOR, "one")
    assert town.watch.health().status is HealthStatus.OK


def test_signs_tell_until_when_rules_were_judged(town: Town) -> None:
    class Judging:
        judged_at = T0 - timedelta(seconds=3)

    assert judged_before(town.records.room_reports) is None
    signs = SignsOfLife(
        town.records.room_reports,
        names={Room.ALERTING: "alerting@a"},
        clock=town.clock,
        alerting=Judging(),  # type: ignore[arg-type]
    )
    signs.give()
    assert judged_before(town.records.room_reports) == Judging.judged_at
    (alive,) = town.records.room_reports.newest(SignKind.ALIVE)
    assert (alive.process, alive.since_ms) == ("alerting@a", int(T0.timestamp() * 1000))
    town.records.room_reports.forget("alerting@a")
    assert judged_before(town.records.room_reports) is None
