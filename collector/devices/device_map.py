"""Device maps: files that join foreign device ids (devEUI, IEEE address, IMEI, meter number …) to our objects.

YAML:

    point_maps:
      pipe_probe: {temperature: secondary_supply_temp_c}
    devices:
      a84041ffff123456: {sensor: S0001, codec: dragino_lht65}
      "0x00158d0001": {station: ST001, point_map: pipe_probe}
      DTU-7: {station: ST002, points: {T2: {point: secondary_supply_temp_c, unit: "°C", scale: 0.1}}}
      DTU-8: {station: ST003, points: {T2: secondary_supply_temp_c@low, T4: secondary_supply_temp_c@high}}
      "86": {circuit: ST003-high, point_map: pipe_probe}

CSV: columns ``device, kind, id`` and, when wanted, ``codec, point_map, field, point, unit, scale, offset``; a device
may take several lines, one a field. Ids are compared without regard to case, colons and hyphens.
"""

import csv
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from collector.decoders.foreign import DeviceTarget, PointRule
from config.located_yaml import LocatedYaml, read_yaml
from config.mistakes import Mistake, MistakesError
from heating.errors import HeatingError
from heating.points import Measurement, place_of_point
from heating.samples import ObjectRef

__all__ = ["DeviceMapError", "FileDeviceMap"]

_KINDS: Mapping[str, Measurement] = {
    "sensor": Measurement.ROOM,
    "room": Measurement.ROOM,
    "station": Measurement.STATION,
    "circuit": Measurement.CIRCUIT,
    "building": Measurement.BUILDING,
    "source": Measurement.SOURCE,
    "weather": Measurement.WEATHER,
}
_ENTRY_KEYS = frozenset({*_KINDS, "codec", "point_map", "points"})
_RULE_KEYS = frozenset({"point", "unit", "scale", "offset"})


class DeviceMapError(HeatingError):
    """A device map cannot be read or is wrong; the text names every mistake with file and line."""


def _plain(device: str) -> str:
    return device.casefold().replace(":", "").replace("-", "")


class FileDeviceMap:
    """A device map in memory.

    Parameters
    ----------
    targets
        What each foreign id is.
    places
        ``file:line`` by id.

    Raises
    ------
    DeviceMapError
        When two ids differ only by case, colons or hyphens.
    """

    def __init__(
        self, targets: Mapping[str, DeviceTarget], *, places: Mapping[str, str] | None = None
    ) -> None:
        self._exact = dict(targets)
        self._places = dict(places or {})
        self._plain: dict[str, DeviceTarget] = {}
        for device, target in targets.items():
            if _plain(device) in self._plain:
                text = f"device {device!r} is in the map twice (case, colons, hyphens aside)"
                raise DeviceMapError(f"{self._places[device]}: {text}" if device in self._places else text)
            self._plain[_plain(device)] = target

    def __len__(self) -> int:
        return len(self._exact)

    def items(self) -> Iterable[tuple[str, DeviceTarget]]:
        """Return ids, as they are written, with what they are."""
        return self._exact.items()

    def place(self, device: str) -> str:
        """Return ``file:line`` of an id as it is written; empty for a map that was not read from a file."""
        return self._places.get(device, "")

    def target(self, device: str) -> DeviceTarget | None:
        """Return what a device is, None when the map does not know it."""
        return self._exact.get(device) or self._plain.get(_plain(device))

    @classmethod
    def read(cls, path: Path) -> "FileDeviceMap":
        """Read a YAML or (by its suffix) CSV file.

        Raises
        ------
        DeviceMapError
            Every mistake at once.
        """
        mistakes: list[str] = []
        try:
            entries = _csv_entries(path) if path.suffix.lower() == ".csv" else _yaml_entries(path, mistakes)
            targets: dict[str, DeviceTarget] = {}
            places: dict[str, str] = {}
            for place, device, entry in entries:
                places[device] = place
                found = _target(place, device, entry, mistakes)
                if found is not None:
                    targets[device] = found
        except (MistakesError, OSError, ValueError, csv.Error) as error:
            raise DeviceMapError(f"device map {path}: {error}") from error
        if mistakes:
            raise DeviceMapError("\n".join(mistakes))
        return cls(targets, places=places)


_Entry = tuple[str, str, Mapping[str, object]]
"""Place in the file, foreign id, what the file says."""


