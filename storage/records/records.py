"""The records of the house: one facade over registry, people, alarms, outbox, tickets and audit.

What lives here: opening the database (migrated to the newest schema) and handing out its parts. The parts have a
module each. Every part is safe to use from several threads; every write is one transaction.
"""

import threading
from pathlib import Path

import sqlalchemy as sa

from heating.errors import HeatingError
from heating.protocols import Health, HealthStatus
from storage.records.alarms import AlarmRecords
from storage.records.audit import AuditRecords
from storage.records.database import Database, open_database
from storage.records.devices import DeviceRecords
from storage.records.leases import Leases
from storage.records.migrate import require_newest, upgrade
from storage.records.outbox import OutboxRecords
from storage.records.people import PeopleRecords
from storage.records.privacy import PrivacyRecords
from storage.records.registry import RegistryRecords
from storage.records.rollup_work import RollupWork
from storage.records.room_reports import RoomReports
from storage.records.tickets import TicketRecords

__all__ = ["Records", "open_records"]

_HEALTH_WAIT_S = 1.8


class Records:
    """Everything the house keeps beside readings."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.registry = RegistryRecords(database)
        self.people = PeopleRecords(database)
        self.alarms = AlarmRecords(database)
        self.outbox = OutboxRecords(database)
        self.tickets = TicketRecords(database)
        self.audit = AuditRecords(database)
        self.privacy = PrivacyRecords(database)
        self.devices = DeviceRecords(database)
        self.rollup_work = RollupWork(database)
        self.leases = Leases(database)
        self.room_reports = RoomReports(database)
        self._probe: threading.Thread | None = None
        self._probe_answer: Health | None = None

    def health(self) -> Health:
        """Return the state of the database; answers within 2 s.

        Degraded when notices were given up; down when the database does not answer in time.
        """
        if self._probe is None or not self._probe.is_alive():
            self._probe_answer = None
            self._probe = threading.Thread(target=self._ask, name="records-health", daemon=True)
            self._probe.start()
        self._probe.join(_HEALTH_WAIT_S)
        return self._probe_answer or Health(HealthStatus.DOWN, f"no answer within {_HEALTH_WAIT_S:g} s")

    def _ask(self) -> None:
        try:
            self._probe_answer = self._figures()
        except (HeatingError, sa.exc.SQLAlchemyError) as error:
            self._probe_answer = Health(HealthStatus.DOWN, str(error).partition("\n")[0])

    def _figures(self) -> Health:
        waiting = self.outbox.depth()
        dead = self.outbox.dead_count()
        figures = {
            "outbox_waiting": float(waiting),
            "outbox_dead": float(dead),
            "registry_version": float(self.registry.version()),
        }
        if dead:
            return Health(HealthStatus.DEGRADED, f"{dead} notices could not be delivered", figures)
        return Health(HealthStatus.OK, "", figures)

    def close(self) -> None:
        """Let go of every connection."""
        if self._probe is not None:
            self._probe.join(_HEALTH_WAIT_S)
        self._database.close()


def open_records(url: str, *, password_file: Path | None = None, migrate: bool = True) -> Records:
    """Open the records.

    Parameters
    ----------
    url : str
        SQLAlchemy URL: ``sqlite:///path`` (the folder is made) or ``postgresql+psycopg://user@host/db``.
    password_file : Path, optional
        File with the password, used when the URL has none.
    migrate : bool
        Bring the schema to the newest version first; without it an older schema is refused.

    Raises
    ------
    storage.records.database.RecordsUnavailableError
        When the server cannot be reached (`retryable`).
    storage.records.database.UnsupportedDatabaseError
        When the URL names another database.
    storage.records.migrate.OutdatedSchemaError
        When the schema is not the newest and `migrate` is off.
    """
    database = open_database(url, password_file=password_file)
    try:
        if migrate:
            upgrade(database)
        require_newest(database)
    except BaseException:
        database.close()
        raise
    return Records(database)
