"""Tasmota: telemetry of a plugged-in sensor, with local time and no zone.

Source: Tasmota documentation, MQTT telemetry.
"""

import orjson

from simulators.devices.payloads.binary_coded import local_time
from simulators.devices.payloads.readings import RoomPacket
from simulators.reports import Message

__all__ = ["encode"]


def encode(packet: RoomPacket) -> Message:
    """Return the telemetry of a sensor."""
    sample = packet.newest
    body = {
        "Time": local_time(sample.measured_ms).isoformat(),
        "SI7021": {"Temperature": sample.temp_c, "Humidity": sample.humidity_pct},
        "TempUnit": "C",
    }
    return Message(f"tele/{packet.device}/SENSOR", orjson.dumps(body))
