"""Alarms, events and incidents for tests of the records and of what reads them."""

from datetime import UTC, datetime, timedelta

from heating.alarms import Alarm, AlarmEvent, AlarmEventKind, Incident, Priority
from heating.heat_tree import Level, Node

__all__ = ["RAISED_AT", "event_of", "incident_of", "raising"]

RAISED_AT = datetime(2026, 11, 5, 22, 30, 0, 250_000, tzinfo=UTC)


def raising(
    alarm_id: str,
    *,
    station: str = "st-east",
    rule_id: str = "ST-02",
    area_id: str = "xilinhot",
    priority: Priority = Priority.P2,
    minutes: float = 0,
    annunciated: bool = True,
) -> AlarmEvent:
    """Return the event that raises an alarm on a station, some minutes after `RAISED_AT`."""
    at = RAISED_AT + timedelta(minutes=minutes)
    opening = Alarm(
        alarm_id=alarm_id,
        rule_id=rule_id,
        subject=Node(Level.STATION, station),
        area_id=area_id,
        priority=priority,
        raised_at=at,
        annunciated_at=at if annunciated else None,
        parameters={"value_c": 31.5, "名": "东站", "list": [1, None, "x"]},
    )
    return AlarmEvent(
        alarm_id=alarm_id, kind=AlarmEventKind.RAISED, at=at, opening=opening, parameters=opening.parameters
    )


def event_of(
    alarm_id: str,
    kind: AlarmEventKind,
    *,
    minutes: float = 1,
    by: str = "engine",
    comment: str = "",
    until: datetime | None = None,
    inhibitor: str | None = None,
    **parameters: object,
) -> AlarmEvent:
    """Return an event some minutes after `RAISED_AT`."""
    return AlarmEvent(
        alarm_id=alarm_id,
        kind=kind,
        at=RAISED_AT + timedelta(minutes=minutes),
        by=by,
        comment=comment,
        until=until,
        inhibitor=inhibitor,
        parameters=parameters,
    )


def incident_of(
    incident_id: str, *, node: Node | None = None, area_id: str = "xilinhot", minutes: float = 0
) -> Incident:
    """Return an open incident."""
    return Incident(
        incident_id=incident_id,
        root_alarm_id="a1",
        rule_id="ST-02",
        node=node or Node(Level.STATION, "st-east"),
        area_id=area_id,
        opened_at=RAISED_AT + timedelta(minutes=minutes),
        affected_households=54,
        parameters={"pump": 1},
    )
