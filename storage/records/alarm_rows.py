"""Alarms, events and incidents as rows and back. No queries here."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from heating.alarms import Alarm, AlarmEvent, AlarmEventKind, Incident, Priority
from heating.heat_tree import Level, Node

__all__ = [
    "alarm_from_row",
    "alarm_row",
    "event_from_row",
    "event_row",
    "incident_from_row",
    "incident_row",
    "level_of",
]

_ALARM_TIMES = (
    "raised_at",
    "cleared_at",
    "acknowledged_at",
    "acknowledge_until",
    "shelved_until",
    "annunciated_at",
    "closed_at",
)
_ALARM_PLAIN = tuple(
    field.name for field in fields(Alarm) if field.name not in ("subject", "priority", "parameters")
)
_INCIDENT_PLAIN = tuple(field.name for field in fields(Incident) if field.name not in ("node", "parameters"))

Row = Mapping[Any, Any]


def level_of(word: str) -> Level:
    """Return the level of its lower-case word."""
    return Level[word.upper()]


def alarm_row(alarm: Alarm) -> dict[str, Any]:
    """Return the row of an alarm, with its state and fingerprint spelled out for queries."""
    row: dict[str, Any] = {name: getattr(alarm, name) for name in _ALARM_PLAIN}
    return row | {
        "level": alarm.subject.level.word,
        "object_id": alarm.subject.object_id,
        "fingerprint": alarm.fingerprint,
        "priority": int(alarm.priority),
        "state": str(alarm.state),
        "parameters": dict(alarm.parameters),
    }


def alarm_from_row(row: Row) -> Alarm:
    """Return the alarm of a row."""
    plain = {name: row[name] for name in _ALARM_PLAIN}
    return Alarm(
        **plain,
        subject=Node(level_of(row["level"]), row["object_id"]),
        priority=Priority(row["priority"]),
        parameters=row["parameters"],
    )


def event_row(event: AlarmEvent, sequence: int) -> dict[str, Any]:
    """Return the row of an event."""
    return {
        "sequence": sequence,
        "alarm_id": event.alarm_id,
        "kind": str(event.kind),
        "at": event.at,
        "by": event.by,
        "comment": event.comment,
        "until": event.until,
        "inhibitor": event.inhibitor,
        "parameters": dict(event.parameters),
        "opening": None if event.opening is None else _opening(event.opening),
    }


def event_from_row(row: Row) -> AlarmEvent:
    """Return the event of a row."""
    return AlarmEvent(
        alarm_id=row["alarm_id"],
        kind=AlarmEventKind(row["kind"]),
        at=row["at"],
        by=row["by"],
        comment=row["comment"],
        until=row["until"],
        inhibitor=row["inhibitor"],
        parameters=row["parameters"],
        opening=None if row["opening"] is None else _from_opening(row["opening"]),
        sequence=row["sequence"],
    )


def incident_row(incident: Incident) -> dict[str, Any]:
    """Return the row of an incident."""
    row: dict[str, Any] = {name: getattr(incident, name) for name in _INCIDENT_PLAIN}
    return row | {
        "level": incident.node.level.word,
        "object_id": incident.node.object_id,
        "parameters": dict(incident.parameters),
    }


def incident_from_row(row: Row) -> Incident:
    """Return the incident of a row."""
    plain = {name: row[name] for name in _INCIDENT_PLAIN}
    return Incident(
        **plain, node=Node(level_of(row["level"]), row["object_id"]), parameters=row["parameters"]
    )


def _opening(alarm: Alarm) -> dict[str, Any]:
    row = alarm_row(alarm)
    return row | {name: row[name].isoformat() for name in _ALARM_TIMES if row[name] is not None}


def _from_opening(kept: Row) -> Alarm:
    times = {name: datetime.fromisoformat(kept[name]) for name in _ALARM_TIMES if kept[name] is not None}
    return alarm_from_row({**kept, **times})
