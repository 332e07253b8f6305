"""The difference between two registries: what an import adds, changes and removes.

Pure comparison of values; reading files is in `storage.registry_files.reading`, applying a difference in `storage.records`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC
from typing import Literal

from heating.asset_kinds import ASSET_KINDS
from heating.assets import SensorAssignment, Site
from heating.contacts import Contact, mask_phone

__all__ = [
    "DiffLine",
    "RegistryDiff",
    "WeatherSite",
    "assignment_key",
    "diff_keyed",
    "diff_registries",
    "keyed_assets",
]

Keyed = dict[str, object]


@dataclass(frozen=True, slots=True)
class WeatherSite:
    """A weather site with its place in the list; the first one is the default."""

    site_id: str
    place: int


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One object that differs."""

    sign: Literal["+", "~", "-"]
    """Added, changed or removed."""
    kind: str
    """Kind of asset, or ``contact``."""
    object_id: str
    changes: tuple[tuple[str, object, object], ...] = ()
    """Field, old value, new value of a changed object; phones are masked."""

    def __str__(self) -> str:
        shown = ", ".join(f"{name}: {_shown(old)} -> {_shown(new)}" for name, old, new in self.changes)
        return f"{self.sign} {self.kind} {self.object_id}" + (f" ({shown})" if shown else "")


@dataclass(frozen=True, slots=True)
class RegistryDiff:
    """Everything that differs, grouped; parents come before children."""

    added: tuple[DiffLine, ...] = ()
    changed: tuple[DiffLine, ...] = ()
    removed: tuple[DiffLine, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.changed or self.removed)

    def lines(self) -> Iterator[DiffLine]:
        """Yield added, changed and removed objects, in this order."""
        yield from self.added
        yield from self.changed
        yield from self.removed

    def summary(self) -> str:
        """Return one line with the three figures, for example ``added 3, changed 1, removed 0``."""
        return f"added {len(self.added)}, changed {len(self.changed)}, removed {len(self.removed)}"


def assignment_key(assignment: SensorAssignment) -> str:
    """Return what makes an assignment one: sensor, household and start."""
    start = assignment.start.astimezone(UTC).isoformat()
    return f"{assignment.sensor_id}@{assignment.household_id}@{start}"


def keyed_assets(site: Site, contacts: Sequence[Contact] = ()) -> dict[str, Keyed]:
    """Return the objects of each kind by id, in the order of the site."""
    keyed: dict[str, Keyed] = {
        kind.name: {getattr(asset, kind.id_field): asset for asset in kind.of(site)}
        for kind in ASSET_KINDS
        if kind.id_field
    }
    keyed["assignment"] = {assignment_key(one): one for one in site.assignments}
    keyed["weather_site"] = {
        site_id: WeatherSite(site_id, place) for place, site_id in enumerate(site.weather_sites)
    }
    keyed["contact"] = {contact.household_id: contact for contact in contacts}
    return keyed


def diff_registries(
    old: Site,
    new: Site,
    *,
    old_contacts: Sequence[Contact] = (),
    new_contacts: Sequence[Contact] = (),
) -> RegistryDiff:
    """Return what turns `old` into `new`; the order of objects makes no difference, weather sites excepted."""
    return diff_keyed(keyed_assets(old, old_contacts), keyed_assets(new, new_contacts))


def diff_keyed(before: Mapping[str, Keyed], after: Mapping[str, Keyed]) -> RegistryDiff:
    """Return the difference of two answers of `keyed_assets`."""
    added: list[DiffLine] = []
    changed: list[DiffLine] = []
    removed: list[DiffLine] = []
    for kind, new_objects in after.items():
        old_objects = before.get(kind, {})
        for object_id, new_object in new_objects.items():
            old_object = old_objects.get(object_id)
            if old_object is None:
                added.append(DiffLine("+", kind, object_id))
            elif old_object != new_object:
                changed.append(DiffLine("~", kind, object_id, _changes(old_object, new_object)))
        removed.extend(
            DiffLine("-", kind, object_id) for object_id in old_objects if object_id not in new_objects
        )
    return RegistryDiff(tuple(added), tuple(changed), tuple(removed))


def _changes(old: object, new: object) -> tuple[tuple[str, object, object], ...]:
    changes = []
    for name in (field.name for field in fields(new)):  # type: ignore[arg-type]
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            shown = (mask_phone(before), mask_phone(after)) if name == "phone" else (before, after)
            changes.append((name, *shown))
    return tuple(changes)


def _shown(value: object) -> str:
    return "nothing" if value is None or value == "" else str(value)
