"""MClimate Vicki, HT Sensor, CO2 Sensor and Wireless Thermostat. Source: MClimate developer documentation.

A periodic uplink begins with 0x01 (or 0x81, another thermometer in a Vicki); any other beginning is the answer to a
command, and the periodic part stands at the end.
"""

from collections.abc import Callable

from collector.decoders.foreign import Field
from collector.decoders.lorawan.frame import Codec, FrameError, FrameReading, Uplink, temperature, uint_be

__all__ = ["MCLIMATE_MODELS", "mclimate_codec"]

PERIODIC = (0x01, 0x81)
"""First byte of a periodic part."""


def _humidity(raw: int) -> Field:
    return Field("relativeHumidity", round(raw * 100 / 256, 2), "%", "room_humidity_pct")


def _battery(volts: float) -> Field:
    return Field("batteryVoltage", round(volts, 3), "V", "battery_v")


def _bit(name: str, byte: int, bit: int, point: str | None = None) -> Field:
    return Field(name, bool(byte >> bit & 1), "", point)


def _vicki(part: bytes) -> list[Field]:
    raw = part[2]
    celsius = raw * 165 / 256 - 40 if part[0] == PERIODIC[0] else (raw - 28.33333) / 5.66666
    span, position = (part[6] & 0x0F) << 8 | part[5], (part[6] >> 4) << 8 | part[4]
    return [
        temperature("sensorTemperature", round(celsius, 2)),
        _humidity(part[3]),
        _battery(2 + (part[7] >> 4) * 0.1),
        _bit("brokenSensor", part[7], 0, "sensor_fault"),
        Field("targetTemperature", float(part[1]), "°C"),
        Field("motorRange", float(span)),
        Field("motorPosition", float(position)),
        Field("valveOpenness", float(round((1 - position / span) * 100)) if span else 0.0, "%"),
        _bit("openWindow", part[7], 3),
        _bit("highMotorConsumption", part[7], 2),
        _bit("lowMotorConsumption", part[7], 1),
        _bit("childLock", part[8], 7),
        _bit("calibrationFailed", part[8], 6),
        _bit("attachedBackplate", part[8], 5),
        _bit("antiFreezeProtection", part[8], 3),
    ]


def _ht(part: bytes) -> list[Field]:
    fields = [
        temperature("sensorTemperature", (uint_be(part, 1) - 400) / 10),
        _humidity(part[3]),
        _battery(2 + (part[4] >> 4) * 0.1),
    ]
    if len(part) > 5:
        connected = not part[5] >> 2 & 1
        fields.append(Field("thermistorProperlyConnected", connected))
        if connected:
            outer = ((part[5] & 0x0F) << 8 | part[6]) / 10
            fields.append(temperature("extThermistorTemperature", outer, None))
    return fields


def _co2(part: bytes) -> list[Field]:
    return [
        temperature("sensorTemperature", (uint_be(part, 3) - 400) / 10),
        _humidity(part[5]),
        _battery((part[6] * 8 + 1600) / 1000),
        Field("CO2", float(uint_be(part, 1)), "ppm"),
    ]


def _thermostat(part: bytes) -> list[Field]:
    return [
        temperature("sensorTemperature", (uint_be(part, 1) - 400) / 10),
        _humidity(part[3]),
        _battery(uint_be(part, 4) / 1000),
        Field("targetTemperature", float(part[6]), "°C"),
        Field("powerSourceStatus", float(part[7])),
        Field("lux", float(uint_be(part, 8)), "lx"),
        Field("pir", part[10] == 1),
    ]


_MODELS: dict[str, tuple[tuple[int, ...], Callable[[bytes], list[Field]]]] = {
    "vicki": ((9,), _vicki),
    "ht": ((7, 5), _ht),
    "co2": ((7,), _co2),
    "thermostat": ((11,), _thermostat),
}
"""Model → lengths of its periodic part [bytes], and how it reads."""
MCLIMATE_MODELS = tuple(_MODELS)
"""Models that are read; frames do not say which model sends them."""


def mclimate_codec(model: str) -> Codec:
    """Return the codec of one of `MCLIMATE_MODELS`.

    Raises
    ------
    KeyError
        When the model is not known.
    """
    lengths, read = _MODELS[model]
    return lambda data, f_port: _periodic(data, lengths, read)


def _periodic(data: bytes, lengths: tuple[int, ...], read: Callable[[bytes], list[Field]]) -> Uplink:
    if data[:1] and data[0] in PERIODIC and len(data) in lengths:
        return Uplink([FrameReading(read(data))])
    for length in lengths:
        if len(data) > length and data[0] not in PERIODIC and data[-length] in PERIODIC:
            return Uplink([FrameReading(read(data[-length:]))], notes=["after the answer to a command"])
    raise FrameError(f"{len(data)} bytes hold no periodic part")