def _yaml_entries(path: Path, mistakes: list[str]) -> Iterator[_Entry]:
    text = read_yaml(path)
    mistakes += [str(mistake) for mistake in text.mistakes]
    shared = _mapping(text, ("point_maps",), mistakes)
    devices = _mapping(text, ("devices",), mistakes)
    for key in sorted(set(map(str, text.values)) - {"point_maps", "devices"}):
        mistakes.append(
            str(Mistake(text.place((key,)), f"Unknown key {key!r}.", "Known: devices, point_maps."))
        )
    for device, entry in devices.items():
        place = text.place(("devices", device))
        if not isinstance(entry, Mapping):
            mistakes.append(f"{place}: {device!r} is no mapping such as {{sensor: S0001}}.")
            continue
        named = entry.get("point_map")
        if named is None or str(named) not in shared:
            yield place, str(device), entry
        else:
            common = shared[str(named)]
            own = entry.get("points") or {}
            points = {
                **(common if isinstance(common, Mapping) else {}),
                **(own if isinstance(own, Mapping) else {}),
            }
            kept = {key: value for key, value in entry.items() if key != "point_map"}
            yield place, str(device), {**kept, "points": points}


def _mapping(text: LocatedYaml, path: tuple[str], mistakes: list[str]) -> Mapping[str, object]:
    value = text.values.get(path[0]) or {}
    if isinstance(value, Mapping):
        return value
    mistakes.append(f"{text.place(path)}: {path[0]} is no mapping.")
    return {}


def _csv_entries(path: Path) -> Iterator[_Entry]:
    merged: dict[str, tuple[str, dict[str, object]]] = {}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            cells = {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
            device = cells.get("device", "")
            if not device:
                raise ValueError(f"line {number}: no device")
            _place, entry = merged.setdefault(device, (f"{path}:{number}", {"points": {}}))
            entry[cells.get("kind", "")] = cells.get("id", "")
            for name in ("codec", "point_map"):
                if cells.get(name):
                    entry[name] = cells[name]
            points = entry["points"]
            if cells.get("field") and isinstance(points, dict):
                points[cells["field"]] = {name: cells[name] for name in _RULE_KEYS if cells.get(name)}
    for device, (place, entry) in merged.items():
        yield place, device, entry


def _target(place: str, device: str, entry: Mapping[str, object], mistakes: list[str]) -> DeviceTarget | None:
    unknown = sorted(set(map(str, entry)) - _ENTRY_KEYS)
    kinds = [kind for kind in entry if kind in _KINDS]
    if unknown or len(kinds) != 1:
        wrong = f"unknown {', '.join(map(repr, unknown))}" if unknown else "not exactly one object"
        mistakes.append(f"{place}: {device!r}: {wrong}; write one of {', '.join(_KINDS)} with an id.")
        return None
    object_id = entry[kinds[0]]
    if not isinstance(object_id, str | int) or not str(object_id).strip():
        mistakes.append(f"{place}: {device!r}: {kinds[0]} has no id.")
        return None
    measurement = _KINDS[kinds[0]]
    points = entry.get("points") or {}
    rules: dict[str, PointRule] = {}
    if not isinstance(points, Mapping):
        mistakes.append(f"{place}: {device!r}: points is no mapping of field to point.")
        points = {}
    for name, written in points.items():
        rule = _rule(written)
        if rule is None or place_of_point(measurement, rule.point) is None:
            mistakes.append(
                f"{place}: {device!r}: {name!r} leads to no point of a {measurement.value}: {written!r}."
            )
        else:
            rules[str(name)] = rule
    return DeviceTarget(
        ObjectRef(measurement, str(object_id).strip()),
        rules,
        codec=_text(entry.get("codec")),
        point_map=_text(entry.get("point_map")),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _rule(rule: object) -> PointRule | None:
    """Return the rule of one field: a point name, or a mapping with unit, scale and offset."""
    if isinstance(rule, str):
        return PointRule(rule)
    if not isinstance(rule, Mapping) or not {"point"} <= set(rule) <= _RULE_KEYS:
        return None
    try:
        scale, offset = float(rule.get("scale", 1.0)), float(rule.get("offset", 0.0))
    except (TypeError, ValueError):
        return None
    if not math.isfinite(scale) or not math.isfinite(offset) or scale == 0.0:
        return None
    return PointRule(str(rule["point"]), _text(rule.get("unit")), scale, offset)
