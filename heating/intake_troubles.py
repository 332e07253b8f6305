"""What a collector has trouble with while it runs: readings that it keeps aside instead of storing them.

What lives here: the words for such a trouble. What does not: how it is found (`collector.intake`), and readings that the
house never had (`heating.losses`).
"""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["IntakeTrouble", "TroubleKind"]


class TroubleKind(StrEnum):
    """What is wrong. The words are kept in the records: never rename one."""

    SENDERS_THROTTLED = "senders_throttled"
    """Senders are above their share; what is above it is kept as rejections."""
    FIELD_TYPE = "field_type"
    """The store has a field with another type and refuses every value of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeTrouble:
    """One trouble of one collector."""

    kind: TroubleKind
    number: int
    """Messages thrown back, or rows refused, so far."""
    senders: str = ""
    """The loudest throttled senders, for people."""
    measurement: str = ""
    """Measurement of the field that has another type."""
    field: str = ""
    there_type: str = ""
    """Type that the field has in the store."""
