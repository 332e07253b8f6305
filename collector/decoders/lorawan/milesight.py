"""Milesight EM300, AM100 and WT series: channel, type, value …, little-endian. Source: Milesight payload tables."""

from collections.abc import Callable

from collector.decoders.device_times import epoch_ms_of
from collector.decoders.foreign import Field
from collector.decoders.indoor_names import humidity_quality
from collector.decoders.lorawan.frame import (
    FrameError,
    FrameReading,
    Uplink,
    int16_le,
    take,
    temperature,
    uint_le,
)

__all__ = ["decode_milesight"]

_Read = Callable[[bytes, int], list[Field]]
HISTORY = (0x20, 0xCE)
"""Channel and type of a stored reading: time [s], temperature, humidity, and more by model."""
HISTORY_LENGTHS = (8, 7, 9, 11, 19)
"""Bytes of a stored reading: EM300-TH, AM102, AM103, then longer ones."""


def _humidity(data: bytes, at: int) -> Field:
    value = data[at] / 2
    return Field("humidity", value, "%", "room_humidity_pct", humidity_quality(value))


def _number(
    name: str, length: int, unit: str = "", scale: float = 1.0, point: str | None = None
) -> tuple[int, _Read]:
    return length, lambda data, at: [Field(name, round(uint_le(data, at, length) * scale, 6), unit, point)]


def _temp(name: str, point: str | None) -> tuple[int, _Read]:
    return 2, lambda data, at: [temperature(name, int16_le(data, at) / 10, point)]


def _light(data: bytes, at: int) -> list[Field]:
    names = (("illumination", "lx"), ("infrared_and_visible", ""), ("infrared", ""))
    return [
        Field(name, float(uint_le(data, at + 2 * place)), unit) for place, (name, unit) in enumerate(names)
    ]


def _install(data: bytes, at: int) -> list[Field]:
    off = data[at] == 1
    return [
        Field("tamper_status", "uninstalled" if off else "installed"),
        Field("uninstalled", off, "", "sensor_moved"),
    ]


def _alarm(data: bytes, at: int) -> list[Field]:
    """Read a temperature with an alarm byte behind it."""
    return [
        temperature("temperature", int16_le(data, at) / 10),
        Field("temperature_alarm", float(data[at + 2])),
    ]


_CHANNELS: dict[tuple[int, int], tuple[int, _Read]] = {
    (0x01, 0x75): _number("battery", 1, "%", 1.0, "battery_pct"),
    (0x03, 0x67): _temp("temperature", "room_temp_c"),
    (0x83, 0x67): (3, _alarm),
    (0x04, 0x68): (1, lambda data, at: [_humidity(data, at)]),
    (0x04, 0x67): _temp("temperature_target", None),
    (0x05, 0x92): _number("valve_opening", 1, "%"),
    (0x05, 0x6A): _number("activity", 2),
    (0x05, 0x7D): _number("co2", 2, "ppm"),
    (0x05, 0x00): _number("water_leak", 1),
    (0x06, 0x65): (6, _light),
    (0x06, 0x00): (1, _install),
    (0x06, 0x73): _number("pressure", 2, "hPa", 0.1),
    (0x07, 0x7D): _number("co2", 2, "ppm"),
    (0x07, 0x00): _number("fenestration", 1),
    (0x08, 0x7D): _number("tvoc", 2, "ppb"),
    (0x08, 0xE5): _number("motor_calibration", 1),
    (0x09, 0x73): _number("pressure", 2, "hPa", 0.1),
    (0x09, 0x90): _number("motor_stroke", 2),
    (0x0A, 0x00): _number("freeze_protection", 1),
    (0x0B, 0x90): _number("motor_position", 2),
}
"""(channel, type) → bytes that follow, and how they read."""
_DEVICE_FACTS: dict[int, int] = {
    0x01: 1, 0x09: 2, 0x0A: 2, 0xFF: 2, 0x16: 8, 0x08: 6, 0x0F: 1, 0xFE: 1, 0x0B: 1, 0x18: 1,
}  # fmt: skip
"""Types of channel 0xFF (versions, serial number, class …) → bytes that follow."""


def _history(data: bytes, at: int) -> tuple[int, FrameReading]:
    """Read one stored reading; returns its length as well."""
    left = len(data) - at
    length = next(
        (
            n
            for n in HISTORY_LENGTHS
            if n == left or (n < left and tuple(data[at + n : at + n + 2]) == HISTORY)
        ),
        None,
    )
    if length is None:
        raise FrameError(f"{left} bytes are no stored reading")
    fields = [temperature("temperature", int16_le(data, at + 4) / 10), _humidity(data, at + 6)]
    if length == 9:
        fields.append(Field("co2", float(uint_le(data, at + 7)), "ppm"))
    return length, FrameReading(fields, epoch_ms_of(uint_le(data, at, 4)), backfilled=True)


def decode_milesight(data: bytes, f_port: int | None) -> Uplink:
    """Read a Milesight uplink; see `collector.decoders.lorawan.frame.Codec`."""
    del f_port
    fields: list[Field] = []
    stored: list[FrameReading] = []
    facts = 0
    unread = ""
    at = 0
    while at < len(data):
        channel, kind = take(data, at, 2)
        at += 2
        known = _CHANNELS.get((channel, kind))
        if known is not None:
            take(data, at, known[0])
            fields += known[1](data, at)
            at += known[0]
        elif (channel, kind) == HISTORY:
            length, reading = _history(data, at)
            stored.append(reading)
            at += length
        elif channel == 0xFF and kind in _DEVICE_FACTS:
            take(data, at, _DEVICE_FACTS[kind])
            facts += 1
            at += _DEVICE_FACTS[kind]
        else:
            unread = f"channel 0x{channel:02x} type 0x{kind:02x} at byte {at - 2}"
            break
    if unread and not fields and not stored and not facts:
        raise FrameError(f"{unread} is no Milesight channel")
    readings = ([FrameReading(fields)] if fields else []) + stored
    return Uplink(
        readings, unread=unread, silent="" if readings or not facts else "Milesight device information"
    )
