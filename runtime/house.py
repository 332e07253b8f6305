"""`House`: what one process holds: its stores, its rooms and the parts that run. Nothing heavy is imported here.

Building it is the work of `runtime.assemble` (stores, order of the rooms) and `runtime.assembling` (one module a room).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from heating.assets import Site
from heating.clock import Clock
from heating.protocols import MessageSource
from runtime.health import HealthBoard
from runtime.rooms import Room
from runtime.supervisor import Part, Supervisor

if TYPE_CHECKING:  # a process imports only the rooms that it runs
    from alerting.judging.live_state import LiveState
    from alerting.serving.service import AlertingService
    from collector.intake.pipeline import Collector
    from collector.messages.known_objects import KnownObjects
    from config.rules.reading import RuleSet
    from config.settings.tree import Settings
    from runtime.web_server import WebServer
    from storage.readings.opening import OpenedStore
    from storage.records.records import Records

__all__ = ["House"]


@dataclass(slots=True, kw_only=True)
class House:
    """The opened stores and the built rooms of one process."""

    settings: Settings
    clock: Clock
    rooms: frozenset[Room]
    records: Records
    store: OpenedStore
    site: Site
    registry_version: int
    """Version of the registry that `site` was read at."""
    rules: RuleSet
    known: KnownObjects
    board: HealthBoard
    live_state: LiveState | None = None
    """Newest values and windows; a collector of its own has none, for nobody there looks at them."""
    source: MessageSource | None = None
    """The connection that live values come from."""
    collector: Collector | None = None
    alerting: AlertingService | None = None
    web: WebServer | None = None
    parts: list[Part] = field(default_factory=list)
    """In the order of their start."""
    site_followers: list[Callable[[Site], None]] = field(default_factory=list)
    """Called with the site after the registry changed."""

    def supervisor(self) -> Supervisor:
        """Return the supervisor of this process."""
        return Supervisor(self.parts)

    def close(self) -> None:
        """Close the stores, after every part has stopped."""
        self.store.close()
        self.records.close()
