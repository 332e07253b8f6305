"""What pages and the JSON interface show of incidents, and the evidence for a cause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dashboard.alarms.models import AlarmHistoryEntry, AlarmRow, IncidentSummary

__all__ = ["Evidence", "IncidentView"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact for or against a cause: code and parameters, the page makes the sentence."""

    code: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    supports: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView(IncidentSummary):
    """One cause with what follows from it."""

    root: AlarmRow | None = None
    """The alarm that names the cause (on the incident page)."""
    members: Sequence[AlarmRow] = ()
    """Attached alarms (on the incident page), at most 200."""
    member_count: int = 0
    timeline: Sequence[AlarmHistoryEntry] = ()
    """History of the root alarm."""
    evidence: Sequence[Evidence] = ()
    hours_to_cold: float | None = None
    """Hours until a home without heat falls from 18 to 16 °C at the present outdoor temperature [h]."""
    tickets: int = 0
    """Tickets attached to it."""
