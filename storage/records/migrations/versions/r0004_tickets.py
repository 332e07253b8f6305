"""Tickets with their append-only history."""

import sqlalchemy as sa
from alembic import op

from storage.records.migrations.append_only import forbid_changes, permit_changes

revision = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_tickets()
    _create_ticket_events()
    forbid_changes("ticket_events")


def downgrade() -> None:
    """Drop them; indexes and triggers go with their tables."""
    permit_changes("ticket_events")
    op.drop_table("ticket_events")
    op.drop_table("tickets")


def _create_tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("ticket_id", sa.Text(), nullable=False),
        sa.Column("household_id", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Text(), nullable=True),
        sa.Column("duplicate_of", sa.Text(), nullable=True),
        sa.Column("assigned_to", sa.Text(), nullable=True),
        sa.Column("first_response_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("responded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("callback_temp_c", sa.Double(), nullable=True),
        sa.Column("satisfied", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_tickets")),
    )
    op.create_index(
        "ix_tickets_household_id_opened_at", "tickets", ["household_id", "opened_at"], unique=False
    )
    op.create_index(op.f("ix_tickets_incident_id"), "tickets", ["incident_id"], unique=False)
    op.create_index("ix_tickets_opened_at_ticket_id", "tickets", ["opened_at", "ticket_id"], unique=False)
    op.create_index(op.f("ix_tickets_state"), "tickets", ["state"], unique=False)


def _create_ticket_events() -> None:
    op.create_table(
        "ticket_events",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.ticket_id"], name=op.f("fk_ticket_events_ticket_id")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_ticket_events")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_ticket_events_ticket_id"), "ticket_events", ["ticket_id"], unique=False)
