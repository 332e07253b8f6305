"""What a report of a process says beside its number."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision: str | None = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("room_reports", sa.Column("detail", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("room_reports", "detail")
