"""Saves what judging learned and how far the symptoms' delays are, for a restart: one small blob a station.

A blob holds the columns of its objects as bytes; what the rows of those columns stand for is written once, in a blob of
names. So a changed registry loses only what is gone, and another version of the program loses only what it no longer
learns. Not here: the memory itself, timers of rules (`alerting.judging.state_codec`), and the database.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from alerting.judging.by_object import ByObject
from alerting.judging.layout import Layout
from alerting.judging.learned.homes import HomeMemory
from alerting.judging.learned.memory import Memory
from alerting.judging.state_codec import StateError
from alerting.judging.symptoms.state import Names, SymptomState
from alerting.judging.windows import Windows
from heating.heat_tree import Level
from heating.points import Measurement

__all__ = ["LearnedCodec"]

_PREFIX = "learned/"
_NETWORK = "learned@network"
_NAMES = "learned@names"
_HOMES = "homes.room"
_BETWEEN = "\n"
"""Between ids of sensors: none has a line break."""


class _Saved(NamedTuple):
    part: str
    """As in `LearnedCodec._parts`."""
    object_id: str
    arrays: dict[str, bytes]


_DECODER = msgspec.msgpack.Decoder(list[_Saved])
_NAMES_DECODER = msgspec.msgpack.Decoder(dict[str, dict[str, list[str]]])


class LearnedCodec:
    """Turns memory and delays into blobs and back, for one layout.

    Parameters
    ----------
    layout : Layout
        Objects of now.
    names : mapping
        Symptoms of each level.
    """

    def __init__(self, layout: Layout, names: Names) -> None:
        self._layout, self._symptoms = layout, names
        self._circuits: dict[int, list[int]] = {}
        for row, station in enumerate(layout.circuit_station.tolist()):
            self._circuits.setdefault(station, []).append(row)
        self._sides: dict[int, list[int]] = {}
        for row, station in enumerate(layout.side_station.tolist()):
            self._sides.setdefault(station, []).append(row)
        self._sensors = _sensors_of_stations(layout)
        self.names = (*(_PREFIX + name for name in layout.ids[Measurement.STATION]), _NETWORK, _NAMES)
        """Names of every blob there may be, stations in tree order first."""

    def encode(
        self, windows: Windows, symptoms: SymptomState, stations: Iterable[int] | None = None
    ) -> dict[str, bytes]:
        """Return the blobs of some stations by row, of all by default, with those of the network and of the names.

        Memory changes when a slot ends: then all are due. A house may write them in turns; a station whose blob is
        older goes on from there.
        """
        parts = dict(self._parts(windows, symptoms))
        chosen = range(len(self._layout.ids[Measurement.STATION])) if stations is None else stations
        blobs = {
            self.names[row]: msgspec.msgpack.encode(
                [*self._station(parts, row), self._homes(windows.homes, row)]
            )
            for row in chosen
        }
        network = [
            _saved(name, part, ids[row], row)
            for name in ("memory.source", "delays.source", "delays.branch")
            if name in parts
            for part, ids in (parts[name],)
            for row in range(len(ids))
        ]
        blobs[_NETWORK] = msgspec.msgpack.encode(network)
        blobs[_NAMES] = msgspec.msgpack.encode(
            {name: self._rows_of(name, part) for name, (part, _) in parts.items()}
        )
        return blobs

    def decode(self, blobs: Mapping[str, bytes], windows: Windows) -> SymptomState:
        """Fill windows with what blobs hold, in place, and return the delays; what is gone is left out.

        Raises
        ------
        StateError
            Names the blob that cannot be read.
        """
        symptoms = SymptomState.merged(self._layout, (), self._symptoms)
        if _NAMES not in blobs:
            return symptoms
        parts = dict(self._parts(windows, symptoms))
        rows = {name: {one: row for row, one in enumerate(ids)} for name, (_, ids) in parts.items()}
        moves = self._moves(blobs[_NAMES], parts)
        for name, blob in blobs.items():
            if name == _NAMES:
                continue
            try:
                for saved in _DECODER.decode(blob):
                    if saved.part == _HOMES:
                        self._fill_homes(windows, saved)
                        continue
                    row = rows.get(saved.part, {}).get(saved.object_id)
                    if row is not None and saved.part in moves:
                        _fill(parts[saved.part][0], row, saved, moves[saved.part])
            except (msgspec.DecodeError, ValueError, IndexError) as error:
                raise StateError(f"saved memory {name!r}: {error}") from error
        return symptoms

    def _parts(
        self, windows: Windows, symptoms: SymptomState
    ) -> Iterator[tuple[str, tuple[ByObject, Sequence[str]]]]:
        for measurement in (Measurement.STATION, Measurement.CIRCUIT, Measurement.SOURCE):
            ids = self._layout.ids[measurement]
            yield f"memory.{measurement.value}", (windows.memory(measurement), ids)
            if measurement is not Measurement.SOURCE:
                yield f"schedule.{measurement.value}", (windows.schedule(measurement), ids)
        for level, delays in symptoms.levels.items():
            yield f"delays.{level.word}", (delays, self._layout.subjects(level).ids)

    def _station(self, parts: Mapping[str, tuple[ByObject, Sequence[str]]], row: int) -> Iterator[_Saved]:
        of = {"station": [row], "circuit": self._circuits.get(row, [])}
        for name, (part, ids) in parts.items():
            kind = name.partition(".")[2]
            places = self._sides.get(row, []) if name == "delays.circuit" else of.get(kind, [])
            for place in places:
                yield _saved(name, part, ids[place], place)

    def _homes(self, homes: HomeMemory, row: int) -> _Saved:
        """Return all sensed homes of a station in one: there are many, and each has little."""
        sensors = self._sensors[row]
        ids = self._layout.ids[Measurement.ROOM]
        arrays = {array: getattr(homes, array)[sensors].tobytes() for array in homes.ARRAYS}
        return _Saved(_HOMES, _BETWEEN.join(ids[sensor] for sensor in sensors.tolist()), arrays)

    def _fill_homes(self, windows: Windows, saved: _Saved) -> None:
        ids = saved.object_id.split(_BETWEEN) if saved.object_id else []
        place = windows.newest(Measurement.ROOM).places_of(ids)
        for array in windows.homes.ARRAYS:
            mine = getattr(windows.homes, array)
            if array in saved.arrays:
                found = np.frombuffer(saved.arrays[array], mine.dtype)
                mine[place[place >= 0]] = found.reshape(len(ids))[place >= 0]

    def _rows_of(self, name: str, part: ByObject) -> dict[str, list[str]]:
        """Return what the rows of each array of a part stand for."""
        if isinstance(part, Memory):
            return part.names()
        kind, _, word = name.partition(".")
        if kind == "delays":
            symptoms = self._symptoms[Level[word.upper()]]
            return {array: list(symptoms) for array in part.ARRAYS}
        return {array: [str(row) for row in range(len(getattr(part, array)))] for array in part.ARRAYS}

    def _moves(
        self, blob: bytes, parts: Mapping[str, tuple[ByObject, Sequence[str]]]
    ) -> dict[str, dict[str, tuple[int, list[tuple[int, int]]]]]:
        """Return, by part and array, how many rows were saved and which of them go where."""
        try:
            saved = _NAMES_DECODER.decode(blob)
        except msgspec.DecodeError as error:
            raise StateError(f"saved memory {_NAMES!r}: {error}") from error
        moves: dict[str, dict[str, tuple[int, list[tuple[int, int]]]]] = {}
        for name, (part, _) in parts.items():
            for array, now in self._rows_of(name, part).items():
                then = saved.get(name, {}).get(array)
                if then is not None:
                    place = {one: number for number, one in enumerate(then)}
                    pairs = [(place[one], number) for number, one in enumerate(now) if one in place]
                    moves.setdefault(name, {})[array] = (len(then), pairs)
        return moves


def _sensors_of_stations(layout: Layout) -> list[NDArray[np.intp]]:
    """Return the rows of the room sensors below each station."""
    homes, stations = layout.subjects(Level.HOUSEHOLD).numbers, layout.subjects(Level.STATION).numbers
    sensed = np.flatnonzero(layout.home_sensor >= 0)
    of_station = np.searchsorted(stations, homes[sensed], side="right") - 1
    bounds = np.searchsorted(of_station, np.arange(len(stations) + 1))
    rows = layout.home_sensor[sensed]
    return [rows[first:last] for first, last in itertools.pairwise(bounds)]


def _saved(name: str, part: ByObject, object_id: str, row: int) -> _Saved:
    arrays = {array: np.ascontiguousarray(part.rows(array)[row]).tobytes() for array in part.ARRAYS}
    return _Saved(name, object_id, arrays)


def _fill(
    part: ByObject, row: int, saved: _Saved, moves: Mapping[str, tuple[int, list[tuple[int, int]]]]
) -> None:
    for array, (count, pairs) in moves.items():
        if array not in saved.arrays:
            continue
        mine = part.rows(array)
        found = np.frombuffer(saved.arrays[array], mine.dtype)
        if mine.ndim == 1:
            mine[row] = found[0]
            continue
        columns = found.reshape(count, *mine.shape[2:])
        theirs, here = np.array(pairs, np.intp).reshape(-1, 2).T
        mine[row][here] = columns[theirs]
