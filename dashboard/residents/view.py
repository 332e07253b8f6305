"""The resident's own home: what the page shows, its trend and its tickets."""

from dashboard.homes.probable_cause import verdict_of
from dashboard.homes.readings import HomeReadings
from dashboard.places.disclosure import MIN_HOMES_SHOWN
from dashboard.places.view import rows_of
from dashboard.residents.models import ResidentHome
from dashboard.site.index import SiteSource
from dashboard.site.visible import own_home
from dashboard.tickets.models import TicketView
from dashboard.tickets.view import TicketViews
from dashboard.web.security.viewer import Viewer
from dashboard.web.values import TrendColumns
from heating.heat_tree import Level
from heating.intervals import Interval

__all__ = ["ResidentViews"]


class ResidentViews:
    """Builds the views of the own home; each raises `NotVisibleError` for who has none.

    Parameters
    ----------
    sites : SiteSource
        The registry.
    readings : HomeReadings
        What is measured in and around a home.
    tickets : TicketViews
        Its tickets.
    """

    def __init__(self, *, sites: SiteSource, readings: HomeReadings, tickets: TicketViews) -> None:
        self._sites = sites
        self._readings = readings
        self._tickets = tickets

    def home(self, viewer: Viewer) -> ResidentHome:
        """Return the own home."""
        index = self._sites.current()
        home = own_home(viewer, index)
        rooms = self._readings.building_rooms(index, home)
        facts = self._readings.facts(viewer, index, home, rooms)
        day, series = self._readings.day(home)
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
            standard_c=facts.standard_c,
            has_sensor=facts.has_sensor,
            building_median_c=median_c,
            building_counted=counted,
            day=day,
            day_series=series,
            incident=upstream[0] if upstream else None,
            tickets=self._tickets.of_home(viewer, home.household_id, limit=20),
            contract=home.contract.value,
        )

    def trend(self, viewer: Viewer, window: Interval, *, max_points: int) -> TrendColumns:
        """Return the room temperature over a window."""
        index = self._sites.current()
        home = own_home(viewer, index)
        return self._readings.trend(index, home, window, max_points=max_points, outdoor=False)

    def tickets(self, viewer: Viewer) -> list[TicketView]:
        """Return the own tickets, newest first."""
        home = own_home(viewer, self._sites.current())
        return self._tickets.of_home(viewer, home.household_id, limit=50)
