"""The steps of the tables: forward, back, and in agreement with what the program believes."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage.records import migrate
from storage.records.database import Database, open_database
from storage.records.records import open_records
from storage.records.schema import APPEND_ONLY, METADATA


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLAlchemy address of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new/records.sqlite3"
    url: str = request.getfixturevalue("fresh_postgresql_url")
    return url


def differences(database: Database, metadata: sa.MetaData = METADATA) -> list[object]:
    """Return what Alembic would change to reach the tables of the program."""
    options = {"compare_type": True, "compare_server_default": True}
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))


def tables(database: Database) -> set[str]:
    """Return the names of the tables that are there."""
    with database.reading() as connection:
        return set(sa.inspect(connection).get_table_names()) - {"alembic_version"}


def test_after_the_steps_the_tables_are_those_of_the_program(empty_url: str) -> None:
    database = open_database(empty_url)
    migrate.upgrade(database)
    assert differences(database) == []
    assert tables(database) == set(METADATA.tables)
    # Control: the comparison sees a column that no step makes.
    altered = sa.MetaData()
    for table in METADATA.tables.values():
        table.to_metadata(altered)
    altered.tables["alarms"].append_column(sa.Column("forgotten", sa.Text))
    assert differences(database, altered) != []
    database.close()


def test_the_newest_version_is_the_head_of_the_steps() -> None:
    steps = Path(migrate.__file__).parent / "migrations"
    assert migrate.newest_revision() == ScriptDirectory(str(steps)).get_current_head()


def test_every_step_can_be_gone_back_and_forward_again(empty_url: str) -> None:
    database = open_database(empty_url)
    for revision in (
        "0001",
        "0002",
        "0003",
        "0004",
        "0005",
        "0006",
        "0007",
        "0008",
        "0009",
        "0010",
        "0011",
        "0012",
        "0013",
    ):
        migrate.upgrade(database, revision)
        assert migrate.current_revision(database) == revision
    for revision in ("0010", "0009", "0008", "0007", "0006", "0005", "0004", "0003", "0002", "0001", "base"):
        migrate.downgrade(database, revision)
    assert migrate.current_revision(database) is None
    assert tables(database) == set()
    migrate.upgrade(database)
    assert differences(database) == []
    database.close()


def test_every_history_has_its_triggers(empty_url: str) -> None:
    database = open_database(empty_url)
    migrate.upgrade(database)
    query = (
        "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'"
        if database.is_sqlite
        else "SELECT DISTINCT event_object_table FROM information_schema.triggers"
    )
    with database.reading() as connection:
        assert set(connection.scalars(sa.text(query))) == set(APPEND_ONLY)
    database.close()


def test_an_older_schema_is_refused_without_migrating(empty_url: str) -> None:
    database = open_database(empty_url)
    migrate.upgrade(database, "0002")
    database.close()
    with pytest.raises(migrate.OutdatedSchemaError, match="0002"):
        open_records(empty_url, migrate=False)
    open_records(empty_url).close()
    open_records(empty_url, migrate=False).close()


def test_a_step_that_fails_leaves_the_version_before(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = open_database(empty_url)

    def fail(_table: str) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("storage.records.migrations.append_only.forbid_changes", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        migrate.upgrade(database)
    assert migrate.current_revision(database) is None
    assert tables(database) == set()
    database.close()


def test_programs_that_start_at_once_migrate_once(empty_url: str) -> None:
    failures: list[Exception] = []

    def start() -> None:
        try:
            open_records(empty_url).close()
        except Exception as error:  # noqa: BLE001 (any failure of a thread fails the test)
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    database = open_database(empty_url)
    assert migrate.current_revision(database) == migrate.newest_revision()
    database.close()


def test_alarms_of_older_versions_are_filed_under_the_lowest_area(empty_url: str) -> None:
    database = open_database(empty_url)
    migrate.upgrade(database, "0007")
    rows = (
        ("areas", {"area_id": "qu", "name": "qu"}),
        ("areas", {"area_id": "dong", "name": "dong", "parent_id": "qu"}),
        ("sources", {"source_id": "P1", "name": "P1", "area_id": "qu"}),
        ("branches", {"branch_id": "N1", "name": "N1", "source_id": "P1"}),
        ("stations", {"station_id": "S1", "name": "S1", "area_id": "dong", "branch_id": "N1"}),
        ("communities", {"community_id": "C1", "name": "C1", "area_id": "dong"}),
        ("buildings", {"building_id": "B1", "name": "B1", "community_id": "C1", "station_id": "S1"}),
        ("households", {"household_id": "H1", "building_id": "B1", "unit": 1, "floor": 1, "room": "101"}),
    )
    objects = {"station": "S1", "building": "B1", "riser": "B1/u1", "household": "H1", "branch": "N1"}

    def fill(connection: sa.Connection) -> None:
        for table, row in rows:
            insert_bare(connection, table, row)
        for level, object_id in (*objects.items(), ("source", "gone")):
            alarm = {"alarm_id": f"a-{level}", "fingerprint": level, "level": level, "object_id": object_id}
            insert_bare(connection, "alarms", alarm | {"area_id": "qu"})

    database.write(fill)
    migrate.upgrade(database)
    with database.reading() as connection:
        found = dict(connection.execute(sa.text("SELECT level, area_id FROM alarms")).all())
    assert found == dict.fromkeys(("station", "building", "riser", "household"), "dong") | {
        "branch": "qu",
        "source": "qu",
    }
    migrate.downgrade(database, "0007")
    with database.reading() as connection:
        assert set(connection.scalars(sa.text("SELECT area_id FROM alarms"))) == {"qu"}
    database.close()


_PLAIN: dict[type, object] = {
    str: "",
    int: 0,
    float: 0.0,
    bool: False,
    datetime: datetime(2026, 1, 1, tzinfo=UTC),
}


def insert_bare(connection: sa.Connection, name: str, row: dict[str, object]) -> None:
    """Insert a row into a table as it is, with something plain in every other column that must be filled."""
    table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    plain: dict[str, object] = {
        column.name: _PLAIN[column.type.python_type]
        for column in table.columns
        if not column.nullable and column.server_default is None
    }
    connection.execute(sa.insert(table).values(plain | row))
