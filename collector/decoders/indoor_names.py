"""Names that codecs and gateways give to the quantities of an indoor sensor, and the canonical points behind them.

A device map may overrule any of them. Values that mean «probe absent» are recognised here too: the largest and
smallest number of a 16-bit field divided by 10 or 100, and the −127 °C of a one-wire sensor without an answer.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from collector.decoders.foreign import MAX_FIELDS, MAX_NAME_CHARACTERS, Field, finite_number
from heating.quality import Quality

__all__ = ["humidity_quality", "indoor_field", "indoor_fields", "temperature_quality"]

MAX_DEPTH = 4
"""Levels of nested objects that are looked into."""
NAMES_REMEMBERED = 4096
"""Names of fields whose meaning is remembered."""

_ABSENT_C: Final = (327.67, 327.66, -327.68, 3276.7, -3276.8, 655.35, 6553.5, -127.0)
"""Temperatures that say «probe absent» [°C]."""
_REAL_C: Final = (-100.0, 300.0)
"""Temperatures between these are never a sentinel [°C]."""
_ABSENT_PCT: Final = (127.5, 255.0, 409.5, 655.35, 6553.5)
"""Humidities that say «no reading» [%]."""

_TEMPERATURE = (
    "temperature", "temp", "tempcsht", "airtemperature", "sensortemperature", "temperaturesensor", "tempc", "temperaturec",
    "ambienttemperature", "roomtemperature", "roomtemp", "roomtempc", "indoortemperature", "insidetemperature",
    "internaltemperature", "localtemperature", "currenttemperature",
)  # fmt: skip
_HUMIDITY = (
    "humidity", "hum", "rh", "humsht", "relativehumidity", "airhumidity", "humiditysensor", "roomhumidity", "humiditypct",
    "roomhumiditypct", "indoorhumidity", "airrelativehumidity", "currenthumidity",
)  # fmt: skip
_BATTERY_V = (
    "batv",
    "batteryv",
    "batteryvoltage",
    "vbat",
    "batvoltage",
    "batvolt",
    "batmv",
    "batterymv",
    "vdd",
)
_BATTERY_PCT = (
    "battery",
    "batterylevel",
    "batterypercent",
    "batterypercentage",
    "batterypct",
    "bat",
    "batpct",
)
_RSSI = ("rssi", "signalrssi", "signalrssidbm")
_LOW = ("batterylow", "lowbattery")
_MOVED = ("tamper", "tamperstatus", "sensormoved")
_FAULT = ("sensorfault", "brokensensor")

_POINTS: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(_TEMPERATURE, ("room_temp_c", "°C")),
    **dict.fromkeys(_HUMIDITY, ("room_humidity_pct", "%")),
    **dict.fromkeys(_BATTERY_V, ("battery_v", "V")),
    **dict.fromkeys(_BATTERY_PCT, ("battery_pct", "%")),
    **dict.fromkeys(_RSSI, ("signal_rssi_dbm", "dBm")),
    **dict.fromkeys(_LOW, ("low_battery", "")),
    **dict.fromkeys(_MOVED, ("sensor_moved", "")),
    **dict.fromkeys(_FAULT, ("sensor_fault", "")),
    "backfilled": ("backfilled", ""),
}
_EXTRA_UNITS: Final[Mapping[str, str]] = {
    "co2": "ppm", "tvoc": "ppb", "light": "lx", "illuminance": "lx", "illumination": "lx", "lux": "lx", "illlx": "lx",
    "pressure": "hPa", "barometricpressure": "hPa", "snr": "dB", "targettemperature": "°C", "temperaturetarget": "°C",
    "tempcds": "°C", "tempctmp117": "°C", "externaltemperature": "°C", "valveopening": "%", "valveopenness": "%",
    "occupiedheatingsetpoint": "°C", "currentheatingsetpoint": "°C", "dewpoint": "°C", "adcv": "V", "power": "W",
    "energy": "kWh",
}  # fmt: skip
_WRAPPERS: Final = frozenset(
    {
        "data",
        "object",
        "values",
        "value",
        "payload",
        "decoded",
        "measurements",
        "sensor",
        "sensors",
        "air",
        "room",
        "indoor",
    }
)
"""Members of a decoded object that only wrap others."""
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_CHANNEL = re.compile(r"^(.*?)[_.\- ]?(\d{1,3})$")
_MILLIVOLTS = 100.0
"""A battery «voltage» above this is in millivolts."""


def temperature_quality(value: float) -> int:
    """Return bad_sentinel for a temperature that means «probe absent» [°C], good for any other."""
    if _REAL_C[0] < value < _REAL_C[1]:
        return Quality.GOOD
    return Quality.BAD_SENTINEL if any(abs(value - absent) < 5e-4 for absent in _ABSENT_C) else Quality.GOOD


def humidity_quality(value: float) -> int:
    """Return bad_sentinel for a humidity that means «no reading» [%], good for any other."""
    if value <= 100.0:
        return Quality.GOOD
    return Quality.BAD_SENTINEL if any(abs(value - absent) < 5e-4 for absent in _ABSENT_PCT) else Quality.GOOD


def _plain(name: str) -> str:
    return _NOT_PLAIN.sub("", name.lower())


@lru_cache(maxsize=NAMES_REMEMBERED)
def _meaning(name: str) -> tuple[str, str] | None:
    """Return point and unit behind a name; channel numbers (``temperature_1``) and wrappers are left aside."""
    if "." in name:
        *outer, last = name.split(".")
        if all(_plain(part) in _WRAPPERS for part in outer):
            return _meaning(last)
    plain = _plain(name)
    found = _POINTS.get(plain)
    if found is None and plain[-1:].isdigit():
        channel = _CHANNEL.match(name)
        found = _POINTS.get(_plain(channel.group(1))) if channel else None
        return found if found is not None and found[0] in ("room_temp_c", "room_humidity_pct") else None
    return found


@lru_cache(maxsize=NAMES_REMEMBERED)
def _extra_unit(name: str) -> str:
    return _EXTRA_UNITS.get(_plain(name), "")


def indoor_field(name: str, value: float | bool | str | None, unit: str | None = None) -> Field:
    """Return a field with the canonical point that its name suggests.

    Parameters
    ----------
    name
        The device's name.
    value
        The value.
    unit
        Unit where the message names it; None: the usual unit of the name.
    """
    name = name[:MAX_NAME_CHARACTERS]
    meaning = _meaning(name)
    number = finite_number(value)
    if meaning is None:
        unit = _extra_unit(name) if unit is None else unit
        warm = number is not None and (unit == "°C" or name.lower().startswith("temp"))
        return Field(
            name,
            value,
            unit,
            None,
            temperature_quality(number) if warm and number is not None else Quality.GOOD,
        )
    point, usual = meaning
    told, unit = unit, usual if unit is None else unit
    quality = int(Quality.GOOD)
    if number is not None:
        point, unit, quality = _by_size(point, unit, number, told=told is not None)
    elif isinstance(value, bool) and usual:
        return Field(name, value, "")
    return Field(name, value, unit, point, quality)


def _by_size(point: str, unit: str, value: float, *, told: bool) -> tuple[str, str, int]:
    """Correct what only the size of a value tells when no unit is `told`: millivolts, a battery in volts; sentinels."""
    match point:
        case "room_temp_c":
            return point, unit, temperature_quality(value)
        case "room_humidity_pct":
            return point, unit, humidity_quality(value)
        case "battery_v" if not told and value > _MILLIVOLTS:
            return point, "mV", Quality.GOOD
        case "battery_pct" if not told and 1.5 < value < 4.5 and value != int(value):
            return "battery_v", "V", Quality.GOOD
        case _:
            return point, unit, Quality.GOOD


def indoor_fields(values: Mapping[str, object]) -> list[Field]:
    """Return the fields of a decoded object, nested ones under joined names, lowest channel first.

    At most `MAX_FIELDS` values and `MAX_DEPTH` levels are looked at.
    """
    found: list[Field] = []
    for name, value, unit in _leaves("", values, MAX_DEPTH):
        if len(found) >= MAX_FIELDS:
            break
        found.append(indoor_field(name, value, unit))
    found.sort(key=_channel_of)
    return found


def _channel_of(item: Field) -> int:
    channel = _CHANNEL.match(item.name) if item.point else None
    return int(channel.group(2)) if channel else 0


_Leaf = tuple[str, float | bool | str | None, str | None]


def _leaves(prefix: str, values: Mapping[str, object], depth: int) -> Iterator[_Leaf]:
    for key, value in values.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if value is None or isinstance(value, bool | int | float | str):
            yield name, value, None
        elif isinstance(value, Mapping) and depth > 1:
            yield from _nested(name, value, depth)
        elif isinstance(value, Sequence) and not isinstance(value, bytes) and depth > 1:
            listed = {str(place): item for place, item in enumerate(value[:MAX_FIELDS], start=1)}
            yield from _leaves(name, listed, depth - 1)


def _nested(name: str, value: Mapping[str, object], depth: int) -> Iterator[_Leaf]:
    """Yield a measured value with its unit (``{"value": 21.5, "unit": "°C"}``), or the members of an object."""
    inner, unit = value.get("value"), value.get("unit")
    if isinstance(inner, bool | int | float | str):
        yield name, inner, unit if isinstance(unit, str) else None
    else:
        yield from _leaves(name, value, depth - 1)
