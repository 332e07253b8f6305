"""What an import makes of the registry: a file adds and changes; it removes only where that was asked for.

Pure values. Reading files is in `storage.registry_files.reading`, comparing in `storage.registry_files.differences`.
An office's file knows nothing of moves that people made since by page or command (`devices assign`): they stay, whatever
the file says of the time after, unless their undoing is asked for.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from heating.asset_kinds import ASSET_KINDS
from heating.assets import SensorAssignment, Site
from heating.contacts import Contact

__all__ = ["MergedRegistry", "merged_onto"]

_OWN_RULES = frozenset({"assignments", "weather_sites"})
"""Kinds of a site that are not merged by an id alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedRegistry:
    """A registry after an import. In each kind the objects of the file come last, in the order of the file."""

    site: Site
    contacts: tuple[Contact, ...]
    kept_moves: tuple[SensorAssignment, ...] = ()
    """Moves made since that the file would have undone."""


def merged_onto(
    base: Site,
    base_contacts: Sequence[Contact],
    new: Site,
    new_contacts: Sequence[Contact],
    *,
    remove: bool = False,
    undo_moves: bool = False,
) -> MergedRegistry:
    """Return the registry that follows from importing a file.

    Parameters
    ----------
    base, base_contacts
        What there is.
    new, new_contacts
        What the file says; it may be a part only.
    remove
        Whether what the file does not name goes.
    undo_moves
        Whether the file's assignments count as they are, for the sensors and homes that it names.
    """
    parts: dict[str, tuple[Any, ...]] = {}
    for kind in ASSET_KINDS:
        if kind.attribute in _OWN_RULES:
            continue
        stated = kind.of(new)
        named = {getattr(one, kind.id_field) for one in stated}
        kept = (
            () if remove else tuple(one for one in kind.of(base) if getattr(one, kind.id_field) not in named)
        )
        parts[kind.attribute] = (*kept, *stated)
    assignments, moves = _assignments(base, new, remove=remove, undo_moves=undo_moves)
    parts["assignments"] = assignments
    parts["sensors"] = _with_sensors_of(moves, base, parts["sensors"])
    parts["weather_sites"] = _weather_sites(base, new, remove=remove)
    homes = {contact.household_id for contact in new_contacts}
    kept_contacts = () if remove else (one for one in base_contacts if one.household_id not in homes)
    return MergedRegistry(
        site=Site(**parts), contacts=(*kept_contacts, *new_contacts), kept_moves=tuple(moves)
    )


def _weather_sites(base: Site, new: Site, *, remove: bool) -> tuple[str, ...]:
    """The first one is the default: a file that adds one does not change it."""
    if remove:
        return new.weather_sites
    return (*(one for one in base.weather_sites if one not in new.weather_sites), *new.weather_sites)


def _with_sensors_of(
    moves: Iterable[SensorAssignment], base: Site, sensors: tuple[Any, ...]
) -> tuple[Any, ...]:
    there = {one.sensor_id for one in sensors}
    needed = {one.sensor_id for one in moves} - there
    return (*(one for one in base.sensors if one.sensor_id in needed), *sensors)


def _assignments(
    base: Site, new: Site, *, remove: bool, undo_moves: bool
) -> tuple[tuple[SensorAssignment, ...], list[SensorAssignment]]:
    """Return the assignments after the import, and the moves that it left alone."""
    known = {_key(one): one for one in base.assignments}
    stated = {_key(one) for one in new.assignments}
    after = _Followers(base.assignments)
    moves: dict[tuple[str, str, object], SensorAssignment] = {}
    from_file: list[SensorAssignment] = []
    for one in new.assignments:
        before = known.get(_key(one))
        if before is None or before.end is None or one.end is not None or undo_moves:
            from_file.append(one)
            continue
        from_file.append(before)
        moves |= {_key(later): later for later in after.of(before) if _key(later) not in stated}
    sensors = {one.sensor_id for one in new.assignments}
    homes = {one.household_id for one in new.assignments}
    starts: dict[str, list[datetime]] = defaultdict(list)
    for one in new.assignments:
        starts[one.sensor_id].append(one.start)
    kept: list[SensorAssignment] = []
    for one in base.assignments:
        if _key(one) in stated:
            continue
        named = one.sensor_id in sensors or one.household_id in homes
        if _key(one) in moves or not (remove or (undo_moves and named)):
            kept.append(_ended(one, starts[one.sensor_id]))
    return (*kept, *from_file), list(moves.values())


class _Followers:
    """Finds what ended an assignment: the sensor went on to another home, or another sensor came to its home."""

    def __init__(self, assignments: Iterable[SensorAssignment]) -> None:
        self._of_sensor: dict[str, list[SensorAssignment]] = defaultdict(list)
        self._at_home: dict[tuple[str, datetime], list[SensorAssignment]] = defaultdict(list)
        for one in assignments:
            self._of_sensor[one.sensor_id].append(one)
            self._at_home[one.household_id, one.start].append(one)

    def of(self, before: SensorAssignment) -> list[SensorAssignment]:
        """Return them."""
        end = before.end
        if end is None:
            return []
        same = [one for one in self._of_sensor[before.sensor_id] if one.start >= end]
        return same + self._at_home.get((before.household_id, end), [])


def _ended(one: SensorAssignment, starts: Iterable[datetime]) -> SensorAssignment:
    """A sensor that the file gives to another home from some moment on measures its former one until then."""
    first = min((start for start in starts if start > one.start), default=None)
    if first is None or (one.end is not None and one.end <= first):
        return one
    return replace(one, end=first)


def _key(one: SensorAssignment) -> tuple[str, str, object]:
    return (one.sensor_id, one.household_id, one.start)
