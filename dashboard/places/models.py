"""What is shown of buildings and communities."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from dashboard.web.values import Bilingual, PointValue, Ratio

__all__ = ["BuildingRow", "CellState", "CommunityView", "FacadeCell", "FacadeView"]


class CellState(StrEnum):
    """Why a cell of the facade looks as it does."""

    MEASURED = "measured"
    STALE = "stale"
    BAD = "bad"
    NO_SENSOR = "no_sensor"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class FacadeCell:
    """One home on the facade."""

    household_id: str
    unit: int
    floor: int
    room: str
    state: CellState
    temperature_c: float | None
    """None unless a value was measured; shown hatched when stale."""
    age_s: float | None
    position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacadeView:
    """Floor × unit of one building."""

    building_id: str
    name: str
    community_id: str
    community_name: Bilingual
    station_id: str
    floors: int
    units: int
    cells: Sequence[FacadeCell]
    """Homes by floor from the top, then unit, then room."""
    coverage: Ratio
    """Homes with a sensor out of all."""
    pass_rate: Ratio
    median_c: float | None
    standard_c: float
    name_en: str = ""
    """In English; a real name stays as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingRow:
    """One building in a list."""

    building_id: str
    name: str
    community_name: Bilingual
    households: int
    coverage: Ratio
    pass_rate: Ratio
    median_c: float | None
    minimum_c: float | None
    maximum_c: float | None
    inlet_supply: PointValue
    inlet_return: PointValue
    name_en: str = ""
    """In English; a real name stays as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityView:
    """One community with its buildings."""

    community_id: str
    name: Bilingual
    area_id: str
    area_name: Bilingual
    households: int
    coverage: Ratio
    pass_rate: Ratio
    median_c: float | None
    buildings: Sequence[BuildingRow]
    standard_c: float
