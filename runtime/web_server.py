"""The web server: uvicorn in a thread of its own, on a socket bound before so that port 0 works and is known."""

import socket
import threading
from collections.abc import Callable
from typing import Any

import structlog
import uvicorn

from heating.errors import HeatingError

__all__ = ["PortTakenError", "WebServer"]

_log = structlog.get_logger()


class PortTakenError(HeatingError):
    """The address cannot be listened on."""


class WebServer:
    """Serves an application until stopped.

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
    """

    def __init__(
        self, *, app: Callable[..., Any], host: str, port: int, trusted_proxies: tuple[str, ...] = ()
    ) -> None:
        self._host = host
        self._port = port
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=True,
                proxy_headers=bool(trusted_proxies),
                forwarded_allow_ips=list(trusted_proxies),
                timeout_graceful_shutdown=3,
                timeout_keep_alive=30,
            )
        )

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
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            self._socket = socket.create_server((self._host, self._port), family=family, backlog=512)
        except OSError as error:
            raise PortTakenError(
                f"cannot listen on {self._host}:{self._port}: {error.strerror}; choose another address or port"
            ) from error
        # asyncio sets TCP_NODELAY only where the protocol is named, and `create_server` leaves it at 0. Head and body
        # of an answer leave in two writes: without this the second waits 40 ms for the client's delayed
        # acknowledgement. Accepted connections inherit it.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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

    def stop(self) -> None:
        """Finish open requests (at most 3 s) and stop."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(10.0)
        if self._socket is not None:
            self._socket.close()
