"""Follows the registry: when its version rises, everything derived from it is made anew."""

import threading
from collections.abc import Callable

import structlog

from heating.assets import Site
from heating.errors import HeatingError
from heating.protocols import RegistryRecords

__all__ = ["RegistryWatch"]

_log = structlog.get_logger()


class RegistryWatch:
    """Looks at the registry's version and tells followers of a new site.

    Parameters
    ----------
    registry : RegistryRecords
        The registry.
    version : int
        The version that the followers have already.
    followers : callables
        Called with the new site, in order, in the watch's own thread.
    every_s : float
        Time between two looks [s].
    """

    def __init__(
        self,
        *,
        registry: RegistryRecords,
        version: int,
        followers: list[Callable[[Site], None]],
        every_s: float = 5.0,
    ) -> None:
        self._registry = registry
        self._version = version
        self._followers = followers
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="registry-watch", daemon=True)

    def start(self) -> None:
        """Start looking."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stop.set()
        self._thread.join(10.0)

    @property
    def is_running(self) -> bool:
        """Whether the watch lives."""
        return self._thread.is_alive()

    def look(self) -> bool:
        """Look once; return whether there was a new version."""
        version = self._registry.version()
        if version == self._version:
            return False
        site = self._registry.load_site()
        for follower in self._followers:
            follower(site)
        self._version = version
        _log.info("runtime.registry_followed", version=version, stations=len(site.stations))
        return True

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                self.look()
            except HeatingError as error:
                _log.warning("runtime.registry_unreadable", error=str(error), retryable=error.retryable)
