"""Values that carry names instead of fixed places: their meaning by point maps and the vocabulary of indoor sensors.

What does not live here: the maps (`config.equipment.point_maps`), payload envelopes (one module a family).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import orjson

from collector.decoders.foreign import MAX_FIELDS, MAX_TEXT_CHARACTERS, DeviceTarget, Field
from collector.decoders.indoor_names import indoor_field, indoor_point, is_wrapper, temperature_quality
from collector.decoders.json_payload import json_inside
from collector.decoders.numbers import is_absent, number_of, quantity_of
from config.equipment.point_maps import NamedPoint, PointMaps
from config.equipment.point_names import plain_name, plain_unit, split_unit
from heating.points import POINTS, Measurement, PointKind, place_of_point
from heating.quality import Quality

__all__ = ["NamedValue", "fields_of", "flat_values"]

ABSENT_NUMBERS: Final = frozenset({-9999.0, -999.0, 327.67, 3276.7, 6553.5, 32767.0, -32768.0, 65535.0})
"""Numbers by which station and room equipment says «no probe»; counted only for gauges."""
_CELSIUS: Final = "°C"
_VALUES: Final = ("value", "v", "val", "值")
"""Names under which an object holds its value."""
MAX_DEPTH: Final = 5
"""Levels of objects that are looked into."""
MAX_WORD_CHARACTERS: Final = 40
"""Longer texts are no word of a map [characters]."""
_FLAGS: Final = frozenset({"low_battery", "sensor_moved", "sensor_fault", "backfilled"})


@dataclass(frozen=True, slots=True)
class NamedValue:
    """One value under its name, as sent."""

    name: str
    raw: object
    """Number, truth value, text, None or something nested."""
    unit: str = ""
    """Unit the message names; empty: none."""
    quality: int = Quality.GOOD
    """Code of `heating.quality.Quality`."""


def flat_values(told: Mapping[str, object], *, without: Collection[str] = ()) -> Iterator[NamedValue]:
    """Return the values of an object and of the objects in it: at most `MAX_FIELDS` and one, of `MAX_DEPTH` levels.

    What stands in an object that only wraps others (``serviceData``, ``params``) keeps its own name, any other gets that
    of the object before it; an object with a value and perhaps a unit is one value; JSON in text is opened.
    """
    return islice(_flat("", told, MAX_DEPTH, without), MAX_FIELDS + 1)


def _flat(
    prefix: str, told: Mapping[str, object], depth: int, without: Collection[str] = ()
) -> Iterator[NamedValue]:
    for key, raw in islice(told.items(), MAX_FIELDS + 1):
        if key in without:
            continue
        name = f"{prefix}.{key}" if prefix else str(key)
        inner = json_inside(raw) if isinstance(raw, str) and raw[:1] == "{" else raw
        if not isinstance(inner, Mapping):
            yield NamedValue(name, raw)
            continue
        value = next((inner[word] for word in _VALUES if word in inner), inner)
        if not isinstance(value, Mapping):
            unit = inner.get("unit")
            yield NamedValue(name, value, unit if isinstance(unit, str) else "")
        elif depth > 1:
            yield from _flat(prefix if is_wrapper(str(key)) else name, inner, depth - 1)
        else:
            yield NamedValue(name, raw)


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
    measurement, indoor = target.ref.measurement, _indoor_point(item, target)
    meaning = maps.meaning(measurement, item.name, map_name=target.point_map, maps_only=indoor is not None)
    if meaning is None and indoor is not None:
        return _indoor(item, indoor, told_unit)
    if meaning is None:
        value = number_of(item.raw, words=False)
        return Field(item.name, _text(item.raw) if value is None else value, told_unit, None, item.quality)
    return _known(item, meaning, told_unit, target)


def _indoor_point(item: NamedValue, target: DeviceTarget) -> str | None:
    """Return the point of a room's sensor that a name means; None: none, or not in a room."""
    return indoor_point(item.name) if target.ref.measurement is Measurement.ROOM else None


def _indoor(item: NamedValue, point: str, told_unit: str) -> Field:
    """Return the field of a room's sensor by the vocabulary that all families share."""
    raw = item.raw if item.raw is None or isinstance(item.raw, bool | int | float | str) else _text(item.raw)
    if point in _FLAGS:
        raw = number_of(raw) if number_of(raw) is not None else raw
    found = indoor_field(item.name, raw, told_unit or None)
    if found.point is not None and found.value is None:
        return replace(found, quality=max(found.quality, item.quality, Quality.BAD))
    if found.point is not None and item.quality >= Quality.BAD and isinstance(found.value, str):
        return replace(found, value=None, quality=item.quality)
    return replace(found, quality=max(found.quality, item.quality))


def _known(item: NamedValue, meaning: NamedPoint, told_unit: str, target: DeviceTarget) -> Field:
    """Return the field of a name that a map knows, scaled."""
    value, written = _word(item.raw, meaning), ""
    if value is None:
        value, written = quantity_of(item.raw) or (number_of(item.raw), "")
    if value is None:
        if is_absent(item.raw) or item.quality >= Quality.BAD:
            return Field(item.name, None, meaning.unit, meaning.point, max(item.quality, Quality.BAD))
        return Field(
            item.name, _text(item.raw), told_unit or meaning.unit, None, max(item.quality, Quality.BAD)
        )
    unit = plain_unit(item.unit) or written or meaning.unit
    scaled = value * meaning.scale + meaning.offset
    quality = max(item.quality, _absence(target, meaning.point, value, scaled, unit))
    return Field(item.name, scaled, unit, meaning.point, quality)


def _absence(target: DeviceTarget, point: str, value: float, scaled: float, unit: str) -> int:
    """Return bad_sentinel for a number, as sent or scaled, that means «no probe» at a point, good for any other."""
    place = place_of_point(target.ref.measurement, point)
    if place is None or POINTS[place].kind is not PointKind.GAUGE:
        return Quality.GOOD
    if value in ABSENT_NUMBERS:
        return Quality.BAD_SENTINEL
    warm = POINTS[place].unit == _CELSIUS and unit in ("", _CELSIUS)
    return temperature_quality(scaled) if warm else Quality.GOOD


def _word(raw: object, meaning: NamedPoint) -> float | None:
    if not isinstance(raw, str) or not meaning.words or len(raw) > MAX_WORD_CHARACTERS:
        return None
    return meaning.words.get(plain_name(raw))


def _text(raw: object) -> str | None:
    """Return something that is no number as text for people."""
    if raw is None or isinstance(raw, str):
        return raw
    try:
        return orjson.dumps(raw)[:MAX_TEXT_CHARACTERS].decode("utf-8", "ignore")
    except (TypeError, ValueError, RecursionError):
        return type(raw).__name__
