"""Publishing to the broker: QoS 1, retained link states, commands to devices, an orderly end.

What lives here: the MQTT connection of the simulator. What does not: what is published and when
(`simulators.publishing.live`). One connection stands for all gateways, so its last will can speak for one topic only; the link
states of all others are set offline at an orderly end and on a fault.
"""

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

import structlog
from paho.mqtt.client import Client, MQTTMessage, MQTTMessageInfo, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from heating.errors import HeatingError
from simulators.reports import Message

__all__ = ["BrokerUnreachableError", "MqttPublisher"]

_log = structlog.get_logger()
_MAX_IN_FLIGHT = 500
"""Messages on the way at once: paho looks through all of them at every acknowledgement."""
_MAX_WAITING = 20_000
_MAX_COMMANDS = 10_000
_LOOK_UP_S = 0.5


class BrokerUnreachableError(HeatingError):
    """The broker does not answer or refuses the connection."""

    retryable = True


class MqttPublisher:
    """A connection that publishes and reconnects by itself.

    Parameters
    ----------
    host, port : str, int
        The broker.
    will : Message or None
        Published by the broker when this process dies.
    username, password : str or None
        Credentials at the broker.
    stop : threading.Event
        Set when the run is to end: nothing blocks any longer.
    client_id : str
        Name of the connection.
    listens : sequence of str
        Topic filters of commands to the devices.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        will: Message | None = None,
        username: str | None = None,
        password: str | None = None,
        stop: threading.Event,
        client_id: str = "nuanliu-simulator",
        listens: Sequence[str] = (),
    ) -> None:
        self._host, self._port, self._stop = host, port, stop
        self._connected = threading.Event()
        self._refused = ""
        self._lock = threading.Condition()
        self._listens = tuple(listens)
        self._commands: deque[str] = deque(maxlen=_MAX_COMMANDS)
        self._unacknowledged = 0
        self.published = 0
        """Messages that the broker has acknowledged."""
        self.repeated = 0
        """Messages sent that were the very same as the one before: devices now and then send twice."""
        self._last: Message | None = None
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv311)
        self._client.max_inflight_messages_set(_MAX_IN_FLIGHT)
        self._client.max_queued_messages_set(0)
        self._client.reconnect_delay_set(min_delay=1, max_delay=15)
        if username is not None:
            self._client.username_pw_set(username, password)
        if will is not None:
            self._client.will_set(will.topic, will.payload, qos=1, retain=will.retained)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_message

    def connect(self, timeout_s: float = 15.0) -> None:
        """Connect and start the network thread.

        Raises
        ------
        BrokerUnreachableError
            When there is no connection in time or the broker refuses.
        """
        try:
            self._client.connect(self._host, self._port, keepalive=30)
        except OSError as error:
            raise BrokerUnreachableError(
                f"no broker at {self._host}:{self._port} ({error}); is it running?"
            ) from error
        self._client.loop_start()
        if not self._connected.wait(timeout_s):
            self._client.loop_stop()
            reason = self._refused or f"no answer within {timeout_s:g} s"
            raise BrokerUnreachableError(f"broker at {self._host}:{self._port}: {reason}")

    def publish(self, message: Message) -> None:
        """Hand a message over; blocks while too many wait for an acknowledgement."""
        with self._lock:
            while self._unacknowledged >= _MAX_WAITING and not self._stop.is_set():
                self._lock.wait(_LOOK_UP_S)
            self._unacknowledged += 1
        self.repeated += message is self._last
        self._last = message
        info: MQTTMessageInfo = self._client.publish(
            message.topic, message.payload, qos=1, retain=message.retained
        )
        if info.rc not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN):
            _log.warning("simulator.publish_failed", topic=message.topic, code=int(info.rc))

    def take_commands(self) -> list[str]:
        """Return the topics of the commands that came since the last call."""
        taken = []
        while self._commands:
            taken.append(self._commands.popleft())
        return taken

    def drain(self, timeout_s: float) -> int:
        """Wait until all is acknowledged, at most `timeout_s`; return how many messages are not."""
        with self._lock:
            self._lock.wait_for(lambda: self._unacknowledged == 0, timeout_s)
            return self._unacknowledged

    def close(self, timeout_s: float = 10.0) -> int:
        """Wait for acknowledgements, disconnect, and return how many messages were not acknowledged."""
        left = self.drain(timeout_s)
        self._client.disconnect()
        self._client.loop_stop()
        return left

    def _on_connect(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._refused = str(reason)
            _log.warning("simulator.broker_refused", reason=str(reason))
            return
        for topic_filter in self._listens:
            client.subscribe(topic_filter, qos=0)
        self._connected.set()
        _log.info("simulator.connected", host=self._host, port=self._port)

    def _on_disconnect(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            _log.warning("simulator.disconnected", reason=str(reason))

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._commands.append(message.topic)

    def _on_publish(self, _client: Client, _data: Any, _mid: int, _reason: Any, _properties: Any) -> None:
        with self._lock:
            self._unacknowledged -= 1
            self.published += 1
            self._lock.notify_all()
