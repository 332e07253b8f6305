"""Newest values with age and quality: what is fresh, what is stale, what is missing.

`heating.diagnosis.freshness` says how old a value may be. Stale and bad values are shown as such and
left out of every average and ratio.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dashboard.site.index import SiteIndex
from dashboard.web.values import Bilingual, PointValue, Ratio
from heating.assets import Circuit, Sensor, Station
from heating.clock import Clock
from heating.diagnosis.freshness import STALE_INTERVALS
from heating.intervals import from_epoch_ms
from heating.points import Measurement, Point, point_named
from heating.protocols import LatestValue, LatestValues
from heating.quality import is_usable, quality_label
from heating.samples import ObjectRef

__all__ = [
    "BUILDING_INTERVAL_S",
    "WEATHER_INTERVAL_S",
    "Column",
    "NewestValues",
    "RoomColumn",
]

WEATHER_INTERVAL_S = 1800.0
"""Expected time between values of a weather site [s]; the registry has none for it (own)."""
_ROOM = "room_temp_c"
_LINK = "gateway_online"
"""Said once by the retained status of a gateway, and not every interval."""
_LARGE_CITY = 20_000
_KEEP_ROOMS_MS = 10_000
_Raw = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.uint8]]

BUILDING_INTERVAL_S = 600.0
"""Expected time between values of a building's inlet [s]; the registry has none for it (own)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One point of many objects, all arrays ``(n,)``."""

    value: NDArray[np.float64]
    """NaN: never came, or null."""
    measured_ms: NDArray[np.int64]
    """0: never."""
    quality: NDArray[np.uint8]
    usable: NDArray[np.bool_]
    """There, fresh, not bad: may stand in an average."""

    @property
    def counted(self) -> NDArray[np.float64]:
        """The usable values only, ``(k,)``."""
        return self.value[self.usable]


@dataclass(frozen=True, slots=True)
class RoomColumn:
    """Room temperatures of every home with a sensor, aligned with `SiteIndex.sensed`."""

    column: Column
    index: SiteIndex
    standard_c: float

    def median_c(self, rows: slice | NDArray[np.bool_], *, at_least: int = 1) -> tuple[float | None, int]:
        """Return the median of the usable values [°C] and how many there are; None below `at_least`."""
        values = self.column.value[rows][self.column.usable[rows]]
        return (float(np.median(values)) if len(values) >= max(1, at_least) else None), len(values)

    def extremes_c(self, rows: slice) -> tuple[float | None, float | None]:
        """Return the lowest and highest usable value [°C]."""
        values = self.column.value[rows][self.column.usable[rows]]
        return (float(values.min()), float(values.max())) if len(values) else (None, None)

    def pass_rate(self, rows: slice | NDArray[np.bool_], *, homes: int) -> Ratio:
        """Return heated homes at or above the standard out of those with a usable value, of `homes` in all."""
        heated = self.index.sensed.heated[rows]
        usable = self.column.usable[rows] & heated
        warm = usable & (self.column.value[rows] >= self.standard_c)
        counted = int(usable.sum())
        return Ratio(
            numerator=int(warm.sum()),
            denominator=counted,
            total=homes,
            excluded=int(heated.sum()) - counted,
        )

    def cold_rate(self, rows: slice, *, without: str | None = None, homes: int = 0) -> Ratio:
        """Return heated homes below the standard out of those with a usable value; one home may be left out."""
        usable = self.column.usable[rows] & self.index.sensed.heated[rows]
        if without is not None:
            ids = self.index.sensed.household_ids[rows]
            usable &= np.array([home != without for home in ids], np.bool_)
        cold = usable & (self.column.value[rows] < self.standard_c)
        return Ratio(numerator=int(cold.sum()), denominator=int(usable.sum()), total=homes)


