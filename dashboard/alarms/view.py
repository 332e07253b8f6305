"""Alarms as people see them: names and texts of the rules, history, what may be done."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from config.rules.alarm_texts import AlarmText, alarm_text, has_figures
from config.rules.reading import RuleSet
from dashboard.alarms.models import AlarmDetail, AlarmHistoryEntry, AlarmRow, IncidentSummary
from dashboard.alarms.restraints import Restraints
from dashboard.alarms.subjects import read_subjects
from dashboard.readings.newest import NewestValues
from dashboard.site.index import SiteIndex, SiteSource
from dashboard.web.refusals import NotVisibleError
from dashboard.web.security.viewer import ACTORS, CLERKS, Viewer
from dashboard.web.values import Bilingual, PointValue
from heating.alarms import Alarm, Incident
from heating.clock import Clock
from heating.contacts import Contact
from heating.heat_tree import Level, Node
from storage.records.pages import Page
from storage.records.queries import AlarmQuery, AlarmSubjects
from storage.records.records import Records

__all__ = ["AlarmViews"]

_KEPT_OPENINGS = 20_000


class AlarmViews:
    """Builds the views of alarms.

    Parameters
    ----------
    sites : SiteSource
        The registry.
    records : Records
        Alarms and incidents; the registry for the words of a filter.
    newest : NewestValues
        What a cold home measures now.
    rules : RuleSet
        Names and texts.
    clock : Clock
        The time data are judged by.
    """

    def __init__(
        self, *, sites: SiteSource, records: Records, newest: NewestValues, rules: RuleSet, clock: Clock
    ) -> None:
        self._newest = newest
        self._sites = sites
        self._records = records.alarms
        self._registry = records.registry
        self._rules = rules
        self._clock = clock
        self._openings: OrderedDict[str, Mapping[str, object]] = OrderedDict()
        self._lock = threading.Lock()

    def page(self, viewer: Viewer, query: AlarmQuery) -> Page[AlarmRow]:
        """Return a page of alarms of the viewer's areas, newest first."""
        index = self._sites.current()
        found = self._records.find(replace(query, area_ids=viewer.area_ids))
        restraints = self._restraints(viewer, index, found.items)
        rows = [self.row(viewer, index, alarm, restraints=restraints) for alarm in found.items]
        return Page(rows, found.next_cursor)

    def urgent_page(self, viewer: Viewer, query: AlarmQuery) -> tuple[Page[AlarmRow], int]:
        """Return a page of alarms of the viewer's areas, by priority and incident, and how many there are in all."""
        index = self._sites.current()
        asked = replace(query, area_ids=viewer.area_ids)
        found = self._records.find_urgent(asked)
        restraints = self._restraints(viewer, index, found.items)
        rows = [self.row(viewer, index, alarm, restraints=restraints) for alarm in found.items]
        return Page(rows, found.next_cursor), self._records.count(asked)

    def incident_titles(self, rows: Iterable[AlarmRow]) -> dict[str, Bilingual]:
        """Return place and cause of the incidents that some alarms belong to, by id."""
        index = self._sites.current()
        found = self._records.incidents_of({row.incident_id for row in rows if row.incident_id is not None})
        return {key: self._titled(index, one.node, one.rule_id) for key, one in found.items()}

    def subjects(self, viewer: Viewer, words: str) -> AlarmSubjects | None:
        """Return what the words of a filter may mean."""
        return read_subjects(words, registry=self._registry, rules=self._rules, viewer=viewer)

    def detail(self, viewer: Viewer, alarm_id: str) -> AlarmDetail:
        """Return one alarm with its history. Raises `NotVisibleError`."""
        index = self._sites.current()
        alarms = self._records
        alarm = alarms.alarm(alarm_id, area_ids=viewer.area_ids)
        if alarm is None:
            raise NotVisibleError(f"no alarm {alarm_id!r}")
        restraints = self._restraints(viewer, index, [alarm])
        row = self.row(viewer, index, alarm, restraints=restraints)
        zh, en = self._texts(alarm.rule_id, row.parameters)
        rule = self._rules.get(alarm.rule_id)
        above, holder = restraints.inhibitor(alarm), restraints.holder(alarm)
        incident = alarms.incident(alarm.incident_id, area_ids=viewer.area_ids) if alarm.incident_id else None
        return AlarmDetail(
            row=row,
            cause=Bilingual(zh.cause, en.cause),
            consequence=Bilingual(zh.consequence, en.consequence),
            action=Bilingual(zh.action, en.action),
            time_to_respond_s=None if rule is None else rule.time_to_respond_s,
            source="; ".join(rule.source) if rule is not None else "",
            history=self.history(alarm_id),
            contact=self._contact(viewer, alarm),
            inhibitor=None if above is None else self.row(viewer, index, above),
            holder=None if holder is None else self.row(viewer, index, holder),
            incident=None if incident is None else self.incident_summary(index, incident),
        )

    def row(
        self, viewer: Viewer, index: SiteIndex, alarm: Alarm, *, restraints: Restraints | None = None
    ) -> AlarmRow:
        """Return one alarm as a row; with `restraints` it names what holds it back."""
        inhibitor = None if restraints is None else restraints.inhibitor(alarm)
        holder = None if restraints is None else restraints.holder(alarm)
        parameters = self._opening(alarm.alarm_id)
        zh, en = self._texts(alarm.rule_id, parameters)
        return AlarmRow(
            alarm_id=alarm.alarm_id,
            rule_id=alarm.rule_id,
            name=Bilingual(zh.name, en.name),
            text=Bilingual(zh.message, en.message),
            subject_level=alarm.subject.level.word,
            subject_id=alarm.subject.object_id,
            subject_name=index.node_name(alarm.subject),
            area_id=alarm.area_id,
            area_name=index.area_name(alarm.area_id),
            priority=int(alarm.priority),
            state=alarm.state.value,
            active=alarm.is_active,
            raised_at=alarm.raised_at,
            duration_s=_duration_s(alarm, self._clock.now()),
            annunciated_at=alarm.annunciated_at,
            cleared_at=alarm.cleared_at,
            acknowledged_at=alarm.acknowledged_at,
            acknowledged_by=alarm.acknowledged_by,
            acknowledge_until=alarm.acknowledge_until,
            shelved_until=alarm.shelved_until,
            shelved_by=alarm.shelved_by,
            shelve_reason=alarm.shelve_reason,
            inhibited_by=alarm.inhibited_by,
            inhibitor_name=self._called(index, inhibitor),
            held_by=None if holder is None else holder.alarm_id,
            holder_name=self._called(index, holder),
            incident_id=alarm.incident_id,
            closed_at=alarm.closed_at,
            parameters=parameters,
            text_has_figures=self._has_figures(alarm.rule_id),
            now=self._now(index, alarm.subject),
            building_id=_building_of(index, alarm.subject),
            station_id=_station_of(index, alarm.subject),
            actions=_actions(viewer, alarm),
        )

    def incident_summary(self, index: SiteIndex, incident: Incident) -> IncidentSummary:
        """Return an incident in brief."""
        return IncidentSummary(
            incident_id=incident.incident_id,
            rule_id=incident.rule_id,
            name=self.rule_name(incident.rule_id),
            node_level=incident.node.level.word,
            node_id=incident.node.object_id,
            node_name=index.node_name(incident.node),
            area_id=incident.area_id,
            opened_at=incident.opened_at,
            cleared_at=incident.cleared_at,
            estimated_end=incident.estimated_end,
            affected_households=incident.affected_households,
            root_alarm_id=incident.root_alarm_id,
        )

    def history(self, alarm_id: str) -> list[AlarmHistoryEntry]:
        """Return what happened to an alarm, in order."""
        return [
            AlarmHistoryEntry(
                at=event.at,
                kind=event.kind.value,
                by=event.by,
                comment=event.comment,
                until=event.until,
                parameters=event.parameters,
            )
            for event in self._records.history_of(alarm_id)
        ]

    def rule_name(self, rule_id: str) -> Bilingual:
        """Return the name of a rule; one that is no longer shipped is shown by its id."""
        rule = self._rules.get(rule_id)
        return Bilingual(rule_id, rule_id) if rule is None else Bilingual(rule.name.zh, rule.name.en)

    def _contact(self, viewer: Viewer, alarm: Alarm) -> Contact | None:
        if alarm.subject.level is not Level.HOUSEHOLD or not viewer.has(*CLERKS):
            return None
        return self._registry.contact(alarm.subject.object_id)

    def _now(self, index: SiteIndex, subject: Node) -> PointValue | None:
        if subject.level is not Level.HOUSEHOLD or subject.object_id not in index.households:
            return None
        return self._newest.room_of(index, subject.object_id)

    def _has_figures(self, rule_id: str) -> bool:
        rule = self._rules.get(rule_id)
        return rule is not None and has_figures(rule)

    def _restraints(self, viewer: Viewer, index: SiteIndex, alarms: Sequence[Alarm]) -> Restraints:
        return Restraints.read(self._records, self._rules, viewer, index, alarms)

    def _called(self, index: SiteIndex, alarm: Alarm | None) -> Bilingual | None:
        return None if alarm is None else self._titled(index, alarm.subject, alarm.rule_id)

    def _titled(self, index: SiteIndex, node: Node, rule_id: str) -> Bilingual:
        subject, name = index.node_name(node), self.rule_name(rule_id)
        return Bilingual(f"{subject.zh} · {name.zh}", f"{subject.in_locale('en')} · {name.in_locale('en')}")

    def _texts(self, rule_id: str, parameters: Mapping[str, object]) -> tuple[AlarmText, AlarmText]:
        rule = self._rules.get(rule_id)
        if rule is None:
            bare = AlarmText(name=rule_id, message=rule_id, cause="", consequence="", action="")
            return bare, bare
        return alarm_text(rule, parameters, "zh_CN"), alarm_text(rule, parameters, "en")

    def _opening(self, alarm_id: str) -> Mapping[str, object]:
        with self._lock:
            known = self._openings.get(alarm_id)
        if known is not None:
            return known
        history = self._records.history_of(alarm_id)
        parameters = history[0].parameters if history else {}
        with self._lock:
            self._openings[alarm_id] = parameters
            while len(self._openings) > _KEPT_OPENINGS:
                self._openings.popitem(last=False)
        return parameters


def _building_of(index: SiteIndex, subject: Node) -> str | None:
    match subject.level:
        case Level.BUILDING:
            found = subject.object_id
        case Level.RISER:
            found = subject.object_id.rpartition("/u")[0]
        case Level.HOUSEHOLD if home := index.households.get(subject.object_id):
            found = home.building_id
        case _:
            return None
    return found if found in index.buildings else None


def _duration_s(alarm: Alarm, now: datetime) -> float:
    return max(0.0, ((alarm.cleared_at or now) - alarm.raised_at).total_seconds())


def _station_of(index: SiteIndex, subject: Node) -> str | None:
    circuit = index.circuits.get(subject.object_id) if subject.level is Level.CIRCUIT else None
    found = subject.object_id if circuit is None else circuit.station_id
    return found if subject.level in (Level.STATION, Level.CIRCUIT) and found in index.stations else None


def _actions(viewer: Viewer, alarm: Alarm) -> tuple[str, ...]:
    if not viewer.has(*ACTORS):
        return ()
    if not alarm.is_open:
        return ("comment",)
    acknowledge = ("acknowledge",) if alarm.acknowledged_at is None else ()
    return (*acknowledge, "shelve" if alarm.shelved_until is None else "unshelve", "comment")
