"""The bulk-reading client on a socket pair, and the parts of paho that it leans on."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from collector.intake.mqtt.batch_client import PAHO_ATTRIBUTES, BatchClient
from collector.intake.mqtt.frames import PublishFrame
from collector.messages.arrived_message import CutPayload, content_of
from heating.protocols import RawMessage
from tests.unit.collector.intake.mqtt.test_frames import publish


class Wire:
    """A client whose socket is one end of a pair."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, list[PublishFrame]]] = []
        self.client = BatchClient(
            client_id="unit",
            protocol=paho.MQTTv311,
            clean_session=False,
            max_packet_bytes=100_000,
            on_batch=lambda epoch, frames: self.batches.append((epoch, frames)),
        )
        self.far: socket.socket
        self.connect()

    def connect(self) -> None:
        near, self.far = socket.socketpair()
        near.setblocking(False)
        self.client._sock = near
        self.client._state = paho._ConnectionState.MQTT_CS_CONNECTED  # type: ignore[attr-defined]

    def sent(self) -> bytes:
        """What the client has queued, written and read at the far end."""
        while self.client.want_write():
            self.client.loop_write()
        self.far.settimeout(0.2)
        try:
            return self.far.recv(65536)
        except TimeoutError:
            return b""


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    made.far.close()
    if made.client._sock is not None:
        made.client._sock.close()
        made.client._sock = None


def test_the_installed_paho_has_every_private_attribute_in_use() -> None:
    plain: Any = paho.Client(CallbackAPIVersion.VERSION2)
    missing = [name for name in PAHO_ATTRIBUTES if not hasattr(plain, name)]
    assert not missing, f"paho {paho.__name__} lost {missing}: adapt collector/intake/mqtt/batch_client.py"
    assert {"command", "remaining_length", "packet", "pos"} <= set(plain._in_packet)


def test_many_packets_of_one_read_come_as_one_batch(wire: Wire) -> None:
    wire.far.sendall(b"".join(publish(b"t", b"%d" % n, packet_id=n) for n in range(1, 101)))
    assert wire.client.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS
    assert len(wire.batches) == 1
    assert [frame[2] for frame in wire.batches[0][1]] == list(range(1, 101))


def test_a_packet_in_pieces_arrives_once_whole(wire: Wire) -> None:
    whole = publish(b"t", b"x" * 5_000, packet_id=3)
    for start in range(0, len(whole), 700):
        wire.far.sendall(whole[start : start + 700])
        wire.client.loop_read()
    assert [frames[0][1] for _epoch, frames in wire.batches] == [b"x" * 5_000]


def test_acknowledgements_leave_as_one_buffer(wire: Wire) -> None:
    wire.client.acknowledge(wire.client.epoch, [1, 258])
    assert wire.client.flush_acknowledgements() == 2
    assert wire.sent() == b"\x40\x02\x00\x01\x40\x02\x01\x02"


def test_an_identifier_of_an_earlier_connection_acknowledges_nothing(wire: Wire) -> None:
    wire.client.acknowledge(wire.client.epoch, [7])
    wire.client.epoch += 1
    assert wire.client.flush_acknowledgements() == 0
    assert wire.sent() == b""


