"""Who listens: one bounded queue a stream, filled by the broadcaster in the event loop."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from dashboard.web.security.viewer import Viewer

__all__ = ["MAX_WAITING", "Subscriber"]

MAX_WAITING = 64
"""Frames that wait for a slow client; older ones are dropped, which the client sees by the gap."""


@dataclass(eq=False, slots=True)
class Subscriber:
    """One open stream."""

    viewer: Viewer
    topics: frozenset[str]
    dropped: int = 0
    """Frames that the client was too slow for."""
    closed: bool = False
    replayed_to: int = 0
    """Number of the last frame it was given on resuming; that frame is not sent twice."""
    greeted: bool = False
    """Whether it was given a first frame of its own topics."""
    _waiting: deque[bytes] = field(default_factory=deque)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def push(self, payload: bytes) -> None:
        """Hand a frame over; called in the event loop."""
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(payload)
        self._news.set()

    def close(self) -> None:
        """End the stream after what waits; called in the event loop."""
        self.closed = True
        self._waiting.clear()
        self._news.set()

    async def take(self) -> Sequence[bytes]:
        """Return the waiting frames as soon as there are any; empty once closed."""
        await self._news.wait()
        self._news.clear()
        frames = list(self._waiting)
        self._waiting.clear()
        return frames
