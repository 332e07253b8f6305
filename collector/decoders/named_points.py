"""Values that carry names instead of fixed places: their meaning by point maps, their numbers out of text.

What does not live here: the maps (`config.equipment.point_maps`), payload envelopes (one module a family).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import orjson

from collector.decoders.foreign import MAX_TEXT_CHARACTERS, DeviceTarget, Field
from collector.decoders.indoor_names import temperature_quality
from config.equipment.point_maps import NamedPoint, PointMaps
from config.equipment.point_names import plain_name, plain_unit, split_unit
from heating.points import POINT_INDEX, POINTS, PointKind
from heating.quality import Quality

__all__ = ["NamedValue", "fields_of", "number_of"]

WORDS: Final = MappingProxyType(
    {
        **dict.fromkeys(
            ("on", "true", "yes", "run", "running", "open", "开", "打开", "开启", "运行", "启动", "是"), 1.0
        ),
        **dict.fromkeys(
            ("off", "false", "no", "stop", "stopped", "closed", "关", "关闭", "停", "停止", "否"), 0.0
        ),
    }
)
"""Numbers of switch words, by plain name."""
ABSENT_WORDS: Final = frozenset({"", "null", "none", "nan", "na", "n/a", "invalid", "无", "无效", "/", "*"})
ABSENT_NUMBERS: Final = frozenset({-9999.0, -999.0, 327.67, 3276.7, 6553.5, 32767.0, -32768.0, 65535.0})
"""Numbers by which station and room equipment says «no probe»; counted only for gauges."""
_CELSIUS: Final = "°C"
MAX_NUMBER_CHARACTERS: Final = 40
"""Longer texts are no number [characters]."""


@dataclass(frozen=True, slots=True)
class NamedValue:
    """One value under its name, as sent."""

    name: str
    raw: object
    """Number, truth value, text, None or something nested."""
    unit: str = ""
    """Unit the message tells; empty: none told."""
    quality: int = Quality.GOOD
    """Code of `heating.quality.Quality`."""


def fields_of(values: Iterable[NamedValue], target: DeviceTarget, maps: PointMaps) -> list[Field]:
    """Return the fields of named values at an object.

    The device's own rules (device map) go first and see the number as sent; then its point map; then the shared ones.
    A battery of 0 beside live readings is a value that the device does not know.
    """
    fields = [_field(item, target, maps) for item in values]
    alive = sum(
        field.value is not None and field.point not in (None, "battery_pct", "battery_v") for field in fields
    )
    return [
        Field(field.name, field.value, field.unit, field.point, max(field.quality, Quality.BAD_SENTINEL))
        if alive and field.point in ("battery_pct", "battery_v") and field.value == 0
        else field
        for field in fields
    ]


def _field(item: NamedValue, target: DeviceTarget, maps: PointMaps) -> Field:
    _bare, name_unit = split_unit(item.name)
    told_unit = plain_unit(item.unit) or name_unit
    if item.name in target.points:
        rule, value = target.points[item.name], number_of(item.raw)
        shown = _text(item.raw) if value is None else value
        quality = item.quality
        if value is not None:
            scaled, unit = value * rule.scale + rule.offset, rule.unit or told_unit
            quality = max(quality, _absence(target, rule.point, value, scaled, unit))
        return Field(item.name, shown, told_unit, None, quality)
    meaning = maps.meaning(target.ref.measurement, item.name, map_name=target.point_map)
    if meaning is None:
        value = number_of(item.raw, words=False)
        return Field(item.name, _text(item.raw) if value is None else value, told_unit, None, item.quality)
    return _known(item, meaning, told_unit, target)


def _known(item: NamedValue, meaning: NamedPoint, told_unit: str, target: DeviceTarget) -> Field:
    """Return the field of a name that a map knows, scaled."""
    value = _word(item.raw, meaning)
    if value is None:
        value = number_of(item.raw)
    if value is None:
        silent = item.raw is None or (isinstance(item.raw, str) and plain_name(item.raw) in ABSENT_WORDS)
        if silent or item.quality >= Quality.BAD:
            return Field(item.name, None, meaning.unit, meaning.point, max(item.quality, Quality.BAD))
        return Field(
            item.name, _text(item.raw), told_unit or meaning.unit, None, max(item.quality, Quality.BAD)
        )
    unit = plain_unit(item.unit) or meaning.unit
    scaled = value * meaning.scale + meaning.offset
    quality = max(item.quality, _absence(target, meaning.point, value, scaled, unit))
    return Field(item.name, scaled, unit, meaning.point, quality)


def _absence(target: DeviceTarget, point: str, value: float, scaled: float, unit: str) -> int:
    """Return bad_sentinel for a number, as sent or scaled, that means «no probe» at a point, good for any other."""
    place = POINT_INDEX.get((target.ref.measurement, point))
    if place is None or POINTS[place].kind is not PointKind.GAUGE:
        return Quality.GOOD
    if value in ABSENT_NUMBERS:
        return Quality.BAD_SENTINEL
    warm = POINTS[place].unit == _CELSIUS and unit in ("", _CELSIUS)
    return temperature_quality(scaled) if warm else Quality.GOOD


def _word(raw: object, meaning: NamedPoint) -> float | None:
    if not isinstance(raw, str) or not meaning.words or len(raw) > MAX_NUMBER_CHARACTERS:
        return None
    return meaning.words.get(plain_name(raw))


def number_of(raw: object, *, words: bool = True) -> float | None:
    """Return the number of a value: numbers, truth values, digits in text, and (with `words`) switch words.

    Infinite and absurdly long numbers are none.
    """
    if isinstance(raw, bool):
        return float(raw)
    if isinstance(raw, int | float):
        try:
            number = float(raw)
        except OverflowError:
            return None
        return number if math.isfinite(number) else None
    if not isinstance(raw, str) or len(raw) > MAX_NUMBER_CHARACTERS:
        return None
    text = raw.strip()
    if words and plain_name(text) in WORDS:
        return WORDS[plain_name(text)]
    if not text or "_" in text:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _text(raw: object) -> str | None:
    """Return something that is no number as text for people."""
    if raw is None or isinstance(raw, str):
        return raw
    try:
        return orjson.dumps(raw)[:MAX_TEXT_CHARACTERS].decode("utf-8", "ignore")
    except (TypeError, ValueError, RecursionError):
        return type(raw).__name__
