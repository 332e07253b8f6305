"""Tables by which the processes of the house know of one another: who holds which work, and what each reports."""

import sqlalchemy as sa

from storage.records.schema.columns import METADATA

__all__ = ["leases", "room_reports"]

leases = sa.Table(
    "leases",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("until_ms", sa.BigInteger, nullable=False),
)

# The newest report of each kind by each process: a new one replaces it, so that the table stays small.
room_reports = sa.Table(
    "room_reports",
    METADATA,
    # Identity of the process, for example the client id of a collector.
    sa.Column("process", sa.Text, primary_key=True),
    # What is reported, for example a kind of `heating.losses.LossKind`.
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("room", sa.Text, nullable=False),
    sa.Column("reported_ms", sa.BigInteger, nullable=False),
    # The span that the report is about.
    sa.Column("since_ms", sa.BigInteger, nullable=False),
    sa.Column("until_ms", sa.BigInteger, nullable=False),
    # How many, 0 when that is not known.
    sa.Column("number", sa.BigInteger, nullable=False),
    # JSON of the kind, for example a `heating.intake_troubles.IntakeTrouble`; null: nothing more.
    sa.Column("detail", sa.Text, nullable=True),
)
