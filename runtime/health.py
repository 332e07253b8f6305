"""The health board: the state of every part, asked with a deadline so that one slow part cannot hide the others."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait

from heating.protocols import Health, HealthStatus

__all__ = ["HealthBoard"]

DEADLINE_S = 2.0
"""Longest wait for all answers together [s]; /readyz must answer."""


class HealthBoard:
    """Collects the health of named parts."""

    def __init__(self, *, deadline_s: float = DEADLINE_S) -> None:
        self._parts: dict[str, Callable[[], Health]] = {}
        self._asked: dict[str, Future[Health]] = {}
        self._deadline_s = deadline_s
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="health")

    def add(self, name: str, ask: Callable[[], Health]) -> None:
        """Add a part."""
        self._parts[name] = ask

    def look(self) -> Mapping[str, Health]:
        """Return the state of every part; one that does not answer in time, or raises, is down."""
        for name, ask in self._parts.items():
            earlier = self._asked.get(name)
            if earlier is None or earlier.done():
                self._asked[name] = self._pool.submit(ask)
        wait(self._asked.values(), timeout=self._deadline_s)
        return {name: self._answer(name) for name in self._parts}

    def _answer(self, name: str) -> Health:
        asked = self._asked[name]
        if not asked.done():
            return Health(HealthStatus.DOWN, f"no answer within {self._deadline_s:g} s")
        error = asked.exception()
        if error is not None:
            return Health(HealthStatus.DOWN, f"{type(error).__name__}: {error}")
        return asked.result()
