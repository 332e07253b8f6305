"""Twenty random kill -9 of a real collector: nothing accepted is lost, nothing is doubled; and the test can fail."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.collector.kill_rig import KillRig, Verdict, run_under_fire
from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.servers.nats import NatsBroker

KILLS = 20
MESSAGES = 20_000


@pytest.mark.nats
@pytest.mark.slow
def test_twenty_random_kills_lose_and_double_nothing_on_the_embedded_broker(
    nats_factory: Callable[[], NatsBroker], tmp_path: Path
) -> None:
    broker = nats_factory()
    rig = KillRig(host=broker.host, port=broker.port, folder=tmp_path, seed=7, untimed=True)
    try:
        run_under_fire(rig, kills=KILLS, messages=MESSAGES)
        assert rig.judge(rig.spooled()) == Verdict(lost=0, doubled=0, invented=0)
        assert rig.judge(rig.stored()) == Verdict(lost=0, doubled=0, invented=0)
        assert rig.judge_untimed(rig.untimed_spooled()) == Verdict(0, 0, 0)
        assert rig.judge_untimed(rig.untimed_stored()) == Verdict(0, 0, 0)
    finally:
        rig.close()


@pytest.mark.mosquitto
@pytest.mark.slow
def test_kills_lose_and_double_nothing_on_mosquitto_with_mqtt_5(
    mosquitto_factory: Callable[..., MosquittoBroker], tmp_path: Path
) -> None:
    broker = mosquitto_factory(configuration="max_queued_messages 0\nmax_inflight_messages 0")
    rig = KillRig(host=broker.host, port=broker.port, folder=tmp_path, protocol="5", seed=8, untimed=True)
    try:
        run_under_fire(rig, kills=5, messages=5_000)
        assert rig.judge(rig.spooled()) == Verdict(lost=0, doubled=0, invented=0)
        assert rig.judge(rig.stored()) == Verdict(lost=0, doubled=0, invented=0)
        assert rig.judge_untimed(rig.untimed_spooled()) == Verdict(0, 0, 0)
        assert rig.judge_untimed(rig.untimed_stored()) == Verdict(0, 0, 0)
    finally:
        rig.close()


@pytest.mark.mosquitto
@pytest.mark.slow
@pytest.mark.parametrize(("sabotage", "damage"), [("acknowledge_first", "lost"), ("no_repeats", "doubled")])
def test_a_collector_that_breaks_the_order_is_found_out(
    mosquitto_factory: Callable[..., MosquittoBroker], tmp_path: Path, sabotage: str, damage: str
) -> None:
    """Negative control: acknowledging before the commit loses messages, forgetting repeats doubles them."""
    broker = mosquitto_factory(configuration="max_queued_messages 0\nmax_inflight_messages 0")
    rig = KillRig(
        host=broker.host, port=broker.port, folder=tmp_path, protocol="5", sabotage=sabotage, seed=9
    )
    try:
        damages = 0
        for _attempt in range(4):
            run_under_fire(rig, kills=4, messages=8_000)
            damages = getattr(rig.judge(rig.spooled()), damage)
            if damages:
                break
        assert damages > 0
    finally:
        rig.close()
