"""What a request can reach: the objects built once by `dashboard.web.app.create_app`, found through `ServicesDep`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Request

if TYPE_CHECKING:
    from config.settings.tree import Settings
    from dashboard.alarms.actions import AlarmDesk
    from dashboard.devices.actions import DeviceDesk
    from dashboard.tickets.actions import TicketDesk
    from dashboard.web.queries import Queries
    from dashboard.web.security.accounts import Accounts
    from dashboard.web.stream.broadcaster import Broadcaster
    from heating.clock import Clock
    from heating.protocols import Health

__all__ = ["Services", "ServicesDep", "services_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Collaborators of the routes."""

    settings: "Settings"
    clock: "Clock"
    """The time data are judged by (virtual in a demo); sessions run on real time inside `accounts`."""
    queries: "Queries"
    """Reads."""
    alarm_desk: "AlarmDesk"
    """Acknowledge, shelve, unshelve, comment, promise an end."""
    ticket_desk: "TicketDesk"
    """Open, move, call back."""
    device_desk: "DeviceDesk"
    """New devices, assignment, clocks."""
    accounts: "Accounts"
    """Log-in, sessions, tokens."""
    broadcaster: "Broadcaster"
    """Event streams."""
    health_parts: "Callable[[], Mapping[str, Health]]"
    """Health of each part of the process."""
    metrics_extra: "Callable[[], str] | None" = None
    """Further lines for /metrics."""


def services_of(request: Request) -> Services:
    """Return the services of the application a request came to."""
    return cast(Services, request.app.state.services)


ServicesDep = Annotated[Services, Depends(services_of)]
"""Annotate a route's parameter with it: ``services: ServicesDep``."""
