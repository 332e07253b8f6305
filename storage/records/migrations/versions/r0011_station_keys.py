"""Stations are found by name, pinyin and initials; buildings numbered in Chinese numerals by digits."""

import sqlalchemy as sa
from alembic import op

from storage.records.search_keys import door_key, normal_text, place_keys_of
from storage.records.written_doors import numerals_as_digits

revision = "0011"
down_revision: str | None = "0010"
branch_labels = None
depends_on = None

_stations = sa.table(
    "stations", sa.column("station_id"), sa.column("name"), sa.column("name_en"), sa.column("retired_at")
)
_place_keys = sa.table("place_keys", sa.column("kind"), sa.column("object_id"), sa.column("key"))


_buildings = sa.table("buildings", sa.column("building_id"), sa.column("name"))
_households = sa.table(
    "households",
    sa.column("household_id"),
    sa.column("building_id"),
    sa.column("unit"),
    sa.column("room"),
    sa.column("door_key"),
)


def upgrade() -> None:
    """Write the keys of the stations that are there, and the doors that are written otherwise now."""
    connection = op.get_bind()
    _write_stations(connection)
    _write_doors(connection)


def _write_stations(connection: sa.Connection) -> None:
    named = connection.execute(
        sa.select(_stations.c.station_id, _stations.c.name, _stations.c.name_en).where(
            _stations.c.retired_at.is_(None)
        )
    )
    rows = [
        {"kind": "station", "object_id": station_id, "key": key}
        for station_id, name, name_en in named
        for key in sorted(place_keys_of(name, name_en))
    ]
    if rows:
        op.bulk_insert(_place_keys, rows)


def _write_doors(connection: sa.Connection) -> None:
    for building_id, name in connection.execute(sa.select(_buildings.c.building_id, _buildings.c.name)).all():
        number = normal_text(name)
        if numerals_as_digits(number) == number:
            continue
        homes = sa.select(_households.c.household_id, _households.c.unit, _households.c.room)
        for household_id, unit, room in connection.execute(
            homes.where(_households.c.building_id == building_id)
        ).all():
            connection.execute(
                sa.update(_households)
                .where(_households.c.household_id == household_id)
                .values(door_key=door_key(name, unit, room))
            )


def downgrade() -> None:
    """Take them out."""
    op.execute(sa.delete(_place_keys).where(_place_keys.c.kind == "station"))
