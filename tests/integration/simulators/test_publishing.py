"""The simulator as a process against a real broker: what arrives, how it ends, what its death leaves behind."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.waiting import wait_until

pytestmark = pytest.mark.mosquitto


class Listener:
    """Keeps every message under ``heat/#``."""

    def __init__(self, host: str, port: int) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self.ready = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=f"listener-{os.getpid()}")
        self._client.on_message = self._keep
        self._client.on_subscribe = lambda *_: self.ready.set()
        self._client.connect(host, port)
        self._client.subscribe("heat/#", qos=1)
        self._client.loop_start()
        assert self.ready.wait(10)

    def _keep(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.messages.append((message.topic, message.payload))

    def of(self, topic: str) -> list[bytes]:
        return [payload for name, payload in list(self.messages) if name == topic]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def broker(mosquitto_factory: "type[MosquittoBroker]") -> MosquittoBroker:
    return mosquitto_factory()


@pytest.fixture
def listener(broker: MosquittoBroker) -> Iterator[Listener]:
    listening = Listener(broker.host, broker.port)
    yield listening
    listening.close()


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "quick.yaml"
    path.write_text(
        "site: smoke\nspin_up: 1h\nweather: {day_of_year: 15}\n"
        "faults: [{id: trip, type: pump_trip, target: st-002, onset: +20s}]\n",
        encoding="utf-8",
    )
    return path


def start(scenario: Path, broker: MosquittoBroker, *more: str) -> "subprocess.Popen[str]":
    target = f"{broker.host}:{broker.port}"
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "simulators", "--scenario", str(scenario)),
            *("--mqtt", target, "--speed", "20", *more),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_fault_is_seen_on_the_wire_and_every_message_is_acknowledged(
    scenario: Path, broker: MosquittoBroker, listener: Listener
) -> None:
    with start(scenario, broker, "--duration", "4") as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    events = [json.loads(line) for line in out.splitlines()]
    assert [event["event"] for event in events] == ["live", "done"]
    assert events[1]["unacknowledged"] == 0
    sent = events[1]["published"] + events[1]["repeated"]
    wait_until(lambda: len(listener.messages) >= sent, timeout_s=10)
    assert len(listener.messages) == sent
    readings = [json.loads(p)["v"] for p in listener.of("heat/xilinhot/station/st-002/telemetry")]
    running = [any(r[f"circulation_pump_{n}_running"] for n in (1, 2)) for r in readings]
    assert running[0] is True and running[-1] is False


def test_sigterm_signs_off_and_ends_with_zero(
    scenario: Path, broker: MosquittoBroker, listener: Listener
) -> None:
    with start(scenario, broker) as process:
        wait_until(lambda: listener.of("heat/xilinhot/station/st-003/telemetry"), timeout_s=30)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert json.loads(out.splitlines()[-1])["event"] == "done"
    wait_until(lambda: b"offline" in listener.of("heat/xilinhot/source/src-01/status"), timeout_s=5)
    assert listener.of("heat/xilinhot/station/st-003/status") == [b"online", b"offline"]


def test_a_killed_simulator_leaves_its_last_will(
    scenario: Path, broker: MosquittoBroker, listener: Listener
) -> None:
    with start(scenario, broker) as process:
        wait_until(lambda: listener.of("heat/xilinhot/station/st-003/telemetry"), timeout_s=30)
        process.kill()
        process.communicate(timeout=10)
    status = "heat/xilinhot/source/src-01/status"
    assert wait_until(lambda: listener.of(status)[-1] == b"offline", timeout_s=10)


def test_it_ends_when_the_process_that_started_it_is_killed(
    scenario: Path, broker: MosquittoBroker, listener: Listener
) -> None:
    child = [sys.executable, "-m", "simulators", "--scenario", str(scenario), "--stop-with-parent"]
    child += ["--mqtt", f"{broker.host}:{broker.port}"]
    with subprocess.Popen(
        [sys.executable, "-c", f"import subprocess; subprocess.run({child!r})"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as parent:
        wait_until(lambda: listener.of("heat/xilinhot/station/st-003/telemetry"), timeout_s=30)
        parent.kill()
    status = "heat/xilinhot/station/st-003/status"
    assert wait_until(lambda: listener.of(status)[-1] == b"offline", timeout_s=15)
