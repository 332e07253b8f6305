"""What the first page and the wall show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.alarms.models import AlarmRow
from dashboard.stations.models import StationRow
from dashboard.web.values import Bilingual, PointValue, Ratio, Sum
from heating.room_signs import MissingRoom

__all__ = ["AreaRow", "CommunityPlace", "Happening", "Overview"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRow:
    """One of the highest areas of the viewer on the overview."""

    area_id: str
    name: Bilingual
    stations: Ratio
    """Stations online out of all."""
    pass_rate: Ratio
    open_alarms: Mapping[str, int]
    """By ``P1`` to ``P4``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityPlace:
    """A community on the overview map."""

    community_id: str
    name: Bilingual
    quarter_name: Bilingual
    """Street or town that it belongs to."""
    longitude_deg: float | None
    latitude_deg: float | None
    median_c: float | None
    """Median of the fresh room temperatures [°C]; None when fewer than 5 homes count."""
    counted: int
    """Homes in the median."""
    households: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened to an announced alarm, for the list of what was last."""

    at: datetime
    kind: str
    """raised, acknowledged or cleared."""
    by: str
    """Who did it; empty for what happened by itself."""
    alarm: AlarmRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The first page and the wall."""

    generated_at: datetime
    sequence: int
    """Place in the alarm history at which it was made."""
    areas: Sequence[AreaRow]
    stations: Ratio
    """Stations online out of all."""
    households: int
    """Homes that are to be heated."""
    suspended_households: int
    pass_rate: Ratio
    """Homes at or above the standard out of those with a fresh, usable value; `excluded` counts stale and bad ones."""
    standard_c: float
    """Indoor standard [°C]."""
    open_alarms: Mapping[str, int]
    """Active alarms, neither shelved nor suppressed, by ``P1`` to ``P4``; P1 to P3 announced."""
    unacknowledged: int
    """Announced, active and not acknowledged, P1 to P3."""
    open_incidents: int
    open_tickets: int
    overdue_tickets: int
    heat_rate: Sum
    """Heat supplied by the stations with a fresh value [GJ/h]."""
    outdoor: PointValue
    forecast: Mapping[int, float | None]
    """Outdoor forecast by hours ahead [°C]."""
    data_age_s: float | None
    """Age of the newest station value [s]; None: no data at all."""
    worst: Sequence[StationRow]
    """Stations with the largest absolute deviation, at most 10."""
    ticker: Sequence[AlarmRow]
    """Active alarms P1 and P2, by priority, then by incident, at most 20; `open_alarms` says of how many."""
    communities: Sequence[CommunityPlace]
    missing_rooms: Sequence[MissingRoom] = ()
    """Parts of the house that nobody runs now; only for staff."""
    recent: Sequence[Happening] = ()
    """What last happened to announced alarms, newest first, at most 20."""
