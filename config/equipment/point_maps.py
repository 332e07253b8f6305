"""Point maps: what the names and registers of station equipment mean, as configuration with a lint.

A map is a YAML file: ``measurement``, ``points`` (canonical point → names, unit, scale, offset, words) and, for
register maps, ``registers`` (number → point, type, unit, scale). The lint proves that each unit converts to the
canonical unit of its point, that no name means two points, and that a unit written into a name agrees with the map's.
What does not live here: payloads (`collector.decoders`), which device uses which map (the device map).
"""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from config.equipment.point_names import plain_name, plain_unit, split_unit
from config.located_yaml import KeyPath, LocatedYaml, read_yaml
from config.mistakes import Mistake, MistakesError
from heating.circuits import ZONE_OF_WORD
from heating.points import POINT_INDEX, POINTS, Measurement, place_of_point
from heating.quantities import UnknownConversionError, to_canonical

__all__ = [
    "FOLDER_VARIABLE",
    "POINT_MAPS_DIR",
    "REGISTER_TYPES",
    "NamedPoint",
    "PointMap",
    "PointMaps",
    "Register",
    "configured_point_maps",
    "load_point_maps",
    "read_point_map",
]


POINT_MAPS_DIR = Path(__file__).parents[1] / "defaults" / "point_maps"
"""Folder of the shipped maps."""
FOLDER_VARIABLE: Final = "POINT_MAPS_DIR"
"""Environment variable that names a folder of own maps when the settings name none."""
REGISTER_TYPES: Final = {"int16": 1, "uint16": 1, "int32": 2, "uint32": 2, "float32": 2}
"""Types of a register value and how many registers they take."""
_POINT_KEYS: Final = frozenset({"names", "unit", "scale", "offset", "words"})
_REGISTER_KEYS: Final = frozenset({"point", "type", "unit", "scale", "offset", "swapped"})


@dataclass(frozen=True, slots=True)
class NamedPoint:
    """What a name of a device means: ``value · scale + offset`` in `unit` is the point."""

    point: str
    """Canonical name; at a station with several circuits with ``@`` and the zone of one."""
    unit: str
    """Unit of the scaled value."""
    scale: float = 1.0
    offset: float = 0.0
    words: Mapping[str, float] | None = None
    """Numbers of words such as 运行 and 停止, for this point only."""


@dataclass(frozen=True, slots=True)
class Register:
    """What a Modbus register holds."""

    named: NamedPoint
    type: str = "uint16"
    """One of `REGISTER_TYPES`."""
    swapped: bool = False
    """True when the low word of a two-word value comes first."""


@dataclass(frozen=True, slots=True)
class PointMap:
    """One map."""

    name: str
    """File name without its suffix."""
    measurement: Measurement
    names: Mapping[str, NamedPoint]
    """By plain name (`config.equipment.point_names.plain_name`)."""
    registers: Mapping[int, Register]


class PointMaps:
    """Every map by name, and the names they know together.

    Parameters
    ----------
    maps
        The maps; a later one overrides names of earlier ones in `shared`.
    """

    def __init__(self, maps: Sequence[PointMap] = ()) -> None:
        self._maps = {item.name: item for item in maps}
        self._shared: dict[tuple[Measurement, str], NamedPoint] = {}
        self._canonical: dict[tuple[Measurement, str], NamedPoint] = {}
        for point in POINTS:
            meaning = NamedPoint(point.name, point.unit.value)
            for name in (point.name, point.symbol, point.label_zh):
                if name:
                    self._canonical.setdefault((point.measurement, plain_name(name)), meaning)
        for item in maps:
            for name, named in item.names.items():
                self._shared[item.measurement, name] = named
                if _is_of_circuit(item.measurement, named):
                    # A device of a circuit calls its points as that of a whole station does.
                    self._shared.setdefault((Measurement.CIRCUIT, name), named)

    def __len__(self) -> int:
        return len(self._maps)

    def named(self, name: str) -> PointMap | None:
        """Return a map by its name."""
        return self._maps.get(name)

    @property
    def all_names(self) -> tuple[str, ...]:
        """Names of all maps."""
        return tuple(sorted(self._maps))

    def _of_zone(self, measurement: Measurement, name: str, map_name: str | None) -> NamedPoint | None:
        """Return what a name means that begins with the word of a zone, as 高区二次供温 does."""
        word = next((word for word in ZONE_OF_WORD if name.strip().startswith(word)), None)
        if word is None or measurement is not Measurement.STATION:
            return None
        rest = self.meaning(measurement, name.strip().removeprefix(word), map_name=map_name)
        if rest is None or not _is_of_circuit(measurement, rest):
            return None
        return replace(rest, point=f"{rest.point}@{ZONE_OF_WORD[word].value}")

    def meaning(
        self, measurement: Measurement, name: str, *, map_name: str | None = None, maps_only: bool = False
    ) -> NamedPoint | None:
        """Return what a name means at an object of a measurement; None when no map knows it.

        A unit in the name, as in ``二次供压(kPa)``, goes before the unit of the map. With `maps_only` the names,
        symbols and labels of the points themselves are left aside.
        """
        bare, unit = split_unit(name)
        chosen = self._maps.get(map_name or "")
        found: NamedPoint | None = None
        if chosen is not None:
            found = chosen.names.get(plain_name(bare))
            shared_by_circuits = measurement is Measurement.CIRCUIT and found is not None
            if chosen.measurement is not measurement and not (
                shared_by_circuits and _is_of_circuit(chosen.measurement, found)
            ):
                found = None
        key = (measurement, plain_name(bare))
        found = found or self._shared.get(key) or (None if maps_only else self._canonical.get(key))
        found = found or self._of_zone(measurement, name, map_name)
        if found is None or not unit or unit == found.unit or not _converts(unit, measurement, found.point):
            return found
        return NamedPoint(found.point, unit, words=found.words)


