"""Shapes of paged lists, for the OpenAPI document."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from dashboard.stations.models import AlarmRow, HouseholdHit, IncidentView, StationRow, TicketView

__all__ = ["AlarmPage", "HitList", "IncidentPage", "Listing", "StationPage", "TicketPage"]

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Listing(Generic[Item]):
    """Rows and where to go on: send `next_cursor` as `cursor`; null on the last page."""

    items: list[Item]
    next_cursor: str | None = None


StationPage = Listing[StationRow]
AlarmPage = Listing[AlarmRow]
IncidentPage = Listing[IncidentView]
TicketPage = Listing[TicketView]
HitList = Listing[HouseholdHit]
