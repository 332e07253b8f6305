"""Elsys ERS and its relatives: type, value, type, value …, big-endian. Source: Elsys payload description."""

from collections.abc import Callable

from collector.decoders.foreign import Field
from collector.decoders.lorawan.frame import (
    FrameError,
    FrameReading,
    Uplink,
    int16_be,
    take,
    temperature,
    uint_be,
)

__all__ = ["decode_elsys"]

_Read = Callable[[bytes, int], list[Field]]


def _number(name: str, length: int, unit: str = "", point: str | None = None) -> tuple[int, _Read]:
    return length, lambda data, at: [Field(name, float(uint_be(data, at, length)), unit, point)]


def _temp(name: str, point: str | None = None) -> tuple[int, _Read]:
    return 2, lambda data, at: [temperature(name, int16_be(data, at) / 10, point)]


def _acceleration(data: bytes, at: int) -> list[Field]:
    axes = take(data, at, 3)
    return [
        Field(name, float(int.from_bytes(axes[place : place + 1], "big", signed=True)))
        for place, name in enumerate("xyz")
    ]


def _infrared(data: bytes, at: int) -> list[Field]:
    return [
        temperature("irInternalTemperature", int16_be(data, at) / 10, None),
        temperature("irExternalTemperature", int16_be(data, at + 2) / 10, None),
    ]


def _position(data: bytes, at: int) -> list[Field]:
    return [Field("lat", float(uint_be(data, at, 3))), Field("long", float(uint_be(data, at + 3, 3)))]


def _pressure(data: bytes, at: int) -> list[Field]:
    return [Field("pressure", uint_be(data, at, 4) / 1000, "hPa")]


def _sound(data: bytes, at: int) -> list[Field]:
    return [Field("soundPeak", float(data[at]), "dB"), Field("soundAvg", float(data[at + 1]), "dB")]


def _nothing(_data: bytes, _at: int) -> list[Field]:
    return []


_TYPES: dict[int, tuple[int, _Read]] = {
    0x01: _temp("temperature", "room_temp_c"),
    0x02: _number("humidity", 1, "%", "room_humidity_pct"),
    0x03: (3, _acceleration),
    0x04: _number("light", 2, "lx"),
    0x05: _number("motion", 1),
    0x06: _number("co2", 2, "ppm"),
    0x07: _number("vdd", 2, "mV", "battery_v"),
    0x08: _number("analog1", 2, "mV"),
    0x09: (6, _position),
    0x0A: _number("pulse1", 2),
    0x0B: _number("pulseAbs", 4),
    0x0C: _temp("externalTemperature"),
    0x0D: _number("digital", 1),
    0x0E: _number("distance", 2, "mm"),
    0x0F: _number("accMotion", 1),
    0x10: (4, _infrared),
    0x11: _number("occupancy", 1),
    0x12: _number("waterleak", 1),
    0x13: (65, _nothing),
    0x14: (4, _pressure),
    0x15: (2, _sound),
    0x16: _number("pulse2", 2),
    0x17: _number("pulseAbs2", 4),
    0x18: _number("analog2", 2, "mV"),
    0x19: _temp("externalTemperature2"),
    0x1A: _number("digital2", 1),
    0x1B: _number("analogUv", 4, "µV"),
    0x1C: _number("tvoc", 2, "ppb"),
    0x3D: _number("debug", 4),
}
"""Type → bytes that follow, and how they read."""
SETTINGS_TYPE = 0x3E
"""First byte of an answer to a settings command, on port 6."""


def decode_elsys(data: bytes, f_port: int | None) -> Uplink:
    """Read an Elsys uplink; see `collector.decoders.lorawan.frame.Codec`."""
    if f_port == 6 or data[:1] == bytes([SETTINGS_TYPE]):
        return Uplink(silent="Elsys settings")
    fields: list[Field] = []
    at = 0
    while at < len(data):
        kind = _TYPES.get(data[at])
        if kind is None:
            if not fields:
                raise FrameError(f"type 0x{data[at]:02x} is no Elsys type")
            return Uplink([FrameReading(fields)], unread=f"type 0x{data[at]:02x} at byte {at}")
        length, read = kind
        take(data, at + 1, length)
        fields += read(data, at + 1)
        at += 1 + length
    return Uplink([FrameReading(fields)] if fields else [])
