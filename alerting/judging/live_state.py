"""The newest value of every point of every object, in arrays sorted along the heat-supply tree.

Takes batches from the collector (or from its own subscription), answers pages and rules. A value is kept only when it
is usable and newer than the one before; a bad one is noted as heard and marks the point as bad. What a sensor measured
in its former home is not shown of the next one. Not here: what a value
means for an alarm (`alerting.judging.signals.columns`). Reads no clock.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import structlog
from numpy.typing import NDArray

from alerting.judging.room_readings import RoomReadings
from alerting.serving.warm_start import (
    Stopped,
    WarmWindows,
    read_newest,
    read_room_hours,
    read_rooms_lately,
    read_silent_rooms,
    warm_windows,
)
from heating.assets import SensorAssignment, Site
from heating.heat_tree import HeatTree, Level
from heating.intervals import to_epoch_ms
from heating.points import POINTS, Measurement, points_of
from heating.protocols import LatestValue, TimeSeriesStore
from heating.quality import is_usable
from heating.samples import ObjectRef, SampleBatch

__all__ = ["LiveState", "ObjectTable"]

_log = structlog.get_logger()
_SETPOINT = "secondary_supply_temp_setpoint_c"
_SETPOINT_STEP_K = 2.0
"""A setpoint that moved less than this is still the same: weather compensation moves it all the time [K]."""
_STATUS = "gateway_online"
_HOUR_MS = 3_600_000
_REMEMBERED_TUPLES = 16
"""Tuples of ids whose places are remembered, a table: pages ask for the same few again and again."""


class ObjectTable:
    """Newest values of the objects of one measurement; matrices have shape ``(n_points, n_objects)``."""

    def __init__(self, measurement: Measurement, ids: Sequence[str]) -> None:
        self.measurement = measurement
        self.ids = tuple(ids)
        self.index = {object_id: place for place, object_id in enumerate(self.ids)}
        self.points = {point.name: row for row, point in enumerate(points_of(measurement))}
        shape = (len(self.points), len(self.ids))
        self.value: NDArray[np.float64] = np.full(shape, np.nan)
        """Newest usable value; NaN: never came."""
        self.measured_ms: NDArray[np.int64] = np.zeros(shape, np.int64)
        """Measured time of `value`; 0: never."""
        self.received_ms: NDArray[np.int64] = np.zeros(shape, np.int64)
        self.newest_ms: NDArray[np.int64] = np.zeros(shape, np.int64)
        """Measured time of the newest row, usable or not."""
        self.quality: NDArray[np.uint8] = np.zeros(shape, np.uint8)
        """Quality of the newest row."""
        self._asked: dict[int, tuple[tuple[str, ...], NDArray[np.intp]]] = {}
        self.heard_ms: NDArray[np.int64] = np.zeros(len(self.ids), np.int64)
        """Newest arrival of any telemetry of the object; its online status does not count. 0: never."""

    def places_of(self, object_ids: Sequence[str]) -> NDArray[np.intp]:
        """Return the place of each object, -1 for unknown ones; a tuple asked for again is answered from memory."""
        if not isinstance(object_ids, tuple):
            return np.array([self.index.get(object_id, -1) for object_id in object_ids], np.intp)
        kept = self._asked.get(id(object_ids))
        if kept is None or kept[0] is not object_ids:
            places = np.array([self.index.get(object_id, -1) for object_id in object_ids], np.intp)
            if len(self._asked) >= _REMEMBERED_TUPLES:
                self._asked.clear()
            kept = self._asked[id(object_ids)] = (object_ids, places)
        return kept[1]

    def take_from(self, other: "ObjectTable") -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Copy what the old table knew of objects that are still here; returns their places here and there."""
        kept = [(place, other.index[name]) for name, place in self.index.items() if name in other.index]
        pairs = np.array(kept, np.intp).reshape(-1, 2)
        mine, theirs = pairs[:, 0], pairs[:, 1]
        for name in ("value", "measured_ms", "received_ms", "newest_ms", "quality"):
            getattr(self, name)[:, mine] = getattr(other, name)[:, theirs]
        self.heard_ms[mine] = other.heard_ms[theirs]
        return mine, theirs

    def forget_before(self, since_ms: NDArray[np.int64]) -> None:
        """Forget what was measured before a moment of each object [epoch ms], shape ``(n_objects,)``.

        That it was heard stays known.
        """
        before = self.measured_ms < since_ms
        self.value[before] = np.nan
        self.measured_ms[before] = self.received_ms[before] = 0
        before = self.newest_ms < since_ms
        self.newest_ms[before] = self.quality[before] = 0

    def hear(self, batch: SampleBatch, rows: NDArray[np.intp], place: NDArray[np.intp]) -> None:
        """Note that objects spoke; `place` is the object of each row, shape ``(len(rows),)``."""
        speaks = _POINT_ROW[batch.point[rows]] != self.points[_STATUS]
        np.maximum.at(self.heard_ms, place[speaks], batch.received_ms[rows[speaks]])

    def apply(self, batch: SampleBatch, rows: NDArray[np.intp], place: NDArray[np.intp]) -> None:
        """Take rows of a batch; `place` is the object of each row, shape ``(len(rows),)``."""
        point_row = _POINT_ROW[batch.point[rows]]
        key = point_row.astype(np.int64) * max(1, len(self.ids)) + place
        order = np.lexsort((batch.measured_ms[rows], key))
        rows, key = rows[order], key[order]
        usable = np.flatnonzero(is_usable(batch.quality[rows]) & np.isfinite(batch.value[rows]))
        self._newest(batch, rows, key)
        self._values(batch, rows[usable], key[usable])

    def _newest(self, batch: SampleBatch, rows: NDArray[np.intp], key: NDArray[np.int64]) -> None:
        rows, key = _last_of_each(rows, key)
        fresh = batch.measured_ms[rows] > self.newest_ms.reshape(-1)[key]
        self.newest_ms.reshape(-1)[key[fresh]] = batch.measured_ms[rows[fresh]]
        self.quality.reshape(-1)[key[fresh]] = batch.quality[rows[fresh]]

    def _values(self, batch: SampleBatch, rows: NDArray[np.intp], key: NDArray[np.int64]) -> None:
        rows, key = _last_of_each(rows, key)
        fresh = batch.measured_ms[rows] > self.measured_ms.reshape(-1)[key]
        rows, key = rows[fresh], key[fresh]
        self.value.reshape(-1)[key] = batch.value[rows]
        self.measured_ms.reshape(-1)[key] = batch.measured_ms[rows]
        self.received_ms.reshape(-1)[key] = batch.received_ms[rows]


