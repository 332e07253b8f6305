"""`Windows`: what the judging step remembers of readings: newest values, the rooms' last hours, moves of setpoints.

Takes batches in any order; what is not newer changes nothing. What a sensor measured in its former home is left out of
the next one. Not thread-safe and without a clock: `alerting.judging.live_state` guards the one of the running house.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerting.judging.by_object import ByObject, Rows, move_future
from alerting.judging.layout import Layout
from alerting.judging.learned.homes import HomeMemory
from alerting.judging.learned.memory import Memory
from alerting.judging.learned.registry import SOURCE_LEARNS, STATION_LEARNS
from alerting.judging.learned.schedule import Schedule
from alerting.judging.object_table import POINT_MEASUREMENT, POINT_ROW, ObjectTable
from alerting.judging.room_hours import DegreeHours
from alerting.judging.room_readings import RoomReadings
from heating.points import Measurement
from heating.quality import is_judgeable
from heating.samples import ObjectRef, SampleBatch

__all__ = ["WITH_SETPOINTS", "LeftOut", "Setpoints", "Windows", "parts_of"]

_SETPOINT = "secondary_supply_temp_setpoint_c"
_SETPOINT_STEP_K = 2.0
"""A setpoint that moved less than this is still the same: weather compensation moves it all the time [K]."""
WITH_SETPOINTS = (Measurement.STATION, Measurement.CIRCUIT)
"""What has a supply setpoint."""
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows of a batch that no window took."""

    unknown: int = 0
    """Of objects that the layout does not know."""
    of_former_home: int = 0
    """Measured before the sensor came to its present home."""


class Setpoints(ByObject):
    """When the supply setpoint of each station, or of each circuit, last moved for good."""

    ARRAYS = dict.fromkeys(("base_c", "moved_ms"), 0)

    def __init__(self, objects: int) -> None:
        self.base_c: NDArray[np.float64] = np.full(objects, np.nan)
        """Setpoint since the last move [°C]."""
        self.moved_ms: NDArray[np.int64] = np.zeros(objects, np.int64)
        """Moment of the last move [epoch ms]; 0: not seen to move."""

    def follow_clock(self, by_ms: int, *, now_ms: int) -> None:
        """Move moments that would lie in the future."""
        move_future(self.moved_ms, by_ms, now_ms)

    def note(self, setpoint_c: NDArray[np.float64], measured_ms: NDArray[np.int64]) -> None:
        """Take the newest setpoint of each object."""
        first = np.isnan(self.base_c) & np.isfinite(setpoint_c)
        self.base_c[first] = setpoint_c[first]
        # Compared with the setpoint of the last move, not with the one before: compensation drifts in small steps.
        moved = np.abs(setpoint_c - self.base_c) > _SETPOINT_STEP_K
        self.base_c[moved] = setpoint_c[moved]
        self.moved_ms[moved] = measured_ms[moved]


def parts_of(measurement: Measurement, ids: Sequence[str]) -> dict[str, ByObject]:
    """Return the empty windows of the objects of a measurement, by name."""
    parts: dict[str, ByObject] = {"newest": ObjectTable(measurement, ids)}
    if measurement is Measurement.ROOM:
        readings = RoomReadings(len(ids))
        parts |= {"readings": readings, "hours": readings.hours, "homes": HomeMemory(len(ids))}
    elif measurement in WITH_SETPOINTS:
        parts["setpoints"] = Setpoints(len(ids))
    if measurement in (Measurement.STATION, Measurement.CIRCUIT):
        parts |= {"memory": Memory(STATION_LEARNS, len(ids)), "schedule": Schedule(len(ids))}
    elif measurement is Measurement.SOURCE:
        parts["memory"] = Memory(SOURCE_LEARNS, len(ids))
    return parts


