"""One home: the clerk's card, the resident's page, its trend."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from config.settings.tree import PoliciesSettings
from dashboard.alarms.models import TicketView
from dashboard.alarms.view import AlarmViews
from dashboard.homes.models import HouseholdCard, HouseholdHit, IntakeProposal, ResidentHome, RoomDay
from dashboard.homes.probable_cause import (
    HomeFacts,
    probable_cause,
    proposal_for,
    script_for,
    verdict_of,
)
from dashboard.homes.search_misses import SearchMiss, explain_miss
from dashboard.places.view import MIN_HOMES_SHOWN, PlaceViews, rows_of
from dashboard.readings.newest import Freshness, RoomColumn
from dashboard.readings.trends import Trends
from dashboard.site.index import SiteIndex, SiteSource
from dashboard.site.names import home_address
from dashboard.site.visible import visible_household
from dashboard.stations.models import StationSummary
from dashboard.stations.view import StationViews
from dashboard.tickets.view import TicketViews
from dashboard.web.refusals import NotVisibleError
from dashboard.web.security.viewer import Role, Viewer
from dashboard.web.values import Bilingual, PointValue, Ratio, TrendColumns
from heating.assets import Household, Sensor
from heating.clock import Clock
from heating.heat_tree import Level, riser_id
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import TimeSeriesStore
from heating.samples import ObjectRef
from storage.records.household_values import HouseholdAddress
from storage.records.records import Records

__all__ = ["HouseholdViews"]

_DAY = timedelta(hours=24)
_HOUR_MS = 3_600_000
_PLAIN_SENSOR = Sensor(sensor_id="")


class HouseholdViews:
    """Builds the views of one home.

    Parameters
    ----------
    sites : SiteSource
        The registry.
    records : Records
        Contacts, assignments, tickets.
    freshness, places, stations, alarms, tickets
        Sibling builders.
    store : TimeSeriesStore
        History.
    policies : PoliciesSettings
        Duplicate window.
    clock : Clock
        The time data are judged by.
    """

    def __init__(
        self,
        *,
        sites: SiteSource,
        records: Records,
        freshness: Freshness,
        places: PlaceViews,
        stations: StationViews,
        alarms: AlarmViews,
        tickets: TicketViews,
        store: TimeSeriesStore,
        policies: PoliciesSettings,
        clock: Clock,
    ) -> None:
        self._sites = sites
        self._records = records
        self._freshness = freshness
        self._places = places
        self._stations = stations
        self._alarms = alarms
        self._tickets = tickets
        self._trends = Trends(store=store)
        self._policies = policies
        self._clock = clock

    def search(self, viewer: Viewer, text: str, *, limit: int = 20) -> list[HouseholdHit]:
        """Return households by phone digits, names, pinyin initials or address fragments."""
        index = self._sites.current()
        found = self._records.registry.search_households(text, area_ids=viewer.area_ids, limit=limit)
        hits = []
        for hit in found:
            home = index.households.get(hit.household_id)
            address = _address_of_hit(index, hit.household_id, hit.address)
            hits.append(
                HouseholdHit(
                    household_id=hit.household_id,
                    address=address.zh,
                    address_en=address.en,
                    name=hit.contact_name,
                    phone_masked=hit.phone,
                    community=hit.address.community,
                    station_id=hit.address.station_id,
                    contract="" if home is None else home.contract.value,
                    vulnerable=home is not None and home.vulnerable,
                )
            )
        return hits

    def search_miss(self, viewer: Viewer, text: str) -> SearchMiss:
        """Return why a search found nothing, word by word."""
        return explain_miss(text, lambda word: bool(self.search(viewer, word, limit=1)))

    def card(self, viewer: Viewer, household_id: str) -> HouseholdCard:
        """Return the clerk's card; the look is noted in the audit. Raises `NotVisibleError`."""
        index, home = self._look(viewer, household_id, "household.seen")
        building = index.buildings[home.building_id]
        community = index.communities[building.community_id]
        rooms = self._building_rooms(index, home)
        facts = self._facts(viewer, index, home, rooms)
        cause = probable_cause(facts)
        contact = self._records.registry.contact(home.household_id)
        window = timedelta(seconds=self._policies.duplicate_window_s)
        earlier = self._records.tickets.open_duplicate(home.household_id, since=self._clock.now() - window)
        address = index.address_of(home.household_id)
        return HouseholdCard(
            household_id=home.household_id,
            address=address.zh,
            address_en=address.en,
            community=Bilingual(community.name, community.name_en),
            building_id=home.building_id,
            unit=home.unit,
            floor=home.floor,
            room=home.room,
            area_m2=home.area_m2,
            position=home.position.value,
            name="" if contact is None else contact.name,
            phone_masked="" if contact is None else contact.phone,
            contract=home.contract.value,
            vulnerable=home.vulnerable,
            sensor_id=index.sensor_of.get(home.household_id),
            room_now=facts.room,
            day=self._day(home)[0],
            verdict=verdict_of(facts),
            station=facts.station,
            incidents=facts.incidents,
            cause=cause,
            neighbours_median_c=self._neighbours_median(index, home, rooms)[0],
            neighbours=facts.building,
            riser=facts.riser,
            tickets=self._tickets.of_home(viewer, home.household_id, limit=10),
            script=script_for(cause, facts),
            proposal=proposal_for(facts, cause, duplicate_of=None if earlier is None else earlier.ticket_id),
            outdoor=self._freshness.outdoor(index),
        )

    def proposal(self, viewer: Viewer, home: Household) -> IntakeProposal:
        """Return what a new ticket of a home starts with; duplicates are decided when it is opened."""
        index = self._sites.current()
        facts = self._facts(viewer, index, home, self._building_rooms(index, home))
        return proposal_for(facts, probable_cause(facts), duplicate_of=None)

    def my_home(self, viewer: Viewer) -> ResidentHome:
        """Return the resident's own home. Raises `NotVisibleError`."""
        index, home = self._sites.current(), self.own_home(viewer)
        rooms = self._building_rooms(index, home)
        facts = self._facts(viewer, index, home, rooms)
        day, series = self._day(home)
        rows = rows_of(index, Level.BUILDING, home.building_id)
        median_c, counted = rooms.median_c(rows, at_least=MIN_HOMES_SHOWN)
        upstream = [item for item in facts.incidents if item.node_level != "household"]
        address = index.address_of(home.household_id)
        return ResidentHome(
            household_id=home.household_id,
            address=address.zh,
            address_en=address.en,
            temperature=facts.room,
            verdict=verdict_of(facts),
            standard_c=self._places.standard_c,
            has_sensor=facts.has_sensor,
            building_median_c=median_c,
            building_counted=counted,
            day=day,
            day_series=series,
            incident=upstream[0] if upstream else None,
            tickets=self._tickets.of_home(viewer, home.household_id, limit=20),
            contract=home.contract.value,
        )

    def my_trend(self, viewer: Viewer, window: Interval, *, max_points: int) -> TrendColumns:
        """Return the room temperature of the resident's own home. Raises `NotVisibleError`."""
        index, home = self._sites.current(), self.own_home(viewer)
        return self._trend(index, home, window, max_points=max_points, outdoor=False)

    def my_tickets(self, viewer: Viewer) -> list[TicketView]:
        """Return the resident's own tickets, newest first. Raises `NotVisibleError`."""
        return self._tickets.of_home(viewer, self.own_home(viewer).household_id, limit=50)

    def trend(self, viewer: Viewer, household_id: str, window: Interval, *, max_points: int) -> TrendColumns:
        """Return room and outdoor temperature of a home over a window; audited. Raises `NotVisibleError`."""
        index, home = self._look(viewer, household_id, "household.trend_seen")
        return self._trend(index, home, window, max_points=max_points, outdoor=True)

    def own_home(self, viewer: Viewer, household_id: str | None = None) -> Household:
        """Return the resident's own home. Raises `NotVisibleError`, also when `household_id` is another one."""
        home = self._sites.current().households.get(viewer.household_id or "")
        if home is None or not viewer.has(Role.RESIDENT) or household_id not in (None, home.household_id):
            raise NotVisibleError("no home belongs to this account")
        return home

    def _look(self, viewer: Viewer, household_id: str, action: str) -> tuple[SiteIndex, Household]:
        """Return the home that a clerk looks at, and the registry; the look is noted in the audit."""
        index = self._sites.current()
        home = visible_household(viewer, index, household_id)
        self._records.audit.append(viewer.username, action, f"household:{household_id}", at=self._clock.now())
        return index, home

    def _trend(
        self, index: SiteIndex, home: Household, window: Interval, *, max_points: int, outdoor: bool
    ) -> TrendColumns:
        sites = index.site.weather_sites
        return self._trends.of_home(
            home.household_id,
            self._records.registry.assignments_of(home.household_id),
            window,
            max_points=max_points,
            interval_s=self._sensor(index, home).interval_s,
            outdoor_site=sites[0] if outdoor and sites else None,
        )

    def _facts(self, viewer: Viewer, index: SiteIndex, home: Household, rooms: RoomColumn) -> HomeFacts:
        room, sensor_fault = self._room(index, home)
        building_rows = rows_of(index, Level.BUILDING, home.building_id)
        riser_rows = rows_of(index, Level.RISER, riser_id(home.building_id, home.unit))
        return HomeFacts(
            contract=home.contract.value,
            vulnerable=home.vulnerable,
            has_sensor=home.household_id in index.sensor_of,
            sensor_fault=sensor_fault,
            room=room,
            standard_c=self._places.standard_c,
            incidents=self._alarms.incidents_on(viewer, index, index.nodes_above(home.household_id)),
            station=self._station(viewer, index, home),
            building=self._others(rooms, building_rows, home),
            riser=self._others(rooms, riser_rows, home),
        )

    def _building_rooms(self, index: SiteIndex, home: Household) -> RoomColumn:
        return self._places.rooms(index, rows_of(index, Level.BUILDING, home.building_id))

    def _station(self, viewer: Viewer, index: SiteIndex, home: Household) -> StationSummary | None:
        return self._stations.summary(viewer, index, index.buildings[home.building_id].station_id)

    @staticmethod
    def _others(rooms: RoomColumn, rows: slice, home: Household) -> Ratio:
        return rooms.cold_rate(rows, without=home.household_id, homes=max(0, rows.stop - rows.start - 1))

    def _room(self, index: SiteIndex, home: Household) -> tuple[PointValue, bool]:
        sensor = self._sensor(index, home)
        since_ms = index.measured_since_ms.get(home.household_id, 0)
        known = self._freshness.of_object(ObjectRef(Measurement.ROOM, sensor.sensor_id))
        latest = {name: one for name, one in known.items() if one.measured_ms >= since_ms}
        name = "room_temp_c"
        value = self._freshness.value(Measurement.ROOM, name, latest.get(name), sensor.interval_s)
        flag = latest.get("sensor_fault")
        return value, (flag is not None and flag.value == 1.0) or value.quality.startswith("bad")

    @staticmethod
    def _sensor(index: SiteIndex, home: Household) -> Sensor:
        sensor_id = index.sensor_of.get(home.household_id)
        if sensor_id is None:
            return _PLAIN_SENSOR
        return index.sensors.get(sensor_id, Sensor(sensor_id=sensor_id))

    def _neighbours_median(
        self, index: SiteIndex, home: Household, rooms: RoomColumn
    ) -> tuple[float | None, int]:
        rows = rows_of(index, Level.BUILDING, home.building_id)
        mask = np.zeros(len(index.sensed.number), np.bool_)
        mask[rows] = True
        own = index.tree.find(Level.HOUSEHOLD, home.household_id)
        return rooms.median_c(mask & (index.sensed.number != own) & index.sensed.heated)

    def _day(self, home: Household) -> tuple[RoomDay, list[tuple[int, float]]]:
        window = Interval.last(_DAY, now=self._clock.now())
        assignments = self._records.registry.assignments_of(home.household_id)
        time_ms, values = self._trends.room_values(assignments, window)
        standard_c = self._places.standard_c
        return (
            RoomDay(
                minimum_c=float(values.min()) if len(values) else None,
                mean_c=float(values.mean()) if len(values) else None,
                maximum_c=float(values.max()) if len(values) else None,
                count=len(values),
                below_standard=Ratio(
                    numerator=int((values < standard_c).sum()), denominator=len(values), total=len(values)
                ),
                standard_c=standard_c,
            ),
            _hourly(time_ms, values),
        )


def _address_of_hit(index: SiteIndex, household_id: str, found: HouseholdAddress) -> Bilingual:
    """Return the address of a search hit; one that the index does not have yet is written from the records."""
    if household_id in index.households:
        return index.address_of(household_id)
    return home_address(Bilingual(found.community, ""), found.building, found.unit, found.room)


def _hourly(time_ms: NDArray[np.int64], values: NDArray[np.float64]) -> list[tuple[int, float]]:
    hours, places = np.unique(time_ms // _HOUR_MS, return_inverse=True)
    if not len(hours):
        return []
    means: Sequence[float] = (np.bincount(places, values) / np.bincount(places)).tolist()
    return [(int(hour) * _HOUR_MS, mean) for hour, mean in zip(hours, means, strict=True)]
