"""Two alerting processes on one set of records: one judges and calls people, the other stands by and takes over."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerting.judging.live_state import LiveState
from alerting.serving.lease import GONE_S, HOLDS_S, LEASE, AlertingLease
from alerting.serving.service import AlertingService
from config.rules.reading import load_rules
from config.settings.tree import RulesSettings, Settings
from heating.clock import ManualClock
from heating.errors import HeatingError
from heating.heat_tree import build_heat_tree
from heating.points import Measurement
from heating.protocols import Delivery, HealthStatus, OutboxMessage
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.records.leases import LeaseLostError
from storage.records.records import open_records
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)
SETTINGS = Settings(rules=RulesSettings(start_grace_s=0.0))
RULES = load_rules(SETTINGS.rules)


class Listener:
    """A channel that both processes share; `during` is called while it delivers."""

    name = "console"

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.during: Callable[[], object] = lambda: None

    def deliver(self, message: OutboxMessage) -> Delivery:
        self.heard.append(message.key)
        self.during()
        return Delivery(ok=True)

    def close(self) -> None:
        self.during = lambda: None


class Process:
    """An alerting process whose loops the test drives by hand."""

    def __init__(self, name: str, url: str, clock: ManualClock, listener: Listener) -> None:
        self.records = open_records(url)
        self.uptime_s = 1000.0
        self.clock = clock
        self.lease = AlertingLease(
            self.records.leases, holder=name, clock=clock, uptime_s=lambda: self.uptime_s
        )
        site = self.records.registry.load_site()
        self.live = LiveState(site, build_heat_tree(site), now=T0)
        self.service = AlertingService(
            live_state=self.live,
            rules=RULES,
            alarms=self.records.alarms,
            outbox=self.records.outbox,
            registry=self.records.registry,
            clock=clock,
            settings=SETTINGS,
            channels=[listener],
            lease=self.lease,
        )

    def turn(self, *, mains: float, renew: bool = True) -> None:
        """Two seconds: a reading comes in, then each of the three loops turns once."""
        self.uptime_s += 2
        reading = Sample(ObjectRef(Measurement.STATION, "S1"), "mains_power_ok", self.clock.now_ms(), mains)
        self.live.accept(SampleBatch.from_samples([reading]))
        if renew:
            self.lease.renew()
        self.service._tick_job()
        self.service._dispatch_job()

    def close(self) -> None:
        self.service.stop()
        self.records.close()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Process, Process, Listener, ManualClock]]:
    url = f"sqlite:///{tmp_path / 'records.sqlite3'}"
    opened = open_records(url)
    opened.registry.apply_site(small_site(), by="test", now=T0)
    opened.close()
    clock, listener = ManualClock(T0), Listener()
    first, second = Process("first", url, clock, listener), Process("second", url, clock, listener)
    yield first, second, listener, clock
    first.close()
    second.close()


def test_of_two_processes_one_announces_and_the_other_says_that_it_stands_by(
    pair: tuple[Process, Process, Listener, ManualClock],
) -> None:
    first, second, listener, clock = pair
    for _ in range(30):
        clock.advance(2)
        first.turn(mains=0.0)
        second.turn(mains=0.0)
    assert len(listener.heard) == len(set(listener.heard)) == 1
    assert first.service.health().figures["lease_held"] == 1
    health = second.service.health()
    assert health.status is HealthStatus.OK
    assert health.reason == "standing by, the lease is held by first"
    assert second.service.health().figures["ticks"] == 0


def test_the_second_takes_over_within_seconds_of_a_death_whatever_the_time_of_day_does(
    pair: tuple[Process, Process, Listener, ManualClock],
) -> None:
    first, second, listener, clock = pair
    for _ in range(3):
        clock.advance(2)
        first.turn(mains=1.0)
        second.turn(mains=1.0)
    died_s = second.uptime_s
    clock.advance(7200)
    while not second.lease.is_held:
        second.turn(mains=0.0)
        assert second.uptime_s - died_s <= GONE_S + 4
    assert second.uptime_s - died_s >= GONE_S - 2
    for _ in range(30):
        clock.advance(2)
        second.turn(mains=0.0)
    (alarm,) = [one for one in second.records.alarms.open_alarms() if one.rule_id == "ST-01"]
    assert sum(alarm.alarm_id in key for key in listener.heard) == 1
    assert second.service.health().status is HealthStatus.OK


def test_a_holder_that_slept_does_nothing_more_even_before_it_knows(
    pair: tuple[Process, Process, Listener, ManualClock],
) -> None:
    first, second, listener, clock = pair
    for _ in range(3):
        clock.advance(2)
        first.turn(mains=1.0)
        second.turn(mains=1.0)
    first.uptime_s += HOLDS_S  # stopped and continued: its loops wake before it could renew
    for _ in range(10):
        clock.advance(2)
        second.turn(mains=0.0)
    ticks = first.service.health().figures["ticks"]
    first.turn(mains=0.0, renew=False)
    assert first.service.health().figures["ticks"] == ticks
    # Even a tick that was under way all the time is refused by its own commit.
    with pytest.raises(LeaseLostError):
        first.service.tick(clock.advance(30))
    first.turn(mains=0.0)
    assert "standing by" in first.service.health().reason
    assert len(listener.heard) == len(set(listener.heard)) == 1


def test_a_lease_lost_between_two_notices_stops_the_delivery(
    pair: tuple[Process, Process, Listener, ManualClock],
) -> None:
    first, _second, listener, clock = pair
    first.turn(mains=1.0)
    body = {"reason": "raised", "rule_id": "ST-01"}
    two = [OutboxMessage(channel="console", key=f"console:{n}", due_at=T0, body=body) for n in (1, 2)]
    first.records.alarms.append_events([], outbox=two)

    def sleep() -> None:
        first.uptime_s += HOLDS_S

    listener.during = sleep
    clock.advance(1)
    first.service._dispatch_job()
    assert listener.heard == ["console:1"]


def test_a_process_that_ends_in_order_hands_over_at_once_and_an_only_one_waits_for_nobody(
    pair: tuple[Process, Process, Listener, ManualClock],
) -> None:
    first, second, _listener, clock = pair
    first.lease.renew()
    second.lease.renew()
    assert (first.lease.is_held, second.lease.is_held) == (True, False)
    first.lease.stop()
    second.lease.renew()
    assert second.lease.is_held
    only = AlertingLease(first.records.leases, holder="restarted", clock=clock, alone=True)
    only.renew()
    assert only.is_held


def test_records_that_are_away_end_the_holding_but_are_no_other_holder(
    pair: tuple[Process, Process, Listener, ManualClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _second, _listener, clock = pair
    first.turn(mains=1.0)
    held = first.records.leases.held

    def away(_name: str) -> None:
        raise HeatingError("database is away")

    monkeypatch.setattr(first.records.leases, "held", away)
    for _ in range(5):
        clock.advance(2)
        with pytest.raises(HeatingError):
            first.lease.renew()
        first.lease._failed(HeatingError("database is away"))
        first.turn(mains=1.0, renew=False)
    assert not first.lease.is_held
    health = first.service.health()
    assert (health.status, "database is away" in health.reason) == (HealthStatus.DEGRADED, True)
    monkeypatch.setattr(first.records.leases, "held", held)
    first.turn(mains=1.0)
    assert first.service.health().status is HealthStatus.OK
    assert first.records.leases.held(LEASE) is not None
