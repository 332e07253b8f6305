"""What is measured in and around one home: its room, its neighbours, its day, its trend.

Both the clerk's card and the resident's page are made of it. Who may see a home is decided before.
"""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from dashboard.homes.models import RoomDay
from dashboard.homes.probable_cause import HomeFacts
from dashboard.incidents.view import IncidentViews
from dashboard.places.view import PlaceViews, rows_of
from dashboard.readings.newest import NewestValues, RoomColumn
from dashboard.readings.trends import Trends
from dashboard.site.index import SiteIndex
from dashboard.stations.models import StationSummary
from dashboard.stations.view import StationViews
from dashboard.web.security.viewer import Viewer
from dashboard.web.values import PointValue, Ratio, TrendColumns
from heating.assets import Household, Sensor
from heating.clock import Clock
from heating.heat_tree import Level, riser_id
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import TimeSeriesStore
from heating.quality import Quality
from heating.samples import ObjectRef
from storage.records.registry import RegistryRecords

__all__ = ["HomeReadings"]

_DAY = timedelta(hours=24)
_HOUR_MS = 3_600_000
_PLAIN_SENSOR = Sensor(sensor_id="")


class HomeReadings:
    """Gathers what is known of one home.

    Parameters
    ----------
    registry : RegistryRecords
        Which sensor measured which home when.
    newest, places, stations, incidents
        Views that a home is made of.
    store : TimeSeriesStore
        History.
    clock : Clock
        The time data are judged by.
    """

    def __init__(
        self,
        *,
        registry: RegistryRecords,
        newest: NewestValues,
        places: PlaceViews,
        stations: StationViews,
        incidents: IncidentViews,
        store: TimeSeriesStore,
        clock: Clock,
    ) -> None:
        self._registry = registry
        self._newest = newest
        self._places = places
        self._stations = stations
        self._incidents = incidents
        self._trends = Trends(store=store)
        self._clock = clock

    @property
    def standard_c(self) -> float:
        """Indoor standard [°C]."""
        return self._places.standard_c

    def outdoor(self, index: SiteIndex) -> PointValue:
        """Return the outdoor temperature of the weather site."""
        return self._newest.outdoor(index)

    def trend(
        self, index: SiteIndex, home: Household, window: Interval, *, max_points: int, outdoor: bool
    ) -> TrendColumns:
        """Return the room temperature of a home over a window, on request with the outdoor temperature."""
        sites = index.site.weather_sites
        return self._trends.of_home(
            home.household_id,
            self._registry.assignments_of(home.household_id),
            window,
            max_points=max_points,
            interval_s=self._sensor(index, home).interval_s,
            outdoor_site=sites[0] if outdoor and sites else None,
        )

    def facts(self, viewer: Viewer, index: SiteIndex, home: Household, rooms: RoomColumn) -> HomeFacts:
        """Return what is known of a home; `rooms` are those of its building."""
        room, sensor_fault = self._room(index, home)
        building_rows = rows_of(index, Level.BUILDING, home.building_id)
        riser_rows = rows_of(index, Level.RISER, riser_id(home.building_id, home.unit))
        return HomeFacts(
            contract=home.contract.value,
            vulnerable=home.vulnerable,
            has_sensor=home.household_id in index.sensor_of,
            sensor_fault=sensor_fault,
            room=room,
            standard_c=self._places.standard_c,
            incidents=self._incidents.on(index, index.nodes_above(home.household_id)),
            station=self._station(viewer, index, home),
            building=self._others(rooms, building_rows, home),
            riser=self._others(rooms, riser_rows, home),
        )

    def building_rooms(self, index: SiteIndex, home: Household) -> RoomColumn:
        """Return the room temperatures of the homes of its building."""
        return self._places.rooms(index, rows_of(index, Level.BUILDING, home.building_id))

    def _station(self, viewer: Viewer, index: SiteIndex, home: Household) -> StationSummary | None:
        circuit = index.circuit_of_building.get(home.building_id)
        station_id = index.buildings[home.building_id].station_id
        return self._stations.summary(viewer, index, station_id, circuit)

    @staticmethod
    def _others(rooms: RoomColumn, rows: slice, home: Household) -> Ratio:
        return rooms.cold_rate(rows, without=home.household_id, homes=max(0, rows.stop - rows.start - 1))

    def _room(self, index: SiteIndex, home: Household) -> tuple[PointValue, bool]:
        sensor = self._sensor(index, home)
        since_ms = index.measured_since_ms.get(home.household_id, 0)
        known = self._newest.of_object(ObjectRef(Measurement.ROOM, sensor.sensor_id))
        latest = {name: one for name, one in known.items() if one.measured_ms >= since_ms}
        room, flag = latest.get("room_temp_c"), latest.get("sensor_fault")
        is_bad = room is not None and room.quality >= Quality.BAD
        return self._newest.room_of(index, home.household_id), is_bad or (
            flag is not None and flag.value == 1.0
        )

    @staticmethod
    def _sensor(index: SiteIndex, home: Household) -> Sensor:
        sensor_id = index.sensor_of.get(home.household_id)
        if sensor_id is None:
            return _PLAIN_SENSOR
        return index.sensors.get(sensor_id, Sensor(sensor_id=sensor_id))

    def neighbours_median_c(self, index: SiteIndex, home: Household, rooms: RoomColumn) -> float | None:
        """Return the median of the other heated homes of the building [°C]."""
        rows = rows_of(index, Level.BUILDING, home.building_id)
        mask = np.zeros(len(index.sensed.number), np.bool_)
        mask[rows] = True
        own = index.tree.find(Level.HOUSEHOLD, home.household_id)
        return rooms.median_c(mask & (index.sensed.number != own) & index.sensed.heated)[0]

    def day(self, home: Household) -> tuple[RoomDay, list[tuple[int, float]]]:
        """Return the last 24 h of a home against the standard, and its hourly means."""
        window = Interval.last(_DAY, now=self._clock.now())
        assignments = self._registry.assignments_of(home.household_id)
        time_ms, values = self._trends.room_values(assignments, window)
        standard_c = self._places.standard_c
        return (
            RoomDay(
                minimum_c=float(values.min()) if len(values) else None,
                mean_c=float(values.mean()) if len(values) else None,
                maximum_c=float(values.max()) if len(values) else None,
                count=len(values),
                below_standard=Ratio(
                    numerator=int((values < standard_c).sum()), denominator=len(values), total=len(values)
                ),
                standard_c=standard_c,
            ),
            _hourly(time_ms, values),
        )


def _hourly(time_ms: NDArray[np.int64], values: NDArray[np.float64]) -> list[tuple[int, float]]:
    hours, places = np.unique(time_ms // _HOUR_MS, return_inverse=True)
    if not len(hours):
        return []
    means: Sequence[float] = (np.bincount(places, values) / np.bincount(places)).tolist()
    return [(int(hour) * _HOUR_MS, mean) for hour, mean in zip(hours, means, strict=True)]
