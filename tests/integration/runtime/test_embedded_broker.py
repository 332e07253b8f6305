"""The embedded broker as a real process: it answers, grants what the collector asks for, and hands back what was not
acknowledged."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from collector.intake.mqtt.source import MqttSource
from config.settings.tree import MqttSettings, RouteSettings
from heating.clock import SystemClock
from heating.protocols import HealthStatus
from runtime.child_process import ChildFailedError
from runtime.embedded_broker import EmbeddedBroker
from tests.support.waiting import wait_until

pytestmark = pytest.mark.nats


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    made = EmbeddedBroker(host="127.0.0.1", port=0, data_dir=tmp_path)
    made.start()
    yield made
    made.stop()


class Subscriber:
    """A durable session on ``heat/#`` that acknowledges only what it is told to."""

    def __init__(self, broker: EmbeddedBroker, *, acknowledges: bool) -> None:
        self.granted: list[int] = []
        self.payloads: list[bytes] = []
        self._acknowledges = acknowledges
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id="durable", clean_session=False, manual_ack=True
        )
        self.client.on_subscribe = lambda _client, _data, _mid, reasons, _properties: self.granted.extend(
            reason.value for reason in reasons
        )
        self.client.on_message = self._keep
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        self.client.subscribe("heat/#", qos=1)
        wait_until(lambda: self.granted)

    def _keep(self, client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self.payloads.append(message.payload)
        if self._acknowledges:
            client.ack(message.mid, message.qos)

    def publish(self, *payloads: bytes) -> None:
        for number, payload in enumerate(payloads):
            self.client.publish(f"heat/a/station/{number}/telemetry", payload, qos=1)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()
        self.client.on_message = self.client.on_subscribe = (
            None  # else it keeps itself, and its sockets, alive
        )


def test_everything_below_heat_is_granted_at_qos_1_and_arrives(broker: EmbeddedBroker) -> None:
    subscriber = Subscriber(broker, acknowledges=True)
    try:
        assert subscriber.granted == [1]
        subscriber.publish(b"1", b"2", b"3")
        wait_until(lambda: sorted(subscriber.payloads) == [b"1", b"2", b"3"])
    finally:
        subscriber.close()


@pytest.mark.slow
def test_what_was_not_acknowledged_comes_again_within_seconds(broker: EmbeddedBroker) -> None:
    first = Subscriber(broker, acknowledges=False)
    try:
        first.publish(b"1", b"2")
        wait_until(lambda: len(first.payloads) == 2)
    finally:
        first.close()
    second = Subscriber(broker, acknowledges=True)
    try:
        wait_until(lambda: len(set(second.payloads)) == 2, 20.0)
        assert set(second.payloads) == {b"1", b"2"}
    finally:
        second.close()


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


def test_a_taken_port_is_told_with_the_log_of_the_server(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        broker = EmbeddedBroker(host="127.0.0.1", port=taken.getsockname()[1], data_dir=tmp_path)
        with pytest.raises(ChildFailedError, match="nats-server"):
            broker.start(timeout_s=5)
        assert not broker.is_running


EIGHT_FILTERS = (
    "heat/#",
    "application/+/device/+/event/+",
    "v3/+/devices/+/up",
    "spBv1.0/#",
    "zigbee2mqtt/+",
    "tele/#",
    "neuron/#",
    "meters/#",
)


@contextmanager
def collecting(broker: EmbeddedBroker, filters: Sequence[str]) -> Iterator[MqttSource]:
    source = MqttSource(
        settings=MqttSettings(
            host=broker.host,
            port=broker.port,
            protocol="3.1.1",
            routes=tuple(RouteSettings(filter=topic_filter) for topic_filter in filters),
            receive_maximum=broker.window,
        ),
        clock=SystemClock(),
    )
    source.start()
    try:
        wait_until(lambda: source.health().reason == "" or "refuses" in source.health().reason)
        yield source
    finally:
        source.stop()


@contextmanager
def running(folder: Path, filters: Sequence[str]) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(host="127.0.0.1", port=0, data_dir=folder, filters=filters)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def publish_one_on_each(broker: EmbeddedBroker, filters: Sequence[str]) -> set[str]:
    topics = {topic_filter.replace("+", "x").replace("#", "x") for topic_filter in filters}
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        for topic in topics:
            client.publish(topic, b"1", qos=1).wait_for_publish(10)
    finally:
        client.disconnect()
        client.loop_stop()
    return topics


def test_eight_filters_are_granted_and_each_brings_its_messages(tmp_path: Path) -> None:
    with running(tmp_path, EIGHT_FILTERS) as broker, collecting(broker, EIGHT_FILTERS) as source:
        assert source.health().status is HealthStatus.OK
        topics = publish_one_on_each(broker, EIGHT_FILTERS)
        came: set[str] = set()

        def all_came() -> bool:
            came.update(message.topic for message in source.take(limit=100, timeout_s=0.2))
            return came >= topics

        wait_until(all_came)
        assert source.window == 3_000


def test_more_filters_than_the_window_allows_put_the_collector_down_with_a_remedy(tmp_path: Path) -> None:
    """Negative control: a window made for one filter."""
    too_many = (*EIGHT_FILTERS, *(f"more/{number}/#" for number in range(6)))
    with running(tmp_path, ("heat/#",)) as broker, collecting(broker, too_many) as source:
        health = source.health()
        assert health.status is HealthStatus.DOWN
        assert "more/5/#" in health.reason
        assert "mqtt.routes" in health.reason and "max_ack_pending" in health.reason


def test_a_session_of_one_filter_may_have_eight_after_the_next_start(tmp_path: Path) -> None:
    with running(tmp_path, ("heat/#",)) as broker, collecting(broker, ("heat/#",)) as source:
        assert source.health().status is HealthStatus.OK
    with running(tmp_path, EIGHT_FILTERS) as broker, collecting(broker, EIGHT_FILTERS) as source:
        assert source.health().reason == ""
        assert source.health().status is HealthStatus.OK
