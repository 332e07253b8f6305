"""Alarms, their append-only history, incidents and the engine's own state in the database.

What lives here: the one write that changes alarms, and the questions about them. Questions about incidents are in
`storage.records.incidents`; the state machine is `heating.alarms.apply_event`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from heating.alarms import (
    Alarm,
    AlarmEvent,
    AlarmState,
    ForbiddenTransitionError,
    Incident,
    Priority,
    apply_event,
)
from heating.protocols import OutboxMessage
from storage.records.access import within_areas
from storage.records.alarm_rows import alarm_from_row, alarm_row, event_from_row, event_row
from storage.records.alarm_subjects import is_about
from storage.records.audit import write_line
from storage.records.incidents import IncidentRecords, UnknownIncidentError, write_incidents
from storage.records.leases import require_lease
from storage.records.outbox import write_messages
from storage.records.pages import Page, after_cursor, page_of
from storage.records.people_values import AuditLine
from storage.records.queries import AlarmCounts, AlarmQuery, page_size
from storage.records.schema.alarms import alarm_events, alarms, engine_states
from storage.records.urgency import KEYS, URGENT_FIRST, after_urgent_cursor, urgent_cursor, with_incidents

__all__ = ["AlarmRecords", "UnknownIncidentError"]

_CHUNK = 500
"""Ids in one IN list."""
_LOCK = "alarms"


class AlarmRecords(IncidentRecords):
    """Implements `heating.protocols.AlarmRecords`, and answers the console's questions."""

    def append_events(
        self,
        events: Sequence[AlarmEvent],
        *,
        incidents: Sequence[Incident] = (),
        outbox: Sequence[OutboxMessage] = (),
        engine_state: Mapping[str, bytes] | None = None,
        audit: AuditLine | None = None,
        lease: tuple[str, str] | None = None,
    ) -> list[AlarmEvent]:
        """Apply and keep events, incidents, notices and engine state in one transaction; see the protocol.

        `audit` is the line of the person whose act this is; it is kept in the same transaction. `lease` names a lease
        and its holder: nothing is written when another has it by then.

        Writers come one after another, each sees what the one before committed. An incident that exists already
        keeps its `estimated_end`: only `set_incident_promise` changes that.

        Raises
        ------
        heating.alarms.ForbiddenTransitionError
            When an event does not fit, or a second open alarm of one fingerprint is raised; nothing is written.
        storage.records.leases.LeaseLostError
            When the lease is held by another; nothing is written.
        """

        def work(connection: sa.Connection) -> list[AlarmEvent]:
            if lease is not None:
                require_lease(connection, *lease)
            kept = self._append(connection, events) if events else []
            write_incidents(self._database, connection, incidents)
            write_messages(self._database, connection, outbox)
            self._keep_engine_state(connection, engine_state or {})
            if audit is not None:
                write_line(self._database, connection, audit)
            return kept

        return self._database.write(work, lock=_LOCK)

    def _append(self, connection: sa.Connection, events: Sequence[AlarmEvent]) -> list[AlarmEvent]:
        before = _alarms_by_id(connection, {event.alarm_id for event in events})
        after: dict[str, Alarm] = dict(before)
        for event in events:
            if event.opening is not None and event.opening.alarm_id != event.alarm_id:
                raise ForbiddenTransitionError(
                    f"event of {event.alarm_id!r} opens another alarm, {event.opening.alarm_id!r}"
                )
            after[event.alarm_id] = apply_event(after.get(event.alarm_id), event)
        _write_alarms(connection, before, after)
        first = _last_sequence(connection) + 1
        kept = [replace(event, sequence=number) for number, event in enumerate(events, start=first)]
        connection.execute(
            sa.insert(alarm_events),
            [event_row(event, number) for number, event in enumerate(events, start=first)],
        )
        return kept

    def _keep_engine_state(self, connection: sa.Connection, states: Mapping[str, bytes]) -> None:
        if not states:
            return
        statement = self._database.insert(engine_states)
        statement = statement.on_conflict_do_update(
            index_elements=["name"], set_={"blob": statement.excluded.blob}
        )
        connection.execute(statement, [{"name": name, "blob": blob} for name, blob in states.items()])

    def engine_state(self, name: str) -> bytes | None:
        """Return a blob the engine saved under a name."""
        with self._database.reading() as connection:
            blob = connection.scalar(sa.select(engine_states.c.blob).where(engine_states.c.name == name))
        return None if blob is None else bytes(blob)

    def open_alarms(self) -> list[Alarm]:
        """Return every alarm that is not closed, oldest first."""
        return self._alarms(
            sa.select(alarms)
            .where(alarms.c.closed_at.is_(None))
            .order_by(alarms.c.raised_at, alarms.c.alarm_id)
        )

    def events_since(self, sequence: int, *, limit: int = 1000) -> list[AlarmEvent]:
        """Return history entries after a sequence, in order; none appears later below one already given."""
        return self._events(
            sa.select(alarm_events)
            .where(alarm_events.c.sequence > sequence)
            .order_by(alarm_events.c.sequence)
            .limit(limit)
        )

    def last_sequence(self) -> int:
        """Return the newest sequence, 0 when the history is empty."""
        with self._database.reading() as connection:
            return _last_sequence(connection)

    def alarm(self, alarm_id: str, *, area_ids: frozenset[str] | None = None) -> Alarm | None:
        """Return one alarm, None when it is unknown or outside the areas."""
        found = self._alarms(
            sa.select(alarms).where(alarms.c.alarm_id == alarm_id, within_areas(alarms.c.area_id, area_ids))
        )
        return found[0] if found else None

    def history_of(self, alarm_id: str) -> list[AlarmEvent]:
        """Return the history of one alarm in order."""
        return self._events(
            sa.select(alarm_events)
            .where(alarm_events.c.alarm_id == alarm_id)
            .order_by(alarm_events.c.sequence)
        )

    def find_urgent(self, query: AlarmQuery) -> Page[Alarm]:
        """Return a page of alarms, most urgent first: by priority, then by incident (`storage.records.urgency`)."""
        size = page_size(query.limit)
        statement = (
            sa.select(alarms, *KEYS)
            .select_from(with_incidents())
            .where(
                *_conditions(query),
                within_areas(alarms.c.area_id, query.area_ids),
                after_urgent_cursor(query.cursor),
            )
            .order_by(*URGENT_FIRST)
            .limit(size + 1)
        )
        with self._database.reading() as connection:
            rows = connection.execute(statement).mappings().all()
        found = [alarm_from_row(row) for row in rows[:size]]
        more = len(rows) > size
        return Page(found, urgent_cursor([rows[size - 1][key.name] for key in KEYS]) if more else None)

    def count(self, query: AlarmQuery) -> int:
        """Return how many alarms a question has for an answer, whatever its page."""
        statement = sa.select(sa.func.count()).select_from(alarms)
        statement = statement.where(*_conditions(query), within_areas(alarms.c.area_id, query.area_ids))
        with self._database.reading() as connection:
            return connection.scalar(statement) or 0

    def find(self, query: AlarmQuery) -> Page[Alarm]:
        """Return a page of alarms, newest first."""
        size = page_size(query.limit)
        statement = (
            sa.select(alarms)
            .where(
                *_conditions(query),
                within_areas(alarms.c.area_id, query.area_ids),
                after_cursor(alarms.c.raised_at, alarms.c.alarm_id, query.cursor),
            )
            .order_by(alarms.c.raised_at.desc(), alarms.c.alarm_id.desc())
            .limit(size + 1)
        )
        return page_of(self._alarms(statement), size, lambda alarm: (alarm.raised_at, alarm.alarm_id))

    def counts(self, area_ids: frozenset[str] | None) -> AlarmCounts:
        """Return how many alarms are open, by priority and state."""
        announced = alarms.c.annunciated_at.is_not(None)
        statement = (
            sa.select(alarms.c.priority, alarms.c.state, announced, sa.func.count())
            .where(alarms.c.closed_at.is_(None), within_areas(alarms.c.area_id, area_ids))
            .group_by(alarms.c.priority, alarms.c.state, announced)
        )
        by_priority = dict.fromkeys(Priority, 0)
        by_state: dict[AlarmState, int] = {state: 0 for state in AlarmState if state is not AlarmState.NORMAL}
        pairs: Counter[tuple[Priority, AlarmState]] = Counter()
        heard: Counter[tuple[Priority, AlarmState]] = Counter()
        with self._database.reading() as connection:
            for priority, state, was_announced, number in connection.execute(statement):
                by_priority[Priority(priority)] += number
                by_state[AlarmState(state)] += number
                pairs[Priority(priority), AlarmState(state)] += number
                if was_announced:
                    heard[Priority(priority), AlarmState(state)] += number
        return AlarmCounts(by_priority, by_state, pairs, heard)

    def members_of(self, incident_id: str, *, area_ids: frozenset[str] | None = None) -> list[Alarm]:
        """Return the alarms of some areas that are attached to an incident, oldest first."""
        return self._alarms(
            sa.select(alarms)
            .where(alarms.c.incident_id == incident_id, within_areas(alarms.c.area_id, area_ids))
            .order_by(alarms.c.raised_at, alarms.c.alarm_id)
        )

    def member_counts(
        self, incidents: Sequence[Incident], *, area_ids: frozenset[str] | None = None
    ) -> dict[str, int]:
        """Return how many alarms of some areas are attached to each incident, without the one that names its cause."""
        statement = (
            sa.select(alarms.c.incident_id, sa.func.count())
            .where(
                alarms.c.incident_id.in_([one.incident_id for one in incidents]),
                alarms.c.alarm_id.not_in([one.root_alarm_id for one in incidents]),
                within_areas(alarms.c.area_id, area_ids),
            )
            .group_by(alarms.c.incident_id)
        )
        with self._database.reading() as connection:
            found = {str(incident_id): int(number) for incident_id, number in connection.execute(statement)}
        return {one.incident_id: found.get(one.incident_id, 0) for one in incidents}

    def _alarms(self, statement: sa.Select[tuple[object, ...]]) -> list[Alarm]:
        with self._database.reading() as connection:
            return [alarm_from_row(row) for row in connection.execute(statement).mappings()]

    def _events(self, statement: sa.Select[tuple[object, ...]]) -> list[AlarmEvent]:
        with self._database.reading() as connection:
            return [event_from_row(row) for row in connection.execute(statement).mappings()]


