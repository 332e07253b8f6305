"""Records in memory: alarms, outbox and registry with the behaviour of the protocols, for tests without a database."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from heating.alarms import Alarm, AlarmEvent, ForbiddenTransitionError, Incident, apply_event
from heating.assets import Site
from heating.protocols import OutboxMessage

__all__ = ["FakeRecords"]


class FakeRecords:
    """Implements `AlarmRecords`, `OutboxRecords` and `RegistryRecords` of heating.protocols."""

    def __init__(self, site: Site | None = None) -> None:
        self.site = site or Site()
        self.site_version = 1
        self.alarms: dict[str, Alarm] = {}
        self.history: list[AlarmEvent] = []
        self.incidents: dict[str, Incident] = {}
        self.messages: dict[str, OutboxMessage] = {}
        self.states: dict[str, bytes] = {}
        self.done: dict[int, datetime] = {}
        self.dead: dict[int, str] = {}
        self.fail_next: Exception | None = None
        """Raised once by the next write."""

    # --- alarms -----------------------------------------------------------------------------------------------

    def open_alarms(self) -> list[Alarm]:
        return [alarm for alarm in self.alarms.values() if alarm.is_open]

    def append_events(
        self,
        events: Sequence[AlarmEvent],
        *,
        incidents: Sequence[Incident] = (),
        outbox: Sequence[OutboxMessage] = (),
        engine_state: Mapping[str, bytes] | None = None,
        lease: tuple[str, str] | None = None,
    ) -> list[AlarmEvent]:
        if self.fail_next is not None:
            error, self.fail_next = self.fail_next, None
            raise error
        after = dict(self.alarms)
        for event in events:
            after[event.alarm_id] = apply_event(after.get(event.alarm_id), event)
        prints = [alarm.fingerprint for alarm in after.values() if alarm.is_open]
        if len(prints) != len(set(prints)):
            raise ForbiddenTransitionError("a second open alarm of one fingerprint")
        first = self.last_sequence() + 1
        kept = [replace(event, sequence=first + place) for place, event in enumerate(events)]
        self.alarms = after
        self.history += kept
        self.incidents |= {incident.incident_id: incident for incident in incidents}
        for message in outbox:
            number = len(self.messages) + 1
            self.messages.setdefault(message.key, replace(message, message_id=number))
        self.states |= engine_state or {}
        return kept

    def events_since(self, sequence: int, *, limit: int = 1000) -> list[AlarmEvent]:
        return [event for event in self.history if (event.sequence or 0) > sequence][:limit]

    def last_sequence(self) -> int:
        return len(self.history)

    def alarm(self, alarm_id: str) -> Alarm | None:
        return self.alarms.get(alarm_id)

    def history_of(self, alarm_id: str) -> list[AlarmEvent]:
        return [event for event in self.history if event.alarm_id == alarm_id]

    def incident(self, incident_id: str) -> Incident | None:
        return self.incidents.get(incident_id)

    def open_incidents(self) -> list[Incident]:
        return [incident for incident in self.incidents.values() if incident.cleared_at is None]

    def members_of(self, incident_id: str) -> list[Alarm]:
        return [alarm for alarm in self.alarms.values() if alarm.incident_id == incident_id]

    def engine_state(self, name: str) -> bytes | None:
        return self.states.get(name)

    # --- outbox -----------------------------------------------------------------------------------------------

    def due(self, *, now: datetime, limit: int = 100) -> list[OutboxMessage]:
        return [
            message
            for message in self.messages.values()
            if not now < message.due_at <= now + timedelta(minutes=30)
            and message.message_id not in self.done
            and message.message_id not in self.dead
        ][:limit]

    def delivered(self, message_id: int, *, at: datetime) -> None:
        self.done[message_id] = at

    def failed(self, message_id: int, *, at: datetime, reason: str, next_due: datetime | None) -> None:
        if next_due is None:
            self.dead[message_id] = reason
            return
        for key, message in self.messages.items():
            if message.message_id == message_id:
                self.messages[key] = replace(message, due_at=next_due, attempts=message.attempts + 1)

    # --- registry ---------------------------------------------------------------------------------------------

    def load_site(self) -> Site:
        return self.site

    def version(self) -> int:
        return self.site_version
