"""Receiving: CPU per message of the bulk-reading client against plain paho, QoS 0 and QoS 1, in one run."""

import threading
import time
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.fake_broker import streaming_broker
from benchmarks.harness import Goal, Reference, Result
from collector.intake.mqtt.batch_client import BatchClient
from collector.intake.mqtt.network_loop import NetworkLoop

MESSAGES = 100_000
PLAIN_MESSAGES = 30_000
TIMEOUT_S = 60.0


@dataclass(slots=True)
class Cost:
    """What one run cost."""

    cpu_us: float
    per_second: float


def room_messages(count: int) -> list[tuple[bytes, bytes]]:
    """Room messages as the field sends them."""
    return [
        (
            b"heat/xl/room/S%d/telemetry" % (number % 5_000),
            b'{"t":%d,"seq":%d,"v":{"room_temp_c":%.1f,"room_humidity_pct":35.2}}'
            % (1_796_000_000_000 + number, number, 15 + number % 100 / 10),
        )
        for number in range(count)
    ]


def _cost(start: tuple[float, float], count: int) -> Cost:
    cpu_s, wall_s = time.process_time() - start[0], time.perf_counter() - start[1]
    return Cost(cpu_s / count * 1e6, count / wall_s)


def receive_in_bulk(port: int, count: int, *, qos: int) -> Cost:
    """Receive with the batch client, acknowledging each batch."""
    done = threading.Event()
    received = 0

    def take(epoch: int, frames: list[tuple[bytes, bytes, int, int]]) -> None:
        nonlocal received
        received += len(frames)
        if qos:
            client.acknowledge(epoch, [frame[2] for frame in frames])
        if received >= count:
            done.set()

    client = BatchClient(
        client_id="bench", protocol=paho.MQTTv311, clean_session=True, max_packet_bytes=1 << 20, on_batch=take
    )
    client.on_connect = lambda *_arguments: client.subscribe("#", qos)
    client.connect_async("127.0.0.1", port, 60)
    loop = NetworkLoop(client=client, coalesce_s=0.0, may_read=lambda: True)
    start = (time.process_time(), time.perf_counter())
    loop.start()
    done.wait(TIMEOUT_S)
    cost = _cost(start, count)
    loop.stop()
    if received < count:
        raise AssertionError(f"received {received} of {count}")
    return cost


def receive_plainly(port: int, count: int, *, qos: int) -> Cost:
    """Receive with paho as it is."""
    done = threading.Event()
    received = 0

    def take(_client: Any, _data: Any, _message: Any) -> None:
        nonlocal received
        received += 1
        if received >= count:
            done.set()

    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bench")
    client.on_message = take
    client.on_connect = lambda *_arguments: client.subscribe("#", qos)
    client.connect_async("127.0.0.1", port, 60)
    start = (time.process_time(), time.perf_counter())
    client.loop_start()
    done.wait(TIMEOUT_S)
    cost = _cost(start, count)
    client.disconnect()
    client.loop_stop()
    return cost


def run() -> list[Result]:
    """Measure; about ten seconds."""
    results = []
    for qos in (0, 1):
        with streaming_broker(room_messages(MESSAGES), qos=qos) as port:
            bulk = receive_in_bulk(port, MESSAGES, qos=qos)
        with streaming_broker(room_messages(PLAIN_MESSAGES), qos=qos) as port:
            plain = receive_plainly(port, PLAIN_MESSAGES, qos=qos)
        results += [
            Result(
                name=f"receive.cpu_per_message_qos{qos}",
                value=bulk.cpu_us,
                unit="us",
                reference=Reference(name="plain paho", value=plain.cpu_us),
                goal=Goal(at_most=5.0, ratio_at_most=0.2),
            ),
            Result(
                name=f"receive.messages_per_second_qos{qos}",
                value=bulk.per_second,
                unit="messages/s",
                reference=Reference(name="plain paho", value=plain.per_second),
            ),
        ]
    return results
