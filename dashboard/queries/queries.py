"""The one door through which pages and routes read: every method takes the viewer and applies the access filter.

A method raises `NotVisibleError` for what does not exist and for what the viewer may not see: the two are never told
apart. Role checks by route are in `dashboard.security.access`; areas and households are checked here. How the
views are made lives in the sibling modules.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dashboard.queries.view_models import (
    AlarmDetail,
    AlarmRow,
    CommunityView,
    FacadeView,
    HouseholdCard,
    HouseholdHit,
    IncidentView,
    Overview,
    ResidentHome,
    StationDetail,
    StationRow,
    TicketView,
    TrendColumns,
)
from dashboard.security.viewer import Viewer
from heating.errors import HeatingError
from storage.records.pages import Page

__all__ = ["AlarmFilter", "NotVisibleError", "Queries", "StationFilter", "TicketFilter"]


class NotVisibleError(HeatingError):
    """There is no such thing, or the viewer may not see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationFilter:
    """What the station list shows."""

    state: str | None = None
    """Word of `StationState`."""
    area_id: str | None = None
    text: str = ""
    """Part of the name or id."""
    sort: str = "name"
    """name, deviation, age, alarms or state; ``-`` before it turns the order."""
    cursor: str | None = None
    limit: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFilter:
    """What the alarm console shows."""

    states: frozenset[str] = frozenset()
    """Words of `heating.alarms.AlarmState`; empty: any."""
    open_only: bool = False
    priorities: frozenset[int] = frozenset()
    subject: str | None = None
    """``level:id`` or an id."""
    rule_id: str | None = None
    since: datetime | None = None
    """Raised at or after."""
    cursor: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFilter:
    """What a ticket list shows."""

    household_id: str | None = None
    states: frozenset[str] = frozenset()
    incident_id: str | None = None
    since: datetime | None = None
    cursor: str | None = None
    limit: int = 50


class Queries:
    """Reads for people.

    Parameters
    ----------
    records : Records
        Registry, people, alarms, tickets.
    store : TimeSeriesStore
        History.
    live : LatestValues
        Newest values in memory.
    rules : RuleSet
        For names, texts and limits.
    clock : Clock
        The time data are judged by (virtual in a demo).
    settings : Settings
        Standards, intervals, promises.
    """

    def overview(self, viewer: Viewer) -> Overview:
        """Return the first page's figures over the areas of the viewer."""
        raise NotImplementedError

    def stations(self, viewer: Viewer, wanted: StationFilter) -> Page[StationRow]:
        """Return a page of stations, at most 1,000."""
        raise NotImplementedError

    def station(self, viewer: Viewer, station_id: str) -> StationDetail:
        """Return one station."""
        raise NotImplementedError

    def station_trend(
        self,
        viewer: Viewer,
        station_id: str,
        *,
        points: Sequence[str],
        start: datetime,
        end: datetime,
        max_points: int,
    ) -> TrendColumns:
        """Return points of a station over a window; ``outdoor`` among the points adds the weather site's."""
        raise NotImplementedError

    def facade(self, viewer: Viewer, building_id: str) -> FacadeView:
        """Return the facade of a building."""
        raise NotImplementedError

    def community(self, viewer: Viewer, community_id: str) -> CommunityView:
        """Return a community with its buildings."""
        raise NotImplementedError

    def alarms(self, viewer: Viewer, wanted: AlarmFilter) -> Page[AlarmRow]:
        """Return a page of alarms, newest first."""
        raise NotImplementedError

    def alarm(self, viewer: Viewer, alarm_id: str) -> AlarmDetail:
        """Return one alarm with its history."""
        raise NotImplementedError

    def incidents(
        self, viewer: Viewer, *, open_only: bool = False, cursor: str | None = None, limit: int = 50
    ) -> Page[IncidentView]:
        """Return a page of incidents, newest first."""
        raise NotImplementedError

    def incident(self, viewer: Viewer, incident_id: str) -> IncidentView:
        """Return one incident with members and timeline."""
        raise NotImplementedError

    def search(self, viewer: Viewer, text: str, *, limit: int = 20) -> list[HouseholdHit]:
        """Return households by phone digits, pinyin initials or address fragments."""
        raise NotImplementedError

    def card(self, viewer: Viewer, household_id: str) -> HouseholdCard:
        """Return the clerk's card of a home; the look is noted in the audit."""
        raise NotImplementedError

    def household_trend(
        self, viewer: Viewer, household_id: str, *, start: datetime, end: datetime, max_points: int
    ) -> TrendColumns:
        """Return the room temperature of a home and the outdoor temperature over a window; audited."""
        raise NotImplementedError

    def tickets(self, viewer: Viewer, wanted: TicketFilter) -> Page[TicketView]:
        """Return a page of tickets, newest first."""
        raise NotImplementedError

    def ticket(self, viewer: Viewer, ticket_id: str) -> TicketView:
        """Return one ticket with its history."""
        raise NotImplementedError

    def my_home(self, viewer: Viewer) -> ResidentHome:
        """Return the resident's own home."""
        raise NotImplementedError

    def my_trend(self, viewer: Viewer, *, start: datetime, end: datetime, max_points: int) -> TrendColumns:
        """Return the room temperature of the resident's own home."""
        raise NotImplementedError

    def my_tickets(self, viewer: Viewer) -> list[TicketView]:
        """Return the resident's own tickets, newest first."""
        return list(self.tickets(viewer, replace(TicketFilter(), household_id=viewer.household_id)).items)