def _last_of_each(
    rows: NDArray[np.intp], key: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    last = np.r_[key[1:] != key[:-1], True] if len(key) else np.zeros(0, np.bool_)
    return rows[last], key[last]


def _point_rows() -> NDArray[np.int16]:
    place = {point: row for m in Measurement for row, point in enumerate(points_of(m))}
    return np.array([place[point] for point in POINTS], np.int16)


_POINT_ROW = _point_rows()
_POINT_MEASUREMENT = np.array([list(Measurement).index(point.measurement) for point in POINTS], np.int8)


class LiveState:
    """Newest values; a `BatchSink` and a `LatestValues`, safe to use from any thread.

    Parameters
    ----------
    site : Site
        The registry.
    tree : HeatTree
        Its heat-supply tree.
    now : datetime, optional
        Which sensor measures which home at this moment; without it assignments that have ended are left out.
    """

    def __init__(self, site: Site, tree: HeatTree, *, now: datetime | None = None) -> None:
        self.lock = threading.RLock()
        """Held while values change; hold it to read several columns of one moment."""
        self.unknown_rows = 0
        """Rows of objects that the registry does not know."""
        self.former_home_rows = 0
        """Rows that a sensor measured before it came to its present home: kept in the store, not shown here."""
        self.past_is_missing = False
        """The newest values were read from the store, what was shortly before not yet: what follows from it (medians,
        silence) is not known until it is."""
        self._build(site, tree, now)

    def _build(self, site: Site, tree: HeatTree, now: datetime | None) -> None:
        self.site, self.tree = site, tree
        current = _current_assignments(site.assignments, now)
        sensor_of = {home: assignment.sensor_id for home, assignment in current.items()}
        self.valid_until = _next_change(site.assignments, now)
        """When the next sensor comes to a home or leaves it: `rebuild` then; None: never, or not asked."""
        home_numbers = tree.numbers(Level.HOUSEHOLD)
        home_ids = [tree.ids[number] for number in home_numbers]
        known = {sensor.sensor_id for sensor in site.sensors}
        assigned = [sensor_of[home] for home in home_ids if sensor_of.get(home) in known]
        taken = set(assigned)
        spare = [sensor.sensor_id for sensor in site.sensors if sensor.sensor_id not in taken]
        ids: dict[Measurement, list[str]] = {
            Measurement.STATION: [tree.ids[n] for n in tree.numbers(Level.STATION)],
            Measurement.BUILDING: [tree.ids[n] for n in tree.numbers(Level.BUILDING)],
            Measurement.SOURCE: [tree.ids[n] for n in tree.numbers(Level.SOURCE)],
            Measurement.WEATHER: list(site.weather_sites),
            Measurement.ROOM: [*dict.fromkeys(assigned), *spare],
        }
        self.tables = {m: ObjectTable(m, ids[m]) for m in Measurement}
        rooms = self.tables[Measurement.ROOM].index
        self.home_sensor = np.array([rooms.get(sensor_of.get(h, ""), -1) for h in home_ids], np.intp)
        """Place of each home's sensor in the room table, homes in tree order; -1 without a sensor."""
        self.since_ms: NDArray[np.int64] = np.zeros(len(rooms), np.int64)
        """When each sensor began to measure its present home [epoch ms]; 0 for those without one."""
        for assignment in current.values():
            if assignment.sensor_id in rooms:
                self.since_ms[rooms[assignment.sensor_id]] = to_epoch_ms(assignment.start)
        self.readings = RoomReadings(len(rooms))
        stations = len(self.tables[Measurement.STATION].ids)
        self.setpoint_base_c: NDArray[np.float64] = np.full(stations, np.nan)
        self.setpoint_moved_ms: NDArray[np.int64] = np.zeros(stations, np.int64)
        """When the supply setpoint of each station last moved for good [epoch ms]; 0: not seen to move."""

    def rebuild(self, site: Site, tree: HeatTree, *, now: datetime | None = None) -> None:
        """Follow a changed registry; values of objects that stay are kept, but not those of a sensor's former home."""
        with self.lock:
            tables, readings = self.tables, self.readings
            base_c, moved_ms = self.setpoint_base_c, self.setpoint_moved_ms
            self._build(site, tree, now)
            for measurement, table in self.tables.items():
                mine, theirs = table.take_from(tables[measurement])
                if measurement is Measurement.ROOM:
                    self.readings.take_from(readings, mine, theirs)
                    table.forget_before(self.since_ms)
                    self.readings.forget_before(self.since_ms)
                elif measurement is Measurement.STATION:
                    self.setpoint_base_c[mine] = base_c[theirs]
                    self.setpoint_moved_ms[mine] = moved_ms[theirs]

    def accept(self, batch: SampleBatch) -> None:
        """Take a batch; never raises. Rows not newer than what is known change nothing."""
        self._take(batch, past=False)

    def _accept_past(self, batch: SampleBatch) -> None:
        """Take readings of the past: as `accept`, and they fill the gaps of the rooms' rings."""
        self._take(batch, past=True)

    def _take(self, batch: SampleBatch, *, past: bool) -> None:
        try:
            with self.lock:
                self._accept(batch, past=past)
        except (ValueError, IndexError, KeyError, TypeError, OverflowError):
            _log.exception("alerting.batch_not_taken", rows=len(batch))

    def _accept(self, batch: SampleBatch, *, past: bool) -> None:
        if not len(batch):
            return
        place_of = np.array(
            [self.tables[ref.measurement].index.get(ref.object_id, -1) for ref in batch.objects], np.intp
        )
        place = place_of[batch.object_index]
        self.unknown_rows += int((place < 0).sum())
        kind = _POINT_MEASUREMENT[batch.point]
        for number, measurement in enumerate(Measurement):
            rows = np.flatnonzero((kind == number) & (place >= 0))
            if not len(rows):
                continue
            table = self.tables[measurement]
            table.hear(batch, rows, place[rows])
            if measurement is Measurement.ROOM:
                here = batch.measured_ms[rows] >= self.since_ms[place[rows]]
                self.former_home_rows += len(rows) - int(here.sum())
                rows = rows[here]
            table.apply(batch, rows, place[rows])
            if measurement is Measurement.ROOM:
                self._note_rooms(batch, rows, place, past=past)
            elif measurement is Measurement.STATION:
                self._note_setpoints(table)

    def _note_rooms(
        self, batch: SampleBatch, rows: NDArray[np.intp], place: NDArray[np.intp], *, past: bool
    ) -> None:
        wanted = (
            (_POINT_ROW[batch.point[rows]] == self.tables[Measurement.ROOM].points["room_temp_c"])
            & is_usable(batch.quality[rows])
            & np.isfinite(batch.value[rows])
        )
        rows = rows[wanted]
        order = np.lexsort((batch.measured_ms[rows], place[rows]))
        rows = rows[order]
        take = self.readings.fill if past else self.readings.add
        take(place[rows], batch.measured_ms[rows], batch.value[rows])

    def _note_setpoints(self, table: ObjectTable) -> None:
        row = table.points[_SETPOINT]
        setpoint_c = table.value[row]
        first = np.isnan(self.setpoint_base_c) & np.isfinite(setpoint_c)
        self.setpoint_base_c[first] = setpoint_c[first]
        moved = np.abs(setpoint_c - self.setpoint_base_c) > _SETPOINT_STEP_K
        self.setpoint_base_c[moved] = setpoint_c[moved]
        self.setpoint_moved_ms[moved] = table.measured_ms[row][moved]

    def warm_from(self, store: TimeSeriesStore, *, now: datetime) -> int:
        """Fill from the store what was stored in the last while, both parts; returns how many rows were read.

        Raises
        ------
        heating.errors.HeatingError
            When the store cannot answer.
        """
        return self.warm_newest(store, now=now) + self.warm_past(store, now=now)

    def warm_newest(self, store: TimeSeriesStore, *, now: datetime) -> int:
        """Fill the newest values from what was stored lately: the part a start waits for; returns the rows read.

        From here on `past_is_missing` is set, until `warm_past` has read what medians and silence need.

        Raises
        ------
        heating.errors.HeatingError
            When the store cannot answer.
        """
        rows = read_newest(store, self._windows().newest, accept=self.accept, now=now)
        self.past_is_missing = bool(self.tables[Measurement.ROOM].ids)
        _log.info("alerting.newest_values_warmed", rows=rows)
        return rows

    def warm_past(self, store: TimeSeriesStore, *, now: datetime, stopped: Stopped = lambda: False) -> int:
        """Fill the rooms' last hours while values come in: older ones change nothing newer; returns the rows read.

        Parameters
        ----------
        store : TimeSeriesStore
            Read in slices.
        now : datetime
            End of the past; that of `warm_newest`.
        stopped : callable, optional
            Asked between two slices; true ends the reading and leaves `past_is_missing` set.

        Raises
        ------
        heating.errors.HeatingError
            When the store cannot answer.
        """
        table, take, windows = self.tables[Measurement.ROOM], self._accept_past, self._windows()
        rows = read_rooms_lately(store, windows, accept=take, now=now, stopped=stopped)
        if not stopped() and not table.heard_ms.all():
            rows += read_silent_rooms(store, windows, accept=take, now=now)
        if not stopped():
            self.past_is_missing = False
        rows += read_room_hours(
            store, table.ids, fill=self._fill_hours, accept=take, now=now, stopped=stopped
        )
        _log.info("alerting.past_warmed", rows=rows)
        return rows

    def _windows(self) -> WarmWindows:
        return warm_windows([sensor.interval_s for sensor in self.site.sensors])

    def _fill_hours(
        self, sensor_ids: Sequence[str], hour: NDArray[np.int64], mean_c: NDArray[np.float64]
    ) -> None:
        with self.lock:
            place = self.tables[Measurement.ROOM].places_of(list(sensor_ids))
            known = (place >= 0) & (hour * _HOUR_MS >= self.since_ms[place])
            self.readings.hours.fill(place[known], hour[known], mean_c[known], whole=True)

    def of_object(self, ref: ObjectRef) -> Mapping[str, LatestValue]:
        """Return the newest usable value of each point that ever came, with the quality of the newest row."""
        with self.lock:
            table = self.tables[ref.measurement]
            place = table.index.get(ref.object_id)
            if place is None:
                return {}
            return {
                name: LatestValue(
                    value=float(table.value[row, place]),
                    quality=int(table.quality[row, place]),
                    measured_ms=int(table.measured_ms[row, place]),
                    received_ms=int(table.received_ms[row, place]),
                )
                for name, row in table.points.items()
                if table.measured_ms[row, place] > 0
            }

    def column(
        self, measurement: Measurement, point: str, object_ids: Sequence[str]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.uint8]]:
        """Return value (NaN: never came), measured_ms (0: never) and quality, each of shape (len(object_ids),)."""
        with self.lock:
            table = self.tables[measurement]
            row = table.points[point]
            places = table.places_of(object_ids)
            known = places >= 0
            value = np.full(len(places), np.nan)
            measured_ms = np.zeros(len(places), np.int64)
            quality = np.zeros(len(places), np.uint8)
            value[known] = table.value[row, places[known]]
            measured_ms[known] = table.measured_ms[row, places[known]]
            quality[known] = table.quality[row, places[known]]
            return value, measured_ms, quality

    def last_received_ms(self, ref: ObjectRef) -> int:
        """Return when telemetry of an object last arrived [epoch ms], 0 when never."""
        with self.lock:
            table = self.tables[ref.measurement]
            place = table.index.get(ref.object_id)
            return 0 if place is None else int(table.heard_ms[place])


def _current_assignments(
    assignments: Sequence[SensorAssignment], now: datetime | None
) -> dict[str, SensorAssignment]:
    """Return the assignment of each home at a moment, by household id; of several the one that started last."""
    found: dict[str, SensorAssignment] = {}
    for assignment in sorted(assignments, key=lambda a: (a.start, a.sensor_id)):
        if now is None:
            current = assignment.end is None
        else:
            current = assignment.start <= now and (assignment.end is None or now < assignment.end)
        if current:
            found[assignment.household_id] = assignment
    return found


def _next_change(assignments: Sequence[SensorAssignment], now: datetime | None) -> datetime | None:
    if now is None:
        return None
    moments = (moment for a in assignments for moment in (a.start, a.end) if moment is not None)
    return min((moment for moment in moments if moment > now), default=None)
