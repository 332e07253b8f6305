"""What every message source promises, on the embedded broker (MQTT 3.1.1) and on Mosquitto (3.1.1 and 5)."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from collector.intake.mqtt.publisher import publish_all
from collector.intake.mqtt.source import MqttSource
from config.settings.tree import MqttSettings, RouteSettings
from heating.clock import SystemClock
from heating.protocols import HealthStatus, MessageSource, RawMessage
from tests.support.waiting import wait_until


@dataclass
class Rig:
    """A broker's address, and sources of one session that are stopped at the end."""

    settings: MqttSettings
    folder: Path
    sources: list[MqttSource] = field(default_factory=list)

    def source(self, *filters: str) -> MqttSource:
        settings = self.settings
        if filters:
            routes = tuple(RouteSettings(filter=wanted) for wanted in filters)
            settings = settings.model_copy(update={"routes": routes})
        made = MqttSource(
            settings=settings,
            clock=SystemClock(),
            coalesce_ms=1,
            subscriptions_file=self.folder / "filters.json",
        )
        self.sources.append(made)
        made.start()
        wait_until(lambda: made.health().status is HealthStatus.OK)
        return made

    @property
    def root(self) -> str:
        return self.settings.client_id

    def publish(self, *payloads: bytes, leaf: str = "x") -> None:
        publish_all([(f"{self.root}/{leaf}", payload) for payload in payloads], settings=self.settings)


BROKERS = [
    pytest.param(("nats_broker", "3.1.1"), id="nats", marks=pytest.mark.nats),
    pytest.param(("mosquitto_broker", "3.1.1"), id="mosquitto-3.1.1", marks=pytest.mark.mosquitto),
    pytest.param(("mosquitto_broker", "5"), id="mosquitto-5", marks=pytest.mark.mosquitto),
]


@pytest.fixture(params=BROKERS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    name, protocol = request.param
    broker = request.getfixturevalue(name)
    client_id = f"c{uuid4().hex[:10]}"
    settings = MqttSettings(
        host=broker.host,
        port=broker.port,
        protocol=protocol,
        client_id=client_id,
        routes=(RouteSettings(filter=f"{client_id}/#"),),
    )
    made = Rig(settings, tmp_path)
    yield made
    for source in made.sources:
        source.stop()


def take(
    source: MessageSource, count: int, *, timeout_s: float = 10.0, acknowledging: bool = False
) -> list[RawMessage]:
    found: list[RawMessage] = []

    def enough() -> bool:
        some = source.take(limit=count - len(found), timeout_s=0.05)
        if acknowledging:
            source.acknowledge(some)
        found.extend(some)
        return len(found) >= count

    wait_until(enough, timeout_s)
    return found


def cut_connection(source: MqttSource) -> None:
    sock = source._client.socket()
    assert sock is not None
    sock.shutdown(2)


def test_acknowledgements_are_not_held_back_by_the_kernel(rig: Rig) -> None:
    source = rig.source()
    wait_until(lambda: source.health().status is HealthStatus.OK)
    sock = source._client.socket()
    assert sock is not None
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_messages_come_in_order_with_topic_and_arrival(rig: Rig) -> None:
    source = rig.source()
    payloads = [b"%d" % number for number in range(300)]
    rig.publish(*payloads)
    found = take(source, 300, acknowledging=True)
    assert [message.payload for message in found] == payloads
    assert {message.topic for message in found} == {f"{rig.root}/x"}
    assert all(message.packet_id and message.received_ms > 1_700_000_000_000 for message in found)


def test_taking_waits_no_longer_than_told_and_never_exceeds_the_limit(rig: Rig) -> None:
    source = rig.source()
    assert source.take(limit=5, timeout_s=0.01) == []
    rig.publish(*(b"%d" % number for number in range(9)))
    wait_until(lambda: source.received == 9)
    assert len(source.take(limit=5, timeout_s=1.0)) == 5
    assert len(source.take(limit=5, timeout_s=1.0)) == 4


@pytest.mark.slow
def test_exactly_the_unacknowledged_come_again_after_a_cut(rig: Rig) -> None:
    source = rig.source()
    rig.publish(*(b"%d" % number for number in range(20)))
    found = take(source, 20)
    source.acknowledge(found[:15])
    rig.publish(b"last")
    source.acknowledge(take(source, 1))
    cut_connection(source)
    again = take(source, 5, timeout_s=60.0)
    assert sorted(message.payload for message in again) == sorted(m.payload for m in found[15:])
    assert all(message.epoch == found[0].epoch + 1 for message in again)
    source.acknowledge(again)


@pytest.mark.slow
def test_acknowledging_an_earlier_connection_changes_nothing(rig: Rig) -> None:
    source = rig.source()
    rig.publish(*(b"%d" % number for number in range(3)))
    stale = take(source, 3)
    cut_connection(source)
    again = take(source, 3, timeout_s=60.0)
    source.acknowledge(stale)
    source.stop()
    rig.sources.remove(source)
    third = take(rig.source(), 3, timeout_s=60.0)
    assert {message.payload for message in third} == {message.payload for message in again}


def test_messages_published_while_away_are_kept_for_the_session(rig: Rig) -> None:
    source = rig.source()
    source.stop()
    rig.sources.remove(source)
    rig.publish(b"meanwhile")
    assert take(rig.source(), 1)[0].payload == b"meanwhile"


def test_a_filter_taken_out_of_the_settings_is_unsubscribed(rig: Rig) -> None:
    source = rig.source(f"{rig.root}/old")
    source.stop()
    rig.sources.remove(source)
    later = rig.source(f"{rig.root}/x")
    rig.publish(b"old", leaf="old")
    rig.publish(b"new", leaf="x")
    assert [message.payload for message in take(later, 1)] == [b"new"]
    assert later.take(limit=1, timeout_s=0.3) == []


@pytest.mark.mosquitto
def test_a_broker_that_dies_is_told_and_its_return_is_used(
    mosquitto_factory: Callable[..., object], tmp_path: Path
) -> None:
    broker = mosquitto_factory()
    rig = Rig(
        MqttSettings(port=broker.port, client_id="phoenix", routes=(RouteSettings(filter="phoenix/#"),)),
        tmp_path,
    )  # type: ignore[attr-defined]
    source = rig.source()
    broker.kill()  # type: ignore[attr-defined]
    wait_until(lambda: source.health().status is HealthStatus.DOWN)
    assert not source.is_dead
    broker.restart()  # type: ignore[attr-defined]
    wait_until(lambda: source.health().status is HealthStatus.OK, 20.0)
    rig.publish(b"back")
    assert take(source, 1)[0].payload == b"back"
    source.stop()