def _last_sequence(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.max(alarm_events.c.sequence))) or 0


def _alarms_by_id(connection: sa.Connection, alarm_ids: Iterable[str]) -> dict[str, Alarm]:
    wanted = sorted(alarm_ids)
    found: dict[str, Alarm] = {}
    for start in range(0, len(wanted), _CHUNK):
        statement = sa.select(alarms).where(alarms.c.alarm_id.in_(wanted[start : start + _CHUNK]))
        for row in connection.execute(statement.with_for_update()).mappings():
            found[row["alarm_id"]] = alarm_from_row(row)
    return found


def _write_alarms(connection: sa.Connection, before: Mapping[str, Alarm], after: Mapping[str, Alarm]) -> None:
    """Update first: an alarm that closes makes room for the next of its fingerprint."""
    changed = [alarm_row(alarm) for name, alarm in after.items() if name in before and before[name] != alarm]
    new = [alarm_row(alarm) for name, alarm in after.items() if name not in before]
    if changed:
        updates: dict[str, sa.BindParameter[object]] = {
            name: sa.bindparam(f"new_{name}") for name in changed[0] if name != "alarm_id"
        }
        connection.execute(
            sa.update(alarms).where(alarms.c.alarm_id == sa.bindparam("new_alarm_id")).values(updates),
            [{f"new_{name}": value for name, value in row.items()} for row in changed],
        )
    if not new:
        return
    try:
        connection.execute(sa.insert(alarms), new)
    except IntegrityError as error:
        raise ForbiddenTransitionError(
            "an alarm is raised while one of its fingerprint is still open: " + str(error.orig).strip()
        ) from error


def _conditions(query: AlarmQuery) -> list[sa.ColumnElement[bool]]:
    columns = alarms.c
    conditions: list[sa.ColumnElement[bool]] = []
    if query.states is not None:
        conditions.append(columns.state.in_(sorted(query.states)))
    if query.open_only:
        conditions.append(columns.closed_at.is_(None))
    if query.annunciated_only:
        conditions.append(columns.annunciated_at.is_not(None))
    if query.priorities is not None:
        conditions.append(columns.priority.in_(sorted(int(one) for one in query.priorities)))
    if query.level is not None:
        conditions.append(columns.level == query.level.word)
    if query.since is not None:
        conditions.append(columns.raised_at >= query.since)
    if query.about is not None:
        conditions.append(is_about(query.about))
    for name in ("object_id", "rule_id", "incident_id"):
        wanted = getattr(query, name)
        if wanted is not None:
            conditions.append(columns[name] == wanted)
    return conditions
