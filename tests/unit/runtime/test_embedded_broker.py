"""The embedded broker listens on loopback only and answers after its start."""

import socket
from pathlib import Path

import pytest

from runtime.child_process import ChildFailedError, ChildProcess, wait_for_port
from runtime.embedded_broker import EmbeddedBroker, NotLoopbackError


@pytest.mark.nats
def test_it_answers_on_a_free_port_and_is_gone_after_the_stop(tmp_path: Path) -> None:
    broker = EmbeddedBroker(host="127.0.0.1", port=0, data_dir=tmp_path)
    broker.start()
    try:
        with socket.create_connection((broker.host, broker.port), timeout=5):
            assert broker.is_running
    finally:
        broker.stop()
    with socket.socket() as probe:
        assert probe.connect_ex((broker.host, broker.port)) != 0


@pytest.mark.nats
def test_a_taken_port_is_told_with_the_log_of_the_server(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        broker = EmbeddedBroker(host="127.0.0.1", port=taken.getsockname()[1], data_dir=tmp_path)
        with pytest.raises(ChildFailedError, match="nats-server"):
            broker.start(timeout_s=5)
        assert not broker.is_running


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])
def test_other_addresses_are_refused(host: str, tmp_path: Path) -> None:
    with pytest.raises(NotLoopbackError, match="loopback only"):
        EmbeddedBroker(host=host, port=0, data_dir=tmp_path)


def test_a_child_that_ends_early_is_told_with_its_last_words(tmp_path: Path) -> None:
    child = ChildProcess(
        name="short", command=["sh", "-c", "echo no licence >&2"], log_path=tmp_path / "short.log"
    )
    child.start()
    try:
        with pytest.raises(ChildFailedError, match="no licence"):
            wait_for_port("127.0.0.1", 1, child=child, timeout_s=10)
    finally:
        child.stop()
