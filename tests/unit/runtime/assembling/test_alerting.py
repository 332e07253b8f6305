"""Alerting as a part of its process."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from config.settings.tree import Settings
from heating.clock import ManualClock
from heating.protocols import Health, HealthStatus
from runtime.assembling import alerting
from runtime.health import HealthBoard
from runtime.supervisor import Part
from storage.records.audit import BrokenChainError

T0 = datetime(2026, 1, 10, tzinfo=UTC)


class Service:
    """An alerting service whose ticks come to an end, or not."""

    def __init__(self, **collaborators: Any) -> None:
        self.sees = collaborators["watch"]
        self.daily = {job.name: job for job in collaborators["daily"]}
        self.ticks = True

    def health(self) -> Health:
        return Health(HealthStatus.OK)

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def is_alive(self) -> bool:
        return self.ticks


class Audit:
    """An audit whose chain is whole, or not."""

    broken = False

    def verify_chain(self) -> int:
        if self.broken:
            raise BrokenChainError("audit entry 7 is missing")
        return 6


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A house with alerting added."""
    monkeypatch.setattr(alerting, "AlertingService", Service)
    records = SimpleNamespace(
        alarms=None, outbox=None, registry=None, leases=None, audit=Audit(), privacy=None
    )
    house = SimpleNamespace(board=HealthBoard(), parts=[], source=None, records=records, live_state=object())
    house.rules, house.clock, house.settings = None, ManualClock(T0), Settings()
    alerting.add_alerting(house)  # type: ignore[arg-type]
    return house


def test_alerting_that_ticks_no_more_is_a_dead_part(house: Any) -> None:
    (part,) = house.parts
    assert isinstance(part, Part) and part.is_alive()
    house.alerting.ticks = False
    assert not part.is_alive()


def test_without_a_connection_the_watch_is_blind(house: Any) -> None:
    assert house.alerting.sees().status is HealthStatus.DOWN
    house.source = SimpleNamespace(health=lambda: Health(HealthStatus.OK))
    assert house.alerting.sees().status is HealthStatus.OK


def test_what_has_had_its_time_is_erased_once_a_day_after_the_audit_was_checked(house: Any) -> None:
    hours = {name: job.hour for name, job in house.alerting.daily.items()}
    assert set(hours) == {"audit", "retention"} and hours["audit"] < hours["retention"]


def test_the_audit_is_checked_once_a_day_and_a_broken_chain_stays_in_the_health(house: Any) -> None:
    house.alerting.daily["audit"].call()
    assert house.board.look()["audit"].figures == {"checked_entries": 6.0}
    house.records.audit.broken = True
    house.alerting.daily["audit"].call()
    assert house.board.look()["audit"] == Health(HealthStatus.DEGRADED, "audit entry 7 is missing")
    house.records.audit.broken = False
    house.alerting.daily["audit"].call()
    assert house.board.look()["audit"].status is HealthStatus.OK
