"""The table by which several collectors share the work of the roll-ups: what is due."""

import sqlalchemy as sa

from storage.records.schema.columns import METADATA

__all__ = ["rollup_dues"]

rollup_dues = sa.Table(
    "rollup_dues",
    METADATA,
    # Name of the family of buckets in `storage.readings.rollups.families.FAMILIES`.
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("bucket_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    # Not before this; late readings of one bucket gather until then.
    sa.Column("ready_ms", sa.BigInteger, nullable=False, index=True),
    # New with every reading noted: who computed the bucket deletes the row only if nothing came meanwhile.
    sa.Column("token", sa.Text, nullable=False),
)
