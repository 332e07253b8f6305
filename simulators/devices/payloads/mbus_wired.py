"""Wired M-Bus: the long frame of a heat meter, plain, with a clock of type I.

Source: EN 13757-2 (frame) and EN 13757-3 (records).
"""

import struct

from simulators.devices.payloads.binary_coded import bcd, byte_sum, local_time
from simulators.devices.payloads.readings import StationReading
from simulators.reports import Message

__all__ = ["encode", "telegram_of"]

_RESPONSE, _ADDRESS, _LONG_HEADER = 0x08, 0x01, 0x72
_MAKER = b"\x2d\x2c"
"""Three letters of five bits each, low byte first: KAM."""
_HEAT_IN_RETURN = 0x04
_WATT_PER_GJ_PER_H = 1e6 / 3.6


def telegram_of(reading: StationReading) -> bytes:
    """Return the answer of the meter: heat, volume, rate, flow, temperatures, clock."""
    values = reading.values
    records = _long(0x0E, values["primary_heat_total_gj"] * 1000)
    records += _long(0x13, values["primary_volume_total_m3"] * 1000)
    records += _long(0x2B, values["primary_heat_rate_gj_per_h"] * _WATT_PER_GJ_PER_H)
    records += _long(0x3B, values["primary_flow_m3_per_h"] * 1000)
    records += _short(0x59, values["primary_supply_temp_c"] * 100)
    records += _short(0x5D, values["primary_return_temp_c"] * 100)
    records += b"\x06\x6d" + _clock(reading.measured_ms)
    access = reading.measured_ms // 60_000 % 256
    header = bcd(int(reading.device), 4) + _MAKER + bytes((0x34, _HEAT_IN_RETURN, access, 0, 0, 0))
    body = bytes((_RESPONSE, _ADDRESS, _LONG_HEADER)) + header + records
    return bytes((0x68, len(body), len(body), 0x68)) + body + bytes((byte_sum(body), 0x16))


def encode(reading: StationReading) -> Message:
    """Return the telegram as a level converter publishes it."""
    return Message(f"meters/mbus/{reading.device}", telegram_of(reading).hex().encode())


def _long(vif: int, number: float) -> bytes:
    return struct.pack("<BBi", 0x04, vif, round(number))


def _short(vif: int, number: float) -> bytes:
    return struct.pack("<BBh", 0x02, vif, round(number))


def _clock(epoch_ms: int) -> bytes:
    """Return date and time of type I: seconds, minutes, hours, day and month with the year beside them, week."""
    moment = local_time(epoch_ms)
    year = moment.year - 2000
    day, month = moment.day | (year & 0x07) << 5, moment.month | (year & 0x78) << 1
    return bytes((moment.second, moment.minute, moment.hour, day, month, 0))
