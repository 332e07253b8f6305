"""The one vocabulary of indoor sensors: the names that codecs, gateways and platforms give to their quantities.

A device map and own point maps may overrule any of them. Values that mean «probe absent» are recognised here too: the
largest and smallest number of a 16-bit field divided by 10 or 100, and the −127 °C of a one-wire sensor without an
answer. What does not live here: batteries (`collector.decoders.batteries`), numbers in text (`collector.decoders.numbers`).
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from collector.decoders.batteries import BATTERY_NAMES, battery_field
from collector.decoders.foreign import MAX_FIELDS, MAX_NAME_CHARACTERS, Field
from collector.decoders.numbers import finite_number, is_absent, quantity_of
from config.equipment.point_names import plain_unit, split_unit
from heating.quality import Quality

__all__ = [
    "humidity_quality",
    "indoor_field",
    "indoor_fields",
    "indoor_point",
    "is_inside_device",
    "is_wrapper",
    "temperature_quality",
]

MAX_DEPTH = 4
"""Levels of nested objects that are looked into."""
NAMES_REMEMBERED = 4096
"""Names of fields whose meaning is remembered."""

_ABSENT_C: Final = (327.67, 327.66, -327.68, 3276.7, -3276.8, 655.35, 6553.5, -127.0)
"""Temperatures that say «probe absent» [°C]."""
_REAL_C: Final = (-100.0, 300.0)
"""Temperatures between these are never a sentinel [°C]."""
_ABSENT_PCT: Final = (0.0, 127.5, 255.0, 409.5, 655.35, 6553.5)
"""Humidities that say «no reading» [%]; no room is at 0 %."""

_TEMPERATURE = (
    "temperature", "temp", "tem", "tempcsht", "tempsht", "airtemperature", "airtemp", "sensortemperature",
    "temperaturesensor", "tempc", "temperaturec", "temperaturecelsius", "ambienttemperature", "ambienttemp",
    "roomtemperature", "roomtemp", "roomtempc", "indoortemperature", "indoortemp", "insidetemperature",
    "localtemperature", "currenttemperature", "currenttemp", "measuredtemperature", "温度", "室温", "室内温度", "房间温度",
    "环境温度", "采集温度", "当前温度", "实时温度", "空气温度", "温度值", "测量温度",
)  # fmt: skip
_HUMIDITY = (
    "humidity", "hum", "humi", "humid", "rh", "humsht", "humiditysht", "relativehumidity", "airhumidity", "airhumi",
    "humiditysensor", "roomhumidity", "roomhumi", "humiditypct", "humiditypercent", "roomhumiditypct", "indoorhumidity",
    "indoorhumi", "ambienthumidity", "airrelativehumidity", "currenthumidity", "湿度", "室内湿度", "房间湿度", "相对湿度",
    "环境湿度", "空气湿度", "当前湿度", "实时湿度", "湿度值",
)  # fmt: skip
_RSSI = ("rssi", "signalrssi", "signalrssidbm", "信号强度")
_LOW = ("batterylow", "lowbattery", "低电量", "欠压报警", "电池欠压")
_MOVED = ("tamper", "tamperstatus", "sensormoved", "moved", "移位报警", "拆卸报警", "防拆报警")
_FAULT = ("sensorfault", "brokensensor", "传感器异常", "传感器故障")

_POINTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        **dict.fromkeys(_TEMPERATURE, ("room_temp_c", "°C")),
        **dict.fromkeys(
            ("tempf", "temperaturef", "temperaturefahrenheit", "airtemperaturef"), ("room_temp_c", "°F")
        ),
        **dict.fromkeys(("tempk", "temperaturek", "temperaturekelvin"), ("room_temp_c", "K")),
        **dict.fromkeys(_HUMIDITY, ("room_humidity_pct", "%")),
        **dict.fromkeys(_RSSI, ("signal_rssi_dbm", "dBm")),
        **dict.fromkeys(_LOW, ("low_battery", "")),
        **dict.fromkeys(_MOVED, ("sensor_moved", "")),
        **dict.fromkeys(_FAULT, ("sensor_fault", "")),
        **dict.fromkeys(BATTERY_NAMES, ("battery", "")),
        "backfilled": ("backfilled", ""),
    }
)
"""Plain name → point and usual unit; «battery» stands for whichever of the battery's points the value shows."""
_EXTRA_UNITS: Final[Mapping[str, str]] = {
    "co2": "ppm", "tvoc": "ppb", "light": "lx", "illuminance": "lx", "illumination": "lx", "lux": "lx", "illlx": "lx",
    "pressure": "hPa", "barometricpressure": "hPa", "snr": "dB", "targettemperature": "°C", "temperaturetarget": "°C",
    "tempcds": "°C", "tempctmp117": "°C", "externaltemperature": "°C", "valveopening": "%", "valveopenness": "%",
    "occupiedheatingsetpoint": "°C", "currentheatingsetpoint": "°C", "dewpoint": "°C", "adcv": "V", "power": "W",
    "energy": "kWh", "internaltemperature": "°C", "boardtemperature": "°C", "chiptemperature": "°C",
    "devicetemperature": "°C", "mcutemperature": "°C", "cputemperature": "°C",
}  # fmt: skip
_WRAPPERS: Final = frozenset(
    {"data", "object", "values", "value", "payload", "decoded", "measurements", "messages", "sensor", "sensors", "air",
     "room", "indoor", "environment", "ambient", "readings", "params", "servicedata", "properties", "reported", "state"}
)  # fmt: skip
"""Members of a decoded object that only wrap others."""
_INSIDE: Final = frozenset(
    {"internal", "board", "chip", "cpu", "mcu", "soc", "pcb", "processor", "die", "cputemp", "esp", "esp8266", "esp32",
     "stats", "system", "modem", "gateway", "主板", "芯片", "内部", "板载", "处理器"}
)  # fmt: skip
"""Words of a path that speak of the inside of a device: its temperature is never the room's."""
_TYPE_NAMES: Final = ("type", "name", "measurementName", "key", "sensorType", "measurementId")
_VALUE_NAMES: Final = ("measurementValue", "value", "val", "v")
_SENSECAP_NUMBERS: Final = {"4097": "Air Temperature", "4098": "Air Humidity", "3000": "battery"}
"""Numbers of SenseCAP measurements where a message names no type. Source: SenseCAP list of measurement ids."""
_NOT_PLAIN = re.compile(r"[\W_]+")
_WORD = re.compile(r"[A-Z]?[a-z]+\d*|[A-Z]+\d*(?![a-z])|[^\W\d_a-zA-Z]+")
_CHANNEL = re.compile(r"^(.*?)[_.\- ]?(\d{1,3})$", re.ASCII)