def _is_of_circuit(measurement: Measurement, named: NamedPoint | None) -> bool:
    """Return whether what a name means at a station is a point of a circuit as well."""
    return (
        named is not None
        and measurement is Measurement.STATION
        and (Measurement.CIRCUIT, named.point) in POINT_INDEX
    )


def load_point_maps(*folders: Path) -> PointMaps:
    """Read every map of the folders, the shipped ones first.

    Raises
    ------
    MistakesError
        Every mistake of every file at once.
    """
    maps: list[PointMap] = []
    mistakes: list[Mistake] = []
    for folder in (POINT_MAPS_DIR, *folders):
        for path in sorted(folder.glob("*.yaml")):
            try:
                maps.append(read_point_map(path))
            except MistakesError as error:
                mistakes += error.mistakes
    if mistakes:
        raise MistakesError(mistakes)
    return PointMaps(maps)


def configured_point_maps(
    environment: Mapping[str, str] | None = None, *, folder: Path | None = None
) -> PointMaps:
    """Return the shipped maps and those of an own folder; read once a process.

    Parameters
    ----------
    environment
        Environment variables; `os.environ` when None.
    folder
        The folder of the settings (``collector.point_maps_dir``); None takes the folder that ``POINT_MAPS_DIR`` names,
        and without that there are only the shipped maps.

    Raises
    ------
    MistakesError
        Every mistake of every file at once.
    """
    env = os.environ if environment is None else environment
    return _cached_maps(str(folder or env.get(FOLDER_VARIABLE, "")))


@cache
def _cached_maps(folder: str) -> PointMaps:
    if folder and not Path(folder).is_dir():
        raise MistakesError([Mistake(folder, "There is no such folder of point maps.", "Correct the path.")])
    return load_point_maps(*([Path(folder)] if folder else []))


def read_point_map(path: Path) -> PointMap:
    """Read and lint one map.

    Raises
    ------
    MistakesError
        Every mistake of the file at once.
    """
    text = read_yaml(path)
    mistakes = list(text.mistakes)
    mistakes += [
        _mistake(text, (key,), f"Unknown key {key!r}.", "Known: description, measurement, points, registers.")
        for key in sorted(set(map(str, text.values)) - {"measurement", "points", "registers", "description"})
    ]
    try:
        measurement = Measurement(str(text.values.get("measurement")))
    except ValueError:
        remedy = f"Write one of {', '.join(Measurement)}."
        raise MistakesError([_mistake(text, ("measurement",), "No such measurement.", remedy)]) from None
    names = dict(_names(text, measurement, mistakes))
    registers = dict(_registers(text, measurement, mistakes))
    if not names and not registers and not mistakes:
        mistakes.append(_mistake(text, (), "The map is empty.", "Add points or registers."))
    if mistakes:
        raise MistakesError(mistakes)
    return PointMap(path.stem, measurement, names, registers)


def _mistake(text: LocatedYaml, at: KeyPath, problem: str, remedy: str) -> Mistake:
    return Mistake(text.place(at), problem, remedy)


