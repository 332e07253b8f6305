"""What makes a registry whole: ids, references, ranges. Pure; finds every mistake at once.

Reading files is in `storage.registry_files.reading`, which turns the place of a mistake into file, row and column.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from config.mistakes import Mistake
from heating.asset_kinds import ASSET_KIND_NAMED, ASSET_KINDS, AssetKind
from heating.assets import SensorAssignment, Site
from heating.contacts import Contact
from heating.errors import HeatingError
from storage.registry_files.circuit_checks import circuit_findings
from storage.registry_files.findings import Finding

__all__ = ["ID_PATTERN", "BrokenRegistryError", "check_registry", "find_mistakes"]

ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:\-]{0,63}")
"""Ids become MQTT topic levels and tags of series: letters, digits and ``_ . : -``, at most 64."""


class BrokenRegistryError(HeatingError):
    """The registry is not whole; the text shows the first mistakes, `mistakes` has all."""

    shown = 20
    """Mistakes in the text."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        lines = [str(mistake) for mistake in mistakes[: self.shown]]
        if len(mistakes) > self.shown:
            lines.append(f"and {len(mistakes) - self.shown} more")
        super().__init__("\n".join(lines))
        self.mistakes = tuple(mistakes)


_POSITIVE: Mapping[str, tuple[str, ...]] = {
    "source": ("capacity_gj_per_h",),
    "station": (
        "heated_area_m2",
        "design_flow_m3_per_h",
        "static_head_mpa",
        "tank_height_m",
        "report_interval_s",
    ),
    "circuit": ("heated_area_m2", "design_flow_m3_per_h", "static_head_mpa", "tank_height_m"),
    "building": ("floors", "units"),
    "household": ("unit", "area_m2"),
    "sensor": ("interval_s",),
}
"""Fields whose numbers must be above 0, by kind; None is allowed."""


def check_registry(site: Site, contacts: Sequence[Contact] = ()) -> None:
    """Refuse a registry that is not whole.

    Raises
    ------
    BrokenRegistryError
        With every mistake.
    """
    found = find_mistakes(site, contacts)
    if found:
        raise BrokenRegistryError([one.mistake for one in found])


def find_mistakes(site: Site, contacts: Sequence[Contact] = ()) -> list[Finding]:
    """Return every mistake, kind by kind in the order of the site."""
    with_ids = [kind for kind in ASSET_KINDS if kind.id_field]
    ids = {kind.name: {getattr(one, kind.id_field) for one in kind.of(site)} for kind in with_ids}
    found: list[Finding] = []
    for kind in with_ids:
        objects = kind.of(site)
        found += _of_ids(kind.name, kind.id_field, [getattr(one, kind.id_field) for one in objects])
        found += _of_references(kind, kind.id_field, objects, ids)
        found += _of_numbers(kind, objects)
    found += _of_rings("area", "area_id", "parent_id", site.areas)
    found += _of_rings("branch", "branch_id", "parent_branch_id", site.branches)
    found += circuit_findings(site)
    found += _of_doors(site)
    found += _of_ids("weather_site", "weather_site_id", site.weather_sites)
    found += _of_references(ASSET_KIND_NAMED["assignment"], "sensor_id", site.assignments, ids)
    found += _of_assignments(site.assignments)
    found += _of_contacts(contacts, ids["household"])
    return found