def temperature_quality(value: float) -> int:
    """Return bad_sentinel for a temperature that means «probe absent» [°C], good for any other."""
    if _REAL_C[0] < value < _REAL_C[1]:
        return Quality.GOOD
    return Quality.BAD_SENTINEL if any(abs(value - absent) < 5e-4 for absent in _ABSENT_C) else Quality.GOOD


def humidity_quality(value: float) -> int:
    """Return bad_sentinel for a humidity that means «no reading» [%], good for any other."""
    if 0.0 < value <= 100.0:
        return Quality.GOOD
    return Quality.BAD_SENTINEL if any(abs(value - absent) < 5e-4 for absent in _ABSENT_PCT) else Quality.GOOD


def is_inside_device(path: str) -> bool:
    """Return whether a word of a path speaks of the inside of a device (``board``, ``CPU``, ``internal``)."""
    return any(word.lower() in _INSIDE for word in _WORD.findall(path[:MAX_NAME_CHARACTERS]))


def is_wrapper(name: str) -> bool:
    """Return whether a member of an object only wraps others (``data``, ``serviceData``, ``params``)."""
    return _plain(name) in _WRAPPERS


def _plain(name: str) -> str:
    return _NOT_PLAIN.sub("", unicodedata.normalize("NFKC", name).casefold())


