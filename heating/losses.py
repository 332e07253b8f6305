"""Readings that were lost between the devices and a collector: before the house took them, so it has no trace of them.

What lives here: the words for such a loss. What does not: how a collector finds one (`collector.intake.mqtt.losses`,
`collector.intake.spool.devices_heard`).
"""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["LossKind", "ReadingLoss"]


class LossKind(StrEnum):
    """By what a loss was seen."""

    SESSION_LOST = "session_lost"
    """The broker had forgotten our session, and with it every message that waited in it."""
    BROKER_DROPPED = "broker_dropped"
    """The broker counts messages that it threw away because a queue was full."""
    NUMBERS_MISSING = "numbers_missing"
    """Devices that number their readings left out numbers."""
    COMMON_SILENCE = "common_silence"
    """Many devices were silent over one span and spoke again after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLoss:
    """One loss."""

    kind: LossKind
    since_ms: int
    """Nothing is known to be missing before this [epoch ms]."""
    until_ms: int
    """Nor after this [epoch ms]."""
    number: int = 0
    """Messages; 0 when nobody counted them."""
