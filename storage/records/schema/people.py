"""Tables of users, sessions, tokens and the audit."""

import sqlalchemy as sa

from storage.records.schema.columns import METADATA, UtcDateTime

__all__ = ["api_tokens", "audit_entries", "sessions", "users"]

users = sa.Table(
    "users",
    METADATA,
    sa.Column("username", sa.Text, primary_key=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("roles", sa.JSON, nullable=False),
    # JSON null: all areas.
    sa.Column("area_ids", sa.JSON(none_as_null=True)),
    sa.Column("household_id", sa.Text, index=True),
    sa.Column("locale", sa.Text),
    sa.Column("disabled", sa.Boolean, nullable=False),
)

sessions = sa.Table(
    "sessions",
    METADATA,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("username", sa.Text, sa.ForeignKey("users.username"), nullable=False, index=True),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("ip_hash", sa.Text),
)

api_tokens = sa.Table(
    "api_tokens",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("token_hash", sa.Text, nullable=False, unique=True),
    sa.Column("username", sa.Text, sa.ForeignKey("users.username"), nullable=False, index=True),
    sa.Column("expires_at", UtcDateTime),
    # List of networks; null: good from everywhere.
    sa.Column("addresses", sa.JSON(none_as_null=True)),
)

audit_entries = sa.Table(
    "audit_entries",
    METADATA,
    # Given without gaps by the writer, so that a missing entry shows.
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Column("who", sa.Text, nullable=False, index=True),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    # Canonical JSON text, exactly what the hash covers.
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("ip", sa.Text),
    sa.Column("hash", sa.Text, nullable=False),
)
