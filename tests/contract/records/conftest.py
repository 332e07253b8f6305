"""The records on each database: every test of this folder runs on a SQLite file and on a real PostgreSQL.

The tables are made once for each; a test gets a copy of its own.
"""

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from psycopg import sql

from storage.records.records import Records, open_records
from tests.support.servers.postgresql import PostgresqlServer


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest tables, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "records.sqlite3"
    open_records(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def migrated_database(postgresql_server: PostgresqlServer) -> str:
    """Name of a PostgreSQL database with the newest tables, to be copied."""
    name = f"template_{uuid.uuid4().hex[:12]}"
    open_records(postgresql_server.create_database(name)).close()
    return name


@pytest.fixture
def copied_database(postgresql_server: PostgresqlServer, migrated_database: str) -> Iterator[str]:
    """SQLAlchemy address of a copy."""
    name = f"records_{uuid.uuid4().hex[:12]}"
    with postgresql_server.connect() as connection:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(migrated_database)))
    yield postgresql_server.url(name)
    postgresql_server.drop_database(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def records_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLAlchemy address of empty records."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "records.sqlite3")
        return f"sqlite:///{tmp_path}/records.sqlite3"
    url: str = request.getfixturevalue("copied_database")
    return url


@pytest.fixture
def open_again(records_url: str) -> Iterator[Callable[[], Records]]:
    """Opens the same database once more, as another process would."""
    opened: list[Records] = []

    def open_once() -> Records:
        opened.append(open_records(records_url))
        return opened[-1]

    yield open_once
    for one in opened:
        one.close()


@pytest.fixture
def records(open_again: Callable[[], Records]) -> Records:
    """Empty records."""
    return open_again()