def test_without_the_epoch_guard_a_stale_identifier_would_be_acknowledged(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control of the test above."""
    monkeypatch.setattr(BatchClient, "_is_current", lambda _self, _epoch: True)
    wire.client.acknowledge(wire.client.epoch, [7])
    wire.client.epoch += 1
    assert wire.client.flush_acknowledgements() == 1
    assert wire.sent() == b"\x40\x02\x00\x07"


def test_exactly_once_messages_are_answered_with_pubrec_after_the_commit(wire: Wire) -> None:
    wire.far.sendall(bytes((0x34, 6)) + b"\x00\x01t\x00\x09x")
    wire.client.loop_read()
    assert wire.batches[0][1] == [(b"t", b"x", 9, 4)]
    wire.client.acknowledge(wire.client.epoch, [9])
    wire.client.flush_acknowledgements()
    assert wire.sent() == b"\x50\x02\x00\x09"
    wire.far.sendall(b"\x62\x02\x00\x09")
    wire.client.loop_read()
    assert wire.sent() == b"\x70\x02\x00\x09"


@pytest.mark.parametrize(
    "broken", [b"\x30\x01\x00", b"\x30\xff\xff\xff\xff\x01", b"\x00\x00", b"\x90\x00", b"\x20\x00"]
)
def test_a_broken_stream_ends_the_connection_after_the_good_packets(wire: Wire, broken: bytes) -> None:
    wire.far.sendall(publish(b"t", b"good", packet_id=1) + broken)
    assert wire.client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS
    assert [frames[0][1] for _epoch, frames in wire.batches] == [b"good"]
    assert wire.client.socket() is None


def test_an_exception_of_the_receiver_never_ends_the_loop(wire: Wire) -> None:
    def fail(_epoch: int, _frames: list[PublishFrame]) -> None:
        raise RuntimeError("receiver")

    wire.client._on_batch = fail
    wire.far.sendall(publish(b"t", b"x", packet_id=1))
    assert wire.client.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS
    assert wire.client.callback_failures == 1
    assert wire.client.socket() is not None


def test_a_closed_far_end_is_a_lost_connection(wire: Wire) -> None:
    wire.far.sendall(publish(b"t", b"last", packet_id=1))
    wire.far.shutdown(socket.SHUT_WR)
    wire.client.loop_read()
    result = wire.client.loop_read() if wire.client.socket() else MQTTErrorCode.MQTT_ERR_CONN_LOST
    assert result == MQTTErrorCode.MQTT_ERR_CONN_LOST
    assert wire.batches[0][1][0][1] == b"last"


# --- messages that are too long to be held --------------------------------------------------------------------------


@pytest.mark.parametrize("piece", [1_000, 99_999, 400_000])
def test_a_message_that_is_too_long_streams_by_and_what_follows_is_read(wire: Wire, piece: int) -> None:
    giant, topic = bytes(range(256)) * 1_500, b"heat/\xe7\x83\xad"
    stream = b"".join(
        [
            publish(b"t", b"before", packet_id=3),
            publish(topic, giant, packet_id=4),
            publish(topic, giant + b"!"),
            publish(b"t", b"after", packet_id=5),
        ]
    )
    most_held = 0
    for start in range(0, len(stream), piece):
        sender = threading.Thread(target=wire.far.sendall, args=(stream[start : start + piece],))
        sender.start()
        while sender.is_alive() or (start + piece >= len(stream) > 0 and len(frames_of(wire)) < 4):
            assert wire.client.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS
            most_held = max(most_held, wire.client._held)
        sender.join()
    frames = frames_of(wire)
    assert [frame[2] for frame in frames] == [3, 4, 0, 5]
    assert [frame[1] for frame in frames] == [b"before", giant[:4_096], giant[:4_096], b"after"]
    cut = frames[1][1]
    assert isinstance(cut, CutPayload)
    assert cut.whole_bytes == len(giant)
    assert cut.content == content_of(RawMessage(topic.decode(), giant, 0))
    assert wire.client.overlong_messages == 2
    assert most_held <= 100_010, "it is never held whole"


def frames_of(wire: Wire) -> list[PublishFrame]:
    return [frame for _epoch, frames in wire.batches for frame in frames]


def test_a_message_that_is_too_long_and_malformed_ends_the_connection(wire: Wire) -> None:
    wire.far.sendall(b"\x32\xff\xff\xff\x7f\x00\x00" + bytes(210_000))
    while (result := wire.client.loop_read()) == MQTTErrorCode.MQTT_ERR_SUCCESS:
        pass
    assert result == MQTTErrorCode.MQTT_ERR_PROTOCOL
    assert (wire.client.stream_errors, wire.batches) == (1, [])
