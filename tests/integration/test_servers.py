"""The real servers of the tests really answer, survive a restart and are gone afterwards."""

import threading
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
import psutil
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.servers.child_process import accepts_connections
from tests.support.servers.http_probe import fetch
from tests.support.servers.influxdb import InfluxdbServer
from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.servers.nats import NatsBroker
from tests.support.servers.postgresql import PostgresqlServer
from tests.support.servers.victoria_metrics import VictoriaMetricsServer
from tests.support.waiting import wait_until


def message_through(host: str, port: int) -> bytes:
    """Publish one message at QoS 1 and return what a subscriber of the same broker receives."""
    received: list[bytes] = []
    subscribed = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"servers-{port}")
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = lambda _client, _data, message: received.append(message.payload)
    client.connect(host, port)
    client.loop_start()
    try:
        client.subscribe("heat/test/servers", qos=1)
        assert subscribed.wait(10)
        client.publish("heat/test/servers", b"warm", qos=1)
        wait_until(lambda: received)
    finally:
        client.disconnect()
        client.loop_stop()
    return received[0]


def test_mosquitto_hands_a_message_on(mosquitto_broker: MosquittoBroker) -> None:
    assert message_through(mosquitto_broker.host, mosquitto_broker.port) == b"warm"


def test_a_mosquitto_of_its_own_dies_by_kill_and_returns_on_the_same_port(
    mosquitto_factory: Callable[..., MosquittoBroker],
) -> None:
    broker = mosquitto_factory(configuration="max_inflight_messages 1000")
    first_pid = broker.pid
    broker.kill()
    assert not psutil.pid_exists(first_pid)
    assert not accepts_connections(broker.port)
    broker.restart()
    assert broker.pid != first_pid
    assert message_through(broker.host, broker.port) == b"warm"


def test_nats_hands_a_message_on_by_mqtt_after_a_crash(nats_factory: Callable[[], NatsBroker]) -> None:
    broker = nats_factory()
    assert message_through(broker.host, broker.port) == b"warm"
    broker.restart(crash=True)
    assert message_through(broker.host, broker.port) == b"warm"


def test_the_shared_nats_hands_a_message_on(nats_broker: NatsBroker) -> None:
    assert message_through(nats_broker.host, nats_broker.port) == b"warm"


def test_influxdb_keeps_a_written_point_with_the_tsi1_index(
    influxdb_server: InfluxdbServer, fresh_influxdb_database: str
) -> None:
    line = b"station,station=ST-1 secondary_supply_temp_c=45.5 1700000000000"
    status, _ = fetch(
        influxdb_server.port, f"/write?db={fresh_influxdb_database}&precision=ms", method="POST", body=line
    )
    assert status == 204
    (result,) = influxdb_server.query("SELECT * FROM station", database=fresh_influxdb_database)
    assert result["series"][0]["values"] == [[1700000000000, 45.5, "ST-1"]]
    index_folders = list(influxdb_server.process.directory.glob(f"data/{fresh_influxdb_database}/*/*/index"))
    assert index_folders, "the tsi1 index keeps a folder in every shard"


def test_influxdb_names_a_refused_statement(influxdb_server: InfluxdbServer) -> None:
    with pytest.raises(RuntimeError, match="refused"):
        influxdb_server.query("SELECT nonsense FROM")


def test_victoria_metrics_takes_line_protocol_by_the_second_interface(
    victoria_metrics_server: VictoriaMetricsServer,
) -> None:
    status, _ = fetch(
        victoria_metrics_server.port,
        "/api/v2/write?bucket=nuanliu&precision=ms",
        method="POST",
        body=b"servers_check,station=ST-1 value=45.5 1700000000000",
    )
    assert status == 204
    (series,) = victoria_metrics_server.export("servers_check_value")
    assert (series["values"], series["timestamps"]) == ([45.5], [1700000000000])


def test_postgresql_gives_every_test_an_empty_database(
    postgresql_server: PostgresqlServer, fresh_postgresql_url: str
) -> None:
    plain = fresh_postgresql_url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(plain) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        zone = connection.execute("SHOW timezone").fetchone()
    assert (tables, zone) == ((0,), ("UTC",))
    assert postgresql_server.url("postgres").startswith("postgresql+psycopg://")


def test_chromium_shows_a_page_of_its_own(chromium_page: Any) -> None:
    chromium_page.set_content("<h1 lang=zh>供热运行总览</h1>")
    assert chromium_page.inner_text("h1") == "供热运行总览"
    assert chromium_page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == "Asia/Shanghai"
