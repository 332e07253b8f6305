"""The alerting room: the service that judges, on the live state of its process."""

from alerting.serving.service import AlertingService
from heating.protocols import Health, HealthStatus
from runtime.house import House
from runtime.supervisor import Part

__all__ = ["add_alerting"]


def add_alerting(house: House) -> None:
    """Add the alerting service."""
    assert house.live_state is not None, "alerting judges the live state"
    service = house.alerting = AlertingService(
        live_state=house.live_state,
        rules=house.rules,
        alarms=house.records.alarms,
        outbox=house.records.outbox,
        registry=house.records.registry,
        clock=house.clock,
        settings=house.settings,
        watch=lambda: _source_health(house),
    )
    house.board.add("alerting", service.health)
    house.parts.append(
        Part(name="alerting", start=service.start, stop=service.stop, is_alive=service.is_alive)
    )


def _source_health(house: House) -> Health:
    """Return the state of the connection that feeds the live values: whether the watch can see."""
    return house.source.health() if house.source else Health(HealthStatus.DOWN, "no source yet")
