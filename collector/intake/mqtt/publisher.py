"""Publishing messages once, for replays and for commands to devices: connect, publish at QoS 1, wait until the broker has them all."""

import ssl
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event
from typing import Any
from uuid import uuid4

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from collector.intake.mqtt.credentials import use_credentials
from config.settings.tree import MqttSettings
from heating.errors import HeatingError

__all__ = ["PublishError", "command_publisher", "publish_all"]

COMMAND_TIMEOUT_S = 10.0
"""How long a command to a device may wait for the broker [s]."""
IN_FLIGHT = 1_000
"""Unacknowledged messages at a time."""


class PublishError(HeatingError):
    """The broker did not take the messages."""

    retryable = True


def command_publisher(settings: MqttSettings) -> Callable[[Sequence[tuple[str, bytes]]], None]:
    """Return what publishes commands to devices: at QoS 0, a command that comes late is worth nothing."""
    return partial(publish_all, settings=settings, qos=0, timeout_s=COMMAND_TIMEOUT_S)


def publish_all(
    messages: Sequence[tuple[str, bytes]], *, settings: MqttSettings, timeout_s: float = 60.0, qos: int = 1
) -> None:
    """Publish (topic, payload) pairs in order; returns when the broker has acknowledged every one.

    At QoS 0 there is no acknowledgement: it returns when they have left this machine.

    Raises
    ------
    PublishError
        When the broker cannot be reached, refuses, or is too slow.
    """
    if not messages:
        return
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=f"nuanliu-publisher-{uuid4().hex[:8]}",
        protocol=paho.MQTTv5 if settings.protocol == "5" else paho.MQTTv311,
    )
    client.max_inflight_messages_set(IN_FLIGHT)
    use_credentials(client, settings)
    _publish(client, messages, settings, timeout_s, qos)


def _publish(
    client: paho.Client,
    messages: Sequence[tuple[str, bytes]],
    settings: MqttSettings,
    timeout_s: float,
    qos: int,
) -> None:
    answered = Event()
    refusal: list[str] = []

    def connected(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            refusal.append(str(reason))
        answered.set()

    client.on_connect = connected
    try:
        client.connect(settings.host, settings.port, settings.keepalive_s)
        client.loop_start()
        if not answered.wait(timeout_s) or refusal:
            raise PublishError(f"the broker refused: {refusal or 'no answer'}")
        sent = [client.publish(topic, payload, qos=qos) for topic, payload in messages]
        for info in sent:
            info.wait_for_publish(timeout_s)
            if not info.is_published():
                raise PublishError("the broker did not acknowledge every message in time")
    except (OSError, ssl.SSLError, ValueError, RuntimeError) as error:
        raise PublishError(f"cannot publish: {error}") from error
    finally:
        client.disconnect()
        client.loop_stop()
