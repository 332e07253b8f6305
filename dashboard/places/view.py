"""Buildings and communities: facade, building rows, who may see which home."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.places.disclosure import MIN_HOMES_SHOWN, disclosure_for, without_figures
from dashboard.places.models import BuildingRow, CellState, CommunityView, FacadeCell, FacadeView
from dashboard.readings.newest import BUILDING_INTERVAL_S, NewestValues, RoomColumn
from dashboard.site.index import SiteIndex, SiteSource
from dashboard.site.names import building_in_english
from dashboard.site.visible import visible_building
from dashboard.web.refusals import NotVisibleError
from dashboard.web.security.viewer import STAFF, Viewer
from dashboard.web.values import Bilingual, Ratio
from heating.assets import Building, Contract, Household
from heating.clock import Clock
from heating.heat_tree import Level
from heating.points import Measurement
from heating.quality import Quality
from heating.samples import ObjectRef

__all__ = ["PlaceViews", "rows_of"]


@dataclass(frozen=True, slots=True)
class _Cell:
    temperature_c: float
    age_s: float
    state: CellState


class PlaceViews:
    """Builds the views of buildings and communities.

    Parameters
    ----------
    sites : SiteSource
        The registry.
    newest : NewestValues
        Newest values.
    standard_c : float
        Indoor standard [°C].
    clock : Clock
        The time data are judged by.
    """

    def __init__(self, *, sites: SiteSource, newest: NewestValues, standard_c: float, clock: Clock) -> None:
        self._sites = sites
        self._newest = newest
        self.standard_c = standard_c
        self._clock = clock

    def rooms(self, index: SiteIndex, rows: slice | NDArray[np.intp] | None = None) -> RoomColumn:
        """Return the room temperatures of homes with a sensor: all, or only some rows of `SiteIndex.sensed`."""
        return self._newest.rooms(index, standard_c=self.standard_c, rows=rows)

    def facade(self, viewer: Viewer, building_id: str) -> FacadeView:
        """Return the facade of a building. Raises `NotVisibleError`."""
        index, now_ms = self._sites.current(), self._clock.now_ms()
        building = visible_building(viewer, index, building_id)
        rows = rows_of(index, Level.BUILDING, building_id)
        rooms = self.rooms(index, rows)
        homes = index.homes_of.get(building_id, [])
        cells = [_facade_cell(home, rooms, rows, now_ms) for home in homes]
        cells.sort(key=lambda cell: (-cell.floor, cell.unit, cell.room))
        return FacadeView(
            building_id=building_id,
            name=building.name,
            name_en=building_in_english(building.name),
            community_id=building.community_id,
            community_name=_community_name(index, building),
            station_id=building.station_id,
            floors=building.floors,
            units=building.units,
            cells=cells,
            coverage=_coverage(rows, homes=len(homes)),
            pass_rate=rooms.pass_rate(rows, homes=_heated(homes)),
            median_c=rooms.median_c(rows)[0],
            standard_c=self.standard_c,
        )

    def building_rows(self, index: SiteIndex, buildings: Sequence[Building]) -> list[BuildingRow]:
        """Return buildings as rows."""
        parts = [rows_of(index, Level.BUILDING, item.building_id) for item in buildings]
        places = [np.arange(part.start, part.stop) for part in parts]
        rooms = self.rooms(index, np.concatenate([np.zeros(0, np.intp), *places]))
        return [self._building_row(index, rooms, building) for building in buildings]

    def community(self, viewer: Viewer, community_id: str) -> CommunityView:
        """Return a community with its buildings. Raises `NotVisibleError`."""
        index = self._sites.current()
        community = index.communities.get(community_id)
        if community is None or not index.sees(viewer, community.area_id):
            raise NotVisibleError(f"no community {community_id!r}")
        place = index.site.communities.index(community)
        mask, staff = index.sensed.community == place, viewer.has(*STAFF)
        # Whether a figure may be shown depends on those beside it; staff needs only this community.
        rooms = self.rooms(index, np.flatnonzero(mask) if staff else None)
        hidden = community_id in disclosure_for(viewer, index, rooms).communities
        pass_rate = rooms.pass_rate(mask, homes=index.contracts_of[community_id][Contract.HEATING])
        buildings = index.buildings_of_community.get(community_id, [])
        homes = [home for item in buildings for home in index.homes_of.get(item.building_id, [])]
        median_c, _ = rooms.median_c(mask, at_least=1 if staff else MIN_HOMES_SHOWN)
        return CommunityView(
            community_id=community_id,
            name=Bilingual(community.name, community.name_en),
            area_id=community.area_id,
            area_name=index.area_name(community.area_id),
            households=len(homes),
            coverage=Ratio(numerator=int(mask.sum()), denominator=len(homes), total=len(homes)),
            pass_rate=without_figures(pass_rate) if hidden else pass_rate,
            median_c=None if hidden else median_c,
            buildings=[self._building_row(index, rooms, item) for item in buildings] if staff else [],
            standard_c=self.standard_c,
        )

    def _building_row(self, index: SiteIndex, rooms: RoomColumn, building: Building) -> BuildingRow:
        rows = rows_of(index, Level.BUILDING, building.building_id)
        homes = index.homes_of.get(building.building_id, [])
        ref = ObjectRef(Measurement.BUILDING, building.building_id)
        minimum_c, maximum_c = rooms.extremes_c(rows)
        return BuildingRow(
            building_id=building.building_id,
            name=building.name,
            name_en=building_in_english(building.name),
            community_name=_community_name(index, building),
            households=len(homes),
            coverage=_coverage(rows, homes=len(homes)),
            pass_rate=rooms.pass_rate(rows, homes=_heated(homes)),
            median_c=rooms.median_c(rows)[0],
            minimum_c=minimum_c,
            maximum_c=maximum_c,
            inlet_supply=self._newest.point(ref, "inlet_supply_temp_c", BUILDING_INTERVAL_S),
            inlet_return=self._newest.point(ref, "inlet_return_temp_c", BUILDING_INTERVAL_S),
        )


def rows_of(index: SiteIndex, level: Level, object_id: str) -> slice:
    """Return the rows of `SiteIndex.sensed` below a node; empty when the tree does not have it."""
    number = index.tree.get(level, object_id)
    return slice(0, 0) if number is None else index.sensed.below(index.tree, number)


def _facade_cell(home: Household, rooms: RoomColumn, rows: slice, now_ms: int) -> FacadeCell:
    cell = _cell(home, rooms, rows, now_ms)
    return FacadeCell(
        household_id=home.household_id,
        unit=home.unit,
        floor=home.floor,
        room=home.room,
        state=cell.state,
        temperature_c=cell.temperature_c if np.isfinite(cell.temperature_c) else None,
        age_s=cell.age_s if np.isfinite(cell.age_s) else None,
        position=home.position.value,
    )


def _cell(home: Household, rooms: RoomColumn, rows: slice, now_ms: int) -> _Cell:
    if home.contract is not Contract.HEATING:
        return _Cell(np.nan, np.nan, CellState.SUSPENDED)
    index, column = rooms.index, rooms.column
    number = index.tree.find(Level.HOUSEHOLD, home.household_id)
    place = int(np.searchsorted(index.sensed.number, number))
    if home.household_id not in index.sensor_of or not rows.start <= place < rows.stop:
        return _Cell(np.nan, np.nan, CellState.NO_SENSOR)
    value, measured_ms = float(column.value[place]), int(column.measured_ms[place])
    age_s = max(0.0, (now_ms - measured_ms) / 1000.0) if measured_ms else np.nan
    if column.usable[place]:
        return _Cell(value, age_s, CellState.MEASURED)
    if int(column.quality[place]) >= Quality.BAD:
        return _Cell(np.nan, age_s, CellState.BAD)
    return _Cell(value, age_s, CellState.STALE)


def _coverage(rows: slice, *, homes: int) -> Ratio:
    return Ratio(numerator=rows.stop - rows.start, denominator=homes, total=homes)


def _heated(homes: Sequence[Household]) -> int:
    return sum(home.contract is Contract.HEATING for home in homes)


def _community_name(index: SiteIndex, building: Building) -> Bilingual:
    community = index.communities[building.community_id]
    return Bilingual(community.name, community.name_en)
