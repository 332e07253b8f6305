"""The 0x68 frame of NB-IoT room collectors: up to six samples, the newest first, stamped by one package time.

What lives here: the frame. What does not: platforms that pass it on (`simulators.devices.payloads.ctwing_aep`). Layout:
0x68, type, 7 bytes address, control 0x81, length, data, check sum, 0x16; all numbers high byte first.
"""

import math
import struct

from simulators.devices.payloads.binary_coded import bcd, byte_sum, local_time
from simulators.devices.payloads.readings import RoomPacket, RoomSample
from simulators.devices.sensor_traits import SENTINEL_C
from simulators.reports import Message

__all__ = ["encode", "frame_of"]

_TYPE = 0x42
_REPLY = 0x81
_LIVE, _LIVE_WITH_SIM = 0x1F90, 0x1F91
_SOFTWARE, _PROTOCOL, _VENDOR = bytes((2, 7)), bytes((1, 0, 0, 0, 0, 3)), 9
_ABSENT = 0x7FFF
_NO_SIGNAL_QUALITY = 99


def frame_of(packet: RoomPacket) -> bytes:
    """Return the frame of a packet; collectors with an odd address add the number of their SIM card."""
    with_sim = int(packet.device[-1]) % 2 == 1
    data = struct.pack(">HB", _LIVE_WITH_SIM if with_sim else _LIVE, packet.sent_ms // 60_000 % 256)
    data += _clock(packet) + _SOFTWARE + _PROTOCOL + bytes((_VENDOR,))
    apart_min = _apart_min(packet)
    send_min = min(max(apart_min * len(packet.samples), 1), 1440)
    data += struct.pack(">HBHBBb", send_min, 1, apart_min, _csq(packet.rssi_dbm), 0, 0)
    data += bytes((len(packet.samples),)) + b"".join(_record(packet, sample) for sample in packet.samples)
    data += struct.pack(">BBBBHB", 1, 9, 4, packet.stored, 300, 5)
    if with_sim:
        data += bcd(89_860_000_000_000_000_000 + int(packet.device[2:]), 10)[::-1]
    head = bytes((0x68, _TYPE)) + bytes.fromhex(packet.device) + bytes((_REPLY, len(data)))
    return head + data + bytes((byte_sum(head + data), 0x16))


def encode(packet: RoomPacket) -> Message:
    """Return a packet as bare bytes, as a collector of the operator hands it on."""
    return Message(f"nb/{packet.device}/up", frame_of(packet))


def _clock(packet: RoomPacket) -> bytes:
    if not packet.clock_set:
        return bytes(6)
    moment = local_time(packet.newest.measured_ms)
    return bytes((moment.year % 100, moment.month, moment.day, moment.hour, moment.minute, moment.second))


def _apart_min(packet: RoomPacket) -> int:
    if len(packet.samples) < 2:
        return 30
    return round((packet.samples[0].measured_ms - packet.samples[1].measured_ms) / 60_000)


def _csq(rssi_dbm: float) -> int:
    """Return the signal quality of 3GPP TS 27.007: 0 to 31 in steps of 2 dB from −113 dBm, 99 unknown."""
    return _NO_SIGNAL_QUALITY if math.isnan(rssi_dbm) else min(max(round((rssi_dbm + 113) / 2), 0), 31)


def _record(packet: RoomPacket, sample: RoomSample) -> bytes:
    tenths = _ABSENT if sample.temp_c == SENTINEL_C else round(sample.temp_c * 10)
    status = packet.low_battery | packet.moved << 1
    return struct.pack(">BBhB", status, 0, tenths, round(sample.humidity_pct))
