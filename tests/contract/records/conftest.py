"""The records on each database: every test of this folder runs on a SQLite file and on a real PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.records.records import Records, open_records


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def records_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLAlchemy address of a new, empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/records.sqlite3"
    url: str = request.getfixturevalue("fresh_postgresql_url")
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
    """Migrated, empty records."""
    return open_again()
