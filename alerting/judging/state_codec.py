"""Keeps the engine's timers across restarts: one small blob a station, with the timers of its homes.

Entries name their subject, so a changed registry loses only the timers of what is gone. A tick writes the blobs of
the stations that changed and no others. Not here: the timers (`alerting.judging.timers`) and the database.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from alerting.judging.engine import EngineState, StepResult
from alerting.judging.timers import RuleState
from config.rules.reading import RuleSet
from heating.errors import HeatingError
from heating.heat_tree import HeatTree, Level

__all__ = ["EngineStateCodec", "EngineStateError"]

_PREFIX = "engine/"
_WATCH = "engine@watch"
"""Blob of the rules that judge the watch itself: their subjects stand above every station."""


class EngineStateError(HeatingError):
    """A saved blob cannot be read; deleting it restarts the timers of that station."""


class _Entry(NamedTuple):
    subject: str
    phase: int
    since_ms: int
    frozen_ms: int
    priority: int
    urgent_ms: int


_Blob = dict[str, list[_Entry]]
_DECODER = msgspec.json.Decoder(_Blob)


class EngineStateCodec:
    """Turns timers into blobs and back, for one tree and rule set."""

    def __init__(self, *, tree: HeatTree, rules: RuleSet) -> None:
        self._tree, self._rules = tree, rules
        self._stations = tree.numbers(Level.STATION)
        self._subjects = {
            level: tree.numbers(level) for level in (Level.SOURCE, Level.STATION, Level.HOUSEHOLD)
        }
        self._row = {
            level: {tree.ids[number]: row for row, number in enumerate(numbers)}
            for level, numbers in self._subjects.items()
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Names of every blob there may be."""
        return (*(_PREFIX + self._tree.ids[number] for number in self._stations), _WATCH)

    def encode_changed(self, result: StepResult) -> dict[str, bytes]:
        """Return the blobs of the stations whose timers a step changed."""
        changed: set[int] = set()
        watch: dict[str, bytes] = {}
        for rule_id, rows in result.touched.items():
            level = self._rules.rule(rule_id).scope.level
            if level is Level.SOURCE:
                watch |= {_WATCH: self._encode_watch(result.state)} if len(rows) else {}
                continue
            numbers = self._subjects[level][rows]
            places = np.searchsorted(self._stations, numbers, side="right") - 1
            changed.update(np.unique(places).tolist())
        return watch | {
            _PREFIX + self._tree.ids[int(self._stations[place])]: self._encode(result.state, place)
            for place in sorted(changed)
        }

    def _encode_watch(self, state: EngineState) -> bytes:
        sources = self._subjects[Level.SOURCE]
        rules = [rule.rule_id for rule in self._rules.rules if rule.scope.level is Level.SOURCE]
        return msgspec.json.encode({name: self._entries(state.of(name), sources) for name in rules})

    def _encode(self, state: EngineState, place: int) -> bytes:
        station = int(self._stations[place])
        blob: _Blob = {}
        for rule in self._rules.rules:
            if rule.scope.level is Level.SOURCE:
                continue
            subjects = self._subjects[rule.scope.level]
            low, high = np.searchsorted(subjects, (station, int(self._tree.subtree_end[station])))
            entries = state.of(rule.rule_id)
            first, last = np.searchsorted(entries.row, (low, high))
            if first < last:
                blob[rule.rule_id] = self._entries(entries.select(np.arange(first, last)), subjects)
        return msgspec.json.encode(blob)

    def _entries(self, state: RuleState, subjects: NDArray[np.intp]) -> list[_Entry]:
        ids = [self._tree.ids[number] for number in subjects[state.row]]
        columns = (state.phase, state.since_ms, state.frozen_ms, state.priority, state.urgent_ms)
        return [_Entry(*entry) for entry in zip(ids, *(c.tolist() for c in columns), strict=True)]

    def decode(self, blobs: Mapping[str, bytes]) -> EngineState:
        """Return the timers that blobs hold; subjects and rules that are gone are left out.

        Raises
        ------
        EngineStateError
            Names the blob that cannot be read.
        """
        entries: dict[str, list[tuple[int, _Entry]]] = {}
        for name, blob in blobs.items():
            try:
                content = _DECODER.decode(blob)
            except msgspec.DecodeError as error:
                raise EngineStateError(f"saved timers {name!r}: {error}") from error
            for rule_id, found in content.items():
                rule = self._rules.get(rule_id)
                rows = {} if rule is None else self._row[rule.scope.level]
                known = [(rows[entry.subject], entry) for entry in found if entry.subject in rows]
                entries.setdefault(rule_id, []).extend(known)
        return EngineState({rule_id: _state(found) for rule_id, found in entries.items() if found})

    def moved_to(self, state: EngineState, other: "EngineStateCodec") -> EngineState:
        """Return the same timers for the rows of another tree."""
        blobs = {name: self._encode(state, place) for place, name in enumerate(self.names[:-1])}
        blobs[_WATCH] = self._encode_watch(state)
        return other.decode(blobs)


def _state(found: list[tuple[int, _Entry]]) -> RuleState:
    found.sort(key=lambda pair: pair[0])
    row = np.array([row for row, _ in found], np.int64)
    columns = list(zip(*(entry[1:] for _, entry in found), strict=True))
    return RuleState(
        row,
        np.array(columns[0], np.int8),
        np.array(columns[1], np.int64),
        np.array(columns[2], np.int64),
        np.array(columns[3], np.int8),
        np.array(columns[4], np.int64),
    )
