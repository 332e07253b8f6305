"""Zigbee2MQTT: one object a device on a topic of its IEEE address; the battery in % and mV.

Source: Zigbee2MQTT documentation, MQTT topics and messages.
"""

import math

import orjson

from simulators.devices.payloads.binary_coded import rfc3339
from simulators.devices.payloads.readings import RoomPacket
from simulators.reports import Message

__all__ = ["encode"]


def encode(packet: RoomPacket) -> Message:
    """Return the state of a sensor; the bridge stamps it."""
    sample = packet.newest
    body: dict[str, object] = {"temperature": sample.temp_c, "humidity": sample.humidity_pct}
    if not math.isnan(packet.battery_pct):
        body["battery"] = packet.battery_pct
    if not math.isnan(packet.battery_v):
        body["voltage"] = round(packet.battery_v * 1000)
    body |= {"linkquality": 40 + packet.sent_ms // 1000 % 180, "last_seen": rfc3339(sample.measured_ms)}
    return Message(f"zigbee2mqtt/{packet.device}", orjson.dumps(body))
