"""How many connections the web server holds and for how long, so that strangers can starve nobody behind it.

uvicorn limits requests, not connections, and times nothing but a kept connection without a byte. What lives here: the
protocol that notes what each connection waits for, and the guard that makes room and ends what waits too long. What a
request may do is the business of the application.
"""

import asyncio
import ipaddress
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["ConnectionGuard", "ConnectionLimits", "GuardedProtocol"]

_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\nretry-after: 5\r\n"
    b"connection: close\r\ncontent-length: 21\r\n\r\ntoo many connections\n"
)
_AT_ONCE = 16
"""One in so many waiting connections goes when room is made: looking for the oldest costs a walk over all of them,
which a flood must not cause for each newcomer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """What a web server holds and waits for."""

    total: int = 1024
    """Connections in all."""
    per_address: int = 256
    """Connections of one address (IPv6: of one /64); reverse proxies that are trusted may have them all."""
    head_s: float = 10.0
    """From the connect, or from the first byte of a later request, to the end of its head [s]."""
    body_s: float = 60.0
    """From the head to the end of the body [s]."""
    idle_s: float = 30.0
    """Without a request after an answer [s]."""
    stalled_s: float = 30.0
    """With an answer that the client does not take off the line [s]."""


class GuardedProtocol(H11Protocol):
    """HTTP/1.1 of uvicorn, with notes for the guard."""

    def __init__(self, *args: Any, guard: "ConnectionGuard", **options: Any) -> None:
        super().__init__(*args, **options)
        self._guard = guard
        self.address = ""
        self.since_s = self.loop.time()
        """When what it does now began: the connect, the head, the body, or the end of an answer [s, loop]."""
        self.stalled_since_s: float | None = None
        self.answered = False
        """Whether it ever had an answer."""
        self.head_begun = False

    @property
    def is_busy(self) -> bool:
        """Whether a request is being read or answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, when there is room."""
        super().connection_made(transport)
        self.address = network_of(self.client[0]) if self.client else ""
        self._guard.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the guard's book."""
        self._guard.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Note when a head begins."""
        if not self.is_busy and not self.head_begun:
            self.head_begun = True
            if self.answered:
                self.since_s = self.loop.time()
        super().data_received(data)

    def handle_events(self) -> None:
        """Note when a request begins."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self.since_s = self.loop.time()

    def on_response_complete(self) -> None:
        """Note when an answer ends."""
        self.since_s, self.answered, self.head_begun = self.loop.time(), True, False
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Note since when the client does not read."""
        self.stalled_since_s = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """The client reads again."""
        self.stalled_since_s = None
        super().resume_writing()

    def is_overdue(self, limits: ConnectionLimits, *, now_s: float) -> bool:
        """Return whether it has waited longer than it may."""
        if self.transport.is_closing() and self.stalled_since_s is None:
            self.stalled_since_s = (
                now_s  # a closed connection lives on while the client leaves bytes on the line
            )
        if self.stalled_since_s is not None and now_s - self.stalled_since_s > limits.stalled_s:
            return True
        waited_s = now_s - self.since_s
        if self.is_busy:
            return self.cycle.more_body and waited_s > limits.body_s
        waits_for_head = self.head_begun or not self.answered
        return waited_s > (limits.head_s if waits_for_head else limits.idle_s)

    def refuse(self) -> None:
        """Say that there is no room."""
        self.transport.write(_FULL)
        self.transport.close()

    def drop(self) -> None:
        """End now, whatever is on the line."""
        self.transport.abort()


class ConnectionGuard:
    """Knows every connection of a server; makes room for newcomers at the cost of who waits longest.

    A newcomer is refused only where all others are being answered: idle and half-sent connections go first, those that
    never had an answer before kept ones.

    Parameters
    ----------
    limits : ConnectionLimits
        Numbers and times.
    trusted : collection of str
        Addresses of reverse proxies: many people come from there.
    """

    def __init__(self, limits: ConnectionLimits, *, trusted: Collection[str] = ()) -> None:
        self._limits = limits
        self._trusted = frozenset(network_of(address) for address in trusted)
        self._open: set[GuardedProtocol] = set()
        self._by_address: dict[str, set[GuardedProtocol]] = {}
        self.refused = 0
        """Connections that found no room."""
        self.dropped = 0
        """Connections that were ended to make room, or because they waited too long."""

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: GuardedProtocol) -> None:
        """Take a newcomer in, at the cost of others where it must be."""
        neighbours = self._by_address.setdefault(connection.address, set())
        has_room = True
        if connection.address not in self._trusted and len(neighbours) >= self._limits.per_address:
            has_room = self._make_room(neighbours)
        if has_room and len(self._open) >= self._limits.total:
            has_room = self._make_room(self._open)
        self._open.add(connection)
        self._by_address.setdefault(connection.address, set()).add(connection)
        if not has_room:
            self.refused += 1
            connection.refuse()

    def forget(self, connection: GuardedProtocol) -> None:
        """Strike a connection out."""
        self._open.discard(connection)
        neighbours = self._by_address.get(connection.address)
        if neighbours is not None:
            neighbours.discard(connection)
            if not neighbours:
                del self._by_address[connection.address]

    def sweep(self, *, now_s: float) -> None:
        """End what has waited too long; called every second."""
        self._drop([one for one in self._open if one.is_overdue(self._limits, now_s=now_s)])

    def _make_room(self, among: Iterable[GuardedProtocol]) -> bool:
        waiting = [one for one in among if not one.is_busy]
        waiting.sort(key=lambda one: (one.answered, one.since_s))
        self._drop(waiting[: max(1, len(waiting) // _AT_ONCE)])
        return bool(waiting)

    def _drop(self, connections: Iterable[GuardedProtocol]) -> None:
        for connection in connections:
            self.dropped += 1
            # Struck out here and not by `connection_lost`, which comes a turn of the loop later: a burst of newcomers
            # is admitted within one turn and would drop the same ones again and again.
            self.forget(connection)
            connection.drop()


def network_of(address: str) -> str:
    """Return what counts as one address: IPv4 itself, also mapped into IPv6, of IPv6 the /64 of a household."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))
