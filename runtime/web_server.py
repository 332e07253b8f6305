"""The web server: uvicorn in a thread of its own, on a socket bound before so that port 0 works and is known."""

import asyncio
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import structlog
import uvicorn

from heating.errors import HeatingError
from heating.protocols import Health, HealthStatus
from runtime.connection_guard import ConnectionGuard, ConnectionLimits, GuardedProtocol

__all__ = ["PortTakenError", "WebServer"]

_log = structlog.get_logger()


class PortTakenError(HeatingError):
    """The address cannot be listened on."""


_UNSENT_BYTES = 131_072
"""Kernel's buffer of one connection [bytes]: what a client that does not read may hold of an answer."""
_GONE_AFTER_MS = 60_000
"""A client that acknowledges nothing for so long has gone, a laptop that was shut for example [ms]."""
_ACCEPTED_AT_ONCE = 16
"""asyncio takes as many connections in one turn as its backlog says, and what the guard drops is closed some turns
later: with the usual 2048 a burst takes all descriptors before the guard has seen one of it."""
_WAITING_CONNECTS = 512
"""Connects that the kernel keeps until they are taken."""
_SWEEP_EVERY_TICKS = 10
"""uvicorn ticks every 0.1 s."""


class _GuardedServer(uvicorn.Server):
    """uvicorn whose ticks also end connections that wait too long."""

    def __init__(self, config: uvicorn.Config, guard: ConnectionGuard) -> None:
        super().__init__(config)
        self._guard = guard

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for bound in sockets or []:
            bound.listen(_WAITING_CONNECTS)

    async def on_tick(self, counter: int) -> bool:
        if counter % _SWEEP_EVERY_TICKS == 0:
            self._guard.sweep(now_s=asyncio.get_running_loop().time())
        return await super().on_tick(counter)


class WebServer:
    """Serves an application until stopped; may be started again after its thread has ended.

    Parameters
    ----------
    app : ASGI application
        What `dashboard.app.create_app` returns.
    host : str
        Address to listen on.
    port : int
        Port; 0 picks a free one.
    trusted_proxies : tuple of str
        Reverse proxies whose forwarding headers are believed.
    limits : ConnectionLimits
        How many connections are held, and for how long.
    """

    def __init__(
        self,
        *,
        app: Callable[..., Any],
        host: str,
        port: int,
        trusted_proxies: tuple[str, ...] = (),
        limits: ConnectionLimits | None = None,
    ) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._trusted_proxies = trusted_proxies
        self._limits = limits or ConnectionLimits()
        self._guard = ConnectionGuard(self._limits, trusted=trusted_proxies)
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._server = self._build()

    def _build(self) -> uvicorn.Server:
        guard = self._guard = ConnectionGuard(self._limits, trusted=self._trusted_proxies)
        protocol = partial(GuardedProtocol, guard=guard)
        config = uvicorn.Config(
            self._app,
            http=cast(type[asyncio.Protocol], protocol),
            ws="none",
            backlog=_ACCEPTED_AT_ONCE,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=bool(self._trusted_proxies),
            forwarded_allow_ips=list(self._trusted_proxies),
            timeout_graceful_shutdown=3,
            timeout_keep_alive=round(self._limits.idle_s),
        )
        return _GuardedServer(config, guard)

    @property
    def url(self) -> str:
        """Address people open, for example ``http://127.0.0.1:8080``."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def start(self, *, timeout_s: float = 20.0) -> None:
        """Bind, serve in a thread, and return when requests are answered.

        Raises
        ------
        PortTakenError
            When the address is in use or not ours.
        """
        if self._thread is not None:  # once more after it died: uvicorn's server serves once
            self._server = self._build()
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            self._socket = socket.create_server(
                (self._host, self._port), family=family, backlog=_WAITING_CONNECTS
            )
        except OSError as error:
            raise PortTakenError(
                f"cannot listen on {self._host}:{self._port}: {error.strerror}; choose another address or port"
            ) from error
        # asyncio sets TCP_NODELAY only where the protocol is named, and `create_server` leaves it at 0. Head and body
        # of an answer leave in two writes: without this the second waits 40 ms for the client's delayed
        # acknowledgement. Accepted connections inherit it.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNSENT_BYTES)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _GONE_AFTER_MS)
        self._port = self._socket.getsockname()[1]
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="web", daemon=True
        )
        self._thread.start()
        pause = threading.Event()
        for _ in range(int(timeout_s / 0.02)):
            if self._server.started or not self._thread.is_alive():
                break
            pause.wait(0.02)
        if not self._server.started:
            raise PortTakenError(f"the web server did not start on {self.url}")
        _log.info("runtime.web_started", url=self.url)

    @property
    def is_running(self) -> bool:
        """Whether the serving thread is alive."""
        return self._thread is not None and self._thread.is_alive()

    def health(self) -> Health:
        """Return how many connections there are, and how many were refused or ended."""
        guard = self._guard
        figures = {
            "connections": float(len(guard)),
            "connections_limit": float(self._limits.total),
            "connections_refused_total": float(guard.refused),
            "connections_dropped_total": float(guard.dropped),
        }
        return Health(HealthStatus.OK if self.is_running else HealthStatus.DOWN, "", figures)

    def stop(self) -> None:
        """Finish open requests (at most 3 s) and stop."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(10.0)
        if self._socket is not None:
            self._socket.close()
