"""The embedded broker refuses other addresses than loopback; a child that ends early is told."""

from pathlib import Path

import pytest

from runtime.child_process import ChildFailedError, ChildProcess, wait_for_port
from runtime.embedded_broker import EmbeddedBroker, NotLoopbackError


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
