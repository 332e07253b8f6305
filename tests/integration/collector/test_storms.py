"""Many at once: two thousand devices that return together, and twenty thousand damaged payloads over the wire."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.integration.collector.kill_rig import DEVICES, KillRig, Verdict
from tests.reliability.fuzz_payloads import messages
from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.waiting import wait_until

CLIENTS = 2_000
ROUNDS = 3
FUZZED = 20_000
OPEN_WINDOW = "max_queued_messages 0\nmax_inflight_messages 0"


def packet(kind: int, body: bytes) -> bytes:
    """Return an MQTT packet of fewer than 128 bytes."""
    assert len(body) < 128
    return bytes((kind, len(body))) + body


def text(value: str) -> bytes:
    """Return a string as MQTT writes it."""
    return len(value).to_bytes(2, "big") + value.encode()


async def device(port: int, number: int, time_ms: int) -> None:
    """Connect, publish one reading, wait for its acknowledgement and fall off the line without a word."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(packet(0x10, text("MQTT") + b"\x04\x02\x00\x3c" + text(f"storm-{number}")))
        assert (await reader.readexactly(4))[3] == 0
        body = b'{"t":%d,"v":{"room_temp_c":20}}' % time_ms
        writer.write(packet(0x32, text(f"heat/xl/room/S{number % DEVICES}/telemetry") + b"\0\1" + body))
        assert await reader.readexactly(4) == b"\x40\x02\x00\x01"
    finally:
        writer.transport.abort()


async def storm(port: int, origin_ms: int) -> None:
    """Let every device come at the same moment."""
    await asyncio.gather(
        *(device(port, number, origin_ms + number // DEVICES * 1000) for number in range(CLIENTS))
    )


@pytest.mark.mosquitto
@pytest.mark.slow
def test_two_thousand_devices_returning_together_are_all_heard(
    mosquitto_factory: Callable[..., MosquittoBroker], tmp_path: Path
) -> None:
    broker = mosquitto_factory(configuration=OPEN_WINDOW)
    rig = KillRig(host=broker.host, port=broker.port, folder=tmp_path, protocol="5", seed=61)
    try:
        rig.start_child()
        for turn in range(ROUNDS):
            asyncio.run(storm(broker.port, rig.origin_ms + turn * (CLIENTS // DEVICES) * 1000))
        rig.published = [ROUNDS * CLIENTS // DEVICES] * DEVICES
        wait_until(lambda: not rig.judge(rig.spooled()).lost, 20, interval_s=0.3, what="all are heard")
        assert rig.end_child()["accepted"] == ROUNDS * CLIENTS
        assert rig.judge(rig.stored()) == Verdict(lost=0, doubled=0, invented=0)
        assert (tmp_path / "child.log").read_text().count("mqtt.connected") == 1
    finally:
        rig.close()


@pytest.mark.mosquitto
@pytest.mark.slow
def test_twenty_thousand_damaged_payloads_over_the_wire_are_each_accounted_for(
    mosquitto_factory: Callable[..., MosquittoBroker], tmp_path: Path
) -> None:
    broker = mosquitto_factory(configuration=OPEN_WINDOW)
    rig = KillRig(host=broker.host, port=broker.port, folder=tmp_path, protocol="5", seed=62)
    rig.options = {"filter": "#"}
    heard: list[int] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="fuzzer")
    client.max_inflight_messages_set(2_000)
    client.on_publish = lambda *_arguments: heard.append(1)
    try:
        rig.start_child()
        client.connect(broker.host, broker.port)
        client.loop_start()
        for number, message in enumerate(messages(FUZZED, seed=5)):
            client.publish(f"heat/xl/room/S{number % DEVICES}/telemetry", message.payload, qos=1)
        wait_until(lambda: len(heard) == FUZZED, 60, what="the broker has everything")
        rig.publish(200)
        rig.settle()
        counts = rig.end_child()
        assert counts["accepted"] == counts["stored"] + counts["rejected"]
        assert counts["accepted"] + counts["duplicates"] == FUZZED + 200
        assert counts["stored"] >= 200
    finally:
        client.disconnect()
        client.loop_stop()
        rig.close()
