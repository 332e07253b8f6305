"""A broker that only streams: takes one subscriber and pushes ready-made PUBLISH packets as fast as it reads.

What lives here: the sender of the receiving benchmarks, in a process of its own so that its work is not counted. What
does not: MQTT beyond what one subscriber needs.
"""

import multiprocessing
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

__all__ = ["packets_of", "streaming_broker"]

WINDOW = 10_000
"""Unacknowledged QoS 1 messages at a time."""
CHUNK = 500
"""Messages of one write."""


def packets_of(messages: Sequence[tuple[bytes, bytes]], *, qos: int) -> list[bytes]:
    """Return MQTT 3.1.1 PUBLISH packets; packet identifiers rise and wrap."""
    packets = []
    for number, (topic, payload) in enumerate(messages):
        identifier = (number % 65_535 + 1).to_bytes(2, "big") if qos else b""
        body = len(topic).to_bytes(2, "big") + topic + identifier + payload
        length, rest = bytearray(), len(body)
        while True:
            rest, low = divmod(rest, 128)
            length.append(low | (128 if rest else 0))
            if not rest:
                break
        packets.append(bytes((0x30 | qos << 1,)) + bytes(length) + body)
    return packets


def _serve(listener: socket.socket, packets: list[bytes], qos: int) -> None:
    connection, _address = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.recv(65_536)
    connection.sendall(b"\x20\x02\x00\x00")
    subscribe = connection.recv(65_536)
    header = 2 if subscribe[1] < 128 else 3
    connection.sendall(b"\x90\x03" + subscribe[header : header + 2] + bytes((qos,)))
    acknowledged = 0
    for start in range(0, len(packets), CHUNK):
        while qos and start - acknowledged // 4 > WINDOW:
            data = connection.recv(65_536)
            if not data:
                return
            acknowledged += len(data)
        connection.sendall(b"".join(packets[start : start + CHUNK]))
    while connection.recv(65_536):
        pass


@contextmanager
def streaming_broker(messages: Sequence[tuple[bytes, bytes]], *, qos: int) -> Iterator[int]:
    """Run the sender; yields its port on the loopback address."""
    packets = packets_of(messages, qos=qos)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        child = multiprocessing.get_context("fork").Process(
            target=_serve, args=(listener, packets, qos), daemon=True
        )
        child.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            child.terminate()
            child.join(10)
