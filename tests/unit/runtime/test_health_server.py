"""A room without pages answers for itself; a taken port stops nothing."""

import socket

import httpx

from heating.protocols import Health, HealthStatus
from runtime.health import HealthBoard
from runtime.health_server import MOST_CONNECTIONS, HealthServer
from tests.support.waiting import wait_until


def served(status: HealthStatus, reason: str = "") -> tuple[HealthServer, HealthBoard]:
    board = HealthBoard()
    board.add("collector", lambda: Health(status, reason, {"accepted_total": 123456789.0, "free_pct": 7.25}))
    server = HealthServer(board, host="127.0.0.1", port=0)
    server.start()
    return server, board


def test_health_readiness_and_figures_of_a_room_of_its_own() -> None:
    server, _ = served(HealthStatus.OK)
    try:
        assert httpx.get(f"{server.url}/healthz").json() == {"status": "ok"}
        ready = httpx.get(f"{server.url}/readyz")
        assert ready.status_code == 200
        assert ready.json()["parts"] == {"collector": {"status": "ok", "reason": ""}}
        figures = httpx.get(f"{server.url}/metrics")
        assert figures.headers["content-type"].startswith("text/plain")
        # Every digit is there, and what only grows is a counter.
        assert "nuanliu_collector_accepted_total 1.23456789e+08" in figures.text
        assert "# TYPE nuanliu_collector_accepted_total counter" in figures.text
        assert "# TYPE nuanliu_collector_free_pct gauge" in figures.text
        assert 'nuanliu_part_up{part="collector"} 1.0' in figures.text
        assert httpx.get(f"{server.url}/alarms").status_code == 404
    finally:
        server.stop()


def test_a_part_that_is_down_makes_the_room_not_ready() -> None:
    server, _ = served(HealthStatus.DOWN, "the broker refuses us")
    try:
        ready = httpx.get(f"{server.url}/readyz")
        assert ready.status_code == 503
        assert ready.json()["parts"]["collector"]["reason"] == "the broker refuses us"
        assert httpx.get(f"{server.url}/healthz").status_code == 200
    finally:
        server.stop()


def test_a_taken_port_is_told_and_stops_nothing() -> None:
    first, board = served(HealthStatus.OK)
    try:
        port = int(str(first.url).rpartition(":")[2])
        second = HealthServer(board, host="127.0.0.1", port=port)
        second.start()
        assert second.health().status is HealthStatus.DEGRADED
        assert str(port) in second.health().reason
        assert second.url is None
        second.stop()
    finally:
        first.stop()


def test_silent_connections_take_no_more_than_their_share() -> None:
    server, _ = served(HealthStatus.OK)
    address = ("127.0.0.1", int(str(server.url).rpartition(":")[2]))
    silent = [socket.create_connection(address, timeout=10) for _ in range(MOST_CONNECTIONS)]
    try:
        with socket.create_connection(address, timeout=10) as one_more:
            assert one_more.recv(1) == b""
        for connection in silent:
            connection.close()
        wait_until(lambda: answers(str(server.url)), 10, what="there is room again")
    finally:
        server.stop()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=10).status_code == 200
    except httpx.HTTPError:
        return False
