"""Assets of a heating company: what the registry holds, from the league down to the sensor on the wall.

Two hierarchies meet in the household: where people live (area > street > grid > community > building > unit) and
where heat comes from (source > branch > station > circuit > building > unit (riser) > household). Personal data
(name, phone) is no asset: the records keep it apart.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = [
    "Area",
    "Branch",
    "Building",
    "Circuit",
    "Community",
    "Contract",
    "Emitter",
    "Household",
    "Position",
    "Sensor",
    "SensorAssignment",
    "Site",
    "Source",
    "Station",
    "Zone",
]


class Emitter(StrEnum):
    """What gives the heat off in the homes; limits of supply temperature depend on it."""

    RADIATOR = "radiator"
    FLOOR = "floor"


class Contract(StrEnum):
    """Whether a household is to be heated."""

    HEATING = "heating"
    SUSPENDED = "suspended"
    VACANT = "vacant"


class Position(StrEnum):
    """Exposure of a home in its building (边角顶); edge, top and corner homes lose more heat."""

    MIDDLE = "mid"
    EDGE = "edge"
    TOP = "top"
    GROUND = "ground"
    TOP_EDGE = "top_edge"


class Zone(StrEnum):
    """Pressure zone of a building and of the circuit that feeds it, from the ground up."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"
    TOP = "top"


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A district, street or grid: a node of the administrative tree."""

    area_id: str
    """Stable id, also the ``{area}`` of MQTT topics (for top-level areas)."""
    name: str
    """Chinese name."""
    name_en: str = ""
    """English or pinyin name."""
    parent_id: str | None = None
    """Area above, None at the top."""
    kind: str = "banner"
    """banner (旗县市区), street (街道/苏木乡镇) or grid (网格)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A heat source: cogeneration plant or boiler house."""

    source_id: str
    name: str
    area_id: str
    longitude_deg: float | None = None
    latitude_deg: float | None = None
    capacity_gj_per_h: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch of the primary network between the source and its stations; may hang on another branch."""

    branch_id: str
    name: str
    source_id: str
    parent_branch_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A heat exchange station (换热站)."""

    station_id: str
    name: str
    area_id: str
    branch_id: str
    name_en: str = ""
    longitude_deg: float | None = None
    latitude_deg: float | None = None
    emitter: Emitter = Emitter.RADIATOR
    heated_area_m2: float | None = None
    design_flow_m3_per_h: float | None = None
    """Design secondary flow [m³/h]."""
    static_head_mpa: float | None = None
    """Static pressure of the highest building above the station [MPa]."""
    tank_height_m: float | None = None
    """Full level of the make-up tank [m]."""
    report_interval_s: float = 60.0
    """Expected time between telemetry messages [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """One of two to four secondary circuits of a station, with an exchanger and pumps of its own.

    A station with one circuit has none of these: what would be said of its circuit is said of the station.
    """

    circuit_id: str
    """Also the ``{id}`` of its topics and the tag of its series."""
    station_id: str
    name: str
    """Name within its station, for example ``高区``."""
    zone: str = Zone.LOW
    """A word of `Zone`, once in a station: buildings say by it which circuit feeds them."""
    name_en: str = ""
    emitter: Emitter | None = None
    """None: as the station."""
    heated_area_m2: float | None = None
    design_flow_m3_per_h: float | None = None
    """Design secondary flow [m³/h]."""
    static_head_mpa: float | None = None
    """Static pressure of the highest building above the station [MPa]."""
    tank_height_m: float | None = None
    """Full level of the make-up tank [m]; None: as the station."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """A residential community (小区)."""

    community_id: str
    name: str
    area_id: str
    """Street or grid."""
    name_en: str = ""
    longitude_deg: float | None = None
    latitude_deg: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """A building, fed by one station circuit."""

    building_id: str
    name: str
    community_id: str
    station_id: str
    circuit: str = Zone.LOW
    """Pressure zone, a word of `Zone`; names the circuit where the station has several."""
    floors: int = 6
    units: int = 1
    built_year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """A home. Its riser is the unit it belongs to."""

    household_id: str
    building_id: str
    unit: int
    """Unit (单元) number, from 1; homes of a unit share a riser."""
    floor: int
    """From 1 at the ground."""
    room: str
    """Door number, for example ``301``."""
    area_m2: float = 90.0
    position: Position = Position.MIDDLE
    contract: Contract = Contract.HEATING
    vulnerable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """A room-temperature sensor; `sensor_id` is the ``{sensor_id}`` of topics and the tag of its series."""

    sensor_id: str
    kind: str = "native"
    interval_s: float = 3600.0
    """Expected time between messages [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorAssignment:
    """Which household a sensor measures, and when: a household's series follows the assignment's dates."""

    sensor_id: str
    household_id: str
    start: datetime
    """First moment it measures this home, aware UTC."""
    end: datetime | None = None
    """First moment it no longer does; None while it does."""

    def holds_at(self, moment: datetime) -> bool:
        """Return whether it measures this home at a moment."""
        return self.start <= moment and (self.end is None or moment < self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A whole registry as values: what is imported, exported, compared and turned into a heat-supply tree."""

    areas: tuple[Area, ...] = ()
    sources: tuple[Source, ...] = ()
    branches: tuple[Branch, ...] = ()
    stations: tuple[Station, ...] = ()
    circuits: tuple[Circuit, ...] = ()
    """Of the stations that have several; the others have none here."""
    communities: tuple[Community, ...] = ()
    buildings: tuple[Building, ...] = ()
    households: tuple[Household, ...] = ()
    sensors: tuple[Sensor, ...] = ()
    assignments: tuple[SensorAssignment, ...] = ()
    weather_sites: tuple[str, ...] = ("xilinhot",)
    """Ids of weather sites; the first is the default for every station."""
