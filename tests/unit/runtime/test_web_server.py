"""The web server answers at once on a connection that is kept, and says so when it cannot listen."""

import http.client
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from runtime.web_server import PortTakenError, WebServer


async def answer(scope: dict[str, Any], _receive: Any, send: Any) -> None:
    """Answer every request with a short text."""
    if scope["type"] == "lifespan":
        return
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def server() -> Iterator[WebServer]:
    """A running server on a free port."""
    running = WebServer(app=answer, host="127.0.0.1", port=0)
    running.start()
    yield running
    running.stop()


def accepted_socket(client: socket.socket) -> socket.socket:
    """A second handle of the server's end of a connection of this process."""
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            if not os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                continue
            found = socket.socket(fileno=os.dup(int(name)))
            with suppress(OSError):
                if found.getpeername() == client.getsockname():
                    return found
            found.close()
    raise AssertionError("the server's end is not among the open files")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at the open files in /proc")
def test_head_and_body_of_an_answer_do_not_wait_for_an_acknowledgement(server: WebServer) -> None:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"ok"
    assert connection.sock is not None
    with accepted_socket(connection.sock) as ours:
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
    connection.close()


def test_a_taken_port_is_refused_with_a_remedy(server: WebServer) -> None:
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(PortTakenError, match="choose another address or port"):
        WebServer(app=answer, host="127.0.0.1", port=port).start()


def test_a_server_that_stopped_is_not_running(server: WebServer) -> None:
    assert server.is_running
    server.stop()
    assert not server.is_running
