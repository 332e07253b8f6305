"""Tables of alarms, their history, incidents, engine state and the outbox."""

import sqlalchemy as sa

from storage.records.schema.columns import METADATA, JsonText, UtcDateTime

__all__ = ["alarm_events", "alarms", "engine_states", "incidents", "outbox_messages", "sequence_type"]


def sequence_type() -> sa.types.TypeEngine[int]:
    """Return the type of a rising number: 64 bits on PostgreSQL, SQLite's own row number there."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


alarms = sa.Table(
    "alarms",
    METADATA,
    sa.Column("alarm_id", sa.Text, primary_key=True),
    sa.Column("rule_id", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("object_id", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("area_id", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("raised_at", UtcDateTime, nullable=False),
    sa.Column("cleared_at", UtcDateTime),
    sa.Column("acknowledged_at", UtcDateTime),
    sa.Column("acknowledged_by", sa.Text),
    sa.Column("acknowledge_until", UtcDateTime),
    sa.Column("shelved_until", UtcDateTime),
    sa.Column("shelved_by", sa.Text),
    sa.Column("shelve_reason", sa.Text),
    sa.Column("inhibited_by", sa.Text),
    sa.Column("incident_id", sa.Text, index=True),
    sa.Column("annunciated_at", UtcDateTime),
    sa.Column("closed_at", UtcDateTime),
    sa.Column("parameters", JsonText, nullable=False),
    sa.Index("ix_alarms_raised_at_alarm_id", "raised_at", "alarm_id"),
    sa.Index("ix_alarms_level_object_id", "level", "object_id"),
    sa.Index("ix_alarms_state", "state"),
    sa.Index(
        "uq_alarms_open_fingerprint",
        "fingerprint",
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
)

alarm_events = sa.Table(
    "alarm_events",
    METADATA,
    # Given without gaps by the writer under a lock, so that a reader's cursor never skips an entry.
    sa.Column("sequence", sequence_type(), primary_key=True, autoincrement=False),
    sa.Column("alarm_id", sa.Text, sa.ForeignKey("alarms.alarm_id"), nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("until", UtcDateTime),
    sa.Column("inhibitor", sa.Text),
    sa.Column("parameters", JsonText, nullable=False),
    # The alarm as it was raised (kind raised only), so that the history alone gives the row.
    sa.Column("opening", JsonText),
)

incidents = sa.Table(
    "incidents",
    METADATA,
    sa.Column("incident_id", sa.Text, primary_key=True),
    sa.Column("root_alarm_id", sa.Text, nullable=False),
    sa.Column("rule_id", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("object_id", sa.Text, nullable=False),
    sa.Column("area_id", sa.Text, nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("cleared_at", UtcDateTime, index=True),
    sa.Column("affected_households", sa.Integer, nullable=False),
    sa.Column("estimated_end", UtcDateTime),
    sa.Column("promised_by", sa.Text),
    sa.Column("promised_at", UtcDateTime),
    sa.Column("parameters", JsonText, nullable=False),
    sa.Index("ix_incidents_opened_at_incident_id", "opened_at", "incident_id"),
    sa.Index("ix_incidents_level_object_id", "level", "object_id"),
)

engine_states = sa.Table(
    "engine_states",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("blob", sa.LargeBinary, nullable=False),
)

outbox_messages = sa.Table(
    "outbox_messages",
    METADATA,
    sa.Column("message_id", sequence_type(), primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("body", JsonText, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("delivered_at", UtcDateTime),
    sa.Column("dead_at", UtcDateTime),
    sa.Column("last_try_at", UtcDateTime),
    sa.Column("last_error", sa.Text),
    sa.Index(
        "ix_outbox_messages_waiting",
        "due_at",
        "message_id",
        sqlite_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
        postgresql_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)
