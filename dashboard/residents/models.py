"""What the resident's page and its JSON show."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.homes.models import RoomDay, Verdict
from dashboard.incidents.models import IncidentView
from dashboard.tickets.models import TicketView
from dashboard.web.values import PointValue

__all__ = ["ResidentHome"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentHome:
    """The resident's phone page."""

    household_id: str
    address: str
    temperature: PointValue
    """Own room; missing without a sensor."""
    verdict: Verdict
    standard_c: float
    has_sensor: bool
    building_median_c: float | None
    """Median of the building [°C]; None when fewer than 5 homes count."""
    building_counted: int
    day: RoomDay
    day_series: Sequence[tuple[int, float]]
    """Hourly means of the last 24 h: start of the hour [epoch ms], temperature [°C]; hours without values missing."""
    incident: IncidentView | None
    """The nearest open incident that concerns the home, without members."""
    tickets: Sequence[TicketView]
    contract: str
    address_en: str = ""
    """In English; names that only the site has stay as they are."""
