"""Applying a registry: insert, update and retire rows, and keep the keys of the search in step.

Runs inside a transaction of `storage.records.registry`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from heating.assets import Household, Site
from heating.contacts import Contact
from storage.records.asset_tables import ASSET_TABLES, AssetTable
from storage.records.schema.registry import contacts as contact_table
from storage.records.schema.registry import place_keys
from storage.records.search_keys import (
    door_key,
    normal_text,
    phone_digits,
    pinyin_of_person,
    place_keys_of,
    room_key,
)
from storage.registry_files.differences import DiffLine, RegistryDiff

__all__ = ["delete_contacts", "write_assets", "write_contacts", "write_place_keys"]

Objects = Mapping[str, Mapping[str, object]]
"""Kind to id to asset, as `storage.registry_files.differences.keyed_assets` gives them."""

_NAMED_KINDS = frozenset({"area", "community", "building", "station"})


def write_assets(
    connection: sa.Connection,
    diff: RegistryDiff,
    *,
    before: Objects,
    after: Objects,
    site: Site,
    now: datetime,
) -> None:
    """Write what differs: parents first, retirements last."""
    names = {building.building_id: building.name for building in site.buildings}
    added, changed, removed = (_by_kind(lines) for lines in (diff.added, diff.changed, diff.removed))
    for one in ASSET_TABLES:
        new = [after[one.kind][object_id] for object_id in added.get(one.kind, ())]
        _insert(connection, one, new, names)
        _update(
            connection, one, [after[one.kind][object_id] for object_id in changed.get(one.kind, ())], names
        )
    for one in reversed(ASSET_TABLES):
        gone = [before[one.kind][object_id] for object_id in removed.get(one.kind, ())]
        _retire(connection, one, gone, now)
    renamed = {
        line.object_id
        for line in diff.changed
        if line.kind == "building" and any(field == "name" for field, _, _ in line.changes)
    }
    if renamed:
        homes = [home for home in site.households if home.building_id in renamed]
        _update(connection, _table_of("household"), homes, names)


def _by_kind(lines: Iterable[DiffLine]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for line in lines:
        grouped.setdefault(line.kind, []).append(line.object_id)
    return grouped


def _table_of(kind: str) -> AssetTable:
    return next(one for one in ASSET_TABLES if one.kind == kind)


def _row(one: AssetTable, asset: object, names: Mapping[str, str]) -> dict[str, Any]:
    row = one.row(asset)
    row["retired_at"] = None
    if isinstance(asset, Household):
        row["door_key"] = door_key(names[asset.building_id], asset.unit, asset.room)
        row["room_key"] = room_key(asset.unit, asset.room)
    return row


def _insert(
    connection: sa.Connection, one: AssetTable, assets: Sequence[object], names: Mapping[str, str]
) -> None:
    """Insert new assets; those that were retired come back to life under their old row."""
    if not assets:
        return
    keys = [one.table.c[name] for name in one.key_names]
    retired = {
        tuple(key) for key in connection.execute(sa.select(*keys).where(one.table.c.retired_at.is_not(None)))
    }
    back = [asset for asset in assets if retired and _key(one, asset) in retired]
    _update(connection, one, back, names)
    new = [asset for asset in assets if not retired or _key(one, asset) not in retired]
    if not new:
        return
    first = (connection.scalar(sa.select(sa.func.max(one.table.c.place))) or 0) + 1
    rows = [{"place": place, **_row(one, asset, names)} for place, asset in enumerate(new, start=first)]
    connection.execute(sa.insert(one.table), rows)


def _key(one: AssetTable, asset: object) -> tuple[object, ...]:
    return tuple(getattr(asset, name) for name in one.key_names)


def _update(
    connection: sa.Connection, one: AssetTable, assets: Sequence[object], names: Mapping[str, str]
) -> None:
    if not assets:
        return
    rows = [_row(one, asset, names) for asset in assets]
    keys = one.key_names
    values: dict[str, sa.BindParameter[object]] = {
        name: sa.bindparam(f"new_{name}") for name in rows[0] if name not in keys
    }
    connection.execute(
        sa.update(one.table).where(*_is_row(one)).values(values),
        [{f"new_{name}": value for name, value in row.items()} for row in rows],
    )


def _is_row(one: AssetTable) -> list[sa.ColumnElement[bool]]:
    return [one.table.c[name] == sa.bindparam(f"new_{name}") for name in one.key_names]


def _retire(connection: sa.Connection, one: AssetTable, assets: Sequence[object], now: datetime) -> None:
    if assets:
        connection.execute(
            sa.update(one.table).where(*_is_row(one)).values(retired_at=now),
            [{f"new_{name}": getattr(asset, name) for name in one.key_names} for asset in assets],
        )


def write_place_keys(connection: sa.Connection, diff: RegistryDiff, site: Site) -> None:
    """Renew the keys of areas, communities, buildings and stations when any of them changed."""
    if not any(line.kind in _NAMED_KINDS for line in diff.lines()):
        return
    named = [("area", one.area_id, place_keys_of(one.name, one.name_en)) for one in site.areas]
    named += [
        ("community", one.community_id, place_keys_of(one.name, one.name_en)) for one in site.communities
    ]
    named += [("building", one.building_id, place_keys_of(one.name)) for one in site.buildings]
    named += [("station", one.station_id, place_keys_of(one.name, one.name_en)) for one in site.stations]
    rows = [
        {"kind": kind, "object_id": object_id, "key": key} for kind, object_id, keys in named for key in keys
    ]
    connection.execute(sa.delete(place_keys))
    if rows:
        connection.execute(sa.insert(place_keys), rows)


def write_contacts(connection: sa.Connection, diff: RegistryDiff, after: Mapping[str, object]) -> None:
    """Write contacts that are new or differ, and delete those that are gone."""
    touched = [line.object_id for line in diff.lines() if line.kind == "contact"]
    delete_contacts(connection, touched)
    rows = [_contact_row(one) for one in map(after.get, touched) if isinstance(one, Contact)]
    if rows:
        connection.execute(sa.insert(contact_table), rows)


def delete_contacts(connection: sa.Connection, household_ids: Sequence[str]) -> None:
    """Delete the contacts of these homes: who is no customer any more is not kept."""
    if not household_ids:
        return
    connection.execute(
        sa.delete(contact_table).where(contact_table.c.household_id == sa.bindparam("gone")),
        [{"gone": household_id} for household_id in household_ids],
    )


def _contact_row(contact: Contact) -> dict[str, str]:
    digits = phone_digits(contact.phone)
    pinyin, initials = pinyin_of_person(contact.name)
    return {
        "household_id": contact.household_id,
        "name": contact.name,
        "phone": contact.phone,
        "phone_key": digits,
        "phone_end_key": digits[::-1],
        "name_key": normal_text(contact.name),
        "pinyin_key": pinyin,
        "initials_key": initials,
    }
