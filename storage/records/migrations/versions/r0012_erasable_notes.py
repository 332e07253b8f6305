"""Notes in the history of tickets can be erased, and nothing else of it: people may ask for it, and policy demands it."""

from storage.records.migrations.append_only import forbid_erasing, permit_erasing

revision = "0012"
down_revision: str | None = "0011"
branch_labels = None
depends_on = None

_KEPT = ("sequence", "ticket_id", "kind", "at", '"by"', "from_state", "to_state", "parameters")


def upgrade() -> None:
    """Let notes become empty."""
    permit_erasing("ticket_events", "note", kept=_KEPT)


def downgrade() -> None:
    """Refuse every change again."""
    forbid_erasing("ticket_events")
