"""What a real Mosquitto throws away or forgets while the collector is dead is seen when it comes back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from collector.intake.decoder_chain import DecoderChain
from collector.intake.mqtt.losses import BrokerMemory
from collector.intake.mqtt.publisher import publish_all
from collector.intake.mqtt.source import MqttSource
from collector.intake.spool.rejections import list_rejections
from collector.intake.spool.spool import Spool
from collector.messages.arrived_message import content_of
from collector.messages.decoded import Reason
from collector.messages.known_objects import KnownObjects
from config.settings.tree import CollectorSettings, MqttSettings, RouteSettings
from heating.clock import SystemClock
from heating.losses import LossKind
from heating.protocols import HealthStatus, RawMessage
from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.waiting import wait_until

pytestmark = pytest.mark.mosquitto


class Collector:
    """A source as the collector has it, taking and acknowledging by hand."""

    def __init__(self, broker: MosquittoBroker, folder: Path, **more: object) -> None:
        self.settings = MqttSettings.model_validate(
            {
                "host": broker.host,
                "port": broker.port,
                "client_id": "slot",
                "routes": (RouteSettings(filter="heat/#"),),
                **more,
            }
        )
        clock = SystemClock()
        self.memory = BrokerMemory(folder / "session.json", identity="slot", clock=clock)
        self.source = MqttSource(settings=self.settings, clock=clock, coalesce_ms=1, memory=self.memory)

    def __enter__(self) -> "Collector":
        self.source.start()
        assert wait_until(lambda: self.source.health().status is not HealthStatus.DOWN, timeout_s=20)
        return self

    def __exit__(self, *_: object) -> None:
        self.source.stop()
        self.memory.close()

    def take_all(self, count: int) -> int:
        found = 0
        while found < count and (messages := self.source.take(limit=1000, timeout_s=5)):
            self.source.acknowledge(messages)
            found += len(messages)
        return found


def counters_are_kept(folder: Path) -> bool:
    """Whether the counters of a broker that dropped nothing are in the file, which is made a moment after the start."""
    file = folder / "session.json"
    return file.exists() and b'"dropped":0' in file.read_bytes()


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_messages_beyond_a_full_queue_are_counted_and_health_names_their_span(
    mosquitto_factory: Callable[..., MosquittoBroker], tmp_path: Path, protocol: str
) -> None:
    limits = "max_queued_messages 100\nmax_inflight_messages 20\nsys_interval 1"
    broker = mosquitto_factory(configuration=limits)
    with Collector(broker, tmp_path, protocol=protocol) as before:
        assert wait_until(lambda: counters_are_kept(tmp_path), timeout_s=20)
        settings = before.settings
    messages = [(f"heat/{number}", b"1") for number in range(300)]
    publish_all(messages, settings=settings.model_copy(update={"client_id": "devices"}))
    with Collector(broker, tmp_path, protocol=protocol) as after:
        arrived = after.take_all(300)
        assert arrived < 300  # the broker confirmed all of them
        assert wait_until(lambda: after.memory.lost_messages > 0, timeout_s=20)
        health = after.source.health()
        losses = after.memory.take()
    assert [loss.kind for loss in losses] == [LossKind.BROKER_DROPPED]
    assert losses[0].number == 300 - arrived
    assert health.status is HealthStatus.DEGRADED
    assert "readings were lost before they came here (broker_dropped)" in health.reason
    assert health.figures["lost_messages"] == 300 - arrived
    assert health.figures["received"] == arrived  # counters are no messages of devices


def test_a_broker_that_lost_its_memory_is_seen_at_the_reconnect(
    mosquitto_factory: Callable[..., MosquittoBroker], tmp_path: Path
) -> None:
    broker = mosquitto_factory(configuration="persistence false")
    with Collector(broker, tmp_path) as collector:
        assert wait_until(lambda: (tmp_path / "session.json").exists(), timeout_s=20)
        assert collector.memory.take() == []
        broker.restart(crash=True)
        assert wait_until(lambda: collector.memory.losses == 1, timeout_s=30)
        (loss,) = collector.memory.take()
    assert loss.kind is LossKind.SESSION_LOST
    assert loss.since_ms < loss.until_ms


def test_one_giant_message_blinds_nobody(
    mosquitto_factory: Callable[..., MosquittoBroker], tmp_path: Path
) -> None:
    broker = mosquitto_factory(configuration="sys_interval 1")
    with Collector(broker, tmp_path) as collector:
        assert wait_until(lambda: counters_are_kept(tmp_path), timeout_s=20)
        giant = ("heat/giant", bytes(collector.settings.max_packet_bytes + 1))
        devices = collector.settings.model_copy(update={"client_id": "devices"})
        publish_all([giant, ("heat/after", b"1")], settings=devices)
        (message,) = collector.source.take(limit=10, timeout_s=20)
        assert message.topic == "heat/after"
        assert collector.source.health().figures["stream_errors"] == 0
        assert collector.source.health().figures["connects"] == 1


def test_one_giant_message_is_let_by_and_rejected_without_a_word_for_its_limit(
    mosquitto_factory: Callable[..., MosquittoBroker], tmp_path: Path
) -> None:
    """MQTT 3.1.1: a Mosquitto without `max_packet_size` delivers 34 MB; held, it would break every connection again."""
    broker = mosquitto_factory()
    clock = SystemClock()
    payload = bytes(34_000_000)
    with Collector(broker, tmp_path, protocol="3.1.1") as collector:
        devices = collector.settings.model_copy(update={"client_id": "devices"})
        publish_all([("heat/x/room/S1/telemetry", payload), ("heat/after", b"1")], settings=devices)
        messages = list(collector.source.take(limit=10, timeout_s=20))
        while len(messages) < 2:
            messages += collector.source.take(limit=10, timeout_s=20)
        assert [len(message.payload) for message in messages] == [4_096, 1]
        spool = Spool(tmp_path / "spool", clock=clock)
        chain = DecoderChain.from_settings(
            mqtt=collector.settings, collector=CollectorSettings(), known=KnownObjects({})
        )
        spool.commit(messages, chain.read(messages))
        collector.source.acknowledge(messages)
        assert collector.source.health().figures["overlong_messages"] == 1
        assert collector.source.health().figures["connects"] == 1
    spool.close()
    kept = {item.topic: item for item in list_rejections(tmp_path / "spool")}
    giant = kept["heat/x/room/S1/telemetry"]
    assert (giant.reason, giant.detail) == (Reason.TOO_BIG, "34000000 bytes, of which 4096 were held")
    assert giant.content == content_of(RawMessage(giant.topic, payload, 0))
    with Collector(broker, tmp_path, protocol="3.1.1") as again:
        assert not len(again.source.take(limit=10, timeout_s=0.5)), "it was acknowledged"
