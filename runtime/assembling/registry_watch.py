"""Follows the registry: when its version rises, everything derived from it is built again."""

from collections.abc import Callable

import structlog

from heating.assets import Site
from heating.background import BackgroundLoop, Looped
from heating.protocols import RegistryRecords

__all__ = ["RegistryWatch"]

_log = structlog.get_logger()


class RegistryWatch(Looped):
    """Looks at the registry's version and hands a new site to its followers.

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
        self._loop = BackgroundLoop(
            self._step,
            name="registry-watch",
            every_s=every_s,
            first_after_s=every_s,
            on_error=lambda error: _log.warning("runtime.registry_not_followed", error=str(error)),
        )

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

    def _step(self) -> None:
        self.look()
