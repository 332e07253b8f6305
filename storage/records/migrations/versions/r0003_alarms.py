"""Alarms with their append-only history, incidents, engine state and outbox."""

import sqlalchemy as sa
from alembic import op

from storage.records.migrations.append_only import forbid_changes, permit_changes

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_alarms()
    _create_engine_states()
    _create_incidents()
    _create_outbox_messages()
    _create_alarm_events()
    forbid_changes("alarm_events")


def downgrade() -> None:
    """Drop them; indexes and triggers go with their tables."""
    permit_changes("alarm_events")
    op.drop_table("alarm_events")
    op.drop_table("outbox_messages")
    op.drop_table("incidents")
    op.drop_table("engine_states")
    op.drop_table("alarms")


def _create_alarms() -> None:
    op.create_table(
        "alarms",
        sa.Column("alarm_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("acknowledge_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shelved_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shelved_by", sa.Text(), nullable=True),
        sa.Column("shelve_reason", sa.Text(), nullable=True),
        sa.Column("inhibited_by", sa.Text(), nullable=True),
        sa.Column("incident_id", sa.Text(), nullable=True),
        sa.Column("annunciated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("alarm_id", name=op.f("pk_alarms")),
    )
    op.create_index(op.f("ix_alarms_incident_id"), "alarms", ["incident_id"], unique=False)
    op.create_index("ix_alarms_level_object_id", "alarms", ["level", "object_id"], unique=False)
    op.create_index("ix_alarms_raised_at_alarm_id", "alarms", ["raised_at", "alarm_id"], unique=False)
    op.create_index("ix_alarms_state", "alarms", ["state"], unique=False)
    op.create_index(
        "uq_alarms_open_fingerprint",
        "alarms",
        ["fingerprint"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _create_engine_states() -> None:
    op.create_table(
        "engine_states",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_engine_states")),
    )


def _create_incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("incident_id", sa.Text(), nullable=False),
        sa.Column("root_alarm_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("affected_households", sa.Integer(), nullable=False),
        sa.Column("estimated_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised_by", sa.Text(), nullable=True),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_incidents")),
    )
    op.create_index(op.f("ix_incidents_cleared_at"), "incidents", ["cleared_at"], unique=False)
    op.create_index("ix_incidents_level_object_id", "incidents", ["level", "object_id"], unique=False)
    op.create_index(
        "ix_incidents_opened_at_incident_id", "incidents", ["opened_at", "incident_id"], unique=False
    )


def _create_outbox_messages() -> None:
    op.create_table(
        "outbox_messages",
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_outbox_messages")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_messages_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_outbox_messages_waiting",
        "outbox_messages",
        ["due_at", "message_id"],
        unique=False,
        sqlite_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
        postgresql_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
    )


def _create_alarm_events() -> None:
    op.create_table(
        "alarm_events",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("alarm_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("inhibitor", sa.Text(), nullable=True),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("opening", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarms.alarm_id"], name=op.f("fk_alarm_events_alarm_id")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_alarm_events")),
    )
    op.create_index(op.f("ix_alarm_events_alarm_id"), "alarm_events", ["alarm_id"], unique=False)
