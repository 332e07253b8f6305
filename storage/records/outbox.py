"""Notices waiting for delivery. They are written by `AlarmRecords.append_events`, in the transaction of their cause."""

from datetime import datetime

from heating.protocols import OutboxMessage

__all__ = ["OutboxRecords"]


class OutboxRecords:
    """Implements `heating.protocols.OutboxRecords`."""

    def due(self, *, now: datetime, limit: int = 100) -> list[OutboxMessage]:
        """Return undelivered messages that are due, oldest first."""
        raise NotImplementedError

    def delivered(self, message_id: int, *, at: datetime) -> None:
        """Mark a message as delivered."""
        raise NotImplementedError

    def failed(self, message_id: int, *, at: datetime, reason: str, next_due: datetime | None) -> None:
        """Note a failed try; `next_due` None gives up: the message stays, visible as dead."""
        raise NotImplementedError

    def dead(self, *, limit: int = 100) -> list[OutboxMessage]:
        """Return messages given up, newest first."""
        raise NotImplementedError

    def revive(self, message_id: int, *, at: datetime) -> None:
        """Give a dead message another chance, due at once."""
        raise NotImplementedError

    def depth(self) -> int:
        """Return how many messages wait."""
        raise NotImplementedError
