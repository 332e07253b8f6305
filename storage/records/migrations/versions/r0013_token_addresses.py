"""The addresses that a token is bound to."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision: str | None = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; tokens that are there stay good from everywhere."""
    op.add_column("api_tokens", sa.Column("addresses", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("api_tokens", "addresses")
