"""CJ/T 188: the answer of a heat meter to a read request, as hex text from a DTU.

Layout: preamble FE FE, 0x68, type, 7 bytes address (low first), control 0x81, length, DI 0x1F90, serial, five fields of
four BCD bytes and a unit byte, two temperatures, operating hours, clock, status, check sum, 0x16.
Source: CJ/T 188-2004, chapters 6 and 7.
"""

from simulators.devices.payloads.binary_coded import bcd, byte_sum, local_time
from simulators.devices.payloads.readings import StationReading
from simulators.reports import Message

__all__ = ["encode", "reply_of"]

_HEAT_METER, _REPLY = 0x20, 0x81
_GJ, _KW, _M3_PER_H, _M3 = 0x11, 0x17, 0x35, 0x2C
_KW_PER_GJ_PER_H = 1000 / 3.6
_NEGATIVE = 0x80


def reply_of(reading: StationReading) -> bytes:
    """Return the answer of the meter with its registers, rate, flow and temperatures."""
    values = reading.values
    heat_gj = values["primary_heat_total_gj"]
    data = b"\x90\x1f" + bytes((reading.measured_ms // 60_000 % 256,))
    data += _field(heat_gj, 2, _GJ) + _field(heat_gj, 2, _GJ)
    data += _field(values["primary_heat_rate_gj_per_h"] * _KW_PER_GJ_PER_H, 2, _KW)
    data += _field(values["primary_flow_m3_per_h"], 4, _M3_PER_H)
    data += _field(values["primary_volume_total_m3"], 2, _M3)
    data += _temperature(values["primary_supply_temp_c"]) + _temperature(values["primary_return_temp_c"])
    moment = local_time(reading.measured_ms)
    clock = bytes.fromhex(f"{moment:%Y%m%d%H%M%S}")[::-1]
    data += bcd(reading.measured_ms // 3_600_000 % 1_000_000, 3) + clock + b"\x00\x00"
    head = bytes((0x68, _HEAT_METER)) + bytes.fromhex(reading.device)[::-1] + bytes((_REPLY, len(data)))
    return b"\xfe\xfe" + head + data + bytes((byte_sum(head + data), 0x16))


def encode(reading: StationReading) -> Message:
    """Return the answer as a DTU publishes it."""
    return Message(f"meters/cjt188/{reading.device}", reply_of(reading).hex().upper().encode())


def _field(value: float, decimals: int, unit: int) -> bytes:
    return bcd(round(max(value, 0.0) * 10**decimals), 4) + bytes((unit,))


def _temperature(temp_c: float) -> bytes:
    digits = bcd(round(abs(temp_c) * 100), 3)
    return digits if temp_c >= 0 else digits[:2] + bytes((digits[2] | _NEGATIVE,))
