"""`Layout`: which objects there are and in which row each stands. Windows and tables of signals follow it.

Rows are an index over ids and change with the registry; what is carried over, split, merged or saved goes by id. Not
here: values (`alerting.judging.windows`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from heating.assets import Circuit, Site, Station
from heating.heat_tree import HeatTree, Level, Node
from heating.intervals import to_epoch_ms
from heating.places import next_assignment_change, sensors_of_homes
from heating.points import Measurement

__all__ = ["Layout", "Subjects"]

_OF_NODES = {
    Measurement.STATION: Level.STATION,
    Measurement.BUILDING: Level.BUILDING,
    Measurement.SOURCE: Level.SOURCE,
}


@dataclass(frozen=True)
class Subjects:
    """The nodes that the rows of a table stand for."""

    tree: HeatTree
    level: Level
    """Level of the nodes; those of `Level.CIRCUIT` are the circuits and the stations that have none."""
    numbers: NDArray[np.intp]
    """(n,) node numbers, rising."""

    def __len__(self) -> int:
        return len(self.numbers)

    def id_at(self, row: int) -> str:
        """Return the id of a row."""
        return self.tree.ids[int(self.numbers[row])]

    def node_at(self, row: int) -> Node:
        """Return the node of a row."""
        return self.tree.node(int(self.numbers[row]))

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Id of each row; made when first asked for, which of homes nobody should."""
        return tuple(self.tree.ids[number] for number in self.numbers.tolist())

    def rows_of(self, ids: Iterable[str]) -> NDArray[np.int64]:
        """Return the row of each id, -1 for those that are not here; the tree knows the way, no index is kept."""
        levels = (Level.CIRCUIT, Level.STATION) if self.level is Level.CIRCUIT else (self.level,)
        found = [
            next((n for level in levels if (n := self.tree.get(level, object_id)) is not None), None)
            for object_id in ids
        ]
        numbers = np.array([-1 if number is None else number for number in found], np.int64)
        rows = np.searchsorted(self.numbers, numbers)
        here = np.append(self.numbers, -2)[rows] == numbers
        return np.where(here, rows, -1).astype(np.int64)

    def select(self, rows: NDArray[np.intp]) -> "Subjects":
        """Return some rows."""
        return Subjects(self.tree, self.level, self.numbers[rows])


