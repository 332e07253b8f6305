"""Stations are found by name, pinyin and initials, as communities are."""

import sqlalchemy as sa
from alembic import op

from storage.records.search_keys import place_keys_of

revision = "0008"
down_revision: str | None = "0007"
branch_labels = None
depends_on = None

_stations = sa.table(
    "stations", sa.column("station_id"), sa.column("name"), sa.column("name_en"), sa.column("retired_at")
)
_place_keys = sa.table("place_keys", sa.column("kind"), sa.column("object_id"), sa.column("key"))


def upgrade() -> None:
    """Write the keys of the stations that are there."""
    connection = op.get_bind()
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


def downgrade() -> None:
    """Take them out."""
    op.execute(sa.delete(_place_keys).where(_place_keys.c.kind == "station"))