class Windows:
    """Empty windows over the rows of a layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.parts = {m: parts_of(m, layout.ids[m]) for m in Measurement}
        """Windows of each measurement by name, one row an object; see `parts_of`."""
        self.past_is_missing = False
        """The newest values are known, what was shortly before not yet: what follows from it (medians, silence) is not
        known until it is."""
        self.listening_since_ms = 0
        """Since when somebody listens without a break [epoch ms]; 0: always. What was silent while nobody listened is
        silent to us only once it had time to speak."""
        self._degree_hours: DegreeHours | None = None
        self._asked: tuple[tuple[ObjectRef, ...], NDArray[np.intp]] | None = None

    def newest(self, measurement: Measurement) -> ObjectTable:
        """Return the newest values of a measurement."""
        table = self.parts[measurement]["newest"]
        assert isinstance(table, ObjectTable)
        return table

    @property
    def readings(self) -> RoomReadings:
        """The rooms' last readings and hourly means."""
        readings = self.parts[Measurement.ROOM]["readings"]
        assert isinstance(readings, RoomReadings)
        return readings

    @property
    def homes(self) -> HomeMemory:
        """What was learned of the sensed homes, by row of their sensors."""
        homes = self.parts[Measurement.ROOM]["homes"]
        assert isinstance(homes, HomeMemory)
        return homes

    def heard_ms(self, measurement: Measurement) -> NDArray[np.int64]:
        """Return when each object was last heard [epoch ms]; 0: never. A station speaks by its circuits too."""
        heard_ms = self.newest(measurement).heard_ms
        if measurement is Measurement.STATION and len(self.layout.circuit_station):
            heard_ms = heard_ms.copy()
            of_circuits = self.newest(Measurement.CIRCUIT).heard_ms
            np.maximum.at(heard_ms, self.layout.circuit_station, of_circuits)
        return heard_ms

    def setpoints(self, measurement: Measurement) -> Setpoints:
        """Moves of the setpoints of stations or of circuits."""
        setpoints = self.parts[measurement]["setpoints"]
        assert isinstance(setpoints, Setpoints)
        return setpoints

    def memory(self, measurement: Measurement) -> Memory:
        """Return what was learned of stations, circuits or sources."""
        memory = self.parts[measurement]["memory"]
        assert isinstance(memory, Memory)
        return memory

    def schedule(self, measurement: Measurement) -> Schedule:
        """Return the learned week of each station or circuit."""
        schedule = self.parts[measurement]["schedule"]
        assert isinstance(schedule, Schedule)
        return schedule

    def follow_clock(self, by_ms: int, *, now_ms: int) -> None:
        """Move what is remembered along after the clock jumped by `by_ms` to `now_ms`.

        Arrivals were dated by our own clock and move as a whole: silence goes on from where it was. A measured time is
        the sender's; it moves only when it would lie in the future, where it would hide every reading that comes now.
        """
        for parts in self.parts.values():
            for part in parts.values():
                part.follow_clock(by_ms, now_ms=now_ms)

    def degree_hours(self, *, limit_c: float, zone: ZoneInfo) -> DegreeHours:
        """Return the running sums of cold degree hours; limit and zone are those of the first call."""
        if self._degree_hours is None:
            limits_c = np.full(len(self.layout.since_ms), limit_c)
            self._degree_hours = DegreeHours(self.readings.hours, limit_c=limits_c, zone=zone)
        return self._degree_hours

    def take(self, batch: SampleBatch, *, past: bool = False) -> LeftOut:
        """Take readings; with `past` they are older than what is known and fill the gaps of the rooms' windows."""
        if not len(batch):
            return LeftOut()
        row = self._rows_of(batch.objects)[batch.object_index]
        former = 0
        measured = POINT_MEASUREMENT[batch.point]
        for number, measurement in enumerate(Measurement):
            chosen = np.flatnonzero((measured == number) & (row >= 0))
            if not len(chosen):
                continue
            table = self.newest(measurement)
            # Heard before anything is left out: a late reading of the former home still shows that the sensor lives.
            table.hear(batch, chosen, row[chosen])
            if measurement is Measurement.ROOM:
                here = batch.measured_ms[chosen] >= self.layout.since_ms[row[chosen]]
                former += len(chosen) - int(here.sum())
                chosen = chosen[here]
            table.apply(batch, chosen, row[chosen])
            if measurement is Measurement.ROOM:
                self._note_rooms(batch, chosen, row, past=past)
            elif measurement in WITH_SETPOINTS:
                point = table.points[_SETPOINT]
                self.setpoints(measurement).note(table.value[point], table.measured_ms[point])
        return LeftOut(int((row < 0).sum()), former)

    def _rows_of(self, objects: tuple[ObjectRef, ...]) -> NDArray[np.intp]:
        """Return the row of each object, -1 for unknown ones; slices of one history share their objects."""
        if self._asked is None or self._asked[0] is not objects:
            index = {measurement: self.newest(measurement).index for measurement in Measurement}
            rows = np.array([index[ref.measurement].get(ref.object_id, -1) for ref in objects], np.intp)
            self._asked = (objects, rows)
        return self._asked[1]

    def _note_rooms(
        self, batch: SampleBatch, chosen: NDArray[np.intp], row: NDArray[np.intp], *, past: bool
    ) -> None:
        wanted = (
            (POINT_ROW[batch.point[chosen]] == self.newest(Measurement.ROOM).points["room_temp_c"])
            & is_judgeable(batch.quality[chosen])
            & np.isfinite(batch.value[chosen])
        )
        chosen = chosen[wanted]
        chosen = chosen[np.lexsort((batch.measured_ms[chosen], row[chosen]))]
        take = self.readings.fill if past else self.readings.add
        take(row[chosen], batch.measured_ms[chosen], batch.value[chosen])

    def fill_hours(
        self, sensor_ids: Sequence[str], hour: NDArray[np.int64], mean_c: NDArray[np.float64]
    ) -> None:
        """Take means of whole past hours: ids, hours [h since the epoch] and means [°C], row by row."""
        row = self.newest(Measurement.ROOM).places_of(list(sensor_ids))
        known = (row >= 0) & (hour * _HOUR_MS >= self.layout.since_ms[row])
        self.readings.hours.fill(row[known], hour[known], mean_c[known], whole=True)

    def carried_to(self, layout: Layout) -> "Windows":
        """Return the same windows in the rows of another layout: a changed registry, or a part of this one.

        Objects that are gone are left out, new ones are empty, and a sensor that moved brings nothing of its former
        home.
        """
        return Windows.merged(layout, (self,))

    @staticmethod
    def merged(layout: Layout, pieces: Iterable["Windows"]) -> "Windows":
        """Return windows over a layout with what each piece knows of its objects."""
        whole = Windows(layout)
        for piece in pieces:
            for measurement in Measurement:
                whole.take_rows(measurement, piece.layout.ids[measurement], piece.parts[measurement])
            whole.past_is_missing |= piece.past_is_missing
        whole.newest(Measurement.ROOM).forget_before(layout.since_ms)
        whole.readings.forget_before(layout.since_ms)
        whole.homes.forget_before(layout.since_ms)
        return whole

    def take_rows(self, measurement: Measurement, ids: Sequence[str], parts: Mapping[str, ByObject]) -> None:
        """Copy the state of objects that stand in other rows; `ids` names those rows, unknown objects are left out."""
        mine: Rows
        theirs: Rows
        if ids is self.layout.ids[measurement]:
            mine = theirs = slice(None)
        else:
            index = self.newest(measurement).index
            pairs = [(index[name], row) for row, name in enumerate(ids) if name in index]
            found = np.array(pairs, np.intp).reshape(-1, 2)
            mine, theirs = found[:, 0], found[:, 1]
        for name, part in self.parts[measurement].items():
            part.take_from(parts[name], mine, theirs)
