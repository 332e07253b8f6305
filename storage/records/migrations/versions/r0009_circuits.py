"""Circuits of the stations that have several; those with one keep what they had."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision: str | None = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "circuits",
        sa.Column("circuit_id", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("emitter", sa.Text(), nullable=True),
        sa.Column("heated_area_m2", sa.Double(), nullable=True),
        sa.Column("design_flow_m3_per_h", sa.Double(), nullable=True),
        sa.Column("static_head_mpa", sa.Double(), nullable=True),
        sa.Column("tank_height_m", sa.Double(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["station_id"], ["stations.station_id"], name=op.f("fk_circuits_station_id")),
        sa.PrimaryKeyConstraint("circuit_id", name=op.f("pk_circuits")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("circuits")
