"""Alerting as a part of its process."""

from types import SimpleNamespace
from typing import Any

import pytest

from heating.protocols import Health, HealthStatus
from runtime.assembling import alerting
from runtime.health import HealthBoard
from runtime.supervisor import Part


class Service:
    """An alerting service whose ticks come to an end, or not."""

    def __init__(self, **collaborators: Any) -> None:
        self.sees = collaborators["watch"]
        self.ticks = True

    def health(self) -> Health:
        return Health(HealthStatus.OK)

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def is_alive(self) -> bool:
        return self.ticks


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A house with alerting added."""
    monkeypatch.setattr(alerting, "AlertingService", Service)
    records = SimpleNamespace(alarms=None, outbox=None, registry=None)
    house = SimpleNamespace(board=HealthBoard(), parts=[], source=None, records=records, live_state=object())
    house.rules = house.clock = house.settings = None
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