def _names(
    text: LocatedYaml, measurement: Measurement, mistakes: list[Mistake]
) -> Iterator[tuple[str, NamedPoint]]:
    seen: dict[str, str] = {}
    points = text.values.get("points") or {}
    if not isinstance(points, Mapping):
        mistakes.append(_mistake(text, ("points",), "points is no mapping.", "Write point: {names: […]}."))
        return
    for point, told in points.items():
        for number, entry in enumerate(told if isinstance(told, list) else [told]):
            at: KeyPath = ("points", point, number) if isinstance(told, list) else ("points", point)
            named = _meaning(text, at, measurement, point, entry, _POINT_KEYS, mistakes)
            listed = entry.get("names") if isinstance(entry, Mapping) else None
            if named is None or not isinstance(listed, list) or not listed:
                if named is not None:
                    mistakes.append(_mistake(text, at, f"{point} has no names.", "Write names: [一次供温]."))
                continue
            for name in map(str, listed):
                fault = _name_fault(name, named, seen)
                if fault is not None:
                    mistakes.append(_mistake(text, at, fault, "Take it out or mend its unit."))
                    continue
                seen[plain_name(split_unit(name)[0])] = point
                yield plain_name(split_unit(name)[0]), named


def _name_fault(name: str, named: NamedPoint, seen: Mapping[str, str]) -> str | None:
    bare, unit = split_unit(name)
    if not plain_name(bare):
        return "A name is empty."
    if plain_name(bare) in seen:
        return f"The name {name!r} stands here and at {seen[plain_name(bare)]}."
    if unit and unit != named.unit:
        return f"The name {name!r} says {unit}, the map says {named.unit or 'no unit'}."
    return None


def _registers(
    text: LocatedYaml, measurement: Measurement, mistakes: list[Mistake]
) -> Iterator[tuple[int, Register]]:
    told = text.values.get("registers") or {}
    if not isinstance(told, Mapping):
        mistakes.append(
            _mistake(text, ("registers",), "registers is no mapping.", "Write 40001: {point: …}.")
        )
        return
    taken: dict[int, str] = {}
    for key, entry in told.items():
        at: KeyPath = ("registers", key)
        point = str(entry.get("point")) if isinstance(entry, Mapping) else ""
        named = _meaning(text, at, measurement, point, entry, _REGISTER_KEYS, mistakes)
        if named is None or not isinstance(entry, Mapping):
            continue
        kind = str(entry.get("type", "uint16"))
        if not str(key).isdecimal() or kind not in REGISTER_TYPES:
            problem = f"{key!r} is no register number, or {kind!r} no type."
            mistakes.append(_mistake(text, at, problem, f"Types: {', '.join(REGISTER_TYPES)}."))
            continue
        places = range(int(key), int(key) + REGISTER_TYPES[kind])
        overlap = next((taken[place] for place in places if place in taken), None)
        if overlap is not None:
            mistakes.append(_mistake(text, at, f"It overlaps with register {overlap}.", "Check the types."))
            continue
        taken.update(dict.fromkeys(places, str(key)))
        yield int(key), Register(named, kind, bool(entry.get("swapped", False)))


def _meaning(
    text: LocatedYaml,
    at: KeyPath,
    measurement: Measurement,
    point: str,
    entry: object,
    known: frozenset[str],
    mistakes: list[Mistake],
) -> NamedPoint | None:
    """Return what an entry says about a point; None after a mistake."""
    place = place_of_point(measurement, str(point))
    if place is None:
        remedy = "See docs/glossary.md for the points."
        mistakes.append(_mistake(text, at, f"{point!r} is no point of a {measurement.value}.", remedy))
        return None
    if not isinstance(entry, Mapping) or not set(map(str, entry)) <= known:
        mistakes.append(
            _mistake(text, at, f"{point} is written wrongly.", f"Known: {', '.join(sorted(known))}.")
        )
        return None
    canonical = POINTS[place].unit.value
    unit = plain_unit(str(entry.get("unit", canonical) or ""))
    if not _converts(unit, measurement, point):
        problem = f"{point}: {unit or 'no unit'} does not convert to {canonical or 'no unit'}."
        mistakes.append(_mistake(text, at, problem, "Write the unit that the equipment sends."))
        return None
    try:
        scale, offset = float(entry.get("scale", 1.0)), float(entry.get("offset", 0.0))
        words = {plain_name(str(word)): float(value) for word, value in (entry.get("words") or {}).items()}
    except (TypeError, ValueError, AttributeError):
        scale, offset, words = 0.0, 0.0, {}
    if scale == 0.0 or not math.isfinite(scale) or not math.isfinite(offset):
        mistakes.append(_mistake(text, at, f"{point}: scale, offset or words are no numbers.", "Mend them."))
        return None
    return NamedPoint(point, unit, scale, offset, words or None)


def _converts(unit: str, measurement: Measurement, point: str) -> bool:
    place = place_of_point(measurement, point)
    if place is None:
        return False
    try:
        to_canonical(1.0, unit=unit, canonical=POINTS[place].unit)
    except UnknownConversionError:
        return False
    return True
