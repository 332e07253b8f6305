"""The collector killed at each named place, several times: nothing accepted is lost, nothing is doubled."""

from collections.abc import Callable
from pathlib import Path

import pytest

from heating.clock import SystemClock
from tests.integration.collector.failpoints import PLACES
from tests.integration.collector.kill_rig import KillRig, Verdict
from tests.support.servers.mosquitto import MosquittoBroker

MESSAGES = 1_200
"""Published before each death."""
TURNS_FILES = frozenset({"in_rotation", "after_rotation", "before_deletion", "after_deletion"})


@pytest.mark.mosquitto
@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_killed_at_a_named_place_it_loses_and_doubles_nothing(
    mosquitto_factory: Callable[..., MosquittoBroker], tmp_path: Path, place: str
) -> None:
    broker = mosquitto_factory(configuration="max_queued_messages 0\nmax_inflight_messages 0")
    rig = KillRig(host=broker.host, port=broker.port, folder=tmp_path, protocol="5", seed=11)
    if place in TURNS_FILES:
        rig.options = {"hours_from": SystemClock().now_ms(), "settings": {"spool_keep_s": 36_000.0}}
    try:
        rig.start_child()
        rig.publish(200)
        rig.settle()
        rig.kill_child()
        for nth in (1, 2):
            rig.publish(MESSAGES)
            rig.start_child(failpoint=place, nth=nth)
            rig.publish(MESSAGES)
            rig.wait_for_death(40)
        rig.start_child()
        rig.settle()
        rig.wait_for_stored()
        rig.end_child()
        assert rig.judge(rig.stored()) == Verdict(lost=0, doubled=0, invented=0)
        if place not in TURNS_FILES:
            assert rig.judge(rig.spooled()) == Verdict(lost=0, doubled=0, invented=0)
    finally:
        rig.close()
