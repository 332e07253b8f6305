"""An edge node on a real Mosquitto: asked for its births by the collector, it gives them, and its values flow."""

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from collector.decoders.envelopes.sparkplug_b_pb2 import Metric, Payload
from config.settings.tree import Settings
from heating.clock import SystemClock
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import HealthStatus
from heating.samples import ObjectRef
from runtime.assemble import open_house
from runtime.house import House
from runtime.rooms import EVERY_ROOM
from storage.records.records import open_records
from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.small_town import small_town, small_town_contacts
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.mosquitto]
STATION = ObjectRef(Measurement.STATION, "st-east")
FLOAT = 9
ALIAS = 7


class EdgeNode:
    """A gateway that was born before the collector came: it sends aliases only until somebody asks for its births."""

    def __init__(self, broker: MosquittoBroker, group: str) -> None:
        self.asked: list[bytes] = []
        self._group = group
        self._sequence = 40
        self._turn = threading.Lock()
        subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"edge-{group}")
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_message = self._on_command
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        self._client.subscribe(f"spBv1.0/{group}/NCMD/gw1", qos=0)
        assert subscribed.wait(10)

    def _on_command(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        command = Payload.FromString(bytes(message.payload)).metrics[0]
        if command.name == "Node Control/Rebirth" and command.boolean_value:
            self.asked.append(bytes(message.payload))
            with self._turn:
                self._sequence = -1
                self._send("NBIRTH/gw1", [Metric(name="bdSeq", datatype=4, long_value=1)])
                self._send(
                    "DBIRTH/gw1/ST001",
                    [Metric(name="一次供温", alias=ALIAS, datatype=FLOAT, float_value=80.0)],
                )

    def measure(self, value: float) -> None:
        """Send a reading by its alias."""
        with self._turn:
            self._send("DDATA/gw1/ST001", [Metric(alias=ALIAS, float_value=value)])

    def skip(self) -> None:
        """Lose a message on the way."""
        with self._turn:
            self._sequence += 1

    def _send(self, leaf: str, metrics: Sequence[Metric]) -> None:
        self._sequence = (self._sequence + 1) % 256
        told = Payload(timestamp=SystemClock().now_ms(), seq=self._sequence, metrics=metrics)
        kind, _slash, rest = leaf.partition("/")
        self._client.publish(f"spBv1.0/{self._group}/{kind}/{rest}", told.SerializeToString(), qos=1)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_message = self._client.on_subscribe = None  # else it keeps itself alive


@pytest.fixture
def group(tmp_path: Path) -> str:
    return f"league-{tmp_path.name}"


@pytest.fixture
def house(tmp_path: Path, mosquitto_broker: MosquittoBroker, group: str) -> Iterator[House]:
    """Everything in one process on a route of Sparkplug B."""
    devices = tmp_path / "sparkplug.yaml"
    devices.write_text(f'devices:\n  "{group}/gw1/ST001": {{station: st-east}}\n', encoding="utf-8")
    values: dict[str, Any] = {
        "mqtt": {
            "port": mosquitto_broker.port,
            "client_id": f"rebirth-{tmp_path.name}",
            "routes": [
                {"filter": f"spBv1.0/{group}/#", "decoder": "sparkplug_b", "device_map": str(devices)}
            ],
        },
        "collector": {"spool_dir": str(tmp_path / "spool")},
        "timeseries": {"url": f"duckdb:///{tmp_path / 'series'}"},
        "web": {"port": 0, "cookie_secure": False},
        "records": {"url": f"sqlite:///{tmp_path / 'records.sqlite3'}"},
    }
    settings = Settings.model_validate(values)
    records = open_records(settings.records.url)
    records.registry.apply_site(small_town(), small_town_contacts(), by="test", now=SystemClock().now())
    records.close()
    opened = open_house(settings, clock=SystemClock(), rooms=EVERY_ROOM)
    supervisor = opened.supervisor()
    supervisor.start()
    collector = opened.collector
    assert collector is not None
    wait_until(lambda: collector.health().status is HealthStatus.OK, 30)
    yield opened
    supervisor.stop()
    opened.close()


@pytest.fixture
def edge(house: House, mosquitto_broker: MosquittoBroker, group: str) -> Iterator[EdgeNode]:
    del house  # it listens before the node speaks
    node = EdgeNode(mosquitto_broker, group)
    yield node
    node.close()


def stored(house: House) -> list[float]:
    now = SystemClock().now()
    window = Interval(now - timedelta(hours=1), now + timedelta(hours=1))
    series = house.store.series(STATION, ["primary_supply_temp_c"], window)
    return [round(float(value), 3) for value in series.values.get("primary_supply_temp_c", [])]


def test_an_edge_node_is_asked_for_its_births_and_its_values_flow(house: House, edge: EdgeNode) -> None:
    edge.measure(81.0)
    wait_until(lambda: edge.asked, 15, what="a rebirth command")
    wait_until(lambda: 80.0 in stored(house), 15, what="the value of the birth")
    edge.measure(82.0)
    wait_until(lambda: stored(house) == [80.0, 82.0], 15, what="a value by its alias")
    latest = house.live_state.of_object(STATION)["primary_supply_temp_c"]
    assert round(float(latest.value), 3) == 82.0

    edge.skip()
    edge.measure(83.0)
    wait_until(lambda: stored(house) == [80.0, 82.0, 83.0], 15)
    collector = house.collector
    assert collector is not None
    figures = collector.health().figures
    assert figures["device_commands"] == 1.0, "a second command within a minute"
    assert len(edge.asked) == 1
