"""Station gateways that read Modbus and send JSON: point names (often Chinese), or registers and a register map.

What does not live here: what names and registers mean (`config.equipment.point_maps`).
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from collector.decoders.civil_time import loose_time_ms
from collector.decoders.foreign import MAX_FIELDS, DeviceTarget, FamilyOptions, Field, ForeignRows
from collector.decoders.gateways.own_json import in_usual_form
from collector.decoders.gateways.sender import ID_NAMES, sender_of
from collector.decoders.json_payload import first_items, json_value
from collector.decoders.named_points import NamedValue, fields_of, flat_values
from collector.decoders.numbers import number_of
from collector.messages.decoded import Decoded, Reason
from config.equipment.point_maps import REGISTER_TYPES, PointMap, PointMaps, Register
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.quality import Quality

__all__ = ["ModbusJsonDecoder"]

TIME_NAMES: Final = (
    "t",
    "ts",
    "time",
    "timestamp",
    "datetime",
    "采集时间",
    "时间",
    "上报时间",
    "collectTime",
)
VALUE_NAMES: Final = ("data", "values", "params", "points", "d", "数据", "点位", "vars", "items")
NOT_READINGS: Final = ("cmd", "command", "request", "write")
_ENVELOPE: Final = frozenset(
    {*ID_NAMES, *TIME_NAMES, *VALUE_NAMES, "dir", "seq", "msgId", "id", "registers", "start"}
)
MAX_PARTS: Final = 200
"""Readings of one message that are looked at."""
_VALUES: Final = ("value", "v", "val", "值")
_FORMATS: Final = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f"}


class ModbusJsonDecoder:
    """Decodes JSON of station gateways; the device is the id in the message, else a level of the topic.

    Parameters
    ----------
    options
        Device map and limits of the route; a device's `point_map` names its map.
    maps
        Meanings of names and registers.
    """

    def __init__(self, options: FamilyOptions, *, maps: PointMaps) -> None:
        self._options = options
        self._maps = maps

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; see `collector.messages.decoded.Decoder`."""
        rows = ForeignRows("modbus_json", self._options, default=Measurement.STATION)
        for place, message in enumerate(messages):
            parsed, document = json_value(rows, place, message.payload, limit=self._options.max_payload_bytes)
            if not parsed:
                continue
            parts = document if isinstance(document, list) else [document]
            if len(parts) > MAX_PARTS:
                rows.reject(place, Reason.TOO_BIG, f"{len(parts) - MAX_PARTS} readings beyond {MAX_PARTS}")
            if not parts:
                rows.reject(place, Reason.NOT_TELEMETRY, "an empty list")
            for part in parts[:MAX_PARTS]:
                if isinstance(part, Mapping):
                    self._part(rows, place, message, in_usual_form(part, self._options.own_json))
                else:
                    rows.reject(place, Reason.WRONG_TYPE, f"a JSON {type(part).__name__}, not an object")
        return rows.finish()

    def _part(self, rows: ForeignRows, place: int, message: RawMessage, part: Mapping[str, object]) -> None:
        if any(name in part for name in NOT_READINGS) or str(part.get("dir", "up")).lower() != "up":
            rows.reject(place, Reason.NOT_TELEMETRY, "a command or its echo")
            return
        device = sender_of(rows, place, part, message.topic)
        target = None if device is None else rows.target(place, device)
        if device is None or target is None:
            return
        wrong: list[str] = []
        fields = fields_of(_named(part, wrong), target, self._maps)
        fields += self._registers(part, target, wrong)
        if wrong:
            rows.reject(place, Reason.WRONG_TYPE, "; ".join(wrong[:5]))
        if not fields:
            if not wrong:
                rows.reject(place, Reason.NOT_TELEMETRY, "no readings")
            return
        stamps = [part[name] for name in TIME_NAMES if name in part]
        measured_ms = loose_time_ms(stamps[0], self._options.zone) if stamps else None
        if stamps and measured_ms is None:
            rows.note(f"{device}: {str(stamps[0])[:40]!r} is no time, arrival time stands in")
        rows.add(place, message, device, fields, measured_ms=measured_ms)

    def _registers(self, part: Mapping[str, object], target: DeviceTarget, wrong: list[str]) -> list[Field]:
        words = _words(part, wrong)
        if not words:
            return []
        name = target.point_map or self._options.hints.codec or ""
        chosen = self._maps.named(name)
        if chosen is None or not chosen.registers:
            wrong.append(f"registers, and the device has no register map (point_map {name!r})")
            return [Field(str(key), float(word)) for key, word in list(words.items())[: MAX_FIELDS + 1]]
        return list(_register_fields(words, chosen))