class NewestValues:
    """Reads the newest values and judges their age.

    Parameters
    ----------
    live : LatestValues
        Newest values in memory.
    clock : Clock
        The time data are judged by.
    """

    def __init__(self, *, live: LatestValues, clock: Clock) -> None:
        self._live = live
        self._clock = clock
        self._kept_rooms: tuple[SiteIndex, int, _Raw] | None = None

    def of_object(self, ref: ObjectRef) -> Mapping[str, LatestValue]:
        """Return the newest value of each point that ever came."""
        return self._live.of_object(ref)

    def value(
        self, measurement: Measurement, name: str, latest: LatestValue | None, interval_s: float
    ) -> PointValue:
        """Return one point ready to show; `latest` None: it never came."""
        point = point_named(measurement, name)
        if latest is None:
            return _shown(point, value=None, quality="missing", t_ms=None, age_s=None, stale=False)
        age_s = max(0.0, (self._clock.now_ms() - latest.measured_ms) / 1000.0)
        number = float(latest.value)
        return _shown(
            point,
            value=number if np.isfinite(number) else None,
            quality=quality_label(int(latest.quality)),
            t_ms=latest.measured_ms,
            age_s=age_s,
            stale=age_s > STALE_INTERVALS * interval_s,
        )

    def point(self, ref: ObjectRef, name: str, interval_s: float) -> PointValue:
        """Return one point of one object ready to show."""
        return self.value(ref.measurement, name, self._live.of_object(ref).get(name), interval_s)

    def column(
        self,
        measurement: Measurement,
        name: str,
        object_ids: Sequence[str],
        interval_s: NDArray[np.float64],
    ) -> Column:
        """Return one point of many objects; `interval_s` ``(n,)`` [s]."""
        return self._judged(*self._live.column(measurement, name, object_ids), interval_s)

    def rooms(
        self, index: SiteIndex, *, standard_c: float, rows: slice | NDArray[np.intp] | None = None
    ) -> RoomColumn:
        """Return the room temperatures aligned with `SiteIndex.sensed`; only `rows` are read, the others not usable.

        What a sensor measured before it came to its home is no value of that home. Of a large city the whole column is
        read at most every ten seconds, as rooms report every few minutes.
        """
        sensed = index.sensed
        if rows is None:
            value, measured_ms, quality = self._all_rooms(index)
        else:
            value, measured_ms, quality = _empty(len(sensed.sensor_ids))
            ids = (
                sensed.sensor_ids[rows]
                if isinstance(rows, slice)
                else [sensed.sensor_ids[row] for row in rows.tolist()]
            )
            value[rows], measured_ms[rows], quality[rows] = self._live.column(Measurement.ROOM, _ROOM, ids)
        own = measured_ms >= sensed.since_ms
        column = self._judged(
            np.where(own, value, np.nan),
            np.where(own, measured_ms, 0),
            np.where(own, quality, 0),
            sensed.interval_s,
        )
        return RoomColumn(column, index, standard_c)

    def _all_rooms(self, index: SiteIndex) -> _Raw:
        now_ms = self._clock.now_ms()
        kept = self._kept_rooms
        if kept is not None and kept[0] is index and 0 <= now_ms - kept[1] < _KEEP_ROOMS_MS:
            return kept[2]
        raw = self._live.column(Measurement.ROOM, _ROOM, index.sensed.sensor_ids)
        if len(index.sensed.sensor_ids) > _LARGE_CITY:
            self._kept_rooms = (index, now_ms, raw)
        return raw

    def _judged(
        self,
        value: NDArray[np.float64],
        measured_ms: NDArray[np.int64],
        quality: NDArray[np.uint8],
        interval_s: NDArray[np.float64],
    ) -> Column:
        age_s = (self._clock.now_ms() - measured_ms) / 1000.0
        usable = np.isfinite(value) & (age_s <= STALE_INTERVALS * interval_s) & is_usable(quality)
        return Column(value, measured_ms, quality, usable)

    def outdoor(self, index: SiteIndex) -> PointValue:
        """Return the outdoor temperature of the first weather site."""
        sites = index.site.weather_sites
        if not sites:
            return self.value(Measurement.WEATHER, "outdoor_temp_c", None, WEATHER_INTERVAL_S)
        return self.point(ObjectRef(Measurement.WEATHER, sites[0]), "outdoor_temp_c", WEATHER_INTERVAL_S)

    def room_of(self, index: SiteIndex, household_id: str) -> PointValue:
        """Return the room temperature of a home; missing without a sensor, or while a new one has measured nothing."""
        sensor_id = index.sensor_of.get(household_id)
        sensor = (
            Sensor(sensor_id="")
            if sensor_id is None
            else index.sensors.get(sensor_id, Sensor(sensor_id=sensor_id))
        )
        latest = self._live.of_object(ObjectRef(Measurement.ROOM, sensor.sensor_id)).get("room_temp_c")
        if latest is not None and latest.measured_ms < index.measured_since_ms.get(household_id, 0):
            latest = None
        return self.value(Measurement.ROOM, "room_temp_c", latest, sensor.interval_s)

    def circuit_points(
        self, circuit: Circuit, station: Station, names: Sequence[str]
    ) -> dict[str, PointValue]:
        """Return points of a circuit ready to show; it reports as often as its station."""
        latest = self._live.of_object(ObjectRef(Measurement.CIRCUIT, circuit.circuit_id))
        interval_s = station.report_interval_s
        return {name: self.value(Measurement.CIRCUIT, name, latest.get(name), interval_s) for name in names}

    def station_points(self, station: Station, names: Sequence[str]) -> dict[str, PointValue]:
        """Return points of a station ready to show, every name that was asked for."""
        latest = self._live.of_object(ObjectRef(Measurement.STATION, station.station_id))
        shown = {
            name: self.value(Measurement.STATION, name, latest.get(name), station.report_interval_s)
            for name in names
        }
        if _LINK in shown:
            telemetry_ms = max((one.measured_ms for name, one in latest.items() if name != _LINK), default=0)
            silent = (
                self._clock.now_ms() - telemetry_ms > STALE_INTERVALS * station.report_interval_s * 1000.0
            )
            shown[_LINK] = _link_state(shown[_LINK], silent=silent)
        return shown


def _link_state(link: PointValue, *, silent: bool) -> PointValue:
    """The gateway says once that it is there or gone: «gone» holds until it changes, «there» while telemetry comes."""
    return replace(link, stale=silent and link.value == 1.0)


def _empty(n: int) -> _Raw:
    return np.full(n, np.nan), np.zeros(n, np.int64), np.zeros(n, np.uint8)


def _shown(
    point: Point, *, value: float | None, quality: str, t_ms: int | None, age_s: float | None, stale: bool
) -> PointValue:
    return PointValue(
        point=point.name,
        unit=point.unit.value,
        label=Bilingual(point.label_zh, point.label_en),
        value=value,
        t=None if t_ms is None else from_epoch_ms(t_ms),
        age_s=age_s,
        quality=quality,
        stale=stale,
        symbol=point.symbol,
    )
