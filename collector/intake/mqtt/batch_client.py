"""`BatchClient`: paho's client with bulk reading and acknowledgements that belong to one connection.

paho keeps connect, TLS, keep-alive, subscriptions and every packet that is no PUBLISH. This class replaces its
packet-by-packet reading: one large `recv`, all PUBLISH packets of it handed on as one list. It is driven by
`collector.intake.mqtt.network_loop` through paho's public interface for foreign event loops; nothing but `acknowledge` may
be called from another thread. The private attributes of paho that it leans on are listed in `PAHO_ATTRIBUTES`, and a
test holds the installed paho against the list.
"""

import ssl
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

import numpy as np
import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from collector.intake.mqtt.frames import QOS_BITS, ControlFrame, PublishFrame, cut_frames
from collector.intake.mqtt.overlong import OverlongPublish

__all__ = ["PAHO_ATTRIBUTES", "BatchClient", "OnBatch"]

PAHO_ATTRIBUTES = (
    "_in_packet",
    "_last_bytes_received",
    "_loop_rc_handle",
    "_msgtime_mutex",
    "_packet_handle",
    "_packet_queue",
    "_sock",
)
"""Private attributes of `paho.mqtt.client.Client` in use; present in 2.1 and 2.2."""

READ_BYTES = 262_144
"""Bytes asked for in one `recv`."""
MAX_READ_BYTES = 1_048_576
"""Bytes taken in one turn of the loop before acknowledgements and keep-alive get theirs."""
_PUBACK, _PUBREC = 0x40, 0x50

OnBatch = Callable[[int, list[PublishFrame]], None]
"""Takes the epoch of the connection and its PUBLISH packets."""

log = structlog.get_logger()


def _nothing_to_register(*_: object) -> None:
    """Tell paho that a foreign loop writes: it then only queues, and never writes from a callback."""


