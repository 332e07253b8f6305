"""The records of the house: one facade over registry, people, alarms, outbox, tickets and audit.

What lives here: opening the database (migrated to the newest schema) and handing out its parts. The parts have a
module each. Every part is safe to use from several threads; every write is one transaction.
"""

from pathlib import Path

from heating.protocols import Health
from storage.records.alarms import AlarmRecords
from storage.records.audit import AuditRecords
from storage.records.outbox import OutboxRecords
from storage.records.people import PeopleRecords
from storage.records.registry import RegistryRecords
from storage.records.tickets import TicketRecords

__all__ = ["Records", "open_records"]


class Records:
    """Everything the house keeps beside readings."""

    registry: RegistryRecords
    people: PeopleRecords
    alarms: AlarmRecords
    outbox: OutboxRecords
    tickets: TicketRecords
    audit: AuditRecords

    def health(self) -> Health:
        """Return the state of the database; answers within 2 s."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of every connection."""
        raise NotImplementedError


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
    RecordsUnavailableError
        When the server cannot be reached (`retryable`).
    """
    raise NotImplementedError
