"""Records on PostgreSQL backed up by pg_dump and restored by pg_restore into an empty database."""

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.backup.manifest import BackupError
from storage.backup.records_copy import back_up_records, records_are_empty, restore_records
from storage.records.records import open_records
from tests.support.servers.postgresql import PostgresqlServer

pytestmark = pytest.mark.postgresql


def tables(url: str) -> dict[str, int]:
    """Rows of every table."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        found = {
            name: connection.execute(sa.text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in names
        }
    engine.dispose()
    return found


def test_a_dump_comes_back_in_an_empty_database(postgresql_server: PostgresqlServer, tmp_path: Path) -> None:
    first = postgresql_server.create_database("backup_from")
    second = postgresql_server.create_database("backup_to")
    open_records(first).close()
    back_up_records(first, tmp_path)
    assert records_are_empty(second) and not records_are_empty(first)
    restore_records(second, tmp_path)
    assert tables(second) == tables(first) and len(tables(first)) > 10
    open_records(second, migrate=False).close()
    restore_records(second, tmp_path)
    assert tables(second) == tables(first)
    for name in ("backup_from", "backup_to"):
        postgresql_server.drop_database(name)


def test_a_missing_tool_is_named(
    postgresql_server: PostgresqlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(BackupError, match="pg_dump is not installed"):
        back_up_records(postgresql_server.url(), tmp_path)


def test_a_refusal_of_the_server_is_told_without_the_password(
    postgresql_server: PostgresqlServer, tmp_path: Path
) -> None:
    url = postgresql_server.url("no_such_database").replace("nuanliu@", "nuanliu:secret-word@")
    with pytest.raises(BackupError, match="no_such_database") as refused:
        back_up_records(url, tmp_path)
    assert "secret-word" not in str(refused.value)
