"""How many alarms speak and how many are unacknowledged, counted once per change of the alarm history.

The header of every page and the first page show these figures every few seconds; the records are only asked again
when something happened.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

from heating.alarms import Alarm, AlarmState, Priority
from storage.records.alarms import AlarmRecords
from storage.records.queries import MAX_LIMIT, AlarmQuery

__all__ = ["SPEAKING", "AlarmCountSource", "OpenCounts", "read_pages", "speaking"]

_KEPT_VIEWS = 64
SPEAKING = frozenset({AlarmState.UNACK_ACTIVE, AlarmState.ACK_ACTIVE})
"""States in which an alarm speaks to people: its condition holds, and nobody shelved and nothing suppresses it."""


@dataclass(frozen=True, slots=True)
class OpenCounts:
    """Counts of the alarms of some areas at one place of the history."""

    sequence: int
    open_by_priority: Mapping[str, int]
    """Alarms that speak, by ``P1`` to ``P4``, P1 to P3 announced: what the console lists as active, no more."""
    unacknowledged: int
    """Those of P1 to P3 that nobody has acknowledged."""


def speaking(query: AlarmQuery) -> AlarmQuery:
    """Return a question narrowed to alarms that speak: figures and lists of active alarms ask the same."""
    journal = query.priorities is not None and query.priorities == {Priority.P4}
    return replace(query, states=SPEAKING, open_only=True, annunciated_only=not journal)


class AlarmCountSource:
    """Counts for one group of areas at a time.

    Parameters
    ----------
    alarms : AlarmRecords
        The history, followed by its sequence.
    """

    def __init__(self, alarms: AlarmRecords) -> None:
        self._alarms = alarms
        self._lock = threading.Lock()
        self._known: dict[frozenset[str] | None, OpenCounts] = {}

    def current(self, area_ids: frozenset[str] | None) -> OpenCounts:
        """Return the counts over these areas, None: over all."""
        sequence = self._alarms.last_sequence()
        known = self._known.get(area_ids)
        if known is not None and known.sequence >= sequence:
            return known
        with self._lock:
            known = self._known.get(area_ids)
            if known is None or known.sequence < sequence:
                if len(self._known) >= _KEPT_VIEWS:
                    self._known.clear()
                known = self._known[area_ids] = self._read(sequence, area_ids)
        return known

    def _read(self, sequence: int, area_ids: frozenset[str] | None) -> OpenCounts:
        counts = self._alarms.counts(area_ids)
        active: dict[str, int] = {}
        for priority in Priority:
            heard = counts.by_priority_and_state if priority is Priority.P4 else counts.announced
            active[priority.name] = sum(heard.get((priority, state), 0) for state in SPEAKING)
        waiting = sum(
            number
            for (priority, state), number in counts.announced.items()
            if priority is not Priority.P4 and state is AlarmState.UNACK_ACTIVE
        )
        return OpenCounts(sequence, active, waiting)


def read_pages(alarms: AlarmRecords, query: AlarmQuery, *, most: int) -> tuple[list[Alarm], bool]:
    """Return the alarms of at most so many pages, and whether these are all of them."""
    found: list[Alarm] = []
    cursor: str | None = None
    for _ in range(most):
        page = alarms.find(replace(query, cursor=cursor, limit=MAX_LIMIT))
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found, True
    return found, False
