"""Messages without a time of their own on real brokers: retained copies, last wills and births, a backlog in one read."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.collector.kill_rig import KillRig
from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.servers.nats import NatsBroker
from tests.support.waiting import wait_until

TIMES = 10


@pytest.fixture(params=["mosquitto 3.1.1", "mosquitto 5", "nats"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KillRig]:
    """A rig on each broker; with MQTT 3.1.1 kept messages come again with each connection."""
    kind, _blank, protocol = request.param.partition(" ")
    factory: Callable[[], MosquittoBroker | NatsBroker] = request.getfixturevalue(f"{kind}_factory")
    broker = factory()
    made = KillRig(
        host=broker.host,
        port=broker.port,
        folder=tmp_path,
        protocol=protocol or "3.1.1",
        seed=61,
        untimed=True,
    )
    yield made
    made.close()


@pytest.mark.slow
def test_copies_are_no_news_statuses_end_with_the_last_and_a_backlog_is_kept_whole(rig: KillRig) -> None:
    rig.start_child()
    rig.say("S0", "room_temp_c", 21.5, retain=True)
    rig.say("S0", "gateway_online", 1.0, retain=True)
    wait_until(lambda: rig.untimed_spooled() == rig.said, 20)
    for _time in range(3):
        rig.end_child()
        rig.start_child()
    rig.end_child()
    for number in range(1, TIMES + 1):
        for value in (0.0, 1.0):
            rig.say(f"S{number}", "gateway_online", value, retain=True)
    for value in (20, 20, 21, 20, 21, 21, 21, 19, 20, 20):
        rig.say("S0", "room_temp_c", float(value), retain=False)
    rig.settle()
    rig.start_child()
    wait_until(lambda: rig.untimed_spooled() == rig.said, 45, what="everything is kept, once and in order")
    rig.end_child()
    rig.start_child()
    rig.say("S1", "gateway_online", 0.0, retain=True)
    wait_until(lambda: rig.untimed_spooled() == rig.said, 20, what="no old copy came before it")
    assert rig.end_child()["rejected"] == 0
    assert rig.untimed_stored() == rig.said