class Layout:
    """Rows of a registry at a moment, or of the part of it that belongs to some stations.

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
        self.site, self.tree = site, tree
        self.valid_until = None if now is None else next_assignment_change(site.assignments, now)
        """When the next sensor comes to a home or leaves it: a new layout is due then; None: never, or not asked."""
        self._subjects = {level: Subjects(tree, level, tree.numbers(level)) for level in Level}
        self._subjects[Level.CIRCUIT] = Subjects(tree, Level.CIRCUIT, _water_sides(tree))
        current = sensors_of_homes(site.assignments, now)
        known = {sensor.sensor_id for sensor in site.sensors}
        homes = [tree.ids[number] for number in tree.numbers(Level.HOUSEHOLD).tolist()]
        sensor_of = {home: assignment.sensor_id for home, assignment in current.items()}
        assigned = dict.fromkeys(sensor_of[home] for home in homes if sensor_of.get(home) in known)
        spare = (sensor.sensor_id for sensor in site.sensors if sensor.sensor_id not in assigned)
        self.ids = self._ids((*assigned, *spare), site.weather_sites)
        """Ids of the objects of each measurement, by row."""
        rooms = {sensor: row for row, sensor in enumerate(self.ids[Measurement.ROOM])}
        self.home_sensor = np.array([rooms.get(sensor_of.get(home, ""), -1) for home in homes], np.intp)
        """Row of each home's sensor in the rooms, homes in tree order; -1 without a sensor."""
        self.since_ms: NDArray[np.int64] = np.zeros(len(rooms), np.int64)
        """When each sensor began to measure its present home [epoch ms]; 0 for those without one."""
        for assignment in current.values():
            if assignment.sensor_id in rooms:
                self.since_ms[rooms[assignment.sensor_id]] = to_epoch_ms(assignment.start)

    def _ids(self, rooms: tuple[str, ...], weather: Sequence[str]) -> Mapping[Measurement, tuple[str, ...]]:
        of_nodes = {m: self._subjects[level].ids for m, level in _OF_NODES.items()}
        sides = self._subjects[Level.CIRCUIT]
        circuits = sides.select(np.flatnonzero(self.tree.level[sides.numbers] == Level.CIRCUIT))
        of_nodes[Measurement.CIRCUIT] = circuits.ids
        return of_nodes | {Measurement.WEATHER: tuple(weather), Measurement.ROOM: rooms}

    def subjects(self, level: Level) -> Subjects:
        """Return the nodes of a level, always the same object."""
        return self._subjects[level]

    def of_stations(self, station_ids: Collection[str]) -> "Layout":
        """Return the rows of some stations and of everything below them, without sources, weather and spare sensors."""
        return self._part(self._below(station_ids), np.zeros(0, np.intp), ())

    def above_stations(self) -> "Layout":
        """Return the rows that belong to no station: sources, branches, weather, spare sensors."""
        inside = ~self._below(self.ids[Measurement.STATION])
        spare = np.setdiff1d(np.arange(len(self.since_ms)), self.home_sensor)
        return self._part(inside, spare, self.ids[Measurement.WEATHER])

    def _below(self, station_ids: Collection[str]) -> NDArray[np.bool_]:
        inside = np.zeros(len(self.tree), np.bool_)
        for station_id in station_ids:
            number = self.tree.find(Level.STATION, station_id)
            inside[number : int(self.tree.subtree_end[number])] = True
        return inside

    def _part(self, inside: NDArray[np.bool_], spare: NDArray[np.intp], weather: Sequence[str]) -> "Layout":
        part = object.__new__(Layout)
        part.site, part.tree, part.valid_until = self.site, self.tree, self.valid_until
        part._subjects = {
            level: own.select(np.flatnonzero(inside[own.numbers])) for level, own in self._subjects.items()
        }
        of_homes = self.home_sensor[inside[self._subjects[Level.HOUSEHOLD].numbers]]
        kept = np.array([*dict.fromkeys(of_homes[of_homes >= 0].tolist()), *spare.tolist()], np.intp)
        part.ids = part._ids(tuple(self.ids[Measurement.ROOM][row] for row in kept.tolist()), weather)
        moved = np.full(len(self.since_ms) + 1, -1, np.intp)
        # Row in the part by row here; the place after the last stays -1, which is where -1 (no sensor) looks.
        moved[kept] = np.arange(len(kept))
        part.home_sensor, part.since_ms = moved[of_homes], self.since_ms[kept]
        return part

    @cached_property
    def sensor_interval_s(self) -> NDArray[np.float64]:
        """Expected time between messages of each room sensor [s]."""
        intervals = {sensor.sensor_id: sensor.interval_s for sensor in self.site.sensors}
        return np.array([intervals[name] for name in self.ids[Measurement.ROOM]], np.float64)

    @cached_property
    def stations(self) -> tuple[Station, ...]:
        """The stations, by row."""
        by_id = {station.station_id: station for station in self.site.stations}
        return tuple(by_id[name] for name in self.ids[Measurement.STATION])

    @cached_property
    def circuits(self) -> tuple[Circuit, ...]:
        """The circuits of the stations that have several, by row; what one leaves to its station is filled in."""
        by_id = {circuit.circuit_id: circuit for circuit in self.site.circuits}
        stations = {station.station_id: station for station in self.stations}
        found = (by_id[name] for name in self.ids[Measurement.CIRCUIT])
        return tuple(_with_station(circuit, stations[circuit.station_id]) for circuit in found)

    @cached_property
    def circuit_station(self) -> NDArray[np.intp]:
        """Row of the station of each circuit."""
        row = {name: place for place, name in enumerate(self.ids[Measurement.STATION])}
        return np.array([row[circuit.station_id] for circuit in self.circuits], np.intp)

    @cached_property
    def side_station(self) -> NDArray[np.intp]:
        """Row of the station of each row of `subjects(Level.CIRCUIT)`."""
        stations = self._subjects[Level.STATION].numbers
        return np.searchsorted(stations, self._subjects[Level.CIRCUIT].numbers, side="right") - 1

    @cached_property
    def side_circuit(self) -> NDArray[np.intp]:
        """Row of the circuit of each row of `subjects(Level.CIRCUIT)`; -1 where the station has no circuits."""
        is_circuit = self.tree.level[self._subjects[Level.CIRCUIT].numbers] == Level.CIRCUIT
        return np.where(is_circuit, np.cumsum(is_circuit) - 1, -1)

    @cached_property
    def station_branch(self) -> tuple[str, ...]:
        """Id of the branch that each station hangs on."""
        return tuple(self.tree.ids[int(self.tree.parent[number])] for number in self._station_numbers)

    @cached_property
    def station_source(self) -> tuple[str, ...]:
        """Id of the source that feeds each station."""
        found = (self.tree.ancestor_at(number, Level.SOURCE) for number in self._station_numbers)
        return tuple("" if number is None else self.tree.ids[number] for number in found)

    @property
    def _station_numbers(self) -> list[int]:
        numbers: list[int] = self._subjects[Level.STATION].numbers.tolist()
        return numbers

    @cached_property
    def station_interval_s(self) -> NDArray[np.float64]:
        """Expected time between messages of each station [s]."""
        return np.array([station.report_interval_s for station in self.stations], np.float64)

    def of_homes(self, of_sensors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the figure of each home's sensor; NaN without a sensor."""
        if not len(of_sensors):
            return np.full(len(self.home_sensor), np.nan)
        found = of_sensors[self.home_sensor]  # -1 takes the last one, which the next line takes back
        found[self._without_sensor] = np.nan
        return found

    @cached_property
    def _without_sensor(self) -> NDArray[np.intp]:
        return np.flatnonzero(self.home_sensor < 0)


def _water_sides(tree: HeatTree) -> NDArray[np.intp]:
    """Return the circuits and the stations that have none: where water goes round, in tree order."""
    circuits, stations = tree.numbers(Level.CIRCUIT), tree.numbers(Level.STATION)
    return np.sort(np.concatenate((circuits, np.setdiff1d(stations, tree.parent[circuits]))))


def _with_station(circuit: Circuit, station: Station) -> Circuit:
    return replace(
        circuit,
        emitter=circuit.emitter or station.emitter,
        tank_height_m=circuit.tank_height_m or station.tank_height_m,
    )
