"""Alarms and incidents as plain rows, with the names and shapes of the API's lists, for files and other programs.

A row has what does not depend on who looks: no names of places, no actions, no holders. Not here: files and paging.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime

from config.rules.alarm_texts import alarm_text, has_figures
from config.rules.reading import Rule, RuleSet
from heating.alarms import Alarm, Incident
from heating.heat_tree import Node

__all__ = ["alarm_row", "incident_row"]

Row = dict[str, object]


def alarm_row(alarm: Alarm, rules: RuleSet, *, parameters: Mapping[str, object], now: datetime) -> Row:
    """Return an alarm as ``GET /api/v1/alarms`` lists it.

    Parameters
    ----------
    alarm : Alarm
        As the records have it.
    rules : RuleSet
        Name and text; a rule that is gone is called by its id.
    parameters : mapping
        Signals at the moment it was raised.
    now : datetime
        End of the duration of an active alarm.
    """
    rule = rules.get(alarm.rule_id)
    name, text = _texts(rule, alarm.rule_id, parameters)
    end = alarm.cleared_at or now
    return _plain(alarm) | {
        "name": name,
        "text": text,
        "text_has_figures": rule is not None and has_figures(rule),
        "priority": int(alarm.priority),
        "state": alarm.state.value,
        "active": alarm.is_active,
        "duration_s": max(0.0, (end - alarm.raised_at).total_seconds()),
        "parameters": dict(parameters),
    }


def incident_row(incident: Incident, rules: RuleSet) -> Row:
    """Return an incident as ``GET /api/v1/incidents`` lists it."""
    name, _ = _texts(rules.get(incident.rule_id), incident.rule_id, {})
    return _plain(incident) | {"name": name}


def _texts(rule: Rule | None, rule_id: str, parameters: Mapping[str, object]) -> tuple[Row, Row]:
    if rule is None:
        return {"zh": rule_id, "en": rule_id}, {"zh": rule_id, "en": rule_id}
    zh, en = alarm_text(rule, parameters, "zh_CN"), alarm_text(rule, parameters, "en")
    return {"zh": zh.name, "en": en.name}, {"zh": zh.message, "en": en.message}


def _plain(item: Alarm | Incident) -> Row:
    """Fields as they are; a node becomes its level and id, as ``subject_level`` and ``subject_id``."""
    row: Row = {}
    for field in fields(item):
        value = getattr(item, field.name)
        if isinstance(value, Node):
            row |= {f"{field.name}_level": value.level.word, f"{field.name}_id": value.object_id}
        else:
            row[field.name] = value
    return row
