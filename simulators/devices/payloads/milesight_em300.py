"""Application payload of the indoor sensor Milesight EM300-TH: channel, type and value, low byte first.

What lives here: bytes over the air. What does not: the network servers around them. Source: Milesight EM300 series user
guide, payload definition: ``01 75`` battery [%], ``03 67`` temperature [0.1 °C], ``04 68`` humidity [0.5 %], ``20 CE``
stored reading: time [epoch s], temperature, humidity, and a byte of status that the EM300-TH leaves at 0.
"""

import math
import struct

from simulators.devices.payloads.readings import RoomPacket
from simulators.devices.sensor_traits import SENTINEL_C

__all__ = ["F_PORT", "application_payload", "decoded_object"]

F_PORT = 85
"""LoRaWAN port of Milesight devices."""
_ABSENT = 0x7FFF


def _tenths(temp_c: float) -> int:
    return _ABSENT if temp_c == SENTINEL_C else round(temp_c * 10)


def application_payload(packet: RoomPacket) -> bytes:
    """Return the bytes of an uplink: a live reading, or a stored one when the sensor held it back."""
    sample = packet.newest
    halves = round(sample.humidity_pct * 2)
    if packet.stored:
        return struct.pack("<BBIhBx", 0x20, 0xCE, sample.measured_ms // 1000, _tenths(sample.temp_c), halves)
    battery = b"" if math.isnan(packet.battery_pct) else bytes((0x01, 0x75, round(packet.battery_pct)))
    return battery + struct.pack("<BBhBBB", 0x03, 0x67, _tenths(sample.temp_c), 0x04, 0x68, halves)


def decoded_object(packet: RoomPacket) -> dict[str, float]:
    """Return what a codec on the network server makes of a live reading."""
    sample = packet.newest
    told = {"temperature": _tenths(sample.temp_c) / 10, "humidity": round(sample.humidity_pct * 2) / 2}
    return told if math.isnan(packet.battery_pct) else {"battery": round(packet.battery_pct), **told}
