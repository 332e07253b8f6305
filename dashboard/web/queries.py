"""The one door through which pages and routes read: every method takes the viewer and applies the access filter.

A method raises `NotVisibleError` for what does not exist and for what the viewer may not see: the two are never told
apart. Role checks by route are in `dashboard.web.security.access`; areas and households are checked here. How the
views are made lives in the sibling modules.
"""

from collections.abc import Sequence
from datetime import datetime

from config.rules.reading import RuleSet
from config.settings.tree import Settings
from dashboard.alarms.counts import AlarmCountSource, OpenCounts
from dashboard.alarms.health import AlarmHealth, AlarmHealthView
from dashboard.alarms.open_alarms import OpenAlarmSource
from dashboard.alarms.view import AlarmViews
from dashboard.homes.search_misses import SearchMiss, explain_miss
from dashboard.homes.view import HouseholdViews, address_of_home
from dashboard.overview.view import OverviewView
from dashboard.places.site_index import SiteIndex, SiteSource
from dashboard.places.view import HomeViews, visible_household
from dashboard.readings.newest import Freshness
from dashboard.readings.trends import Trends
from dashboard.readings.values import Bilingual
from dashboard.stations.day_sparks import DaySparks, Spark
from dashboard.stations.fleet import Fleet
from dashboard.stations.models import (
    AlarmDetail,
    AlarmRow,
    CommunityView,
    FacadeView,
    HouseholdCard,
    HouseholdHit,
    IncidentView,
    IntakeProposal,
    Overview,
    ResidentHome,
    StationDetail,
    StationRow,
    TicketView,
    TrendColumns,
)
from dashboard.stations.view import MAX_STATIONS, StationViews, visible_station
from dashboard.tickets.view import TicketViews
from dashboard.web.filters import AlarmFilter, NotVisibleError, StationFilter, TicketFilter
from dashboard.web.security.viewer import Role, Viewer
from heating.assets import Household
from heating.clock import Clock
from heating.intervals import Interval
from heating.protocols import LatestValues, TimeSeriesStore
from storage.records.pages import Page
from storage.records.records import Records

