"""One incident for one cause, with everything that follows from it attached, along the tree and never sideways.

An incident opens with an alarm of a rule that names a cause (`opens_incident`) and that nothing inhibits; it clears
with that alarm. When its root later turns out to be a consequence, it is closed as merged into the other incident.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2s

from alerting.alarms.book import AlarmBook
from config.rules.reading import RuleSet
from heating.alarms import Alarm, Incident
from heating.heat_tree import Level
from heating.places import Places

__all__ = ["IncidentBook"]

_LOOK_BACK = timedelta(hours=2)
"""A home that grew cold at most this long before the incident belongs to it."""


class IncidentBook:
    """Open incidents, and what each tick changed of them.

    Parameters
    ----------
    rules : RuleSet
        Says which rules name a cause.
    places : Places
        Areas and homes of the nodes.
    incidents : iterable of Incident
        What is open.
    """

    def __init__(self, rules: RuleSet, places: Places, incidents: Iterable[Incident] = ()) -> None:
        self._rules, self._places = rules, places
        self._by_id = {incident.incident_id: incident for incident in incidents}
        self._changed: dict[str, Incident] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def take_changed(self) -> tuple[Incident, ...]:
        """Return the incidents opened, merged or cleared since the last call."""
        changed = tuple(self._changed.values())
        self._changed = {}
        return changed

    def get(self, incident_id: str | None) -> Incident | None:
        """Return an open incident."""
        return None if incident_id is None else self._by_id.get(incident_id)

    def rooted_in(self, alarm: Alarm) -> Incident | None:
        """Return the open incident that an alarm is the root of."""
        return self._by_id.get(_incident_id(alarm))

    def open_for(self, alarm: Alarm, number: int, *, now: datetime) -> Incident:
        """Open the incident of an alarm that names a cause, or return it when it is open."""
        existing = self.rooted_in(alarm)
        if existing is not None:
            return existing
        incident = Incident(
            incident_id=_incident_id(alarm),
            root_alarm_id=alarm.alarm_id,
            rule_id=alarm.rule_id,
            node=alarm.subject,
            area_id=self._places.area_of(number),
            opened_at=now,
            affected_households=self._places.heated_homes_below(number),
            parameters=dict(alarm.parameters),
        )
        self._by_id[incident.incident_id] = self._changed[incident.incident_id] = incident
        return incident

    def correct(self, alarm: Alarm) -> None:
        """Give the incident that an alarm is the root of the cause that the alarm has now."""
        incident = self.rooted_in(alarm)
        if incident is not None:
            corrected = replace(incident, rule_id=alarm.rule_id)
            self._by_id[incident.incident_id] = self._changed[incident.incident_id] = corrected

    def clear(self, alarm: Alarm, *, now: datetime, merged_into: str | None = None) -> None:
        """Clear the incident that an alarm is the root of, if there is one."""
        incident = self._by_id.pop(_incident_id(alarm), None)
        if incident is None:
            return
        parameters = dict(incident.parameters)
        if merged_into is not None:
            parameters["merged_into"] = merged_into
        self._changed[incident.incident_id] = replace(incident, cleared_at=now, parameters=parameters)

    def wanted_for(self, alarm: Alarm, number: int, book: AlarmBook) -> str | None:
        """Return the incident that an alarm should be a member of; None: leave it as it is."""
        if alarm.inhibited_by is not None:
            inhibitor = book.get(alarm.inhibited_by)
            return None if inhibitor is None else inhibitor.incident_id
        if alarm.subject.level is Level.HOUSEHOLD and self._is_process(alarm):
            return self._nearest_above(alarm, number, book)
        return None

    def _is_process(self, alarm: Alarm) -> bool:
        rule = self._rules.get(alarm.rule_id)
        return rule is not None and not rule.waits_for_data

    def _nearest_above(self, alarm: Alarm, number: int, book: AlarmBook) -> str | None:
        for here in book.tree.ancestors(number):
            found = [
                (
                    alarm.rule_id not in self._rules.silenced_by(other.rule_id),
                    other.priority,
                    other.alarm_id,
                    i,
                )
                for other in book.active_at(here)
                if (i := self.get(other.incident_id)) is not None
                and alarm.raised_at >= i.opened_at - _LOOK_BACK
            ]
            if found:
                return min(found, key=lambda item: item[:3])[3].incident_id
        return None


def _incident_id(alarm: Alarm) -> str:
    return "I" + blake2s(alarm.alarm_id.encode(), digest_size=8).hexdigest()
