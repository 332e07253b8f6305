"""Asking a server over HTTP whether it answers, with the standard library only."""

import http.client

from tests.support.servers.child_process import LOOPBACK


def answers(port: int, path: str, *, below: int = 400) -> bool:
    """Whether a GET of ``path`` on the loopback port comes back with a status under ``below``."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5.0)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        return response.status < below
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def fetch(port: int, path: str, *, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
    """Status and body of one request to the loopback port.

    Raises
    ------
    OSError
        When nothing listens there.
    """
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=30.0)
    try:
        connection.request(method, path, body=body)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
