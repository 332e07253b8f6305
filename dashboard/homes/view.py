"""The clerk's search and card of a home, and its trend; every look at a home is noted in the audit."""

from casework.tickets.duplicates import Duplicates
from casework.tickets.intake import IntakeProposal, propose
from dashboard.homes.models import HouseholdCard, HouseholdHit, ProbableCause
from dashboard.homes.probable_cause import HomeFacts, probable_cause, script_for, verdict_of
from dashboard.homes.readings import HomeReadings
from dashboard.homes.search_misses import SearchMiss, explain_miss
from dashboard.site.index import SiteIndex, SiteSource
from dashboard.site.names import home_address
from dashboard.site.visible import visible_household
from dashboard.tickets.view import TicketViews
from dashboard.web.security.viewer import Viewer
from dashboard.web.values import Bilingual, TrendColumns
from heating.assets import Household
from heating.clock import Clock
from heating.intervals import Interval
from storage.records.household_values import HouseholdAddress
from storage.records.records import Records

__all__ = ["HouseholdViews"]


class HouseholdViews:
    """Builds the clerk's views of homes.

    Parameters
    ----------
    sites : SiteSource
        The registry.
    records : Records
        Search, contacts and audit.
    readings : HomeReadings
        What is measured in and around a home.
    tickets : TicketViews
        Its earlier tickets.
    duplicates : Duplicates
        Finds the open ticket that a new call repeats.
    clock : Clock
        The time looks are noted with.
    """

    def __init__(
        self,
        *,
        sites: SiteSource,
        records: Records,
        readings: HomeReadings,
        tickets: TicketViews,
        duplicates: Duplicates,
        clock: Clock,
    ) -> None:
        self._sites = sites
        self._records = records
        self._readings = readings
        self._tickets = tickets
        self._duplicates = duplicates
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
        community = index.communities[index.buildings[home.building_id].community_id]
        rooms = self._readings.building_rooms(index, home)
        facts = self._readings.facts(viewer, index, home, rooms)
        cause = probable_cause(facts)
        contact = self._records.registry.contact(home.household_id)
        earlier = self._duplicates.open_ticket_of(home.household_id)
        address = index.address_of(home.household_id)
        day, series = self._readings.day(home)
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
            day=day,
            day_series=series,
            verdict=verdict_of(facts),
            station=facts.station,
            incidents=facts.incidents,
            cause=cause,
            neighbours_median_c=self._readings.neighbours_median_c(index, home, rooms),
            neighbours=facts.building,
            riser=facts.riser,
            tickets=self._tickets.of_home(viewer, home.household_id, limit=10),
            script=script_for(cause, facts),
            proposal=_proposal(facts, cause, duplicate_of=None if earlier is None else earlier.ticket_id),
            outdoor=self._readings.outdoor(index),
        )

    def phone(self, viewer: Viewer, household_id: str) -> str:
        """Return the whole phone number of a home, empty without one; audited. Raises `NotVisibleError`."""
        _, home = self._look(viewer, household_id, "household.phone_seen")
        contact = self._records.registry.contact(home.household_id, reveal=True)
        return "" if contact is None else contact.phone

    def proposal(self, viewer: Viewer, home: Household) -> IntakeProposal:
        """Return what a new ticket of a home starts with; duplicates are decided when it is opened."""
        index = self._sites.current()
        facts = self._readings.facts(viewer, index, home, self._readings.building_rooms(index, home))
        return _proposal(facts, probable_cause(facts))

    def trend(self, viewer: Viewer, household_id: str, window: Interval, *, max_points: int) -> TrendColumns:
        """Return room and outdoor temperature of a home over a window; audited. Raises `NotVisibleError`."""
        index, home = self._look(viewer, household_id, "household.trend_seen")
        return self._readings.trend(index, home, window, max_points=max_points, outdoor=True)

    def _look(self, viewer: Viewer, household_id: str, action: str) -> tuple[SiteIndex, Household]:
        """Return the home that a clerk looks at, and the registry; the look is noted in the audit."""
        index = self._sites.current()
        home = visible_household(viewer, index, household_id)
        self._records.audit.append(viewer.username, action, f"household:{household_id}", at=self._clock.now())
        return index, home


def _address_of_hit(index: SiteIndex, household_id: str, found: HouseholdAddress) -> Bilingual:
    """Return the address of a search hit; one that the index does not have yet is written from the records."""
    if household_id in index.households:
        return index.address_of(household_id)
    return home_address(Bilingual(found.community, ""), found.building, found.unit, found.room)


def _proposal(facts: HomeFacts, cause: ProbableCause, *, duplicate_of: str | None = None) -> IntakeProposal:
    incident_id = cause.parameters.get("incident_id")
    return propose(
        room_c=facts.room_c,
        vulnerable=facts.vulnerable,
        incident_id=None if incident_id is None else str(incident_id),
        duplicate_of=duplicate_of,
    )
