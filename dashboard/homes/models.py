"""What pages and the JSON interface show of homes: search hits and the clerk's card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from casework.tickets.intake import IntakeProposal
from dashboard.incidents.models import Evidence, IncidentView
from dashboard.stations.models import StationSummary
from dashboard.tickets.models import TicketView
from dashboard.web.values import Bilingual, PointValue, Ratio

__all__ = [
    "HouseholdCard",
    "HouseholdHit",
    "ProbableCause",
    "RoomDay",
    "Script",
    "Verdict",
]


class Verdict(StrEnum):
    """One word on a home; the page makes the sentence."""

    WARM = "warm"
    """Fresh and at or above the standard."""
    COOL = "cool"
    """Below the standard by at most 2 K."""
    COLD = "cold"
    """Below the standard by more than 2 K."""
    STALE = "stale"
    """The last value is too old to judge by."""
    SENSOR_FAULT = "sensor_fault"
    NO_SENSOR = "no_sensor"
    SUSPENDED = "suspended"
    """Not to be heated by contract (suspended or vacant)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdHit:
    """One line of the search."""

    household_id: str
    address: str
    name: str
    phone_masked: str
    community: str
    station_id: str
    contract: str
    vulnerable: bool = False
    address_en: str = ""
    """In English; names that only the site has stay as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomDay:
    """The last 24 h of a home against the standard."""

    minimum_c: float | None
    mean_c: float | None
    """Mean of the usable values [°C]."""
    maximum_c: float | None
    count: int
    """Usable values."""
    below_standard: Ratio
    """Values below the standard out of the usable ones."""
    standard_c: float


@dataclass(frozen=True, slots=True)
class ProbableCause:
    """Why the home is cold, as far as is known, with what speaks for it."""

    code: str
    """suspended, vacant, no_sensor, sensor_silent, sensor_fault, incident, station, building, riser, single_home,
    not_cold or unknown."""
    evidence: Sequence[Evidence] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Script:
    """What the clerk may say: a code and its parameters."""

    code: str
    """Code of the probable cause, or ``incident_estimated`` where an end is promised."""
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdCard:
    """Everything the clerk needs while the phone is at the ear."""

    household_id: str
    address: str
    community: Bilingual
    building_id: str
    unit: int
    floor: int
    room: str
    area_m2: float
    position: str
    """mid, edge, top, ground or top_edge."""
    name: str
    phone_masked: str
    contract: str
    """heating, suspended or vacant."""
    vulnerable: bool
    """Without a diagnosis: only that more care is due."""
    sensor_id: str | None
    room_now: PointValue
    """Room temperature; missing without a sensor."""
    day: RoomDay
    day_series: Sequence[tuple[int, float]]
    """Hourly means of the last 24 h: time [epoch ms] and temperature [°C]."""
    verdict: Verdict
    station: StationSummary | None
    incidents: Sequence[IncidentView]
    """Open incidents on an ancestor, nearest first."""
    cause: ProbableCause
    neighbours_median_c: float | None
    """Median of the other homes of the building with fresh values [°C]."""
    neighbours: Ratio
    """Neighbours below the standard out of those with fresh values."""
    riser: Ratio
    """The same for the homes of the riser."""
    tickets: Sequence[TicketView]
    """Earlier tickets, newest first, at most 10."""
    script: Script
    proposal: IntakeProposal
    outdoor: PointValue
    address_en: str = ""
    """In English; names that only the site has stay as they are."""
