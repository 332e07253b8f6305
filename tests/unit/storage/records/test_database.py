"""Opening, refusing, retrying: what the records do when the database is wrong, away or busy."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from heating.protocols import HealthStatus
from storage.records import database as database_module
from storage.records.database import (
    Database,
    RecordsUnavailableError,
    UnsupportedDatabaseError,
    open_database,
)
from storage.records.records import open_records
from tests.support.servers.child_process import LOOPBACK


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "no url", "duckdb:///x", "postgres://h/db"]
)
def test_another_database_is_refused(url: str) -> None:
    with pytest.raises((UnsupportedDatabaseError, sa.exc.NoSuchModuleError)):
        open_database(url)


def test_the_folder_of_a_file_is_made_and_the_file_is_durable(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/a/b/records.sqlite3")
    with database.reading() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_the_password_comes_from_its_file(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n", encoding="utf-8")
    database = open_database("postgresql+psycopg://u@localhost/db", password_file=secret)
    assert database.engine.url.password == "s3cret"
    assert "s3cret" not in repr(database.engine)
    database.close()


def test_a_server_that_is_away_is_told_as_retryable() -> None:
    with pytest.raises(RecordsUnavailableError) as caught:
        open_records(f"postgresql+psycopg://nobody@{LOOPBACK}:1/none")
    assert caught.value.retryable


def test_a_file_that_is_no_database_is_no_retryable_matter(tmp_path: Path) -> None:
    (tmp_path / "records.sqlite3").write_bytes(b"this is no database file, but text that is long enough" * 9)
    with pytest.raises(sa.exc.DatabaseError, match="not a database"):
        open_records(f"sqlite:///{tmp_path}/records.sqlite3")


def test_a_lost_database_is_down_in_the_health(tmp_path: Path) -> None:
    records = open_records(f"sqlite:///{tmp_path}/records.sqlite3")
    assert records.health().status is HealthStatus.OK
    connection = sqlite3.connect(tmp_path / "records.sqlite3")
    connection.execute("DROP TABLE outbox_messages")
    connection.close()
    health = records.health()
    assert health.status is HealthStatus.DOWN
    assert "outbox_messages" in health.reason
    records.close()


def locked_by_another(path: Path) -> sqlite3.Connection:
    """Hold the write lock of a file as another process would."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


@pytest.fixture
def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database with a table that waits 20 ms for a lock instead of 10 s."""
    monkeypatch.setattr(database_module, "_BUSY_TIMEOUT_MS", 20)
    database = open_database(f"sqlite:///{tmp_path}/records.sqlite3")
    database.write(lambda connection: connection.exec_driver_sql("CREATE TABLE t (n INTEGER)"))
    return database


def insert(connection: sa.Connection) -> None:
    """Write one row."""
    connection.exec_driver_sql("INSERT INTO t VALUES (1)")


def test_a_busy_database_is_tried_again(
    impatient: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = locked_by_another(tmp_path / "records.sqlite3")
    pauses: list[float] = []

    def pause(about_s: float) -> None:
        pauses.append(about_s)
        if len(pauses) == 3:
            other.execute("COMMIT")

    monkeypatch.setattr(database_module, "_pause", pause)
    impatient.write(insert)
    other.close()
    assert pauses == [0.02, 0.04, 0.08]
    with impatient.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 1
    impatient.close()


def test_a_database_that_stays_busy_is_told_as_retryable(
    impatient: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_TRIES", 2)
    other = locked_by_another(tmp_path / "records.sqlite3")
    with pytest.raises(RecordsUnavailableError) as caught:
        impatient.write(insert)
    assert caught.value.retryable
    other.close()
    impatient.close()


def test_an_error_of_the_caller_rolls_back_and_is_not_repeated(impatient: Database) -> None:
    tries: list[int] = []

    def fail(connection: sa.Connection) -> None:
        tries.append(1)
        insert(connection)
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        impatient.write(fail)
    assert tries == [1]
    with impatient.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
    impatient.close()
