"""The registry of assets and contacts in the database: reading, comparing, applying, searching."""

import threading
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from heating.assets import SensorAssignment, Site
from heating.contacts import Contact, mask_phone
from heating.errors import HeatingError
from heating.places import AreaTree
from storage.records.asset_tables import site_of
from storage.records.database import Database
from storage.records.household_search import find_household_ids
from storage.records.household_values import HouseholdAddress, HouseholdHit
from storage.records.registry_write import delete_contacts, write_assets, write_contacts, write_place_keys
from storage.records.schema.registry import (
    areas,
    buildings,
    communities,
    contacts,
    households,
    place_keys,
    registry_changes,
    sensor_assignments,
    stations,
)
from storage.records.search_keys import normal_text
from storage.registry_files.checks import check_registry
from storage.registry_files.differences import RegistryDiff, diff_keyed, keyed_assets

__all__ = [
    "REGISTRY_LOCK",
    "RegistryChangedError",
    "RegistryRecords",
    "UnknownHouseholdError",
    "next_version",
]

REGISTRY_LOCK = "registry"
"""Lock of whoever writes a version of the registry."""
_CHUNK = 500
_MAX_HITS = 200
_WORTH_COUNTING = 1000
"""Rows of an import from which the database refreshes its statistics of the tables."""


class RegistryChangedError(HeatingError):
    """The registry is not the one that a change was made from."""

    retryable = True


class UnknownHouseholdError(HeatingError):
    """There is no such household in the registry."""


