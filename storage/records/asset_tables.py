"""How assets are rows: one `AssetTable` a kind, parents before children."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa

from heating.asset_kinds import ASSET_KINDS
from heating.assets import Contract, Emitter, Position, Site
from storage.records.schema import registry as tables
from storage.registry_files.differences import WeatherSite

__all__ = ["ASSET_TABLES", "AssetTable", "site_of"]

_WORDS: Mapping[str, Callable[[str], object]] = {
    "emitter": {str(one): one for one in Emitter}.__getitem__,
    "position": {str(one): one for one in Position}.__getitem__,
    "contract": {str(one): one for one in Contract}.__getitem__,
}
"""Columns that hold a word of an enumeration."""
_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class AssetTable:
    """A kind of asset and its table; the columns bear the names of the fields."""

    kind: str
    """Word of `storage.registry_files.differences.keyed_assets`."""
    table: sa.Table
    asset: type[Any]

    @property
    def names(self) -> tuple[str, ...]:
        """Fields of the asset."""
        if self.asset is WeatherSite:
            return ("site_id", "place")
        return tuple(field.name for field in fields(self.asset))

    @property
    def key_names(self) -> tuple[str, ...]:
        """Columns of the primary key."""
        return tuple(column.name for column in self.table.primary_key.columns)

    def row(self, asset: object) -> dict[str, Any]:
        """Return the row of an asset, without the columns that are not its fields."""
        row = {name: getattr(asset, name) for name in self.names}
        for name in _WORDS.keys() & row.keys():
            if row[name] is not None:
                row[name] = str(row[name])
        return row

    def load(self, connection: sa.Connection) -> list[Any]:
        """Return the assets that are not retired, in the order they came."""
        names = self.names
        statement = (
            sa.select(*(self.table.c[name] for name in names))
            .where(self.table.c.retired_at.is_(None))
            .order_by(self.table.c.place)
        )
        words = [(names.index(name), _WORDS[name]) for name in names if name in _WORDS]
        # Ids and names that come again and again are kept once; a key of its own comes once, looking it up is wasted.
        repeated = [
            place
            for place, name in enumerate(names)
            if name not in self.key_names and isinstance(self.table.c[name].type, sa.String)
        ]
        known: dict[str, str] = {}
        loaded: list[Any] = []
        for rows in connection.execute(statement).partitions(_ROWS_AT_ONCE):
            columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
            for place in repeated:
                columns[place] = list(map(known.setdefault, columns[place], columns[place]))
            for place, word in words:
                columns[place] = [None if value is None else word(value) for value in columns[place]]
            loaded += _assets(self.asset, names, columns, len(rows))
        return loaded


def _assets(
    asset: type[Any], names: Sequence[str], columns: Iterable[Iterable[Any]], count: int
) -> list[Any]:
    """Return assets by their fields, column by column.

    A league has 338,600 homes, and the `__init__` of a frozen dataclass takes three times as long as filling its slots:
    a second of each start.
    """
    made = [object.__new__(asset) for _ in range(count)]
    for name, column in zip(names, columns, strict=True):
        deque(map(getattr(asset, name).__set__, made, column), maxlen=0)
    return made


_TABLES: Mapping[str, sa.Table] = {
    "area": tables.areas,
    "source": tables.sources,
    "branch": tables.branches,
    "station": tables.stations,
    "circuit": tables.circuits,
    "community": tables.communities,
    "building": tables.buildings,
    "household": tables.households,
    "sensor": tables.sensors,
    "assignment": tables.sensor_assignments,
    "weather_site": tables.weather_sites,
}
ASSET_TABLES = tuple(
    AssetTable(kind.name, _TABLES[kind.name], kind.asset or WeatherSite) for kind in ASSET_KINDS
)
"""The table of every kind, parents before children."""


def site_of(connection: sa.Connection) -> Site:
    """Return the registry as values."""
    loaded = {one.kind: tuple(one.load(connection)) for one in ASSET_TABLES}
    loaded["weather_site"] = tuple(one.site_id for one in loaded["weather_site"])
    return Site(**{kind.attribute: loaded[kind.name] for kind in ASSET_KINDS})
