"""Incidents as people see them: cause with evidence, members, timeline, hours to cold."""

from collections.abc import Sequence
from dataclasses import fields, replace
from math import isfinite

from dashboard.alarms.models import IncidentSummary
from dashboard.alarms.view import AlarmViews
from dashboard.incidents.models import Evidence, IncidentView
from dashboard.readings.newest import NewestValues
from dashboard.site.index import SiteIndex, SiteSource
from dashboard.web.refusals import NotVisibleError
from dashboard.web.security.viewer import Viewer
from heating.alarms import Incident
from heating.heat_tree import Node
from heating.hydronics import hours_to_cold
from storage.records.pages import Page
from storage.records.queries import IncidentQuery, TicketQuery
from storage.records.records import Records

__all__ = ["MAX_MEMBERS", "IncidentViews"]

MAX_MEMBERS = 200
"""Members of an incident that are listed (ux.md, principle 5)."""


class IncidentViews:
    """Builds the views of incidents.

    Parameters
    ----------
    sites : SiteSource
        The registry.
    records : Records
        Incidents, their alarms and tickets.
    alarms : AlarmViews
        Makes rows, names and histories.
    newest : NewestValues
        Outdoor temperature, for the hours to cold.
    """

    def __init__(
        self, *, sites: SiteSource, records: Records, alarms: AlarmViews, newest: NewestValues
    ) -> None:
        self._sites = sites
        self._records = records
        self._alarms = alarms
        self._newest = newest

    def page(
        self, viewer: Viewer, *, open_only: bool = False, cursor: str | None = None, limit: int = 50
    ) -> Page[IncidentView]:
        """Return a page of incidents, newest first, with the number of their members but without the members."""
        index = self._sites.current()
        found = self._records.alarms.incidents(
            IncidentQuery(open_only=open_only, area_ids=viewer.area_ids, cursor=cursor, limit=limit)
        )
        counts = self._records.alarms.member_counts(found.items, area_ids=viewer.area_ids)
        views = [
            replace(self._view(index, incident), member_count=counts[incident.incident_id])
            for incident in found.items
        ]
        return Page(views, found.next_cursor)

    def on(self, index: SiteIndex, nodes: Sequence[Node]) -> list[IncidentView]:
        """Return open incidents on the nodes, in the order of the nodes (nearest first), without members."""
        places = {node: place for place, node in enumerate(nodes)}
        found = self._records.alarms.incident_for_node(nodes) if nodes else []
        found.sort(key=lambda incident: (places[incident.node], incident.opened_at))
        return [self._view(index, incident) for incident in found]

    def detail(self, viewer: Viewer, incident_id: str) -> IncidentView:
        """Return one incident with members, timeline and evidence. Raises `NotVisibleError`."""
        index, alarms = self._sites.current(), self._records.alarms
        incident = alarms.incident(incident_id, area_ids=viewer.area_ids)
        if incident is None:
            raise NotVisibleError(f"no incident {incident_id!r}")
        root = alarms.alarm(incident.root_alarm_id)
        seen = alarms.members_of(incident_id, area_ids=viewer.area_ids)
        members = [member for member in seen if root is None or member != root]
        members.sort(key=lambda alarm: (not alarm.is_active, alarm.priority, alarm.raised_at))
        tickets = self._records.tickets.find(
            TicketQuery(incident_id=incident_id, area_ids=viewer.area_ids, limit=500)
        )
        return replace(
            self._view(index, incident),
            root=None if root is None else self._alarms.row(viewer, index, root),
            members=[self._alarms.row(viewer, index, member) for member in members[:MAX_MEMBERS]],
            member_count=len(members),
            timeline=self._alarms.history(incident.root_alarm_id),
            tickets=len(tickets.items),
        )

    def _view(self, index: SiteIndex, incident: Incident) -> IncidentView:
        brief = self._alarms.incident_summary(index, incident)
        outdoor = self._newest.outdoor(index)
        evidence = [
            Evidence("root_alarm", {"name": brief.name, "node": brief.node_name, "since": brief.opened_at})
        ]
        if outdoor.usable:
            evidence.append(Evidence("outdoor", {"value_c": outdoor.value}))
        return IncidentView(
            **{one.name: getattr(brief, one.name) for one in fields(IncidentSummary)},
            evidence=evidence,
            hours_to_cold=_hours_to_cold(outdoor.value if outdoor.usable else None),
        )


def _hours_to_cold(outdoor_c: float | None) -> float | None:
    if outdoor_c is None:
        return None
    hours = hours_to_cold(room_c=18.0, outdoor_c=outdoor_c, limit_c=16.0)
    return hours if isfinite(hours) else None
