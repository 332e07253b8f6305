"""Bringing a database to a version of the tables. The steps are in `storage.records.migrations`."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from heating.errors import HeatingError
from storage.records.database import Database

__all__ = [
    "OutdatedSchemaError",
    "current_revision",
    "downgrade",
    "newest_revision",
    "require_newest",
    "upgrade",
]

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = "migrations"


class OutdatedSchemaError(HeatingError):
    """The database has another version of the tables than this program; the message says what to do."""


def newest_revision() -> str:
    """Return the version that this program needs."""
    return ScriptDirectory(str(_FOLDER)).get_current_head() or ""


def current_revision(database: Database) -> str | None:
    """Return the version of a database, None when it is empty."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database, revision: str = "head") -> None:
    """Go forward to a version; two processes that start at once do it one after the other."""
    if revision == "head" and current_revision(database) == newest_revision():
        return
    database.write(lambda connection: command.upgrade(_config(connection), revision), lock=_LOCK)


def downgrade(database: Database, revision: str) -> None:
    """Go back to a version, ``base`` for an empty database."""
    database.write(lambda connection: command.downgrade(_config(connection), revision), lock=_LOCK)


def require_newest(database: Database) -> None:
    """Refuse a database that is not at the newest version.

    Raises
    ------
    OutdatedSchemaError
        Names both versions.
    """
    found, wanted = current_revision(database), newest_revision()
    if found != wanted:
        raise OutdatedSchemaError(
            f"the records are at version {found or 'none'}, this program needs {wanted}; open them with migrate=True"
        )


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
