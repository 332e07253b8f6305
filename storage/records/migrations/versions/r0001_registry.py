"""Registry of assets and contacts, with the keys of the search."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_areas()
    _create_place_keys()
    _create_registry_changes()
    _create_sensors()
    _create_weather_sites()
    _create_communities()
    _create_sources()
    _create_branches()
    _create_stations()
    _create_buildings()
    _create_households()
    _create_contacts()
    _create_sensor_assignments()


def downgrade() -> None:
    """Drop them; indexes and triggers go with their tables."""
    op.drop_table("sensor_assignments")
    op.drop_table("contacts")
    op.drop_table("households")
    op.drop_table("buildings")
    op.drop_table("stations")
    op.drop_table("branches")
    op.drop_table("sources")
    op.drop_table("communities")
    op.drop_table("weather_sites")
    op.drop_table("sensors")
    op.drop_table("registry_changes")
    op.drop_table("place_keys")
    op.drop_table("areas")


def _create_areas() -> None:
    op.create_table(
        "areas",
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("area_id", name=op.f("pk_areas")),
    )
    op.create_index(op.f("ix_areas_parent_id"), "areas", ["parent_id"], unique=False)


def _create_place_keys() -> None:
    op.create_table(
        "place_keys",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("kind", "object_id", "key", name=op.f("pk_place_keys")),
    )
    op.create_index("ix_place_keys_key", "place_keys", ["key"], unique=False)


def _create_registry_changes() -> None:
    op.create_table(
        "registry_changes",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_registry_changes")),
    )


def _create_sensors() -> None:
    op.create_table(
        "sensors",
        sa.Column("sensor_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("interval_s", sa.Double(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sensor_id", name=op.f("pk_sensors")),
    )


def _create_weather_sites() -> None:
    op.create_table(
        "weather_sites",
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_weather_sites")),
    )


def _create_communities() -> None:
    op.create_table(
        "communities",
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("longitude_deg", sa.Double(), nullable=True),
        sa.Column("latitude_deg", sa.Double(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["areas.area_id"], name=op.f("fk_communities_area_id")),
        sa.PrimaryKeyConstraint("community_id", name=op.f("pk_communities")),
    )
    op.create_index(op.f("ix_communities_area_id"), "communities", ["area_id"], unique=False)


def _create_sources() -> None:
    op.create_table(
        "sources",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("longitude_deg", sa.Double(), nullable=True),
        sa.Column("latitude_deg", sa.Double(), nullable=True),
        sa.Column("capacity_gj_per_h", sa.Double(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["areas.area_id"], name=op.f("fk_sources_area_id")),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_sources")),
    )


def _create_branches() -> None:
    op.create_table(
        "branches",
        sa.Column("branch_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("parent_branch_id", sa.Text(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.source_id"], name=op.f("fk_branches_source_id")),
        sa.PrimaryKeyConstraint("branch_id", name=op.f("pk_branches")),
    )


def _create_stations() -> None:
    op.create_table(
        "stations",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("longitude_deg", sa.Double(), nullable=True),
        sa.Column("latitude_deg", sa.Double(), nullable=True),
        sa.Column("emitter", sa.Text(), nullable=False),
        sa.Column("heated_area_m2", sa.Double(), nullable=True),
        sa.Column("design_flow_m3_per_h", sa.Double(), nullable=True),
        sa.Column("static_head_mpa", sa.Double(), nullable=True),
        sa.Column("tank_height_m", sa.Double(), nullable=True),
        sa.Column("report_interval_s", sa.Double(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["areas.area_id"], name=op.f("fk_stations_area_id")),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.branch_id"], name=op.f("fk_stations_branch_id")),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_stations")),
    )


def _create_buildings() -> None:
    op.create_table(
        "buildings",
        sa.Column("building_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("circuit", sa.Text(), nullable=False),
        sa.Column("floors", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("built_year", sa.Integer(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.community_id"], name=op.f("fk_buildings_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.station_id"], name=op.f("fk_buildings_station_id")
        ),
        sa.PrimaryKeyConstraint("building_id", name=op.f("pk_buildings")),
    )
    op.create_index(op.f("ix_buildings_community_id"), "buildings", ["community_id"], unique=False)
    op.create_index(op.f("ix_buildings_station_id"), "buildings", ["station_id"], unique=False)


def _create_households() -> None:
    op.create_table(
        "households",
        sa.Column("household_id", sa.Text(), nullable=False),
        sa.Column("building_id", sa.Text(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("vulnerable", sa.Boolean(), nullable=False),
        sa.Column("door_key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("room_key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["building_id"], ["buildings.building_id"], name=op.f("fk_households_building_id")
        ),
        sa.PrimaryKeyConstraint("household_id", name=op.f("pk_households")),
    )
    op.create_index(op.f("ix_households_building_id"), "households", ["building_id"], unique=False)
    op.create_index(op.f("ix_households_door_key"), "households", ["door_key"], unique=False)
    op.create_index(op.f("ix_households_room_key"), "households", ["room_key"], unique=False)


def _create_contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("household_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("phone_key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column(
            "phone_end_key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("name_key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("pinyin_key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column(
            "initials_key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["households.household_id"], name=op.f("fk_contacts_household_id")
        ),
        sa.PrimaryKeyConstraint("household_id", name=op.f("pk_contacts")),
    )
    op.create_index(op.f("ix_contacts_initials_key"), "contacts", ["initials_key"], unique=False)
    op.create_index(op.f("ix_contacts_name_key"), "contacts", ["name_key"], unique=False)
    op.create_index(op.f("ix_contacts_phone_end_key"), "contacts", ["phone_end_key"], unique=False)
    op.create_index(
        "ix_contacts_phone_key_household_id", "contacts", ["phone_key", "household_id"], unique=False
    )
    op.create_index(op.f("ix_contacts_pinyin_key"), "contacts", ["pinyin_key"], unique=False)


def _create_sensor_assignments() -> None:
    op.create_table(
        "sensor_assignments",
        sa.Column("sensor_id", sa.Text(), nullable=False),
        sa.Column("household_id", sa.Text(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["household_id"], ["households.household_id"], name=op.f("fk_sensor_assignments_household_id")
        ),
        sa.ForeignKeyConstraint(
            ["sensor_id"], ["sensors.sensor_id"], name=op.f("fk_sensor_assignments_sensor_id")
        ),
        sa.PrimaryKeyConstraint("sensor_id", "household_id", "start", name=op.f("pk_sensor_assignments")),
    )
    op.create_index(
        op.f("ix_sensor_assignments_household_id"), "sensor_assignments", ["household_id"], unique=False
    )
