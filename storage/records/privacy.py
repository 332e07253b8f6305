"""Erasing what is kept about people: of one home on request, of everybody when its time is over.

What lives here: which rows hold something personal, and their erasing in one transaction with its line in the audit.
What does not: how long what is kept (`config.settings.privacy`), and readings, which bear the id of a sensor: once the
link between sensor and home is deleted they are nobody's. Evidence stays without its words: times, categories and
promises of tickets, alarms, and the audit, which names homes by id and must stay whole.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from heating.errors import HeatingError
from storage.records.audit import write_line
from storage.records.database import Database
from storage.records.people_values import AuditLine
from storage.records.registry import REGISTRY_LOCK, UnknownHouseholdError, next_version
from storage.records.schema.alarms import outbox_messages
from storage.records.schema.people import api_tokens, sessions, users
from storage.records.schema.registry import contacts, households, registry_changes, sensor_assignments
from storage.records.schema.tickets import ticket_events, tickets

__all__ = ["Erased", "PrivacyRecords", "RetentionEnds"]

_RESIDENT_ONLY = ["resident"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How many of each were erased, or would be."""

    contacts: int = 0
    """Names with phone numbers."""
    descriptions: int = 0
    """Descriptions of tickets that have ended."""
    notes: int = 0
    """Notes in their histories."""
    accounts: int = 0
    """Accounts of residents, with their tokens."""
    sessions: int = 0
    sensor_links: int = 0
    """Times in which a sensor measured a home."""
    notices: int = 0
    """Notices that were delivered or given up."""
    open_tickets_kept: int = 0
    """Tickets whose words stay, because people still work with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionEnds:
    """What ended before these moments has had its time."""

    tickets: datetime
    sensor_links: datetime
    notices: datetime
    sessions_opened: datetime
    sessions_seen: datetime


class _DryRunError(HeatingError):
    """Ends the transaction of a dry run, so that the same statements count and nothing is kept."""

    def __init__(self, erased: Erased) -> None:
        super().__init__("dry run")
        self.erased = erased


class PrivacyRecords:
    """Erases; every call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def erase_household(
        self, household_id: str, *, now: datetime, audit: AuditLine, dry_run: bool = False
    ) -> Erased:
        """Erase what is kept about the people of a home; its address, its present sensor and evidence stay.

        The audit's line gets the numbers as its detail. With `dry_run` nothing is changed and nothing noted.

        Raises
        ------
        storage.records.registry.UnknownHouseholdError
            When there was never such a home.
        """

        def work(connection: sa.Connection) -> Erased:
            known = sa.select(households.c.household_id).where(households.c.household_id == household_id)
            if connection.scalar(known) is None:
                raise UnknownHouseholdError(f"no household {household_id!r}")
            erased = self._erase_home(connection, household_id, now)
            if dry_run:
                raise _DryRunError(erased)
            write_line(self._database, connection, replace(audit, detail=asdict(erased)))
            return erased

        try:
            return self._database.write(work, lock=REGISTRY_LOCK)
        except _DryRunError as counted:
            return counted.erased

    def apply_retention(self, ends: RetentionEnds, *, now: datetime, audit: AuditLine) -> Erased:
        """Erase what has had its time; the audit's line gets the numbers as its detail."""

        def work(connection: sa.Connection) -> Erased:
            descriptions, notes = _erase_words(
                connection, sa.and_(tickets.c.closed_at.is_not(None), tickets.c.closed_at < ends.tickets)
            )
            erased = Erased(
                descriptions=descriptions,
                notes=notes,
                sessions=_delete(
                    connection,
                    sessions,
                    sa.or_(
                        sessions.c.opened_at < ends.sessions_opened, sessions.c.seen_at < ends.sessions_seen
                    ),
                ),
                sensor_links=_unlink(connection, _ended_by(ends.sensor_links), now),
                notices=_delete(
                    connection,
                    outbox_messages,
                    sa.or_(
                        outbox_messages.c.delivered_at < ends.notices,
                        outbox_messages.c.dead_at < ends.notices,
                    ),
                ),
            )
            write_line(self._database, connection, replace(audit, detail=asdict(erased)))
            return erased

        return self._database.write(work, lock=REGISTRY_LOCK)

    def _erase_home(self, connection: sa.Connection, household_id: str, now: datetime) -> Erased:
        own = tickets.c.household_id == household_id
        descriptions, notes = _erase_words(connection, sa.and_(own, tickets.c.closed_at.is_not(None)))
        still_open = sa.select(sa.func.count()).select_from(tickets).where(own, tickets.c.closed_at.is_(None))
        accounts, ended = _delete_accounts(connection, household_id)
        return Erased(
            contacts=_delete(connection, contacts, contacts.c.household_id == household_id),
            descriptions=descriptions,
            notes=notes,
            accounts=accounts,
            sessions=ended,
            sensor_links=_unlink(
                connection,
                sa.and_(sensor_assignments.c.household_id == household_id, _ended_by(now)),
                now,
            ),
            open_tickets_kept=connection.scalar(still_open) or 0,
        )


def _delete(connection: sa.Connection, table: sa.Table, condition: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.delete(table).where(condition)).rowcount


def _erase_words(connection: sa.Connection, which: sa.ColumnElement[bool]) -> tuple[int, int]:
    """Empty descriptions and notes of some tickets; return how many of each there were."""
    chosen = sa.select(tickets.c.ticket_id).where(which)
    notes = connection.execute(
        sa.update(ticket_events)
        .where(ticket_events.c.note != "", ticket_events.c.ticket_id.in_(chosen))
        .values(note="")
    )
    descriptions = connection.execute(
        sa.update(tickets).where(tickets.c.description != "", which).values(description="")
    )
    return descriptions.rowcount, notes.rowcount


def _delete_accounts(connection: sa.Connection, household_id: str) -> tuple[int, int]:
    """Delete the accounts of a home's residents; staff that live there keep theirs without the home."""
    bound = connection.execute(
        sa.select(users.c.username, users.c.roles).where(users.c.household_id == household_id)
    ).all()
    residents = [row.username for row in bound if row.roles == _RESIDENT_ONLY]
    ended = _delete(connection, sessions, sessions.c.username.in_(residents))
    _delete(connection, api_tokens, api_tokens.c.username.in_(residents))
    accounts = _delete(connection, users, users.c.username.in_(residents))
    connection.execute(sa.update(users).where(users.c.household_id == household_id).values(household_id=None))
    return accounts, ended


def _ended_by(moment: datetime) -> sa.ColumnElement[bool]:
    """Whether a sensor had left its home, or the registry did not know of it any more."""
    return sa.or_(sensor_assignments.c.end <= moment, sensor_assignments.c.retired_at <= moment)


def _unlink(connection: sa.Connection, which: sa.ColumnElement[bool], now: datetime) -> int:
    """Delete times in which sensors measured homes; another version of the registry tells every process."""
    links = _delete(connection, sensor_assignments, which)
    if links:
        connection.execute(
            sa.insert(registry_changes).values(
                version=next_version(connection), at=now, by="privacy", added=0, changed=0, removed=links
            )
        )
    return links
