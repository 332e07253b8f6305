"""`MqttSource`: the broker as a `heating.protocols.MessageSource`.

What lives here: session, subscriptions, the queue between the network thread and the writer, and the watchdog. What
does not: decoding, and the decision when a message is safe to acknowledge.
"""

import json
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from time import monotonic
from typing import Any

import paho.mqtt.client as paho
import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from collector.intake.mqtt.batch_client import BatchClient
from collector.intake.mqtt.credentials import use_credentials
from collector.intake.mqtt.frames import PublishFrame
from collector.intake.mqtt.losses import DROPPED_TOPIC, BrokerMemory
from collector.intake.mqtt.network_loop import NetworkLoop
from collector.messages.arrived_message import (
    RESUMED_FLAG,
    RETAIN_FLAG,
    ArrivedMessages,
    concatenated,
    payloads_of,
)
from config.drafts import write_whole
from config.settings.tree import MqttSettings
from heating.clock import Clock
from heating.intervals import from_epoch_ms
from heating.protocols import Health, HealthStatus, RawMessage

__all__ = ["MqttSource"]

QUEUE_BYTES = 268_435_456
"""Bytes of payload that may wait in the queue before reading pauses [bytes]."""
TOPIC_CACHE_ENTRIES = 500_000
"""Topics whose text is remembered."""
_DROPPED = DROPPED_TOPIC.encode()
_LOSS_SHOWN_MS = 3_600_000
"""Health names a loss for so long [ms]."""
_REMEDY = (
    "Nothing arrives on these filters: let this client read them in the broker's access list (nuanliu broker config "
    "writes one), or take the routes out of mqtt.routes. NATS refuses filters also when max_ack_pending times their "
    "number (a filter ending in /# counts twice) is above 65535"
)
"""What to do about a refused subscription."""

log = structlog.get_logger()


def _identifiers(messages: Sequence[RawMessage]) -> Iterator[tuple[int, list[int]]]:
    """Yield the packet identifiers of each connection, in order; QoS 0 has none."""
    if isinstance(messages, ArrivedMessages):
        pairs: Iterable[tuple[int, int]] = zip(messages.epochs, messages.packet_ids, strict=True)
        if len(set(messages.epochs)) == 1 and 0 not in messages.packet_ids:
            yield messages.epochs[0], messages.packet_ids
            return
    else:
        pairs = ((message.epoch, message.packet_id) for message in messages)
    for epoch, run in groupby(pairs, key=itemgetter(0)):
        packet_ids = [packet_id for _epoch, packet_id in run if packet_id]
        if packet_ids:
            yield epoch, packet_ids


def _within(group: str, topic_filter: str) -> str:
    """Return a filter as a member of a group subscribes to it; one that names a group already stays."""
    return topic_filter if topic_filter.startswith("$share/") else group + topic_filter


