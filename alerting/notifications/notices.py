"""Announcements as outbox messages: code + parameters, one message a channel; the channel renders the text.

Household alarms of one tick are gathered: one message for a rule and incident (or station), not one a home. It names
the homes, so that somebody can go there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerting.alarms.lifecycle import Announcement
from config.settings.tree import NotificationSettings
from heating.alarms import Alarm, Priority
from heating.heat_tree import Level
from heating.intervals import to_epoch_ms
from heating.places import Places
from heating.protocols import OutboxMessage

__all__ = ["Audience", "audiences_of", "outbox_messages"]

_NAMES = 20
"""Most homes that a message names; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Audience:
    """A channel and the priorities that it announces."""

    channel: str
    priorities: frozenset[Priority]


def audiences_of(settings: NotificationSettings) -> tuple[Audience, ...]:
    """Return the channels of the settings; the console hears everything that is announced."""
    console = (Audience("console", frozenset({Priority.P1, Priority.P2, Priority.P3})),)
    webhooks = tuple(
        Audience(hook.name, frozenset(Priority[name] for name in hook.priorities))
        for hook in settings.webhooks
    )
    return (*(console if settings.console else ()), *webhooks)


def outbox_messages(
    announcements: Iterable[Announcement],
    audiences: Sequence[Audience],
    *,
    places: Places,
    now: datetime,
) -> list[OutboxMessage]:
    """Return the messages of one tick."""
    messages: list[OutboxMessage] = []
    for (reason, _, _), group in _grouped(announcements, places).items():
        first = group[0]
        body = _body(reason, group, places)
        stamp = to_epoch_ms(now)
        for audience in audiences:
            if first.priority in audience.priorities:
                key = f"{audience.channel}:{first.alarm_id}:{reason}:{stamp}"
                messages.append(OutboxMessage(channel=audience.channel, key=key, due_at=now, body=body))
    return messages


def _grouped(
    announcements: Iterable[Announcement], places: Places
) -> dict[tuple[str, str, str], list[Alarm]]:
    groups: dict[tuple[str, str, str], list[Alarm]] = {}
    for announcement in announcements:
        alarm = announcement.alarm
        place = alarm.alarm_id
        if alarm.subject.level is Level.HOUSEHOLD:
            place = alarm.incident_id or _station_of(alarm, places)
        groups.setdefault((announcement.reason, alarm.rule_id, place), []).append(alarm)
    return groups


def _station_of(alarm: Alarm, places: Places) -> str:
    number = places.tree.get(alarm.subject.level, alarm.subject.object_id)
    station = None if number is None else places.tree.ancestor_at(number, Level.STATION)
    return "" if station is None else places.tree.ids[station]


def _name_of(alarm: Alarm, places: Places) -> str:
    number = places.tree.get(alarm.subject.level, alarm.subject.object_id)
    return alarm.subject.object_id if number is None else places.name_of(number)


def _body(reason: str, group: Sequence[Alarm], places: Places) -> Mapping[str, object]:
    alarm = group[0]
    number = places.tree.get(alarm.subject.level, alarm.subject.object_id)
    return {
        "reason": reason,
        "rule_id": alarm.rule_id,
        "priority": alarm.priority.name,
        "alarm_id": alarm.alarm_id,
        "alarm_ids": [member.alarm_id for member in group[:100]],
        "count": len(group),
        "subject": str(alarm.subject),
        "subject_name": _name_of(alarm, places),
        "subject_names": [_name_of(member, places) for member in group[:_NAMES]],
        "area_id": alarm.area_id,
        "station_id": _station_of(alarm, places),
        "incident_id": alarm.incident_id,
        "raised_at": alarm.raised_at.isoformat(),
        "cleared_at": None if alarm.cleared_at is None else alarm.cleared_at.isoformat(),
        "heated_households": 0 if number is None else places.heated_homes_below(number),
        "parameters": dict(alarm.parameters),
    }
