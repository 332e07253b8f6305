"""Alarms and incidents as values, and the alarm state machine of ISA-18.2 / IEC 62682.

An `Alarm` is one occurrence: raised once, cleared once, never reopened; a later occurrence is a new alarm with the same
fingerprint. A shelf belongs to the fingerprint: an alarm that clears on it stays open until the shelf ends, so that the
next occurrence finds the shelf and lies on it too. Everything that happens to it is an `AlarmEvent`; `apply_event` is
the whole state machine and a pure function, so the history replayed gives the row, in any process.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum, StrEnum

from heating.errors import HeatingError
from heating.heat_tree import Node

__all__ = [
    "Alarm",
    "AlarmEvent",
    "AlarmEventKind",
    "AlarmState",
    "ForbiddenTransitionError",
    "Incident",
    "Priority",
    "apply_event",
    "fingerprint_of",
]


class Priority(IntEnum):
    """P1 emergency, P2 high, P3 low, P4 journal (never annunciated)."""

    P1 = 1
    P2 = 2
    P3 = 3
    P4 = 4


class AlarmState(StrEnum):
    """States of ISA-18.2; OPC UA Part 9 uses the same."""

    NORMAL = "normal"
    UNACK_ACTIVE = "unack_active"
    ACK_ACTIVE = "ack_active"
    RTN_UNACK = "rtn_unack"
    SHELVED = "shelved"
    SUPPRESSED_BY_DESIGN = "suppressed_by_design"
    OUT_OF_SERVICE = "out_of_service"


class AlarmEventKind(StrEnum):
    """What can happen to an alarm."""

    RAISED = "raised"
    CLEARED = "cleared"
    ACKNOWLEDGED = "acknowledged"
    ACKNOWLEDGE_EXPIRED = "acknowledge_expired"
    SHELVED = "shelved"
    """Until `until`; `parameters["shelved_by"]` names who did when the engine carries a shelf on to an occurrence."""
    UNSHELVED = "unshelved"
    SHELVE_EXPIRED = "shelve_expired"
    INHIBITED = "inhibited"
    RELEASED = "released"
    ESCALATED = "escalated"
    """The priority changed while active; `parameters["priority"]` is the new one."""
    CORRECTED = "corrected"
    """Explanation found a better cause for the same incident; `parameters["rule_id"]` is the cause now,
    `parameters["priority"]` its priority."""
    ATTACHED = "attached"
    """Became a member of an incident; `parameters["incident_id"]`."""
    ANNUNCIATED = "annunciated"
    """Announced to people for the first time."""
    COMMENTED = "commented"
    SUPERSEDED = "superseded"
    """Returned but still open (never acknowledged, or shelved), and raised again: closed in favour of the new one."""


def fingerprint_of(rule_id: str, subject: Node) -> str:
    """Return what occurrences of one rule on one subject have in common."""
    return f"{rule_id}|{subject}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmEvent:
    """One entry of the append-only history."""

    alarm_id: str
    kind: AlarmEventKind
    at: datetime
    """When it happened, aware UTC (virtual time in a demo)."""
    by: str = "engine"
    """User name, or «engine»."""
    comment: str = ""
    until: datetime | None = None
    """End of an acknowledgement or a shelving."""
    inhibitor: str | None = None
    """Alarm id of the inhibitor (kind INHIBITED)."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    """JSON-ready facts; for RAISED the values that made it true."""
    opening: "Alarm | None" = None
    """The new alarm (kind RAISED only)."""
    sequence: int | None = None
    """Place in the history, given by the records when appended; rises without reuse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One occurrence of one rule on one subject."""

    alarm_id: str
    rule_id: str
    subject: Node
    area_id: str
    """Top-level area of the subject; access follows it."""
    priority: Priority
    raised_at: datetime
    cleared_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledge_until: datetime | None = None
    """When the acknowledgement expires and the alarm calls again."""
    shelved_until: datetime | None = None
    shelved_by: str | None = None
    shelve_reason: str | None = None
    inhibited_by: str | None = None
    """Alarm id of the inhibitor; None when it speaks for itself."""
    incident_id: str | None = None
    annunciated_at: datetime | None = None
    """First announced to people; None for journal entries and inhibited alarms."""
    closed_at: datetime | None = None
    """When it became NORMAL for good."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    """JSON-ready values at the raising, for the text «code + parameters»."""

    @property
    def fingerprint(self) -> str:
        """What occurrences of one rule on one subject have in common."""
        return fingerprint_of(self.rule_id, self.subject)

    @property
    def is_active(self) -> bool:
        """Whether the condition still holds."""
        return self.cleared_at is None

    @property
    def is_open(self) -> bool:
        """Whether it still asks for anything: not closed."""
        return self.closed_at is None

    @property
    def state(self) -> AlarmState:
        """The ISA-18.2 state; shelving and suppression hide the base state."""
        if self.closed_at is not None:
            return AlarmState.NORMAL
        if self.shelved_until is not None:
            return AlarmState.SHELVED
        if self.inhibited_by is not None:
            return AlarmState.SUPPRESSED_BY_DESIGN
        if self.cleared_at is not None:
            return AlarmState.RTN_UNACK
        return AlarmState.UNACK_ACTIVE if self.acknowledged_at is None else AlarmState.ACK_ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One cause with everything that follows from it."""

    incident_id: str
    root_alarm_id: str
    """The alarm that names the cause."""
    rule_id: str
    node: Node
    """Where the cause sits in the heat-supply tree."""
    area_id: str
    opened_at: datetime
    cleared_at: datetime | None = None
    """When the root alarm cleared; None while open."""
    affected_households: int = 0
    """Homes below the node that are to be heated."""
    estimated_end: datetime | None = None
    """Promise of repair, set by a person."""
    parameters: Mapping[str, object] = field(default_factory=dict)


