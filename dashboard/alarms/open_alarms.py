"""Open alarms of stations counted once per change of the alarm history, not once per tile."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from dashboard.alarms.counts import SPEAKING, read_pages
from dashboard.site.index import SiteSource
from heating.alarms import Alarm, AlarmState, Priority
from heating.heat_tree import Level
from storage.records.alarms import AlarmRecords
from storage.records.queries import AlarmQuery

__all__ = ["OpenAlarmSource", "OpenAlarms"]

_MAX_PAGES = 10
"""At most this many pages of open station alarms are counted; beyond it the list itself is the news."""


@dataclass(frozen=True, slots=True)
class OpenAlarms:
    """Open alarms of stations and their circuits at one place of the history."""

    sequence: int
    by_station: dict[str, list[Alarm]] = field(default_factory=dict)
    """Those of a station with several circuits hold the alarms of its circuits too."""

    def of(self, station_id: str) -> Sequence[Alarm]:
        """Return the open alarms of a station, worst first, then newest."""
        return self.by_station.get(station_id, [])

    def speaking(self, station_id: str) -> Sequence[Alarm]:
        """Return those that still hold and are neither suppressed nor shelved."""
        return [alarm for alarm in self.of(station_id) if alarm.state in SPEAKING]

    def worst(self, station_id: str) -> int | None:
        """Return the most urgent priority of those that speak, 1 to 4; None when none does."""
        return min((int(alarm.priority) for alarm in self.speaking(station_id)), default=None)

    def of_circuit(self, station_id: str, circuit_id: str) -> Sequence[Alarm]:
        """Return those that speak of one circuit of a station, worst first."""
        return [alarm for alarm in self.speaking(station_id) if alarm.subject.object_id == circuit_id]

    def recovered(self, station_id: str) -> bool:
        """Whether an alarm has returned that nobody has acknowledged, and none of P1 to P3 speaks any more."""
        returned = any(alarm.state is AlarmState.RTN_UNACK for alarm in self.of(station_id))
        return returned and (self.worst(station_id) or Priority.P4) == Priority.P4


class OpenAlarmSource:
    """Gives the present count; reads again only when the history grew."""

    def __init__(self, alarms: AlarmRecords, sites: SiteSource) -> None:
        self._alarms, self._sites = alarms, sites
        self._lock = threading.Lock()
        self._known: OpenAlarms | None = None

    def current(self) -> OpenAlarms:
        """Return the open station alarms."""
        sequence = self._alarms.last_sequence()
        known = self._known
        if known is not None and known.sequence >= sequence:
            return known
        with self._lock:
            known = self._known
            if known is None or known.sequence < sequence:
                known = self._known = OpenAlarms(sequence, self._read())
        return known

    def _read(self) -> dict[str, list[Alarm]]:
        groups: dict[str, list[Alarm]] = {}
        circuits = self._sites.current().circuits
        levels = (Level.STATION, Level.CIRCUIT) if circuits else (Level.STATION,)
        for level in levels:
            query = AlarmQuery(open_only=True, level=level)
            for alarm in read_pages(self._alarms, query, most=_MAX_PAGES)[0]:
                circuit = circuits.get(alarm.subject.object_id) if level is Level.CIRCUIT else None
                station_id = alarm.subject.object_id if circuit is None else circuit.station_id
                groups.setdefault(station_id, []).append(alarm)
        for alarms in groups.values():
            alarms.sort(key=lambda alarm: (alarm.priority, -alarm.raised_at.timestamp()))
        return groups