class RegistryRecords:
    """Assets and contacts; implements `heating.protocols.RegistryRecords`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._loading = threading.Lock()
        self._loaded: tuple[int, Site] | None = None

    def load_site(self) -> Site:
        """Return the whole registry, without what is retired; the same object as before while nothing changed.

        The rooms of one process thereby share one copy: that of a league takes 140 MB.
        """
        with self._loading, self._database.reading() as connection:
            version = _version(connection)
            if self._loaded is None or self._loaded[0] != version:
                self._loaded = None  # before the new one is read: two at a time are too many
                self._loaded = (version, site_of(connection))
            return self._loaded[1]

    def contacts(self) -> list[Contact]:
        """Return every contact with its full phone number, for an export."""
        with self._database.reading() as connection:
            return _contacts(connection)

    def version(self) -> int:
        """Return a number that rises with every change; 0 while nothing was ever applied."""
        with self._database.reading() as connection:
            return _version(connection)

    def diff(self, site: Site, contacts: Sequence[Contact] | None = None) -> RegistryDiff:
        """Return what applying would change; `contacts` None leaves contacts alone.

        Raises
        ------
        storage.registry_files.checks.BrokenRegistryError
            When the site is not whole.
        """
        check_registry(site, contacts or ())
        with self._database.reading() as connection:
            before = keyed_assets(site_of(connection), _contacts(connection) if contacts is not None else ())
        return diff_keyed(before, keyed_assets(site, contacts or ()))

    def apply_site(
        self,
        site: Site,
        contacts: Sequence[Contact] | None = None,
        *,
        by: str,
        now: datetime,
        dry_run: bool = False,
        based_on: int | None = None,
    ) -> RegistryDiff:
        """Make the registry equal to `site`: insert, update and retire in one transaction.

        What is no longer in `site` is retired, not deleted; contacts of retired homes are deleted. `contacts` None
        leaves the other contacts alone. With `dry_run` nothing is written. `based_on` is the version that `site` was
        made from: another one by now refuses the whole.

        Raises
        ------
        storage.registry_files.checks.BrokenRegistryError
            When the site is not whole; nothing is written.
        RegistryChangedError
            When somebody changed the registry since `based_on`; nothing is written.
        """
        if dry_run:
            return self.diff(site, contacts)
        check_registry(site, contacts or ())
        after = keyed_assets(site, contacts or ())

        def work(connection: sa.Connection) -> RegistryDiff:
            if based_on is not None and _version(connection) != based_on:
                raise RegistryChangedError(
                    "somebody else changed the registry meanwhile; import the file again"
                )
            before = keyed_assets(site_of(connection), _contacts(connection) if contacts is not None else ())
            diff = diff_keyed(before, after)
            if diff.is_empty:
                return diff
            write_assets(connection, diff, before=before, after=after, site=site, now=now)
            write_place_keys(connection, diff, site)
            write_contacts(connection, diff, after["contact"])
            retired = [line.object_id for line in diff.removed if line.kind == "household"]
            delete_contacts(connection, retired)
            connection.execute(
                sa.insert(registry_changes).values(
                    version=next_version(connection),
                    at=now,
                    by=by,
                    added=len(diff.added),
                    changed=len(diff.changed),
                    removed=len(diff.removed),
                )
            )
            if len(diff.added) + len(diff.removed) > _WORTH_COUNTING:
                # Fresh figures for the planner: a search that starts from the wrong table takes ten times as long.
                connection.execute(sa.text("ANALYZE"))
            return diff

        return self._database.write(work, lock=REGISTRY_LOCK)

    def contact(self, household_id: str, *, reveal: bool = False) -> Contact | None:
        """Return the contact of a household, the phone masked unless `reveal`."""
        with self._database.reading() as connection:
            row = connection.execute(
                sa.select(contacts.c.name, contacts.c.phone).where(contacts.c.household_id == household_id)
            ).one_or_none()
        if row is None:
            return None
        phone = row.phone if reveal else mask_phone(row.phone)
        return Contact(household_id=household_id, name=row.name, phone=phone)

    def address_of(self, household_id: str) -> HouseholdAddress:
        """Return where a household is, a retired one too.

        Raises
        ------
        UnknownHouseholdError
            When there is no such household.
        """
        with self._database.reading() as connection:
            found = _addresses(connection, [household_id])
        if not found:
            raise UnknownHouseholdError(f"no household {household_id!r}")
        return found[household_id]

    def search_households(
        self, query: str, *, area_ids: frozenset[str] | None, limit: int = 20
    ) -> list[HouseholdHit]:
        """Return homes found by phone digits, names, pinyin (initials or full) and address fragments.

        Words are joined by «and»; an empty query finds nothing. At most `limit` (200) homes, the likeliest first;
        a query that means many homes gives some of them.
        """
        size = max(1, min(limit, _MAX_HITS))
        with self._database.reading() as connection:
            found = find_household_ids(connection, query, area_ids=area_ids, limit=size)
            addresses = _addresses(connection, found)
            reachable = _contacts(connection, found)
        by_home = {contact.household_id: contact for contact in reachable}
        return [
            HouseholdHit(
                household_id=household_id,
                address=addresses[household_id],
                contact_name=by_home[household_id].name if household_id in by_home else "",
                phone=mask_phone(by_home[household_id].phone) if household_id in by_home else "",
            )
            for household_id in found
        ]

    def stations_named(self, words: str) -> frozenset[str]:
        """Return the stations whose name, pinyin or initials have these words in them; none for no words."""
        wanted = normal_text(words)
        if not wanted:
            return frozenset()
        named = place_keys.c.key.contains(wanted, autoescape=True)
        statement = sa.select(place_keys.c.object_id).where(place_keys.c.kind == "station", named)
        with self._database.reading() as connection:
            return frozenset(connection.scalars(statement))

    def sensor_of(self, household_id: str, at: datetime) -> str | None:
        """Return the sensor that measures a home at a moment, None when there is none."""
        current = [one for one in self.assignments_of(household_id) if one.holds_at(at)]
        return current[-1].sensor_id if current else None

    def assignments_of(self, household_id: str) -> list[SensorAssignment]:
        """Return every assignment of a home, earliest first."""
        columns = sensor_assignments.c
        statement = (
            sa.select(columns.sensor_id, columns.household_id, columns.start, columns.end)
            .where(columns.household_id == household_id, columns.retired_at.is_(None))
            .order_by(columns.start, columns.sensor_id)
        )
        with self._database.reading() as connection:
            return [SensorAssignment(**row) for row in connection.execute(statement).mappings()]


def next_version(connection: sa.Connection) -> int:
    """Return the version that a change of the registry gets; the caller holds `REGISTRY_LOCK`."""
    return _version(connection) + 1


def _version(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.max(registry_changes.c.version))) or 0


def _contacts(connection: sa.Connection, household_ids: Sequence[str] | None = None) -> list[Contact]:
    """Contacts of these homes (at most `_MAX_HITS` of them), or of all."""
    statement = sa.select(contacts.c.household_id, contacts.c.name, contacts.c.phone)
    if household_ids is not None:
        statement = statement.where(contacts.c.household_id.in_(household_ids))
    return [
        Contact(household_id=household_id, name=name, phone=phone)
        for household_id, name, phone in connection.execute(statement)
    ]


def _addresses(connection: sa.Connection, household_ids: Sequence[str]) -> dict[str, HouseholdAddress]:
    if not household_ids:
        return {}
    every_area = sa.select(areas.c.area_id, areas.c.name, areas.c.parent_id, areas.c.kind)
    tree = {row.area_id: row for row in connection.execute(every_area)}
    above = AreaTree({area_id: row.parent_id for area_id, row in tree.items()})
    joined = (
        sa.select(
            households.c.household_id,
            households.c.unit,
            households.c.floor,
            households.c.room,
            buildings.c.building_id,
            buildings.c.name.label("building"),
            communities.c.community_id,
            communities.c.name.label("community"),
            communities.c.area_id.label("nearest_area_id"),
            stations.c.station_id,
            stations.c.name.label("station"),
        )
        .join(buildings, buildings.c.building_id == households.c.building_id)
        .join(communities, communities.c.community_id == buildings.c.community_id)
        .join(stations, stations.c.station_id == buildings.c.station_id)
    )
    found: dict[str, HouseholdAddress] = {}
    for start in range(0, len(household_ids), _CHUNK):
        chosen = joined.where(households.c.household_id.in_(household_ids[start : start + _CHUNK]))
        for row in connection.execute(chosen).mappings():
            plain = dict(row)
            chain = [tree[one] for one in above.chain(plain.pop("nearest_area_id")) if one in tree]
            streets = [area.name for area in chain if area.kind == "street"]
            found[row["household_id"]] = HouseholdAddress(
                **plain,
                area_id=chain[-1].area_id,
                area=chain[-1].name,
                street=streets[0] if streets else "",
            )
    return found
