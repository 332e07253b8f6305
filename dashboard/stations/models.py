"""What pages and the JSON interface show of stations and of the whole: frozen values, no behaviour but small ratios.

Everything is ready to show: missing is None (never 0), every value carries its age and quality, texts come in both
languages. Alarms, incidents and tickets are in `dashboard.alarms.models`, homes in
`dashboard.homes.models`; both are re-exported here, so that templates need one import.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dashboard.alarms.models import (
    AlarmDetail,
    AlarmHistoryEntry,
    AlarmRow,
    Evidence,
    IncidentView,
    TicketHistoryEntry,
    TicketView,
)
from dashboard.homes.models import (
    BuildingRow,
    CellState,
    CommunityView,
    FacadeCell,
    FacadeView,
    HouseholdCard,
    HouseholdHit,
    IntakeProposal,
    ProbableCause,
    ResidentHome,
    RoomDay,
    Script,
    StationSummary,
    Verdict,
)
from dashboard.readings.values import Bilingual, PointValue, Ratio, Sum, TrendColumns

__all__ = [
    "AlarmDetail",
    "AlarmHistoryEntry",
    "AlarmRow",
    "AreaRow",
    "Bilingual",
    "BuildingRow",
    "CellState",
    "CommunityPlace",
    "CommunityView",
    "Evidence",
    "FacadeCell",
    "FacadeView",
    "Happening",
    "HouseholdCard",
    "HouseholdHit",
    "IncidentView",
    "IntakeProposal",
    "Overview",
    "PointValue",
    "ProbableCause",
    "Ratio",
    "ResidentHome",
    "RoomDay",
    "Script",
    "StationDetail",
    "StationRow",
    "StationState",
    "StationSummary",
    "Sum",
    "TicketHistoryEntry",
    "TicketView",
    "TrendColumns",
    "Verdict",
]


class StationState(StrEnum):
    """How a station stands, worst first."""

    NEVER = "never"
    """Nothing was ever received from it."""
    OFFLINE = "offline"
    """The gateway said so, or nothing came for five intervals."""
    STALE = "stale"
    """Nothing came for two intervals."""
    ALARM = "alarm"
    """Values come; a P1 or P2 alarm is active."""
    ONLINE = "online"
    """Values come, nothing urgent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationRow:
    """One line of the station list, one mark on the map."""

    station_id: str
    name: Bilingual
    area_id: str
    area_name: Bilingual
    state: StationState
    emitter: str
    """radiator or floor."""
    values: Mapping[str, PointValue]
    """The main points by canonical name: temperatures, pressures, flows, heat rate, setpoint; always all of them."""
    deviation_k: float | None
    """Secondary supply minus its setpoint [K]; None when either is missing, bad or stale."""
    last_seen: datetime | None
    age_s: float | None
    """Time since the newest value [s]; None: nothing ever came."""
    interval_s: float
    """Expected time between messages [s]."""
    open_alarms: int
    worst_priority: int | None
    """1 to 4; None without an open alarm."""
    longitude_deg: float | None = None
    latitude_deg: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StationDetail:
    """The station page."""

    row: StationRow
    points: Mapping[str, PointValue]
    """Every point that ever came and every main point, by canonical name, in the order of `heating.points.POINTS`."""
    buildings: Sequence[BuildingRow]
    alarms: Sequence[AlarmRow]
    """Open alarms of the station, worst first."""
    incidents: Sequence[IncidentView]
    """Open incidents on the station or above it, without members."""
    households: int
    """Homes below."""
    heated_area_m2: float | None
    source_name: Bilingual | None
    branch_name: Bilingual | None
    outdoor: PointValue
    """Outdoor temperature of the weather site."""
    limits: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    """Low and high limit of a point where rules name one, in the unit of the point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRow:
    """One top-level area on the overview."""

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
    """Open alarms by ``P1`` to ``P4``."""
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
    """Newest active alarms P1 and P2, at most 20."""
    communities: Sequence[CommunityPlace]
    recent: Sequence[Happening] = ()
    """What last happened to announced alarms, newest first, at most 20."""
