"""How many alarms are open and how many are unacknowledged, counted once per change of the alarm history.

The header of every page and the first page show these figures every few seconds; the records are only asked again
when something happened.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

from heating.alarms import Alarm, AlarmState, Priority
from storage.records.alarms import AlarmRecords
from storage.records.queries import MAX_LIMIT, AlarmQuery

__all__ = ["AlarmCountSource", "OpenCounts", "read_pages"]

_MAX_PAGES = 10
"""At most this many pages of waiting alarms are counted; beyond it the exact number is no help to anybody."""
_KEPT_VIEWS = 64
_ANNOUNCED = frozenset({Priority.P1, Priority.P2, Priority.P3})


@dataclass(frozen=True, slots=True)
class OpenCounts:
    """Counts of the alarms of some areas at one place of the history."""

    sequence: int
    open_by_priority: Mapping[str, int]
    """Open alarms by ``P1`` to ``P4``, announced or not."""
    unacknowledged: int
    """Announced to people, still active, not acknowledged; P1 to P3."""


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
        by_priority = {priority.name: counts.by_priority.get(priority, 0) for priority in Priority}
        return OpenCounts(sequence, by_priority, self._waiting(area_ids))

    def _waiting(self, area_ids: frozenset[str] | None) -> int:
        query = AlarmQuery(
            states=frozenset({AlarmState.UNACK_ACTIVE}),
            priorities=_ANNOUNCED,
            annunciated_only=True,
            area_ids=area_ids,
        )
        return len(read_pages(self._alarms, query, most=_MAX_PAGES)[0])


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
