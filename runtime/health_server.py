"""Health, readiness and metrics of a room without pages, on a port of its own: plain HTTP, a few requests a minute."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import structlog

from heating.protocols import Health, HealthStatus
from runtime.health import HealthBoard
from runtime.house import House
from runtime.rooms import Room
from runtime.supervisor import Part

__all__ = ["MOST_CONNECTIONS", "HealthServer", "add_health_server"]

_log = structlog.get_logger()
MOST_CONNECTIONS = 16
"""More at once are hung up on."""
_REQUEST_TIMEOUT_S = 10.0
"""A client that does not finish its request within this is hung up on [s]."""


class _BoundedServer(ThreadingHTTPServer):
    """Answers a few at a time: each connection is a thread and a descriptor, and the collector needs both."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._room = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()


class HealthServer:
    """Answers ``/healthz``, ``/readyz`` and ``/metrics``.

    An address that is taken is no reason not to collect or judge: it is said in the log and in the health.

    Parameters
    ----------
    board : HealthBoard
        Knows every part.
    host, port
        Where to listen; port 0 picks a free one.
    """

    def __init__(self, board: HealthBoard, *, host: str, port: int) -> None:
        self._board, self._host, self._port = board, host, port
        self._server: ThreadingHTTPServer | None = None
        self._fault = ""

    @property
    def url(self) -> str | None:
        """Where it answers; None while it does not."""
        return None if self._server is None else f"http://{self._host}:{self._server.server_address[1]}"

    def start(self) -> None:
        """Listen, and answer in threads of its own."""
        try:
            server = _BoundedServer((self._host, self._port), _handler_of(self._board))
        except OSError as error:
            self._fault = f"cannot listen on {self._host}:{self._port}: {error.strerror}"
            _log.error("runtime.health_not_served", reason=self._fault)
            return
        self._server = server
        threading.Thread(target=server.serve_forever, name="health-http", daemon=True).start()
        _log.info("runtime.health_served", url=self.url)

    def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def health(self) -> Health:
        """Return degraded when the address was taken."""
        return Health(HealthStatus.DEGRADED if self._fault else HealthStatus.OK, self._fault)


def _handler_of(board: HealthBoard) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _REQUEST_TIMEOUT_S
        server_version = "nuanliu"
        sys_version = ""

        def do_GET(self) -> None:
            # With the first request: a room without pages loads nothing of the dashboard at its start.
            from dashboard.web.part_figures import exposition, readiness

            match self.path.partition("?")[0]:
                case "/healthz":
                    self._answer(200, b'{"status":"ok"}', "application/json")
                case "/readyz":
                    document, ready = readiness(board.look())
                    text = json.dumps(document, ensure_ascii=False).encode()
                    self._answer(200 if ready else 503, text, "application/json")
                case "/metrics":
                    text, content_type = exposition(board.look, accept=self.headers.get("accept", ""))
                    self._answer(200, text, content_type)
                case _:
                    self._answer(404, b'{"status":"not found"}', "application/json")

        def _answer(self, status: int, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("content-type", content_type)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Write no line for each look."""

    return Handler


def add_health_server(house: House) -> None:
    """Add the answers of a process without a dashboard, unless the settings leave its port out."""
    health = house.settings.health
    port = health.collector_port if Room.COLLECTOR in house.rooms else health.alerting_port
    if port is None:
        return
    server = HealthServer(house.board, host=health.host, port=port)
    house.board.add("health", server.health)
    # First to start: whoever asks during a long start learns what is not ready yet.
    house.parts.insert(0, Part(name="health", start=server.start, stop=server.stop, is_alive=lambda: True))