class MqttSource:
    """Messages of a broker, taken in batches and acknowledged after they are kept.

    Parameters
    ----------
    settings
        Broker, identity, window and routes.
    clock
        Gives the arrival time.
    coalesce_ms
        Pause after each read of the socket [ms].
    durable
        True: fixed session, QoS 1, acknowledged by the owner. False: a session that ends with the connection, QoS 0
        (live feeds of other rooms).
    client_id
        Identity at the broker; the one of the settings when None.
    memory
        Remembers the session and the broker's counters, so that a loss at the broker is seen.
    subscriptions_file
        Remembers the filters of the session, so that a filter taken out of the settings is unsubscribed.
    """

    def __init__(
        self,
        *,
        settings: MqttSettings,
        clock: Clock,
        coalesce_ms: int = 10,
        durable: bool = True,
        client_id: str | None = None,
        subscriptions_file: Path | None = None,
        memory: BrokerMemory | None = None,
    ) -> None:
        self._memory = memory
        self._counters_packet: int | None = None
        self._settings = settings
        self._clock = clock
        self._durable = durable
        self._subscriptions_file = subscriptions_file
        shared = durable and settings.share_group
        group = f"$share/{settings.share_group}/" if shared else ""
        self._filters = tuple(dict.fromkeys(_within(group, route.filter) for route in settings.routes))
        self._refused: dict[int, str] = {}
        self._queue: deque[ArrivedMessages] = deque()
        self._queued = 0
        self._queued_bytes = 0
        self._arrived = threading.Condition()
        self._topics: dict[bytes, str] = {}
        self._connect_refusal = ""
        self._confirmed = False
        self._resumed = 0
        self.received = 0
        """Messages that ever arrived, redelivered ones included."""
        self.dropped_qos0 = 0
        """QoS 0 messages that found the queue full: they carry no promise, and are counted here."""
        self._client = self._build_client(client_id or settings.client_id)
        self._resend_wait_s = settings.pause_before_connecting_s() if durable else 0.0
        self._loop = NetworkLoop(
            client=self._client,
            coalesce_s=coalesce_ms / 1000.0,
            may_read=self._has_room,
            least_pause_s=self._resend_wait_s,
        )

    # --- MessageSource ----------------------------------------------------------------------------------------

    @property
    def window(self) -> int:
        """Unacknowledged messages in flight at the most; batches must stay at or below half of it."""
        return self._settings.receive_maximum

    def start(self) -> None:
        """Connect and subscribe; returns at once, reconnects by itself for ever.

        A connection right after the last one would get what is new before what the last one left open: the broker needs
        a moment to notice that it comes again.
        """
        memory = self._memory
        self._loop.start(after_s=memory.left_to_wait_s(self._resend_wait_s) if memory else 0.0)

    def take(self, *, limit: int, timeout_s: float) -> Sequence[RawMessage]:
        """Return up to `limit` messages, waiting at most `timeout_s` for the first; empty when none came."""
        with self._arrived:
            if not self._queue and timeout_s > 0:
                self._arrived.wait_for(lambda: bool(self._queue), timeout=timeout_s)
            taken = concatenated(self._pop(limit)) if self._queue else []
            was_full = not self._has_room()
            self._queued -= len(taken)
            self._queued_bytes -= sum(map(len, payloads_of(taken)))
        if was_full and self._has_room():
            self._loop.wake()
        return taken

    def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """Acknowledge messages; those of an earlier connection are ignored (they will come again)."""
        for epoch, packet_ids in _identifiers(messages):
            self._client.acknowledge(epoch, packet_ids)
            self._loop.wake()

    def _pop(self, limit: int) -> list[ArrivedMessages]:
        """Take up to `limit` messages off the queue."""
        parts: list[ArrivedMessages] = []
        while limit > 0 and self._queue:
            part = self._queue.popleft()
            if len(part) > limit:
                self._queue.appendleft(part[limit:])
                part = part[:limit]
            parts.append(part)
            limit -= len(part)
        return parts

    def health(self) -> Health:
        """Return the state of the connection."""
        silent_s = monotonic() - self._client.last_packet_s
        figures = {
            "received": float(self.received),
            "queued": float(self._queued),
            "dropped_qos0": float(self.dropped_qos0),
            "connects": float(self._loop.connects),
            "silent_s": silent_s,
            "stream_errors": float(self._client.stream_errors),
            "overlong_messages": float(self._client.overlong_messages),
        }
        if self._memory is not None:
            figures["losses"] = float(self._memory.losses)
            figures["lost_messages"] = float(self._memory.lost_messages)
        if self.is_dead:
            return Health(
                HealthStatus.DOWN, f"no packet for {silent_s:.0f} s or the loop stands still", figures
            )
        if not self._client.is_connected():
            failure = self._loop.last_error or self._client.receive_error
            reason = self._connect_refusal or failure or "connecting"
            return Health(HealthStatus.DOWN, f"not connected to the broker: {reason}", figures)
        if not self._confirmed:
            return Health(HealthStatus.DEGRADED, "the broker has not confirmed the subscriptions", figures)
        if self._refused:
            refused = "; ".join(sorted(self._refused.values()))
            return Health(HealthStatus.DOWN, f"the broker refuses {refused}. {_REMEDY}", figures)
        if self.dropped_qos0 or self._client.callback_failures:
            return Health(HealthStatus.DEGRADED, f"{self.dropped_qos0} QoS 0 messages dropped", figures)
        loss = None if self._memory is None else self._memory.last
        if loss is not None and self._clock.now_ms() - loss.until_ms < _LOSS_SHOWN_MS:
            span = f"{from_epoch_ms(loss.since_ms).isoformat()} to {from_epoch_ms(loss.until_ms).isoformat()}"
            why = f"readings were lost before they came here ({loss.kind.value}), {span}"
            return Health(HealthStatus.DEGRADED, f"{why}, messages counted: {loss.number}", figures)
        return Health(HealthStatus.OK, "", figures)

    def stop(self) -> None:
        """Disconnect in order; unacknowledged messages stay with the broker."""
        self._loop.stop()

    # --- watchdog ---------------------------------------------------------------------------------------------

    @property
    def is_dead(self) -> bool:
        """Whether the supervisor must restart this process.

        True when the network thread ended or stands still, or when a connection that claims to live has brought no
        packet (not even a ping's answer) for twice the keep-alive. A broker that is away is no death: the loop lives
        and tries again.
        """
        limit_s = 2.0 * self._settings.keepalive_s
        now_s = monotonic()
        if not self._loop.is_running or now_s - self._loop.heartbeat_s > limit_s:
            return True
        listening = self._client.is_connected() and self._has_room()
        return bool(listening) and now_s - self._client.last_packet_s > limit_s

    # --- set-up -----------------------------------------------------------------------------------------------

    def _build_client(self, client_id: str) -> BatchClient:
        settings = self._settings
        version_5 = settings.protocol == "5"
        client = BatchClient(
            client_id=client_id,
            protocol=paho.MQTTv5 if version_5 else paho.MQTTv311,
            clean_session=not self._durable,
            max_packet_bytes=settings.max_packet_bytes,
            on_batch=self._take_frames,
        )
        use_credentials(client, settings)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_subscribe = self._subscribed
        if not version_5:
            client.connect_async(settings.host, settings.port, settings.keepalive_s)
            return client
        properties: Any = Properties(PacketTypes.CONNECT)
        properties.ReceiveMaximum = settings.receive_maximum
        # The broker keeps a longer message to itself; else it would break the stream at every connect, for ever.
        properties.MaximumPacketSize = settings.max_packet_bytes
        properties.SessionExpiryInterval = settings.session_expiry_s if self._durable else 0
        client.connect_async(
            settings.host,
            settings.port,
            settings.keepalive_s,
            clean_start=not self._durable,
            properties=properties,
        )
        return client

    # --- network thread ---------------------------------------------------------------------------------------

    def _connected(self, client: Any, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._connect_refusal = f"the broker refused: {reason}"
            log.error("mqtt.connect_refused", reason=str(reason))
            return
        self._connect_refusal = self._client.receive_error = ""
        log.info("mqtt.connected", session_present=bool(flags.session_present), filters=list(self._filters))
        remembered = set(self._remembered_filters())
        former = remembered - set(self._filters)
        known = self._subscriptions_file is None or remembered == set(self._filters)
        self._resumed = RESUMED_FLAG if flags.session_present and known else 0
        if former:
            client.unsubscribe(sorted(former))
            log.info("mqtt.unsubscribed", filters=sorted(former))
        if self._memory is not None:
            self._memory.connected(session_present=bool(flags.session_present))
        self._refused.clear()
        if self._resumed and self._subscriptions_file is not None and self._settings.protocol != "5":
            # NATS server sends at once what the session left open. A filter that is subscribed again meanwhile takes the
            # place of the old one, and what was on its way to that reaches nobody until `ack_wait` is over.
            self._taken_up(client)
            return
        client.subscribe([(topic_filter, self._subscription()) for topic_filter in self._filters])

    def _subscription(self) -> int | SubscribeOptions:
        """Return how a filter is subscribed: kept messages are wanted once, not again with each connection."""
        qos = 1 if self._durable else 0
        if self._settings.protocol != "5":
            return qos
        return SubscribeOptions(qos, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)

    def _subscribed(self, client: Any, _data: Any, packet_id: Any, reasons: Any, _properties: Any) -> None:
        if packet_id == self._counters_packet:
            return  # a broker that counts nothing, or keeps it from us, is as good as before
        for place, (topic_filter, reason) in enumerate(zip(self._filters, reasons, strict=False)):
            if reason.is_failure:
                self._refused[place] = f"{topic_filter}: {reason}"
                log.error("mqtt.subscription_refused", filter=topic_filter, reason=str(reason))
        self._remember_filters()
        self._taken_up(client)

    def _taken_up(self, client: Any) -> None:
        """The broker has the filters, or had them all along."""
        self._confirmed = True
        if self._memory is not None:
            self._memory.confirmed()
            if self._settings.broker_counters:
                _, self._counters_packet = client.subscribe(DROPPED_TOPIC, 0)

    def _disconnected(self, _client: Any, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        self._confirmed = False
        log.warning(
            "mqtt.disconnected", reason=str(reason), by_broker=bool(flags.is_disconnect_packet_from_server)
        )

    def _take_frames(self, epoch: int, frames: list[PublishFrame]) -> None:
        now_ms = self._clock.now_ms()
        if self._memory is not None:
            self._memory.heard()
            frames = self._without_counters(frames, self._memory)
            if not frames:
                return
        if len(self._topics) > TOPIC_CACHE_ENTRIES:
            self._topics.clear()
        raw, payloads, packet_ids, flags = zip(*frames, strict=True)
        try:
            topics = list(map(self._topics.__getitem__, raw))
        except KeyError:
            topics = [self._topics.get(topic) or self._learn_topic(topic) for topic in raw]
        self._enqueue(
            ArrivedMessages(
                topics=topics,
                payloads=list(payloads),
                received_ms=[now_ms] * len(topics),
                packet_ids=list(packet_ids),
                epochs=[epoch] * len(topics),
                flags=[flag | self._resumed if flag & RETAIN_FLAG else flag for flag in flags],
            )
        )

    @staticmethod
    def _without_counters(frames: list[PublishFrame], memory: BrokerMemory) -> list[PublishFrame]:
        """Take the broker's own counters out of what came."""
        counters = [frame for frame in frames if frame[0] == _DROPPED]
        for _topic, payload, _packet_id, _flags in counters:
            memory.counted(payload)
        return [frame for frame in frames if frame[0] != _DROPPED] if counters else frames

    def _learn_topic(self, topic: bytes) -> str:
        text = self._topics[topic] = topic.decode("utf-8", "replace")
        return text

    def _enqueue(self, arrived: ArrivedMessages) -> None:
        with self._arrived:
            self.received += len(arrived)
            if self._queued + len(arrived) > 4 * self.window:
                promised = [place for place, packet_id in enumerate(arrived.packet_ids) if packet_id]
                self.dropped_qos0 += len(arrived) - len(promised)
                arrived = arrived.at(promised)
            if not len(arrived):
                return
            self._queue.append(arrived)
            self._queued += len(arrived)
            self._queued_bytes += sum(map(len, arrived.payloads))
            self._arrived.notify_all()

    def _has_room(self) -> bool:
        return self._queued_bytes < QUEUE_BYTES

    # --- filters of the session -------------------------------------------------------------------------------

    def _remembered_filters(self) -> list[str]:
        file = self._subscriptions_file
        if file is None or not file.exists():
            return []
        try:
            return [str(item) for item in json.loads(file.read_text(encoding="utf-8"))]
        except (OSError, ValueError) as error:
            log.warning("mqtt.subscriptions_file_unreadable", file=str(file), error=str(error))
            return []

    def _remember_filters(self) -> None:
        if self._subscriptions_file is None:
            return
        try:
            self._subscriptions_file.parent.mkdir(parents=True, exist_ok=True)
            accepted = [name for place, name in enumerate(self._filters) if place not in self._refused]
            write_whole(self._subscriptions_file, json.dumps(accepted))
        except OSError as error:
            log.warning("mqtt.subscriptions_file_unwritable", error=str(error))
