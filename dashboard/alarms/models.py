"""What pages and the JSON interface show of alarms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dashboard.web.values import Bilingual, PointValue
from heating.contacts import Contact

__all__ = [
    "AlarmDetail",
    "AlarmHistoryEntry",
    "AlarmRow",
    "IncidentSummary",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    """One line of the alarm console."""

    alarm_id: str
    rule_id: str
    name: Bilingual
    """Name of the rule."""
    text: Bilingual
    """The rule's text with the values that made it true."""
    subject_level: str
    """Word of `heating.heat_tree.Level`: source, branch, station, building, riser, household."""
    subject_id: str
    subject_name: Bilingual
    area_id: str
    area_name: Bilingual
    priority: int
    """1 to 4."""
    state: str
    """Word of `heating.alarms.AlarmState`."""
    active: bool
    """The condition still holds (a shelved or suppressed alarm may be active too)."""
    raised_at: datetime
    duration_s: float
    """From raised to cleared or now [s]."""
    annunciated_at: datetime | None = None
    """First announced to people; None for journal entries and what was inhibited from the start."""
    cleared_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledge_until: datetime | None = None
    shelved_until: datetime | None = None
    shelved_by: str | None = None
    shelve_reason: str | None = None
    inhibited_by: str | None = None
    """Alarm id."""
    inhibitor_name: Bilingual | None = None
    """Place and rule of the inhibitor, in lists of alarms; None when nobody inhibits or the viewer may not see it."""
    held_by: str | None = None
    """Id of an active alarm about lost data because of which this one is not judged and keeps its state."""
    holder_name: Bilingual | None = None
    """Place and rule of that alarm."""
    incident_id: str | None = None
    closed_at: datetime | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    """Values at the moment it was raised."""
    text_has_figures: bool = False
    """Whether `text` names such values: they are those of then, not of now."""
    now: PointValue | None = None
    """Room temperature now, of an alarm about a home; None for other subjects."""
    building_id: str | None = None
    station_id: str | None = None
    """Of an alarm of a station or of one of its circuits."""
    """The building of an alarm about a home, a riser or a building; None for others."""
    actions: Sequence[str] = ()
    """What the viewer may do now: acknowledge, shelve, unshelve, comment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmHistoryEntry:
    """One entry of an alarm's history."""

    at: datetime
    kind: str
    """Word of `heating.alarms.AlarmEventKind`."""
    by: str
    comment: str = ""
    until: datetime | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSummary:
    """One cause, in brief."""

    incident_id: str
    rule_id: str
    name: Bilingual
    node_level: str
    node_id: str
    node_name: Bilingual
    area_id: str
    opened_at: datetime
    cleared_at: datetime | None
    estimated_end: datetime | None
    affected_households: int
    root_alarm_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmDetail:
    """An alarm opened."""

    row: AlarmRow
    cause: Bilingual
    consequence: Bilingual
    action: Bilingual
    time_to_respond_s: float | None
    """Within which somebody has to act [s]; None: the rule does not say."""
    source: str
    """Where the limit comes from."""
    history: Sequence[AlarmHistoryEntry]
    contact: Contact | None = None
    """Whom to call at home, the phone masked; None for other subjects and for who may not look up homes."""
    inhibitor: AlarmRow | None = None
    holder: AlarmRow | None = None
    """The alarm about lost data because of which this one keeps its state."""
    incident: IncidentSummary | None = None
