"""Incidents in the database. They are written with the events that open, grow or clear them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from heating.alarms import Incident
from heating.errors import HeatingError
from heating.heat_tree import Node
from storage.records.access import within_areas
from storage.records.alarm_rows import incident_from_row, incident_row
from storage.records.audit import write_line
from storage.records.database import Database
from storage.records.pages import Page, after_cursor, page_of
from storage.records.people_values import AuditLine
from storage.records.queries import IncidentQuery, page_size
from storage.records.schema.alarms import incidents

__all__ = ["IncidentRecords", "UnknownIncidentError", "write_incidents"]

_NEWEST_FIRST = (incidents.c.opened_at.desc(), incidents.c.incident_id.desc())


class UnknownIncidentError(HeatingError):
    """There is no such incident."""


class IncidentRecords:
    """Questions about incidents, and the promise a person makes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def incident(self, incident_id: str, *, area_ids: frozenset[str] | None = None) -> Incident | None:
        """Return one incident, None when it is unknown or outside the areas."""
        found = self._incidents(
            sa.select(incidents).where(
                incidents.c.incident_id == incident_id, within_areas(incidents.c.area_id, area_ids)
            )
        )
        return found[0] if found else None

    def incidents_of(self, incident_ids: Iterable[str]) -> dict[str, Incident]:
        """Return those of some incidents that are known, by id."""
        statement = sa.select(incidents).where(incidents.c.incident_id.in_(sorted(incident_ids)))
        return {one.incident_id: one for one in self._incidents(statement)}

    def open_incidents(self) -> list[Incident]:
        """Return incidents that have not cleared, newest first."""
        return self._incidents(
            sa.select(incidents).where(incidents.c.cleared_at.is_(None)).order_by(*_NEWEST_FIRST)
        )

    def incidents(self, query: IncidentQuery) -> Page[Incident]:
        """Return a page of incidents, newest first."""
        size = page_size(query.limit)
        statement = (
            sa.select(incidents)
            .where(
                within_areas(incidents.c.area_id, query.area_ids),
                after_cursor(incidents.c.opened_at, incidents.c.incident_id, query.cursor),
            )
            .order_by(*_NEWEST_FIRST)
            .limit(size + 1)
        )
        if query.open_only:
            statement = statement.where(incidents.c.cleared_at.is_(None))
        if query.since is not None:
            statement = statement.where(incidents.c.opened_at >= query.since)
        return page_of(self._incidents(statement), size, lambda one: (one.opened_at, one.incident_id))

    def incident_for_node(self, nodes: Sequence[Node]) -> list[Incident]:
        """Return open incidents whose node is among `nodes` (a home and what is above it), newest first."""
        if not nodes:
            return []
        among = sa.or_(
            *(
                sa.and_(incidents.c.level == node.level.word, incidents.c.object_id == node.object_id)
                for node in nodes
            )
        )
        return self._incidents(
            sa.select(incidents).where(among, incidents.c.cleared_at.is_(None)).order_by(*_NEWEST_FIRST)
        )

    def set_incident_promise(
        self,
        incident_id: str,
        estimated_end: datetime | None,
        *,
        by: str,
        at: datetime,
        audit: AuditLine | None = None,
    ) -> Incident:
        """Set or take back the promised end of an incident, with its line of the audit in the same transaction.

        Raises `UnknownIncidentError`.
        """

        def work(connection: sa.Connection) -> Incident:
            row = (
                connection.execute(
                    sa.update(incidents)
                    .where(incidents.c.incident_id == incident_id)
                    .values(estimated_end=estimated_end, promised_by=by, promised_at=at)
                    .returning(*incidents.c)
                )
                .mappings()
                .one_or_none()
            )
            if row is None:
                raise UnknownIncidentError(f"no incident {incident_id!r}")
            if audit is not None:
                write_line(self._database, connection, audit)
            return incident_from_row(row)

        return self._database.write(work)

    def _incidents(self, statement: sa.Select[tuple[object, ...]]) -> list[Incident]:
        with self._database.reading() as connection:
            return [incident_from_row(row) for row in connection.execute(statement).mappings()]


def write_incidents(database: Database, connection: sa.Connection, rows: Sequence[Incident]) -> None:
    """Insert or replace incidents inside a transaction; a promise made since is kept."""
    if not rows:
        return
    statement = database.insert(incidents)
    fixed = ("incident_id", "estimated_end", "promised_by", "promised_at")
    statement = statement.on_conflict_do_update(
        index_elements=["incident_id"],
        set_={
            column.name: statement.excluded[column.name] for column in incidents.c if column.name not in fixed
        },
    )
    # One row a statement: several in one may not touch the same incident twice on PostgreSQL.
    for row in rows:
        connection.execute(statement, incident_row(row))
