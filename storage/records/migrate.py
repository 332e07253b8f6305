"""Bringing a database to a version of the tables. The steps are in `storage.records.migrations`.

Alembic is imported only when steps are to be made: nearly every start finds the newest version.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

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
_VERSIONS = sa.table("alembic_version", sa.column("version_num", sa.Text))


class OutdatedSchemaError(HeatingError):
    """The database has another version of the tables than this program; the message says what to do."""


def newest_revision() -> str:
    """Return the version that this program needs."""
    # A step is ``r<version>_<what>.py`` and versions rise: no need to run the files to know the last.
    return max(step.stem[1:].partition("_")[0] for step in (_FOLDER / "versions").glob("r*.py"))


def current_revision(database: Database) -> str | None:
    """Return the version of a database, None when it is empty."""
    with database.reading() as connection:
        if not sa.inspect(connection).has_table(_VERSIONS.name):
            return None
        return connection.scalar(sa.select(_VERSIONS.c.version_num))


def upgrade(database: Database, revision: str = "head") -> None:
    """Go forward to a version; two processes that start at once do it one after the other."""
    if revision == "head" and current_revision(database) == newest_revision():
        return
    database.write(_steps("upgrade", revision), lock=_LOCK)


def downgrade(database: Database, revision: str) -> None:
    """Go back to a version, ``base`` for an empty database."""
    database.write(_steps("downgrade", revision), lock=_LOCK)


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


def _steps(direction: Literal["upgrade", "downgrade"], revision: str) -> Callable[[sa.Connection], None]:
    from alembic import command
    from alembic.config import Config

    def work(connection: sa.Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
        config.attributes["connection"] = connection
        if direction == "upgrade":
            command.upgrade(config, revision)
        else:
            command.downgrade(config, revision)

    return work