@lru_cache(maxsize=NAMES_REMEMBERED)
def _meaning(name: str) -> tuple[str, str, str] | None:
    """Return point, unit and plain name behind a name; channel numbers (``temperature_1``) and wrappers are left aside."""
    bare, written = split_unit(name)
    if "." in bare:
        *outer, last = bare.split(".")
        if all(_plain(part) in _WRAPPERS for part in outer):
            bare = last
    plain = _plain(bare)
    found = _POINTS.get(plain)
    if found is None and plain[-1:].isdigit():
        channel = _CHANNEL.match(bare)
        plain = _plain(channel.group(1)) if channel else ""
        found = _POINTS.get(plain)
        if found is None or found[0] not in ("room_temp_c", "room_humidity_pct"):
            return None
    return None if found is None else (found[0], written or found[1], plain)


def indoor_point(name: str) -> str | None:
    """Return the point that a name means for an indoor sensor (``battery``: one of the battery's); None: none."""
    found = _meaning(name)
    return None if found is None else found[0]


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
        The value; numbers in text are read, words for «none» are no value.
    unit
        Unit where the message names it, in any spelling; None: the usual unit of the name.
    """
    name = name[:MAX_NAME_CHARACTERS]
    told = plain_unit(unit) if unit else None
    meaning = _meaning(name)
    if meaning is None:
        return _unknown(name, value, _extra_unit(name) if unit is None else told or "")
    point, usual, plain = meaning
    quantity = quantity_of(value)
    if quantity is None:
        absent = is_absent(value)
        if isinstance(value, bool) and (usual or point == "battery"):
            return Field(name, value, "")
        point = "battery_pct" if absent and point == "battery" else point
        return Field(name, None if absent else value, told or usual, point if point != "battery" else None)
    number, written = quantity
    told = told or written or None
    if point == "battery":
        return battery_field(name, plain, number, told)
    kept = value if isinstance(value, int | float) else number
    unit = told or usual
    match point:
        case "room_temp_c":
            return Field(name, kept, unit, point, temperature_quality(number))
        case "room_humidity_pct":
            return Field(name, kept, unit, point, humidity_quality(number))
        case _:
            return Field(name, kept, unit, point)


def _unknown(name: str, value: float | bool | str | None, unit: str) -> Field:
    number = finite_number(value)
    warm = number is not None and (unit == "°C" or name.lower().startswith("temp"))
    quality = temperature_quality(number) if warm and number is not None else Quality.GOOD
    return Field(name, value, unit, None, quality)


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
            yield from _listed(name, value, depth)


def _listed(name: str, items: Sequence[object], depth: int) -> Iterator[_Leaf]:
    """Yield the items of a list: those that name what they measured under that name, the others under their number."""
    for place, item in enumerate(items[:MAX_FIELDS], start=1):
        told = _told_by_type(item) if isinstance(item, Mapping) else None
        if told is not None:
            yield told
        else:
            yield from _leaves(name, {str(place): item}, depth - 1)


def _told_by_type(item: Mapping[str, object]) -> _Leaf | None:
    """Return a value that stands beside its name (``{"type": "Air Temperature", "measurementValue": 21.5}``)."""
    value = next((item[key] for key in _VALUE_NAMES if key in item), _MISSING)
    name = next((item[key] for key in _TYPE_NAMES if isinstance(item.get(key), str | int)), None)
    if not name or not (value is None or isinstance(value, bool | int | float | str)):
        return None
    unit = item.get("unit")
    return _SENSECAP_NUMBERS.get(str(name), str(name)), value, unit if isinstance(unit, str) else None


_MISSING: Final = object()


def _nested(name: str, value: Mapping[str, object], depth: int) -> Iterator[_Leaf]:
    """Yield a measured value with its unit (``{"value": 21.5, "unit": "°C"}``), or the members of an object."""
    inner, unit = value.get("value", _MISSING), value.get("unit")
    if inner is None or isinstance(inner, bool | int | float | str):
        yield name, inner, unit if isinstance(unit, str) else None
    else:
        yield from _leaves(name, value, depth - 1)
