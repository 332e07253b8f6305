"""Tables of tickets and their history."""

import sqlalchemy as sa

from storage.records.schema.alarms import sequence_type
from storage.records.schema.columns import METADATA, JsonText, UtcDateTime

__all__ = ["ticket_events", "tickets"]

tickets = sa.Table(
    "tickets",
    METADATA,
    sa.Column("ticket_id", sa.Text, primary_key=True),
    sa.Column("household_id", sa.Text, nullable=False),
    sa.Column("area_id", sa.Text, nullable=False),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("urgency", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("opened_by", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("incident_id", sa.Text, index=True),
    sa.Column("duplicate_of", sa.Text),
    sa.Column("assigned_to", sa.Text),
    sa.Column("first_response_due", UtcDateTime),
    sa.Column("close_due", UtcDateTime),
    sa.Column("responded_at", UtcDateTime),
    sa.Column("resolved_at", UtcDateTime),
    sa.Column("closed_at", UtcDateTime),
    sa.Column("callback_temp_c", sa.Double),
    sa.Column("satisfied", sa.Boolean),
    sa.Index("ix_tickets_opened_at_ticket_id", "opened_at", "ticket_id"),
    sa.Index("ix_tickets_household_id_opened_at", "household_id", "opened_at"),
)

ticket_events = sa.Table(
    "ticket_events",
    METADATA,
    sa.Column("sequence", sequence_type(), primary_key=True),
    sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.ticket_id"), nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("from_state", sa.Text),
    sa.Column("to_state", sa.Text),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("parameters", JsonText, nullable=False),
    sqlite_autoincrement=True,
)
