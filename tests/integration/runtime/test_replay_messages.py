"""``nuanliu replay-messages`` against a real broker: every line arrives once, in order, at the pace asked for."""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.end_to_end.product.product_process import run_command
from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.waiting import wait_until

pytestmark = pytest.mark.mosquitto


class Listener:
    """Keeps what arrives below a topic, with the time of its arrival [s]."""

    def __init__(self, broker: MosquittoBroker, root: str) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self.times_s: list[float] = []
        subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"listener-{root}")
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_message = self._keep
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        self._client.subscribe(f"{root}/#", qos=1)
        assert subscribed.wait(10)

    def _keep(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self.times_s.append(time.monotonic())
        self.messages.append((message.topic, message.payload))

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_message = self._client.on_subscribe = (
            None  # else it keeps itself, and its sockets, alive
        )


@pytest.fixture
def listener(mosquitto_broker: MosquittoBroker, request: pytest.FixtureRequest) -> Iterator[Listener]:
    listening = Listener(mosquitto_broker, request.node.name)
    yield listening
    listening.close()


def replay(broker: MosquittoBroker, path: Path, *more: str) -> str:
    environment = {"NUANLIU_MQTT__HOST": broker.host, "NUANLIU_MQTT__PORT": str(broker.port)}
    done = run_command("replay-messages", str(path), *more, environment=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_text_objects_and_hex_arrive_as_they_were_recorded(
    mosquitto_broker: MosquittoBroker, listener: Listener, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    root = request.node.name
    lines = [
        {"topic": f"{root}/a", "payload": "二次供温"},
        {"topic": f"{root}/b", "payload": {"v": {"t": 1.5}}},
        {"topic": f"{root}/a", "payload_hex": "00ff10"},
    ]
    path = tmp_path / "recording.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n")
    assert replay(mosquitto_broker, path) == "published: 3"
    wait_until(lambda: len(listener.messages) == 3)
    assert listener.messages == [
        (f"{root}/a", "二次供温".encode()),
        (f"{root}/b", b'{"v":{"t":1.5}}'),
        (f"{root}/a", b"\x00\xff\x10"),
    ]


def test_the_pace_of_the_recording_is_kept_and_sped_up(
    mosquitto_broker: MosquittoBroker, listener: Listener, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "recording.jsonl"
    lines = [
        {"topic": f"{request.node.name}/x", "payload": str(n), "t": 1_768_435_200_000 + n * 10_000}
        for n in range(3)
    ]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert replay(mosquitto_broker, path, "--speed", "20") == "published: 3"
    wait_until(lambda: len(listener.messages) == 3)
    assert [payload for _, payload in listener.messages] == [b"0", b"1", b"2"]
    assert listener.times_s[2] - listener.times_s[0] >= 0.9  # 20 s of the recording, twenty times as fast
