"""When the network thread connects."""

from types import SimpleNamespace
from typing import Any

import pytest

from collector.intake.backoff import Backoff
from collector.intake.mqtt import network_loop
from collector.intake.mqtt.network_loop import NetworkLoop


@pytest.fixture
def now_s(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(s=1000.0)
    monkeypatch.setattr(network_loop, "monotonic", lambda: clock.s)
    return clock


@pytest.mark.parametrize(("connects", "least_s"), [(True, 3.0), (False, 0.5)])
def test_after_a_connection_the_next_one_waits_and_a_broker_that_is_away_is_asked_soon(
    now_s: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, connects: bool, least_s: float
) -> None:
    tries: list[float] = []

    def reconnect() -> None:
        tries.append(now_s.s)
        if not connects:
            raise OSError("refused")

    monkeypatch.setattr(network_loop.socket, "create_connection", lambda *_, **__: reconnect())
    client: Any = SimpleNamespace(
        reconnect=reconnect, socket=lambda: None, host="b", port=1, connect_timeout=1.0
    )
    loop = NetworkLoop(
        client=client,
        coalesce_s=0.0,
        may_read=lambda: True,
        backoff=Backoff(first_s=0.5, longest_s=0.5),
        least_pause_s=3.0,
    )
    while len(tries) < 2:
        now_s.s += max(0.01, loop._step())
    assert least_s * 0.5 <= tries[1] - tries[0] <= least_s + 0.6
    assert (tries[1] - tries[0] >= 3.0) is connects
    close(loop)


def close(loop: NetworkLoop) -> None:
    loop._wake_receiver.close()
    loop._wake_sender.close()


def test_a_broker_that_was_away_gets_time_when_it_is_back(
    now_s: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows its sessions at once, and what they left open a moment later."""
    back_s, connected_s = now_s.s + 10.0, []

    def reach(*_: object, **__: object) -> SimpleNamespace:
        if now_s.s < back_s:
            raise ConnectionRefusedError
        return SimpleNamespace(close=lambda: None)

    def reconnect() -> None:
        reach()
        connected_s.append(now_s.s)

    monkeypatch.setattr(network_loop.socket, "create_connection", reach)
    client: Any = SimpleNamespace(
        reconnect=reconnect, socket=lambda: None, host="b", port=1, connect_timeout=1.0
    )
    loop = NetworkLoop(
        client=client,
        coalesce_s=0.0,
        may_read=lambda: True,
        backoff=Backoff(first_s=0.5, longest_s=0.5),
        least_pause_s=3.0,
    )
    while not connected_s:
        now_s.s += max(0.01, loop._step())
    assert back_s + 3.0 <= connected_s[0] <= back_s + 4.5
    close(loop)
