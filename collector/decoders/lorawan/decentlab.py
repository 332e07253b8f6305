"""Decentlab: version 2, device number, flags of the sensors that follow, 16-bit words. Source: Decentlab decoders page."""

from collections.abc import Callable, Sequence

from collector.decoders.foreign import Field
from collector.decoders.indoor_names import temperature_quality
from collector.decoders.lorawan.frame import Codec, FrameError, FrameReading, Uplink, uint_be
from heating.quality import Quality

__all__ = ["DECENTLAB_MODELS", "decentlab_codec"]

PROTOCOL_VERSION = 2
HEADER_BYTES = 5
ABSENT_WORD = 0xFFFF
"""Word of a sensor that did not answer."""

_Words = Sequence[int]
_Sensor = tuple[int, Callable[[_Words], list[Field]]]
"""Number of words, and how they read."""


def _battery(words: _Words) -> list[Field]:
    return [Field("battery_voltage", words[0] / 1000, "V", "battery_v")]


def _air(words: _Words) -> list[Field]:
    missing = Quality.BAD_SENTINEL if words[0] == ABSENT_WORD else Quality.GOOD
    dry = Quality.BAD_SENTINEL if words[1] == ABSENT_WORD else Quality.GOOD
    return [
        Field("air_temperature", 175 * words[0] / 65535 - 45, "°C", "room_temp_c", missing),
        Field("air_humidity", 100 * words[1] / 65535, "%", "room_humidity_pct", dry),
    ]


def _air_sht21(words: _Words) -> list[Field]:
    return [
        Field("air_temperature", 175.72 * words[0] / 65536 - 46.85, "°C", "room_temp_c"),
        Field("air_humidity", 125 * words[1] / 65536 - 6, "%", "room_humidity_pct"),
    ]


def _probe(words: _Words) -> list[Field]:
    value = (words[0] - 32768) / 16
    return [Field("temperature", value, "°C", "room_temp_c", temperature_quality(value))]


def _light(words: _Words) -> list[Field]:
    full, infrared = words
    lux = max(full - 1.64 * infrared, 0.59 * full - 0.86 * infrared, 0.0) * 1.5504
    return [
        Field("ambient_light_visible_infrared", float(full)),
        Field("ambient_light_infrared", float(infrared)),
        Field("illuminance", lux, "lx"),
    ]


def _carbon_dioxide(words: _Words) -> list[Field]:
    return [
        Field("co2_concentration", float(words[0] - 32768), "ppm"),
        Field("co2_sensor_status", float(words[1])),
        Field("raw_ir_reading", float(words[2])),
    ]


def _plain(name: str, unit: str = "", scale: float = 1.0) -> Callable[[_Words], list[Field]]:
    return lambda words: [Field(name, words[0] * scale, unit)]


_LAYOUTS: dict[str, tuple[_Sensor, ...]] = {
    "sht35": ((2, _air), (1, _battery)),
    "sht21": ((2, _air_sht21), (1, _battery)),
    "ds18": ((1, _probe), (1, _battery)),
    "iam": (
        (1, _battery),
        (2, _air),
        (1, _plain("barometric_pressure", "Pa", 2.0)),
        (2, _light),
        (3, _carbon_dioxide),
        (1, _plain("activity_counter")),
        (1, _plain("total_voc", "ppb")),
    ),
}
"""Model → its sensors in the order of the flags."""
DECENTLAB_MODELS = tuple(_LAYOUTS)
"""Models that are read; frames do not say which model sends them."""


def decentlab_codec(device: str) -> Codec:
    """Return the codec of one of `DECENTLAB_MODELS`.

    Raises
    ------
    KeyError
        When the type is not known.
    """
    layout = _LAYOUTS[device]
    return lambda data, f_port: _read(data, layout)


def _read(data: bytes, layout: Sequence[_Sensor]) -> Uplink:
    if data[:1] != bytes([PROTOCOL_VERSION]):
        raise FrameError(f"protocol version {data[:1].hex() or 'missing'}, not 2")
    flags, at = uint_be(data, 3), HEADER_BYTES
    fields: list[Field] = []
    for place, (count, read) in enumerate(layout):
        if flags >> place & 1:
            fields += read([uint_be(data, at + 2 * word) for word in range(count)])
            at += 2 * count
    unread = f"{len(data) - at} bytes" if at != len(data) or flags >> len(layout) else ""
    return Uplink([FrameReading(fields)] if fields else [], unread=unread)