def _of_ids(kind: str, id_field: str, found: Sequence[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, object_id in enumerate(found):
        if not ID_PATTERN.fullmatch(object_id):
            remedy = "Use letters, digits and _ . : - only, at most 64, the first a letter or digit."
            yield Finding(kind, index, id_field, object_id, "The id is not valid.", remedy)
        if object_id in seen:
            yield Finding(
                kind, index, id_field, object_id, "The id is used twice.", "Keep one row or change the id."
            )
        seen.add(object_id)


def _of_references(
    kind: AssetKind, shown_id: str, objects: Sequence[Any], ids: Mapping[str, set[str]]
) -> Iterator[Finding]:
    for field, target in kind.references:
        known = ids[target]
        for index, one in enumerate(objects):
            pointed = getattr(one, field)
            if pointed is not None and pointed not in known:
                yield _missing(kind.name, index, field, getattr(one, shown_id), target, pointed)


def _missing(kind: str, index: int, field: str, object_id: str, target: str, pointed: str) -> Finding:
    problem, remedy = f"There is no {target} {pointed!r}.", f"Add the {target} or correct the id."
    return Finding(kind, index, field, object_id, problem, remedy, missing_id=pointed)


def _of_numbers(kind: AssetKind, objects: Sequence[Any]) -> Iterator[Finding]:
    limits: list[tuple[str, Callable[[float], bool], str]] = [
        (field, lambda value: value > 0, "Write a number above 0.") for field in _POSITIVE.get(kind.name, ())
    ]
    if kind.asset is not None and "longitude_deg" in kind.asset.__dataclass_fields__:
        limits.append(
            ("longitude_deg", lambda value: -180 <= value <= 180, "Write degrees from -180 to 180.")
        )
        limits.append(("latitude_deg", lambda value: -90 <= value <= 90, "Write degrees from -90 to 90."))
    for field, holds, remedy in limits:
        for index, one in enumerate(objects):
            value = getattr(one, field)
            if value is not None and not holds(value):
                object_id = getattr(one, kind.id_field)
                yield Finding(kind.name, index, field, object_id, f"{value!r} is out of range.", remedy)


def _of_rings(kind: str, id_field: str, parent_field: str, objects: Sequence[Any]) -> Iterator[Finding]:
    parent_of = {getattr(one, id_field): getattr(one, parent_field) for one in objects}
    sound: set[str | None] = {None}
    for index, one in enumerate(objects):
        path: dict[str | None, None] = {}
        here = getattr(one, id_field)
        while here not in sound and here in parent_of and here not in path:
            path[here] = None
            here = parent_of[here]
        if here in path and here == getattr(one, id_field):
            yield Finding(
                kind,
                index,
                parent_field,
                here,
                f"The {kind} is its own ancestor.",
                "Let the chain of parents end at the top.",
            )
        elif here not in path:
            sound.update(path)


def _of_doors(site: Site) -> Iterator[Finding]:
    seen: Counter[tuple[str, int, str]] = Counter()
    for index, home in enumerate(site.households):
        door = (home.building_id, home.unit, home.room)
        seen[door] += 1
        if not home.room.strip():
            yield Finding(
                "household", index, "room", home.household_id, "The door number is empty.", "Write it."
            )
        elif seen[door] > 1:
            problem = f"Unit {home.unit} room {home.room} of {home.building_id!r} is there already."
            yield Finding("household", index, "room", home.household_id, problem, "Correct unit or room.")


def _of_assignments(assignments: Sequence[SensorAssignment]) -> Iterator[Finding]:
    by_sensor: dict[str, list[tuple[int, SensorAssignment]]] = {}
    for index, one in enumerate(assignments):
        moments = [one.start] if one.end is None else [one.start, one.end]
        if any(moment.tzinfo is None for moment in moments):
            yield Finding(
                "assignment",
                index,
                "start",
                one.sensor_id,
                "The moment has no time zone.",
                "Write one, +08:00 or Z.",
            )
            continue
        if one.end is not None and one.end <= one.start:
            yield Finding(
                "assignment",
                index,
                "end",
                one.sensor_id,
                "The end is not after the start.",
                "Correct the dates.",
            )
        by_sensor.setdefault(one.sensor_id, []).append((index, one))
    for group in by_sensor.values():
        yield from _of_overlaps(group)


def _of_overlaps(group: list[tuple[int, SensorAssignment]]) -> Iterator[Finding]:
    if len(group) < 2:
        return
    group.sort(key=lambda pair: pair[1].start)
    for (_, earlier), (index, later) in pairwise(group):
        if earlier.end is None or earlier.end > later.start:
            problem = f"The sensor still measures {earlier.household_id!r} then."
            yield Finding(
                "assignment", index, "start", later.sensor_id, problem, "End the earlier assignment first."
            )


def _of_contacts(contacts: Sequence[Contact], household_ids: set[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, contact in enumerate(contacts):
        household_id = contact.household_id
        if household_id not in household_ids:
            yield _missing("contact", index, "household_id", household_id, "household", household_id)
        if household_id in seen:
            yield Finding(
                "contact",
                index,
                "household_id",
                household_id,
                "The household has two contacts.",
                "Keep one of them.",
            )
        seen.add(household_id)
        if contact.phone and not re.fullmatch(r"\+?\d{5,15}", contact.phone):
            remedy = "Write digits only, 5 to 15 of them, with a leading + abroad."
            yield Finding("contact", index, "phone", household_id, "This is not a phone number.", remedy)
