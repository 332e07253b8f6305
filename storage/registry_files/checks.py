"""What makes a registry whole: ids, references, ranges. Pure; finds every mistake at once.

Reading files is in `storage.registry_files.reading`, which turns the place of a mistake into file, row and column.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from heating.assets import SensorAssignment, Site
from heating.contacts import Contact
from heating.errors import HeatingError

__all__ = ["ID_PATTERN", "BrokenRegistryError", "Mistake", "check_registry", "find_mistakes"]

ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:\-]{0,63}")
"""Ids become MQTT topic levels and tags of series: letters, digits and ``_ . : -``, at most 64."""

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong."""

    kind: str
    """Kind of asset, or ``contact``."""
    index: int
    """Place in the tuple of the site (or in the contacts)."""
    field: str
    object_id: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id!r}, {self.field}: {self.problem}; {self.remedy}"


class BrokenRegistryError(HeatingError):
    """The registry is not whole; `mistakes` lists everything found."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        shown = [str(mistake) for mistake in mistakes[:_SHOWN]]
        if len(mistakes) > _SHOWN:
            shown.append(f"and {len(mistakes) - _SHOWN} more")
        super().__init__("\n".join(shown))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    attribute: str
    id_field: str
    references: tuple[tuple[str, str], ...] = ()
    """Field and the kind it points to; None in the field is allowed."""
    positive: tuple[str, ...] = ()
    """Fields whose numbers must be above 0; None is allowed."""


_KINDS = (
    _Kind("area", "areas", "area_id", (("parent_id", "area"),)),
    _Kind("source", "sources", "source_id", (("area_id", "area"),), ("capacity_gj_per_h",)),
    _Kind("branch", "branches", "branch_id", (("source_id", "source"), ("parent_branch_id", "branch"))),
    _Kind(
        "station",
        "stations",
        "station_id",
        (("area_id", "area"), ("branch_id", "branch")),
        ("heated_area_m2", "design_flow_m3_per_h", "static_head_mpa", "tank_height_m", "report_interval_s"),
    ),
    _Kind("community", "communities", "community_id", (("area_id", "area"),)),
    _Kind(
        "building",
        "buildings",
        "building_id",
        (("community_id", "community"), ("station_id", "station")),
        ("floors", "units"),
    ),
    _Kind("household", "households", "household_id", (("building_id", "building"),), ("unit", "area_m2")),
    _Kind("sensor", "sensors", "sensor_id", (), ("interval_s",)),
)

_CIRCUITS = ("low", "high")


def check_registry(site: Site, contacts: Sequence[Contact] = ()) -> None:
    """Refuse a registry that is not whole.

    Raises
    ------
    BrokenRegistryError
        With every mistake.
    """
    mistakes = find_mistakes(site, contacts)
    if mistakes:
        raise BrokenRegistryError(mistakes)


def find_mistakes(site: Site, contacts: Sequence[Contact] = ()) -> list[Mistake]:
    """Return every mistake, kind by kind in the order of the site."""
    ids = {
        kind.name: {getattr(one, kind.id_field) for one in getattr(site, kind.attribute)} for kind in _KINDS
    }
    mistakes: list[Mistake] = []
    for kind in _KINDS:
        objects = getattr(site, kind.attribute)
        mistakes += _of_ids(kind.name, kind.id_field, [getattr(one, kind.id_field) for one in objects])
        mistakes += _of_references(kind, objects, ids)
        mistakes += _of_numbers(kind, objects)
    mistakes += _of_rings("area", "area_id", "parent_id", site.areas)
    mistakes += _of_rings("branch", "branch_id", "parent_branch_id", site.branches)
    mistakes += [
        Mistake(
            "building", index, "circuit", one.building_id, f"{one.circuit!r} is unknown", "write low or high"
        )
        for index, one in enumerate(site.buildings)
        if one.circuit not in _CIRCUITS
    ]
    mistakes += _of_doors(site)
    mistakes += _of_ids("weather_site", "weather_site_id", site.weather_sites)
    mistakes += _of_assignments(site.assignments, ids)
    mistakes += _of_contacts(contacts, ids["household"])
    return mistakes


def _of_ids(kind: str, id_field: str, found: Sequence[str]) -> Iterator[Mistake]:
    seen: set[str] = set()
    for index, object_id in enumerate(found):
        if not ID_PATTERN.fullmatch(object_id):
            remedy = "use letters, digits and _ . : - only, at most 64, the first a letter or digit"
            yield Mistake(kind, index, id_field, object_id, "is no valid id", remedy)
        if object_id in seen:
            yield Mistake(kind, index, id_field, object_id, "comes twice", "keep one row or change the id")
        seen.add(object_id)


def _of_references(kind: _Kind, objects: Sequence[Any], ids: Mapping[str, set[str]]) -> Iterator[Mistake]:
    for field, target in kind.references:
        known = ids[target]
        for index, one in enumerate(objects):
            pointed = getattr(one, field)
            if pointed is not None and pointed not in known:
                yield Mistake(
                    kind.name,
                    index,
                    field,
                    getattr(one, kind.id_field),
                    f"there is no {target} {pointed!r}",
                    f"add the {target} or correct the id",
                )


def _of_numbers(kind: _Kind, objects: Sequence[Any]) -> Iterator[Mistake]:
    limits: list[tuple[str, Callable[[float], bool], str]] = [
        (field, lambda value: value > 0, "write a number above 0") for field in kind.positive
    ]
    if objects and hasattr(objects[0], "longitude_deg"):
        limits.append(("longitude_deg", lambda value: -180 <= value <= 180, "write degrees from -180 to 180"))
        limits.append(("latitude_deg", lambda value: -90 <= value <= 90, "write degrees from -90 to 90"))
    for field, holds, remedy in limits:
        for index, one in enumerate(objects):
            value = getattr(one, field)
            if value is not None and not holds(value):
                yield Mistake(
                    kind.name, index, field, getattr(one, kind.id_field), f"{value!r} is out of range", remedy
                )


def _of_rings(kind: str, id_field: str, parent_field: str, objects: Sequence[Any]) -> Iterator[Mistake]:
    parent_of = {getattr(one, id_field): getattr(one, parent_field) for one in objects}
    sound: set[str | None] = {None}
    for index, one in enumerate(objects):
        path: dict[str | None, None] = {}
        here = getattr(one, id_field)
        while here not in sound and here in parent_of and here not in path:
            path[here] = None
            here = parent_of[here]
        if here in path and here == getattr(one, id_field):
            yield Mistake(
                kind,
                index,
                parent_field,
                here,
                "is its own ancestor",
                "let the chain of parents end at the top",
            )
        elif here not in path:
            sound.update(path)


def _of_doors(site: Site) -> Iterator[Mistake]:
    seen: Counter[tuple[str, int, str]] = Counter()
    for index, home in enumerate(site.households):
        door = (home.building_id, home.unit, home.room)
        seen[door] += 1
        if not home.room.strip():
            yield Mistake("household", index, "room", home.household_id, "is empty", "write the door number")
        elif seen[door] > 1:
            problem = f"unit {home.unit} room {home.room} of {home.building_id!r} is there already"
            yield Mistake("household", index, "room", home.household_id, problem, "correct unit or room")


def _of_assignments(
    assignments: Sequence[SensorAssignment], ids: Mapping[str, set[str]]
) -> Iterator[Mistake]:
    by_sensor: dict[str, list[tuple[int, SensorAssignment]]] = {}
    for index, one in enumerate(assignments):
        for field, kind in (("sensor_id", "sensor"), ("household_id", "household")):
            pointed = getattr(one, field)
            if pointed not in ids[kind]:
                problem = f"there is no {kind} {pointed!r}"
                yield Mistake(
                    "assignment", index, field, one.sensor_id, problem, f"add the {kind} or correct the id"
                )
        moments = [one.start] if one.end is None else [one.start, one.end]
        if any(moment.tzinfo is None for moment in moments):
            yield Mistake(
                "assignment", index, "start", one.sensor_id, "has no time zone", "write a zone, +08:00 or Z"
            )
            continue
        if one.end is not None and one.end <= one.start:
            yield Mistake(
                "assignment", index, "end", one.sensor_id, "is not after the start", "correct the dates"
            )
        by_sensor.setdefault(one.sensor_id, []).append((index, one))
    for group in by_sensor.values():
        yield from _of_overlaps(group)


def _of_overlaps(group: list[tuple[int, SensorAssignment]]) -> Iterator[Mistake]:
    if len(group) < 2:
        return
    group.sort(key=lambda pair: pair[1].start)
    for (_, earlier), (index, later) in pairwise(group):
        if earlier.end is None or earlier.end > later.start:
            problem = f"the sensor still measures {earlier.household_id!r} then"
            yield Mistake(
                "assignment", index, "start", later.sensor_id, problem, "end the earlier assignment first"
            )


def _of_contacts(contacts: Sequence[Contact], household_ids: set[str]) -> Iterator[Mistake]:
    seen: set[str] = set()
    for index, contact in enumerate(contacts):
        household_id = contact.household_id
        if household_id not in household_ids:
            problem = f"there is no household {household_id!r}"
            yield Mistake(
                "contact", index, "household_id", household_id, problem, "add the household or correct the id"
            )
        if household_id in seen:
            yield Mistake(
                "contact", index, "household_id", household_id, "comes twice", "keep one contact a household"
            )
        seen.add(household_id)
        if contact.phone and not re.fullmatch(r"\+?\d{5,15}", contact.phone):
            remedy = "write digits only, 5 to 15 of them, with a leading + abroad"
            yield Mistake("contact", index, "phone", household_id, "is no phone number", remedy)
