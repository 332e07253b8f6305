"""What a request can reach: the objects that `dashboard.app.create_app` built once, each found by its class.

Subjects import this module and not the other way round: a route says ``services[StationViews].page(viewer, wanted)``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Request

from config.settings.tree import Settings
from heating.clock import Clock
from heating.protocols import Health

__all__ = ["Services", "ServicesDep", "services_of"]

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Collaborators of the routes."""

    settings: Settings
    clock: Clock
    """The time data are judged by (virtual in a demo); sessions run on real time inside the accounts."""
    health_parts: Callable[[], Mapping[str, Health]]
    """Health of each part of the process."""
    metric_parts: Callable[[], Mapping[str, Health]]
    """The same and the event streams, for /metrics."""
    parts: Mapping[type, object]
    """Views, actions, accounts and streams by their class."""

    def __getitem__(self, kind: type[Part]) -> Part:
        """Return the one object of a class. Raises `KeyError` when the application was built without it."""
        return cast(Part, self.parts[kind])


def services_of(request: Request) -> Services:
    """Return the services of the application a request came to."""
    return cast(Services, request.app.state.services)


async def _services(request: Request) -> Services:
    # A coroutine, because FastAPI sends a plain function to a worker thread, for every request.
    return services_of(request)


ServicesDep = Annotated[Services, Depends(_services)]
"""Annotate a route's parameter with it: ``services: ServicesDep``."""
