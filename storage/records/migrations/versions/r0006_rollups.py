"""Roll-ups computed by one of several collectors: what is due, and who holds the work."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "rollup_dues",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bucket_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ready_ms", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "bucket_ms", name=op.f("pk_rollup_dues")),
    )
    op.create_index(op.f("ix_rollup_dues_ready_ms"), "rollup_dues", ["ready_ms"], unique=False)
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )


def downgrade() -> None:
    """Drop them; the index goes with its table."""
    op.drop_table("leases")
    op.drop_table("rollup_dues")
