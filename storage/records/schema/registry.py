"""Tables of the registry. Columns bear the names of the fields in `heating.assets`.

Beside them: `place` keeps the order in which objects came, `retired_at` marks what is no longer in the registry
(history still points to it), and keys for the search.
"""

import sqlalchemy as sa

from storage.records.schema.columns import METADATA, UtcDateTime, key_text

__all__ = [
    "areas",
    "branches",
    "buildings",
    "circuits",
    "communities",
    "contacts",
    "households",
    "place_keys",
    "registry_changes",
    "sensor_assignments",
    "sensors",
    "sources",
    "stations",
    "weather_sites",
]


def _place() -> sa.Column[int]:
    return sa.Column("place", sa.Integer, nullable=False)


def _retired() -> sa.Column[object]:
    return sa.Column("retired_at", UtcDateTime)


def _position() -> tuple[sa.Column[float], sa.Column[float]]:
    return sa.Column("longitude_deg", sa.Double), sa.Column("latitude_deg", sa.Double)


areas = sa.Table(
    "areas",
    METADATA,
    sa.Column("area_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_en", sa.Text, nullable=False),
    sa.Column("parent_id", sa.Text, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    _place(),
    _retired(),
)

sources = sa.Table(
    "sources",
    METADATA,
    sa.Column("source_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("area_id", sa.Text, sa.ForeignKey("areas.area_id"), nullable=False),
    *_position(),
    sa.Column("capacity_gj_per_h", sa.Double),
    _place(),
    _retired(),
)

branches = sa.Table(
    "branches",
    METADATA,
    sa.Column("branch_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("source_id", sa.Text, sa.ForeignKey("sources.source_id"), nullable=False),
    sa.Column("parent_branch_id", sa.Text),
    _place(),
    _retired(),
)

stations = sa.Table(
    "stations",
    METADATA,
    sa.Column("station_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("area_id", sa.Text, sa.ForeignKey("areas.area_id"), nullable=False),
    sa.Column("branch_id", sa.Text, sa.ForeignKey("branches.branch_id"), nullable=False),
    sa.Column("name_en", sa.Text, nullable=False),
    *_position(),
    sa.Column("emitter", sa.Text, nullable=False),
    sa.Column("heated_area_m2", sa.Double),
    sa.Column("design_flow_m3_per_h", sa.Double),
    sa.Column("static_head_mpa", sa.Double),
    sa.Column("tank_height_m", sa.Double),
    sa.Column("report_interval_s", sa.Double, nullable=False),
    _place(),
    _retired(),
)

circuits = sa.Table(
    "circuits",
    METADATA,
    sa.Column("circuit_id", sa.Text, primary_key=True),
    sa.Column("station_id", sa.Text, sa.ForeignKey("stations.station_id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("name_en", sa.Text, nullable=False),
    sa.Column("emitter", sa.Text),
    sa.Column("heated_area_m2", sa.Double),
    sa.Column("design_flow_m3_per_h", sa.Double),
    sa.Column("static_head_mpa", sa.Double),
    sa.Column("tank_height_m", sa.Double),
    _place(),
    _retired(),
)

communities = sa.Table(
    "communities",
    METADATA,
    sa.Column("community_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("area_id", sa.Text, sa.ForeignKey("areas.area_id"), nullable=False, index=True),
    sa.Column("name_en", sa.Text, nullable=False),
    *_position(),
    _place(),
    _retired(),
)

buildings = sa.Table(
    "buildings",
    METADATA,
    sa.Column("building_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("community_id", sa.Text, sa.ForeignKey("communities.community_id"), nullable=False, index=True),
    sa.Column("station_id", sa.Text, sa.ForeignKey("stations.station_id"), nullable=False, index=True),
    sa.Column("circuit", sa.Text, nullable=False),
    sa.Column("floors", sa.Integer, nullable=False),
    sa.Column("units", sa.Integer, nullable=False),
    sa.Column("built_year", sa.Integer),
    _place(),
    _retired(),
)

households = sa.Table(
    "households",
    METADATA,
    sa.Column("household_id", sa.Text, primary_key=True),
    sa.Column("building_id", sa.Text, sa.ForeignKey("buildings.building_id"), nullable=False, index=True),
    sa.Column("unit", sa.Integer, nullable=False),
    sa.Column("floor", sa.Integer, nullable=False),
    sa.Column("room", sa.Text, nullable=False),
    sa.Column("area_m2", sa.Double, nullable=False),
    sa.Column("position", sa.Text, nullable=False),
    sa.Column("contract", sa.Text, nullable=False),
    sa.Column("vulnerable", sa.Boolean, nullable=False),
    # Building number, unit and room as people write them: 12-3-301.
    sa.Column("door_key", key_text(), nullable=False, index=True),
    # Room and unit, for homes asked for without a building: 301-3.
    sa.Column("room_key", key_text(), nullable=False, index=True),
    _place(),
    _retired(),
)

sensors = sa.Table(
    "sensors",
    METADATA,
    sa.Column("sensor_id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("interval_s", sa.Double, nullable=False),
    _place(),
    _retired(),
)

sensor_assignments = sa.Table(
    "sensor_assignments",
    METADATA,
    sa.Column("sensor_id", sa.Text, sa.ForeignKey("sensors.sensor_id"), primary_key=True),
    sa.Column(
        "household_id", sa.Text, sa.ForeignKey("households.household_id"), primary_key=True, index=True
    ),
    sa.Column("start", UtcDateTime, primary_key=True),
    sa.Column("end", UtcDateTime),
    _place(),
    _retired(),
)

weather_sites = sa.Table(
    "weather_sites",
    METADATA,
    sa.Column("site_id", sa.Text, primary_key=True),
    _place(),
    _retired(),
)

contacts = sa.Table(
    "contacts",
    METADATA,
    sa.Column("household_id", sa.Text, sa.ForeignKey("households.household_id"), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("phone", sa.Text, nullable=False),
    sa.Column("phone_key", key_text(), nullable=False),
    sa.Column("phone_end_key", key_text(), nullable=False, index=True),
    sa.Column("name_key", key_text(), nullable=False, index=True),
    sa.Column("pinyin_key", key_text(), nullable=False, index=True),
    sa.Column("initials_key", key_text(), nullable=False, index=True),
    # With the home in it, a search for digits in the middle reads the index alone.
    sa.Index("ix_contacts_phone_key_household_id", "phone_key", "household_id"),
)

place_keys = sa.Table(
    "place_keys",
    METADATA,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("object_id", sa.Text, primary_key=True),
    sa.Column("key", key_text(), primary_key=True),
    sa.Index("ix_place_keys_key", "key"),
)

registry_changes = sa.Table(
    "registry_changes",
    METADATA,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("added", sa.Integer, nullable=False),
    sa.Column("changed", sa.Integer, nullable=False),
    sa.Column("removed", sa.Integer, nullable=False),
)