def _named(part: Mapping[str, object], wrong: list[str]) -> Iterator[NamedValue]:
    """Return named values: a map, a list of {name, value}, or bare members of the message."""
    held = [part[name] for name in VALUE_NAMES if name in part]
    if not held and "registers" not in part:
        held = [dict(first_items(part, MAX_FIELDS + 1, without=_ENVELOPE))]
    for block in held:
        if isinstance(block, Mapping):
            for name, raw in first_items(block, MAX_FIELDS + 1):
                if isinstance(raw, Mapping) and not any(key in raw for key in _VALUES):
                    yield from flat_values({str(name): raw})
                else:
                    yield _value(str(name), raw)
        elif isinstance(block, list) and "start" in part:
            continue
        elif isinstance(block, list):
            for number, item in enumerate(block[: MAX_FIELDS + 1]):
                label = _name_of(item)
                if label is None:
                    wrong.append(f"point {number} has no name")
                else:
                    yield _value(label, item)
        else:
            wrong.append("the readings are neither a map nor a list")


def _name_of(item: object) -> str | None:
    if not isinstance(item, Mapping):
        return None
    found = next((item[key] for key in ("name", "point", "tag", "点名", "名称") if key in item), None)
    return found if isinstance(found, str) and found else None


def _value(name: str, raw: object) -> NamedValue:
    """Return a value that may be wrapped with its unit and quality."""
    if not isinstance(raw, Mapping):
        return NamedValue(name, raw)
    inner = next((raw[key] for key in _VALUES if key in raw), None)
    unit = raw.get("unit", raw.get("单位", ""))
    good = raw.get("q", raw.get("quality", True))
    bad = good in (False, 0, "bad", "BAD")
    return NamedValue(
        name, inner, unit if isinstance(unit, str) else "", Quality.BAD if bad else Quality.GOOD
    )


def _words(part: Mapping[str, object], wrong: list[str]) -> dict[int, int]:
    """Return register words by number, from a map or from a list with the number of its first register."""
    registers = part.get("registers")
    start = part.get("start")
    if registers is None and isinstance(start, int):
        registers = next((part[name] for name in VALUE_NAMES if isinstance(part.get(name), list)), None)
    if isinstance(registers, list):
        if not isinstance(start, int) or isinstance(start, bool) or not 0 <= start < 500_000:
            wrong.append("a list of registers without the number of the first")
            return {}
        registers = {str(start + offset): word for offset, word in enumerate(registers[:MAX_FIELDS])}
    if not isinstance(registers, Mapping):
        return {}
    words: dict[int, int] = {}
    for key, raw in first_items(registers, MAX_FIELDS):
        number = number_of(raw, words=False)
        fits = number is not None and number.is_integer() and -0x8000 <= number <= 0xFFFF
        if str(key).isdecimal() and len(str(key)) <= 6 and number is not None and fits:
            words[int(key)] = int(number) & 0xFFFF
        else:
            wrong.append(f"register {str(key)[:20]} holds no word")
    return words


def _register_fields(words: Mapping[int, int], chosen: PointMap) -> Iterator[Field]:
    used: set[int] = set()
    for key, register in chosen.registers.items():
        places = range(key, key + REGISTER_TYPES[register.type])
        if not all(place in words for place in places):
            continue
        used.update(places)
        value = _register_value([words[place] for place in places], register)
        if value is None:
            yield Field(str(key), None, register.named.unit, register.named.point, Quality.BAD_SENSOR_FAULT)
            continue
        scaled = value * register.named.scale + register.named.offset
        yield Field(str(key), scaled, register.named.unit, register.named.point)
    for key, word in words.items():
        if key not in used:
            yield Field(str(key), float(word))


def _register_value(words: list[int], register: Register) -> float | None:
    """Return the number of one or two words; None when it is no finite number."""
    ordered = words[::-1] if register.swapped else words
    data = b"".join(word.to_bytes(2, "big") for word in ordered)
    return number_of(struct.unpack(_FORMATS[register.type], data)[0])
