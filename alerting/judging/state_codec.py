"""Saves what the judging step remembers, and reads it back: timers for a restart, windows for a stream engine.

Timers are kept across restarts as one small blob a station, with the timers of its homes; a tick writes the blobs of
the stations that changed and no others. Windows are filled from the store at a start and are saved only where there is
no store to ask. Everything names its object, so a changed registry loses only the state of what is gone. Not here: the
state itself, and the database.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import numpy as np

from alerting.judging.engine import Judged, Timers
from alerting.judging.layout import Layout, Subjects
from alerting.judging.timers import RuleState
from alerting.judging.windows import Windows, parts_of
from config.rules.reading import RuleSet
from heating.errors import HeatingError
from heating.heat_tree import Level
from heating.points import Measurement, points_of

__all__ = ["StateError", "TimersCodec", "decode_windows", "encode_windows"]

_PREFIX = "engine/"
_ABOVE = "engine@watch"
"""Blob of the rules whose subjects stand above every station, such as those that judge the watch itself."""


class StateError(HeatingError):
    """Saved state cannot be read; without it the timers or windows of that part begin empty."""


class _Entry(NamedTuple):
    subject: str
    phase: int
    since_ms: int
    frozen_ms: int
    priority: int
    urgent_ms: int


_Blob = dict[str, list[_Entry]]
_DECODER = msgspec.json.Decoder(_Blob)


class TimersCodec:
    """Turns timers into blobs and back, for one layout and rule set."""

    def __init__(self, *, layout: Layout, rules: RuleSet) -> None:
        self._layout, self._rules = layout, rules
        self._stations = layout.subjects(Level.STATION).numbers
        self.names = (*(_PREFIX + name for name in layout.ids[Measurement.STATION]), _ABOVE)
        """Names of every blob there may be, stations in tree order first."""

    def encode_changed(self, judged: Judged) -> dict[str, bytes]:
        """Return the blobs of the stations whose timers a step changed."""
        changed: set[int] = set()
        blobs: dict[str, bytes] = {}
        for rule_id, rows in judged.touched.items():
            subjects = judged.timers.subjects[rule_id]
            if subjects.level < Level.STATION:
                if len(rows):
                    blobs[_ABOVE] = self._encode_above(judged.timers)
                continue
            places = np.searchsorted(self._stations, subjects.numbers[rows], side="right") - 1
            changed.update(np.unique(places).tolist())
        return blobs | {self.names[place]: self._encode(judged.timers, place) for place in sorted(changed)}

    def _encode_above(self, timers: Timers) -> bytes:
        above = {name: own for name, own in timers.subjects.items() if own.level < Level.STATION}
        return msgspec.json.encode({name: _entries(timers.of(name, own), own) for name, own in above.items()})

    def _encode(self, timers: Timers, place: int) -> bytes:
        station = int(self._stations[place])
        blob: _Blob = {}
        for rule_id, subjects in timers.subjects.items():
            if subjects.level < Level.STATION:
                continue
            # Subjects stand in tree order, so those of a station are one run of rows.
            end = int(self._layout.tree.subtree_end[station])
            low, high = np.searchsorted(subjects.numbers, (station, end))
            state = timers.of(rule_id, subjects)
            first, last = np.searchsorted(state.row, (low, high))
            if first < last:
                blob[rule_id] = _entries(state.select(np.arange(first, last)), subjects)
        return msgspec.json.encode(blob)

    def decode(self, blobs: Mapping[str, bytes]) -> Timers:
        """Return the timers that blobs hold; subjects and rules that are gone are left out.

        Raises
        ------
        StateError
            Names the blob that cannot be read.
        """
        found: dict[str, list[_Entry]] = {}
        for name, blob in blobs.items():
            try:
                content = _DECODER.decode(blob)
            except msgspec.DecodeError as error:
                raise StateError(f"saved timers {name!r}: {error}") from error
            for rule_id, entries in content.items():
                found.setdefault(rule_id, []).extend(entries)
        subjects = {
            rule_id: self._layout.subjects(rule.scope.level)
            for rule_id in found
            if (rule := self._rules.get(rule_id)) is not None and rule.scope.level is not None
        }
        return Timers({name: _state(found[name], own) for name, own in subjects.items()}, subjects)


def _entries(state: RuleState, subjects: Subjects) -> list[_Entry]:
    ids = [subjects.id_at(row) for row in state.row.tolist()]
    columns = (state.phase, state.since_ms, state.frozen_ms, state.priority, state.urgent_ms)
    return [_Entry(*entry) for entry in zip(ids, *(c.tolist() for c in columns), strict=True)]


def _state(entries: list[_Entry], subjects: Subjects) -> RuleState:
    rows = subjects.rows_of(entry.subject for entry in entries)
    columns = list(zip(*(entry[1:] for entry in entries), strict=True)) or [()] * 5
    kinds = (np.int8, np.int64, np.int64, np.int8, np.int64)
    phase, since_ms, frozen_ms, priority, urgent_ms = (
        np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)
    )
    unordered = RuleState(rows, phase, since_ms, frozen_ms, priority, urgent_ms)
    return unordered.in_rows(rows)


class _SavedWindows(msgspec.Struct):
    """Windows of one measurement."""

    ids: list[str]
    points: list[str]
    """Points that the rows of the newest values stand for; other points than today's are of another version."""
    arrays: dict[str, dict[str, bytes]]
    """By part and array, objects first."""


_WINDOWS_DECODER = msgspec.msgpack.Decoder(dict[str, _SavedWindows])


def encode_windows(windows: Windows) -> bytes:
    """Return windows as bytes that name their objects."""
    saved = {
        measurement.value: _SavedWindows(
            list(windows.layout.ids[measurement]),
            [point.name for point in points_of(measurement)],
            {
                name: {array: np.ascontiguousarray(part.rows(array)).tobytes() for array in part.ARRAYS}
                for name, part in parts.items()
            },
        )
        for measurement, parts in windows.parts.items()
    }
    return msgspec.msgpack.encode(saved)


def decode_windows(blob: bytes, layout: Layout) -> Windows:
    """Return saved windows in the rows of a layout; objects that are gone are left out.

    Raises
    ------
    StateError
        When the bytes are not windows, or those of another version of the points.
    """
    windows = Windows(layout)
    try:
        for word, saved in _WINDOWS_DECODER.decode(blob).items():
            measurement = Measurement(word)
            if saved.points != [point.name for point in points_of(measurement)]:
                raise StateError(f"saved windows of {word}: other points than today's")
            parts = parts_of(measurement, saved.ids)
            for name, part in parts.items():
                for array in part.ARRAYS:
                    rows = part.rows(array)
                    rows[:] = np.frombuffer(saved.arrays[name][array], rows.dtype).reshape(rows.shape)
            windows.take_rows(measurement, saved.ids, parts)
    except (msgspec.DecodeError, KeyError, ValueError) as error:
        raise StateError(f"saved windows cannot be read: {error}") from error
    return windows
