"""`RetainedMemory`: a retained message comes again with every subscription; it counts once, at its first arrival.

A broker keeps the last message of a topic for ever when its sender asks for it. Without a time of its own such a
message would look like a new reading after every reconnect. The memory gives it the time of its first arrival, so
that the spool knows it as a repeat. Link states (``…/status``) are retained on purpose and stay out of this.
"""

import sqlite3
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

from heating.errors import HeatingError
from heating.protocols import RawMessage

__all__ = ["FILE_NAME", "RetainedMemory", "RetainedMemoryError", "is_retained_reading"]

FILE_NAME = "retained-messages.db"
"""In the spool folder."""
MAX_ENTRIES = 200_000
"""Retained messages remembered; the oldest beyond it are forgotten."""


class RetainedMemoryError(HeatingError):
    """The memory cannot be read or written now; the batch is tried again."""

    retryable = True


def is_retained_reading(message: RawMessage) -> bool:
    """Return whether a message was kept by the broker and is no link state."""
    return message.retained and not message.topic.endswith("/status")


class RetainedMemory:
    """First arrivals of retained messages, kept over restarts.

    Parameters
    ----------
    folder
        The spool's folder.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(folder / FILE_NAME, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS first_arrival (content BLOB PRIMARY KEY, received_ms INTEGER) WITHOUT ROWID"
        )
        self.repeats = 0
        """Retained messages that had come before."""

    def first(self, message: RawMessage) -> RawMessage:
        """Return a retained message with the time of its first arrival.

        Raises
        ------
        RetainedMemoryError
            When the disk refuses.
        """
        content = blake2b(message.topic.encode() + b"\0" + message.payload, digest_size=16).digest()
        try:
            fresh = self._connection.execute(
                "INSERT OR IGNORE INTO first_arrival VALUES (?, ?)", (content, message.received_ms)
            ).rowcount
            if fresh:
                self._forget()
                return message
            (received_ms,) = self._connection.execute(
                "SELECT received_ms FROM first_arrival WHERE content = ?", (content,)
            ).fetchone()
        except sqlite3.Error as error:
            raise RetainedMemoryError(f"retained messages cannot be remembered: {error}") from error
        self.repeats += 1
        return replace(message, received_ms=received_ms)

    def _forget(self) -> None:
        count = self._connection.execute("SELECT count(*) FROM first_arrival").fetchone()[0]
        if count > MAX_ENTRIES:
            self._connection.execute(
                "DELETE FROM first_arrival WHERE content IN"
                " (SELECT content FROM first_arrival ORDER BY received_ms LIMIT ?)",
                (count - MAX_ENTRIES,),
            )

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
