"""The audit: who did or saw what. Append-only and hash-chained, so that a changed or missing entry shows."""

from collections.abc import Mapping
from datetime import datetime

from heating.errors import HeatingError
from storage.records.people_values import AuditEntry

__all__ = ["AuditRecords", "BrokenChainError"]


class BrokenChainError(HeatingError):
    """An entry of the audit was changed, or one is missing; the message names the sequence."""


class AuditRecords:
    """The audit trail."""

    def append(
        self,
        who: str,
        action: str,
        subject: str,
        detail: Mapping[str, object] | None = None,
        *,
        at: datetime,
        ip: str | None = None,
    ) -> AuditEntry:
        """Add an entry and return it with its place and hash."""
        raise NotImplementedError

    def entries(
        self,
        *,
        who: str | None = None,
        action: str | None = None,
        subject: str | None = None,
        since: datetime | None = None,
        before_sequence: int | None = None,
        limit: int = 100,
    ) -> list[AuditEntry]:
        """Return entries, newest first; go on with the last sequence as `before_sequence`."""
        raise NotImplementedError

    def verify_chain(self) -> int:
        """Check every hash and return the number of entries. Raises `BrokenChainError`."""
        raise NotImplementedError
