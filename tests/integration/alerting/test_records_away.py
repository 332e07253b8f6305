"""An alarm that begins and ends while the records are away is in the history with its own times, and is announced.

On a SQLite file that another program has locked, and on a PostgreSQL that is stopped.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerting.judging.live_state import LiveState
from alerting.serving.lease import AlertingLease
from alerting.serving.service import AlertingService
from config.rules.reading import load_rules
from config.settings.tree import RulesSettings, Settings
from heating.clock import ManualClock
from heating.errors import HeatingError
from heating.heat_tree import build_heat_tree
from heating.points import Measurement
from heating.protocols import Delivery, HealthStatus, OutboxMessage
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.records import database
from storage.records.records import Records, open_records
from tests.support.servers.postgresql import PostgresqlServer, start_postgresql
from tests.support.servers.requirement import started_or_missing
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)
SETTINGS = Settings(rules=RulesSettings(start_grace_s=0.0))
RULES = load_rules(SETTINGS.rules)
STATION = ObjectRef(Measurement.STATION, "S1")


class Listener:
    name = "console"

    def __init__(self) -> None:
        self.heard: list[str] = []

    def deliver(self, message: OutboxMessage) -> Delivery:
        self.heard.append(f"{message.body['rule_id']} {message.body['reason']}")
        return Delivery(ok=True)

    def close(self) -> None:
        self.heard = []


class Room:
    """An alerting room with its lease, whose loops the test turns by hand."""

    def __init__(self, records: Records) -> None:
        records.registry.apply_site(small_site(), by="test", now=T0)
        self.records, self.clock, self.listener = records, ManualClock(T0), Listener()
        self.uptime_s = 0.0
        self.lease = AlertingLease(
            records.leases, holder="this", clock=self.clock, uptime_s=lambda: self.uptime_s
        )
        site = records.registry.load_site()
        self.live = LiveState(site, build_heat_tree(site), now=T0)
        self.service = AlertingService(
            live_state=self.live,
            rules=RULES,
            alarms=records.alarms,
            outbox=records.outbox,
            registry=records.registry,
            clock=self.clock,
            settings=SETTINGS,
            channels=[self.listener],
            lease=self.lease,
        )

    def turn(self, *, mains: float, times: int = 1) -> None:
        for _ in range(times):
            self.uptime_s += 10
            self.clock.advance(10)
            reading = Sample(STATION, "mains_power_ok", self.clock.now_ms(), mains)
            self.live.accept(SampleBatch.from_samples([reading]))
            try:
                self.lease.renew()
            except HeatingError as error:
                self.lease._failed(error)
            self.service._tick_job()
            self.service._dispatch_job()


def begins_and_ends_while_away(room: Room, away: Callable[[], object], back: Callable[[], object]) -> None:
    room.turn(mains=1.0, times=3)
    away()
    room.turn(mains=1.0)
    begun = room.clock.now()
    room.turn(mains=0.0, times=12)
    assert room.service.health().status is HealthStatus.DEGRADED
    assert room.service.health().figures["missed_ticks"] > 12
    room.turn(mains=1.0, times=40)
    ended = room.clock.now()
    back()
    room.turn(mains=1.0, times=2)
    (alarm,) = [one for one in room.records.alarms.open_alarms() if one.rule_id == "ST-01"]
    assert begun < alarm.raised_at <= begun + timedelta(seconds=120)
    assert alarm.cleared_at is not None and alarm.raised_at < alarm.cleared_at <= ended
    kinds = [event.kind.value for event in room.records.alarms.history_of(alarm.alarm_id)]
    assert kinds[0] == "raised" and kinds[-1] == "cleared" and kinds.count("annunciated") == 1
    assert room.listener.heard.count("ST-01 raised") == room.listener.heard.count("ST-01 cleared") == 1
    assert "DQ-14 raised" in room.listener.heard
    assert room.service.health().figures["missed_ticks"] == 0
    assert room.service.health().status is HealthStatus.OK


@contextmanager
def opened(url: str) -> Iterator[Room]:
    records = open_records(url)
    try:
        yield Room(records)
    finally:
        records.close()


def test_on_a_sqlite_file_that_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_BUSY_TIMEOUT_MS", 1)
    monkeypatch.setattr(database, "_PATIENCE_S", 0.0)
    path = tmp_path / "records.sqlite3"
    with opened(f"sqlite:///{path}") as room:
        locker = sqlite3.connect(path, isolation_level=None)
        begins_and_ends_while_away(
            room, lambda: locker.execute("BEGIN IMMEDIATE"), lambda: locker.execute("ROLLBACK")
        )
        locker.close()


@pytest.mark.postgresql
def test_on_a_postgresql_that_is_stopped() -> None:
    server: PostgresqlServer = started_or_missing(start_postgresql)
    try:
        with opened(server.create_database("away")) as room:
            begins_and_ends_while_away(room, server.stop, server.restart)
    finally:
        server.remove()
