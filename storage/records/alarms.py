"""Alarms, their append-only history, incidents and the engine's own state in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from heating.alarms import Alarm, AlarmEvent, Incident
from heating.errors import HeatingError
from heating.heat_tree import Node
from heating.protocols import OutboxMessage
from storage.records.pages import Page
from storage.records.queries import AlarmCounts, AlarmQuery, IncidentQuery

__all__ = ["AlarmRecords", "UnknownIncidentError"]


class UnknownIncidentError(HeatingError):
    """There is no such incident."""


class AlarmRecords:
    """Implements `heating.protocols.AlarmRecords`, and answers the console's questions."""

    def open_alarms(self) -> list[Alarm]:
        """Return every alarm that is not closed, oldest first."""
        raise NotImplementedError

    def append_events(
        self,
        events: Sequence[AlarmEvent],
        *,
        incidents: Sequence[Incident] = (),
        outbox: Sequence[OutboxMessage] = (),
        engine_state: Mapping[str, bytes] | None = None,
    ) -> list[AlarmEvent]:
        """Apply and keep events, incidents, notices and engine state in one transaction; see the protocol.

        An incident that exists already keeps its `estimated_end`: only `set_incident_promise` changes that.

        Raises
        ------
        heating.alarms.ForbiddenTransitionError
            When an event does not fit, or a second open alarm of one fingerprint is raised; nothing is written.
        """
        raise NotImplementedError

    def events_since(self, sequence: int, *, limit: int = 1000) -> list[AlarmEvent]:
        """Return history entries after a sequence, in order; none appears later below one already given."""
        raise NotImplementedError

    def last_sequence(self) -> int:
        """Return the newest sequence, 0 when the history is empty."""
        raise NotImplementedError

    def alarm(self, alarm_id: str, *, area_ids: frozenset[str] | None = None) -> Alarm | None:
        """Return one alarm, None when it is unknown or outside the areas."""
        raise NotImplementedError

    def history_of(self, alarm_id: str) -> list[AlarmEvent]:
        """Return the history of one alarm in order."""
        raise NotImplementedError

    def find(self, query: AlarmQuery) -> Page[Alarm]:
        """Return a page of alarms, newest first."""
        raise NotImplementedError

    def counts(self, area_ids: frozenset[str] | None) -> AlarmCounts:
        """Return how many alarms are open, by priority and state."""
        raise NotImplementedError

    def incident(self, incident_id: str, *, area_ids: frozenset[str] | None = None) -> Incident | None:
        """Return one incident, None when it is unknown or outside the areas."""
        raise NotImplementedError

    def open_incidents(self) -> list[Incident]:
        """Return incidents that have not cleared, newest first."""
        raise NotImplementedError

    def incidents(self, query: IncidentQuery) -> Page[Incident]:
        """Return a page of incidents, newest first."""
        raise NotImplementedError

    def incident_for_node(self, nodes: Sequence[Node]) -> list[Incident]:
        """Return open incidents whose node is among `nodes` (a home and what is above it), newest first."""
        raise NotImplementedError

    def members_of(self, incident_id: str) -> list[Alarm]:
        """Return the alarms attached to an incident, oldest first."""
        raise NotImplementedError

    def set_incident_promise(
        self, incident_id: str, estimated_end: datetime | None, *, by: str, at: datetime
    ) -> Incident:
        """Set or take back the promised end of an incident. Raises `UnknownIncidentError`."""
        raise NotImplementedError

    def engine_state(self, name: str) -> bytes | None:
        """Return a blob the engine saved under a name."""
        raise NotImplementedError