class BatchClient(paho.Client):
    """paho's client, reading in bulk.

    Parameters
    ----------
    client_id
        Identity of the session at the broker.
    protocol
        ``paho.MQTTv5`` or ``paho.MQTTv311``.
    clean_session
        Whether the broker forgets the session at once; MQTT 3.1.1 only (MQTT 5 says so when connecting).
    max_packet_bytes
        A longer message is let by: its head is handed on as `CutPayload`. Any other longer packet ends the connection
        [bytes].
    on_batch
        Called in the network thread with (epoch, frames). What it raises is logged and counted; the frames stay
        unacknowledged, so the broker sends them again after the next connect.
    """

    def __init__(
        self,
        *,
        client_id: str,
        protocol: MQTTProtocolVersion,
        clean_session: bool,
        max_packet_bytes: int,
        on_batch: OnBatch,
    ) -> None:
        version_5 = protocol == paho.MQTTv5
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=protocol,
            clean_session=None if version_5 else clean_session,
            manual_ack=False,
        )
        self.suppress_exceptions = True
        self.on_socket_register_write = _nothing_to_register
        self.epoch = 0
        """Number of the connection: packet identifiers belong to one."""
        self.receive_error = ""
        """Why reading the socket failed last; a broker that refuses our certificate says so here."""
        self.last_packet_s = monotonic()
        """When bytes last came [s, monotonic]."""
        self.callback_failures = 0
        self.stream_errors = 0
        self.overlong_messages = 0
        """Messages too long to be held that were let by."""
        self._version_5 = version_5
        self._max_packet_bytes = max_packet_bytes
        self._on_batch = on_batch
        self._overlong: OverlongPublish | None = None
        self._chunks: list[bytes] = []
        self._held = 0
        self._needed = 0
        self._acknowledgements: deque[tuple[int, Sequence[int]]] = deque()
        self._exactly_once: set[int] = set()

    # --- connection -------------------------------------------------------------------------------------------

    def reconnect(self) -> MQTTErrorCode:
        """Connect again; identifiers of the former connection mean nothing from now on.

        Raises
        ------
        OSError
            When the broker cannot be reached or its certificate is not trusted.
        """
        self.epoch += 1
        self._chunks, self._held, self._needed = [], 0, 0
        self._overlong = None
        self._exactly_once.clear()
        self.last_packet_s = monotonic()
        return super().reconnect()

    # --- acknowledging ----------------------------------------------------------------------------------------

    def acknowledge(self, epoch: int, packet_ids: Sequence[int]) -> None:
        """Note packets as kept; `flush_acknowledgements` sends them. Safe from any thread."""
        self._acknowledgements.append((epoch, packet_ids))

    def flush_acknowledgements(self) -> int:
        """Queue one buffer of PUBACKs (PUBREC for QoS 2), network thread only; return how many were still valid."""
        # Packet identifiers are given out again on each connection. One of the former connection may by now belong to a
        # message that nobody has kept yet, and acknowledging it would lose that message: it is dropped here, and the
        # broker sends its message again.
        valid: list[int] = []
        while self._acknowledgements:
            epoch, packet_ids = self._acknowledgements.popleft()
            if self._is_current(epoch):
                valid.extend(packet_ids)
        if valid and self._sock is not None:
            self._packet_queue(paho.PUBACK, self._acknowledgements_of(valid), 0, 1)
        return len(valid)

    def _acknowledgements_of(self, packet_ids: list[int]) -> bytes:
        if self._exactly_once:
            return b"".join(map(self._acknowledgement, packet_ids))
        packets = np.empty((len(packet_ids), 2), ">u2")
        packets[:, 0] = _PUBACK << 8 | 2
        packets[:, 1] = packet_ids
        return packets.tobytes()

    def _is_current(self, epoch: int) -> bool:
        """Whether a packet of that connection may be acknowledged on this one."""
        return epoch == self.epoch

    def _acknowledgement(self, packet_id: int) -> bytes:
        if packet_id in self._exactly_once:
            self._exactly_once.discard(packet_id)
            return bytes((_PUBREC, 2, packet_id >> 8, packet_id & 255))
        return bytes((_PUBACK, 2, packet_id >> 8, packet_id & 255))

    # --- reading ----------------------------------------------------------------------------------------------

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read what the socket holds and deliver it; the name and the meaning of the result are paho's."""
        sock = self._sock
        if sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        closed = False
        try:
            closed = self._receive(sock)
        except (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError as error:
            self.receive_error = f"{type(error).__name__}: {error}"
            log.warning("mqtt.receive_failed", error=self.receive_error)
            closed = True
        result = self._deliver_held()
        if result == MQTTErrorCode.MQTT_ERR_SUCCESS and closed:
            result = MQTTErrorCode.MQTT_ERR_CONN_LOST
        if result and self._sock is not None:
            return self._loop_rc_handle(result)
        return result

    def _receive(self, sock: Any) -> bool:
        """Take bytes off the socket (all that TLS has decrypted); return whether the other end closed."""
        taken = 0
        while taken < MAX_READ_BYTES:
            data = sock.recv(READ_BYTES)
            if not data:
                return True
            taken += len(data)
            self._chunks.append(data)
            self._held += len(data)
            self._note_life()
            pending = getattr(sock, "pending", None)
            if len(data) < READ_BYTES and (pending is None or pending() == 0):
                return False
        return False

    def _note_life(self) -> None:
        now_s = monotonic()
        self.last_packet_s = now_s
        with self._msgtime_mutex:
            self._last_bytes_received = now_s

    def _deliver_held(self) -> MQTTErrorCode:
        if self._overlong is not None and not self._let_by(self._overlong):
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        if not self._chunks or self._held < self._needed:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        buffer = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        cut = cut_frames(buffer, version_5=self._version_5, max_packet_bytes=self._max_packet_bytes)
        rest = buffer[cut.consumed :] if cut.consumed else buffer
        self._chunks = [rest] if rest else []
        self._held, self._needed = len(rest), cut.needed
        if cut.publishes:
            self._hand_on(cut.publishes)
        for control in cut.controls:
            result = self._handle_control(control)
            if result or self._sock is None:
                return result or MQTTErrorCode.MQTT_ERR_CONN_LOST
        if cut.error:
            self.stream_errors += 1
            log.error("mqtt.stream_broken", reason=cut.error)
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        if cut.overlong is not None:
            first, header_bytes, length = cut.overlong
            self._overlong = OverlongPublish(first, length, version_5=self._version_5)
            self._chunks = [rest[header_bytes:]]
            return self._deliver_held()
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _let_by(self, overlong: OverlongPublish) -> bool:
        """Give a message that is too long what came; return False when it turns out to be malformed."""
        rest = overlong.feed(b"".join(self._chunks))
        self._chunks, self._held, self._needed = [rest] if rest else [], len(rest), 0
        if overlong.is_malformed:
            self.stream_errors += 1
            log.error("mqtt.stream_broken", reason="malformed PUBLISH that is too long as well")
            return False
        if not overlong.is_whole:
            return True
        self._overlong, frame = None, overlong.frame()
        self.overlong_messages += 1
        log.warning("mqtt.message_too_long", topic=frame[0].decode("utf-8", "replace")[:200])
        self._hand_on([frame])
        return True

    def _hand_on(self, frames: list[PublishFrame]) -> None:
        if any(flags & QOS_BITS == 4 for flags in {frame[3] for frame in frames}):
            self._exactly_once.update(frame[2] for frame in frames if frame[3] & QOS_BITS == 4)
        try:
            self._on_batch(self.epoch, frames)
        except Exception:
            self.callback_failures += 1
            log.exception("mqtt.batch_callback_failed", messages=len(frames))

    def _handle_control(self, control: ControlFrame) -> MQTTErrorCode:
        """Let paho handle a packet as if it had read it itself; what it cannot read ends the connection."""
        first, body = control
        packet = self._in_packet
        packet["command"], packet["remaining_length"] = first, len(body)
        packet["packet"], packet["pos"] = bytearray(body), 0
        try:
            return self._packet_handle()
        except Exception as error:
            self.stream_errors += 1
            log.exception("mqtt.control_packet_unreadable", first_byte=first, error=str(error))
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        finally:
            packet["command"], packet["remaining_length"], packet["packet"] = 0, 0, bytearray()