__all__ = ["AlarmFilter", "NotVisibleError", "Queries", "StationFilter", "TicketFilter"]


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

    def __init__(
        self,
        *,
        records: Records,
        store: TimeSeriesStore,
        live: LatestValues,
        rules: RuleSet,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._records = records
        self._clock = clock
        self._sites = SiteSource(registry=records.registry, clock=clock)
        freshness = Freshness(live=live, clock=clock)
        trends = Trends(store=store)
        self._homes = HomeViews(freshness=freshness, standard_c=settings.site.indoor_standard_c)
        self._alarms = AlarmViews(records=records, rules=rules, freshness=freshness, clock=clock)
        self._stations = StationViews(
            freshness=freshness,
            open_alarms=OpenAlarmSource(records.alarms),
            alarms=self._alarms,
            homes=self._homes,
            trends=trends,
            clock=clock,
        )
        self._tickets = TicketViews(records=records, clock=clock, address_of=self.address_of)
        self._households = HouseholdViews(
            records=records,
            freshness=freshness,
            homes=self._homes,
            stations=self._stations,
            alarms=self._alarms,
            tickets=self._tickets,
            trends=trends,
            policies=settings.policies,
            clock=clock,
        )
        self._counts = AlarmCountSource(records.alarms)
        self._sparks = DaySparks(store=store, clock=clock)
        self._alarm_health = AlarmHealthView(records=records.alarms, alarms=self._alarms, clock=clock)
        self._overview = OverviewView(
            records=records,
            counts=self._counts,
            freshness=freshness,
            homes=self._homes,
            stations=self._stations,
            alarms=self._alarms,
            clock=clock,
        )

    def site(self) -> SiteIndex:
        """Return the registry ready for look-ups; it knows no viewer."""
        return self._sites.current()

    def address_of(self, household_id: str) -> Bilingual:
        """Return the address of a home in words, its id when the registry no longer has it; it knows no viewer."""
        index = self.site()
        home = index.households.get(household_id)
        return Bilingual(household_id, household_id) if home is None else address_of_home(index, home)

    def household(self, viewer: Viewer, household_id: str) -> Household:
        """Return a home that the viewer may see: by area, or the resident's own."""
        index = self.site()
        if viewer.roles <= {Role.RESIDENT}:
            return self._own_home(viewer, index, household_id)
        return visible_household(viewer, index, household_id)

    def overview(self, viewer: Viewer) -> Overview:
        """Return the first page's figures over the areas of the viewer."""
        return self._overview.overview(viewer, self.site(), sequence=self._records.alarms.last_sequence())

    def snapshot(self, viewer: Viewer) -> tuple[Overview, Fleet]:
        """Return the figures and the stations of one moment: what the snapshot stream sends every second."""
        index, sequence = self.site(), self._records.alarms.last_sequence()
        fleet = self._stations.fleet(viewer, index)
        return self._overview.overview(viewer, index, sequence=sequence, fleet=fleet, full=False), fleet

    def alarm_health(self, viewer: Viewer) -> AlarmHealth:
        """Return how well the alarm system itself does, over the areas of the viewer."""
        return self._alarm_health.health(viewer, self.site())

    def kept_sparks(self, station_ids: Sequence[str]) -> dict[str, Spark]:
        """Return the last day of stations as far as it is kept; who may see them is decided before."""
        return self._sparks.kept(station_ids)

    def sparks(self, viewer: Viewer, station_ids: Sequence[str]) -> dict[str, Spark]:
        """Return the last day of stations, read where it is not kept; those not visible are left out."""
        index = self.site()
        seen = [
            name
            for name in station_ids[:MAX_STATIONS]
            if name in index.stations and index.sees(viewer, index.stations[name].area_id)
        ]
        return self._sparks.read(seen)

    def station_tickets(self, viewer: Viewer, station_id: str) -> list[TicketView]:
        """Return open tickets of the homes below a station, newest first; for clerks."""
        index = self.site()
        station = visible_station(viewer, index, station_id)
        return self._tickets.below_station(viewer, index, station)

    def alarm_counts(self, viewer: Viewer) -> OpenCounts:
        """Return how many alarms are open and how many wait for somebody, over the areas of the viewer."""
        return self._counts.current(viewer.area_ids)

    def stations(self, viewer: Viewer, wanted: StationFilter) -> Page[StationRow]:
        """Return a page of stations, at most 200."""
        return self._stations.page(viewer, self.site(), wanted)

    def station(self, viewer: Viewer, station_id: str) -> StationDetail:
        """Return one station."""
        return self._stations.detail(viewer, self.site(), station_id)

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
        return self._stations.trend(
            viewer,
            self.site(),
            station_id,
            points=points,
            window=Interval(start, end),
            max_points=max_points,
        )

    def facade(self, viewer: Viewer, building_id: str) -> FacadeView:
        """Return the facade of a building."""
        return self._homes.facade(viewer, self.site(), building_id, now_ms=self._clock.now_ms())

    def community(self, viewer: Viewer, community_id: str) -> CommunityView:
        """Return a community with its buildings."""
        return self._homes.community(viewer, self.site(), community_id)

    def alarms(self, viewer: Viewer, wanted: AlarmFilter) -> Page[AlarmRow]:
        """Return a page of alarms, newest first."""
        return self._alarms.page(viewer, self.site(), wanted)

    def alarm(self, viewer: Viewer, alarm_id: str) -> AlarmDetail:
        """Return one alarm with its history."""
        return self._alarms.detail(viewer, self.site(), alarm_id)

    def incidents(
        self, viewer: Viewer, *, open_only: bool = False, cursor: str | None = None, limit: int = 50
    ) -> Page[IncidentView]:
        """Return a page of incidents, newest first."""
        return self._alarms.incidents(viewer, self.site(), open_only=open_only, cursor=cursor, limit=limit)

    def incident(self, viewer: Viewer, incident_id: str) -> IncidentView:
        """Return one incident with members and timeline."""
        return self._alarms.incident(viewer, self.site(), incident_id)

    def search(self, viewer: Viewer, text: str, *, limit: int = 20) -> list[HouseholdHit]:
        """Return households by phone digits, pinyin initials or address fragments."""
        return self._households.search(viewer, self.site(), text, limit=limit)

    def search_miss(self, viewer: Viewer, text: str) -> SearchMiss:
        """Return why a search found nothing, word by word."""
        return explain_miss(text, lambda word: bool(self.search(viewer, word, limit=1)))

    def card(self, viewer: Viewer, household_id: str) -> HouseholdCard:
        """Return the clerk's card of a home; the look is noted in the audit."""
        index = self.site()
        home = visible_household(viewer, index, household_id)
        self._note_look(viewer, household_id, "household.seen")
        return self._households.card(viewer, index, home)

    def proposal(self, viewer: Viewer, home: Household) -> IntakeProposal:
        """Return what a new ticket of a home starts with; that the viewer may see the home is decided before."""
        return self._households.proposal(viewer, self.site(), home)

    def household_trend(
        self, viewer: Viewer, household_id: str, *, start: datetime, end: datetime, max_points: int
    ) -> TrendColumns:
        """Return the room temperature of a home and the outdoor temperature over a window; audited."""
        index = self.site()
        home = visible_household(viewer, index, household_id)
        self._note_look(viewer, household_id, "household.trend_seen")
        window = Interval(start, end)
        return self._households.trend(index, home, window, max_points=max_points, outdoor=True)

    def tickets(self, viewer: Viewer, wanted: TicketFilter) -> Page[TicketView]:
        """Return a page of tickets, newest first."""
        return self._tickets.page(viewer, wanted)

    def ticket(self, viewer: Viewer, ticket_id: str) -> TicketView:
        """Return one ticket with its history."""
        return self._tickets.detail(viewer, ticket_id)

    def my_home(self, viewer: Viewer) -> ResidentHome:
        """Return the resident's own home."""
        index = self.site()
        return self._households.resident_home(viewer, index, self._own_home(viewer, index))

    def my_trend(self, viewer: Viewer, *, start: datetime, end: datetime, max_points: int) -> TrendColumns:
        """Return the room temperature of the resident's own home."""
        index = self.site()
        home = self._own_home(viewer, index)
        window = Interval(start, end)
        return self._households.trend(index, home, window, max_points=max_points, outdoor=False)

    def my_tickets(self, viewer: Viewer) -> list[TicketView]:
        """Return the resident's own tickets, newest first."""
        home = self._own_home(viewer, self.site())
        return self._tickets.of_home(viewer, home.household_id, limit=50)

    def _own_home(self, viewer: Viewer, index: SiteIndex, household_id: str | None = None) -> Household:
        home = index.households.get(viewer.household_id or "")
        if home is None or not viewer.has(Role.RESIDENT) or household_id not in (None, home.household_id):
            raise NotVisibleError("no home belongs to this account")
        return home

    def _note_look(self, viewer: Viewer, household_id: str, action: str) -> None:
        subject = f"household:{household_id}"
        self._records.audit.append(viewer.username, action, subject, at=self._clock.now())