class ForbiddenTransitionError(HeatingError):
    """The event is not possible in the alarm's present state; the message says which and why."""


def apply_event(alarm: Alarm | None, event: AlarmEvent) -> Alarm:
    """Return the alarm after an event; the state machine of the house.

    Parameters
    ----------
    alarm : Alarm or None
        The alarm before; None only for RAISED.
    event : AlarmEvent
        What happened.

    Raises
    ------
    ForbiddenTransitionError
        For example acknowledging an alarm that is closed, or clearing one that has cleared.
    """
    kind = AlarmEventKind
    if event.kind is kind.RAISED:
        if alarm is not None or event.opening is None:
            raise ForbiddenTransitionError("an alarm is raised once, with its opening row")
        return event.opening
    if alarm is None or alarm.alarm_id != event.alarm_id:
        raise ForbiddenTransitionError(f"{event.kind}: no alarm {event.alarm_id!r}")
    if event.kind is kind.COMMENTED:
        return alarm
    if not alarm.is_open:
        raise ForbiddenTransitionError(f"{event.kind}: alarm {alarm.alarm_id!r} is closed")
    if event.kind in (kind.ACKNOWLEDGED, kind.CLEARED, kind.SUPERSEDED, kind.ACKNOWLEDGE_EXPIRED):
        return _base(alarm, event)
    if event.kind in (kind.ESCALATED, kind.CORRECTED):
        priority = Priority(int(str(event.parameters["priority"])))
        rule_id = alarm.rule_id if event.kind is kind.ESCALATED else str(event.parameters["rule_id"])
        return replace(alarm, rule_id=rule_id, priority=priority)
    return _overlay(alarm, event)


def _base(alarm: Alarm, event: AlarmEvent) -> Alarm:
    match event.kind:
        case AlarmEventKind.CLEARED:
            if not alarm.is_active:
                raise ForbiddenTransitionError(f"alarm {alarm.alarm_id!r} has cleared already")
            return _closed_when_done(replace(alarm, cleared_at=event.at), event.at)
        case AlarmEventKind.ACKNOWLEDGED:
            if alarm.acknowledged_at is not None:
                raise ForbiddenTransitionError(
                    f"alarm {alarm.alarm_id!r} is acknowledged by {alarm.acknowledged_by}"
                )
            known = replace(
                alarm, acknowledged_at=event.at, acknowledged_by=event.by, acknowledge_until=event.until
            )
            return _closed_when_done(known, event.at)
        case AlarmEventKind.ACKNOWLEDGE_EXPIRED:
            return replace(alarm, acknowledged_at=None, acknowledged_by=None, acknowledge_until=None)
        case _:
            return replace(alarm, cleared_at=alarm.cleared_at or event.at, closed_at=event.at)


def _overlay(alarm: Alarm, event: AlarmEvent) -> Alarm:
    match event.kind:
        case AlarmEventKind.SHELVED:
            if event.until is None or event.until <= event.at:
                raise ForbiddenTransitionError("shelving needs an end in the future")
            by = str(event.parameters.get("shelved_by") or event.by)
            return replace(alarm, shelved_until=event.until, shelved_by=by, shelve_reason=event.comment)
        case AlarmEventKind.UNSHELVED | AlarmEventKind.SHELVE_EXPIRED:
            if alarm.shelved_until is None:
                raise ForbiddenTransitionError(f"alarm {alarm.alarm_id!r} is not shelved")
            unshelved = replace(alarm, shelved_until=None, shelved_by=None, shelve_reason=None)
            return _closed_when_done(unshelved, event.at)
        case AlarmEventKind.INHIBITED:
            return replace(alarm, inhibited_by=event.inhibitor)
        case AlarmEventKind.RELEASED:
            return replace(alarm, inhibited_by=None)
        case AlarmEventKind.ATTACHED:
            return replace(alarm, incident_id=str(event.parameters["incident_id"]))
        case AlarmEventKind.ANNUNCIATED:
            return replace(alarm, annunciated_at=alarm.annunciated_at or event.at)
        case _:
            raise ForbiddenTransitionError(f"{event.kind} is no overlay")


def _closed_when_done(alarm: Alarm, at: datetime) -> Alarm:
    """Close an alarm that has cleared and waits for nobody; on a shelf it stays open, or the shelf would be lost."""
    silent = alarm.annunciated_at is None or alarm.priority is Priority.P4
    done = silent or alarm.acknowledged_at is not None
    if alarm.is_active or alarm.shelved_until is not None or not done:
        return alarm
    return replace(alarm, closed_at=at)
