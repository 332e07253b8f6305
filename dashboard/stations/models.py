"""What pages and the JSON interface show of stations: frozen values, ready to show.

Missing is None (never 0), every value carries its age and quality, texts come in both languages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dashboard.alarms.models import AlarmRow
from dashboard.incidents.models import IncidentView
from dashboard.places.models import BuildingRow
from dashboard.web.values import Bilingual, PointValue

__all__ = ["CircuitDetail", "CircuitRow", "StationDetail", "StationRow", "StationState", "StationSummary"]


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
class CircuitRow:
    """One circuit of a station with several."""

    circuit_id: str
    name: Bilingual
    """Within its station, for example 高区."""
    zone: str
    """low, middle, high or top."""
    deviation_k: float | None
    """Secondary supply minus its setpoint [K]."""
    open_alarms: int
    """Alarms of the circuit itself that speak."""
    worst_priority: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitDetail:
    """One circuit on the page of its station."""

    row: CircuitRow
    points: Mapping[str, PointValue]
    """Every point of a circuit that ever came and every main one, by canonical name."""
    households: int
    building_ids: Sequence[str]
    """Buildings that it feeds."""
    heated_area_m2: float | None


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
    """Alarms that speak: active, neither shelved nor suppressed."""
    worst_priority: int | None
    """1 to 4; None when none speaks."""
    circuits: Sequence[CircuitRow] = ()
    """Of a station with several; the row's secondary values and deviation are those of `shown_circuit`."""
    shown_circuit: str | None = None
    """Id of the circuit that stands in the row: the one furthest from its setpoint."""
    recovered: bool = False
    """An alarm has returned that nobody has acknowledged, and none speaks any more."""
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
    circuits: Sequence[CircuitDetail] = ()
    """The circuits of a station with several, each with its own secondary side."""
    limits: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    """Low and high limit of a point where rules name one, in the unit of the point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationSummary:
    """The station of a home, in brief."""

    station_id: str
    name: Bilingual
    state: str
    """Word of `dashboard.stations.models.StationState`."""
    supply: PointValue
    """Secondary supply temperature."""
    setpoint: PointValue
    return_: PointValue
    """Secondary return temperature."""
    deviation_k: float | None
    open_alarms: int
