"""The short soak of the gate; the long one runs by hand (`tests.reliability.soak`)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.collector.kill_rig import Verdict
from tests.reliability.soak import soak
from tests.support.servers.mosquitto import MosquittoBroker


@pytest.mark.mosquitto
@pytest.mark.slow
def test_half_a_minute_of_load_leaves_memory_descriptors_and_threads_flat(
    mosquitto_factory: Callable[..., MosquittoBroker], tmp_path: Path
) -> None:
    broker = mosquitto_factory(configuration="max_queued_messages 0\nmax_inflight_messages 0")
    report = soak(tmp_path, port=broker.port, duration_s=30.0, rate_per_s=2_000)
    assert report.published > 40_000
    assert report.verdict == Verdict(lost=0, doubled=0, invented=0)
    assert report.last.memory_mb < report.first.memory_mb + 40.0
    assert report.last.descriptors <= report.first.descriptors + 3
    assert report.last.threads <= report.first.threads + 1
