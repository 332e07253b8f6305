"""Tables of devices: those that the registry does not know yet, and how far the clocks of the known ones are off."""

import sqlalchemy as sa

from storage.records.schema.columns import METADATA, UtcDateTime

__all__ = ["device_clocks", "unknown_devices"]

unknown_devices = sa.Table(
    "unknown_devices",
    METADATA,
    # The id that the device names itself by, as the registry would keep it.
    sa.Column("device_id", sa.Text, primary_key=True),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("family", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    # Area that the topic names, empty when it names none.
    sa.Column("claimed_area", sa.Text, nullable=False),
    sa.Column("messages", sa.BigInteger, nullable=False),
    sa.Column("first_seen", UtcDateTime, nullable=False),
    sa.Column("last_seen", UtcDateTime, nullable=False, index=True),
    sa.Column("last_payload", sa.LargeBinary, nullable=False),
    sa.Column("household_id", sa.Text),
    sa.Column("assigned_at", UtcDateTime),
    sa.Column("assigned_by", sa.Text),
    sa.Column("replayed_at", UtcDateTime),
)

device_clocks = sa.Table(
    "device_clocks",
    METADATA,
    sa.Column("measurement", sa.Text, primary_key=True),
    sa.Column("object_id", sa.Text, primary_key=True),
    # Median of received minus measured: positive when the device's clock is behind (or its messages are slow).
    sa.Column("skew_ms", sa.BigInteger, nullable=False),
    sa.Column("readings", sa.Integer, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)
