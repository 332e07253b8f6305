"""Records, spool and store of an older version were readable by everybody: they are tightened when they are opened."""

from pathlib import Path

from structlog.testing import capture_logs

from storage.private_files import keep_private
from storage.readings.duckdb.store import DuckDBStore
from storage.records.records import open_records


def test_what_others_may_read_is_tightened_and_nothing_else_changes(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("")
    file.chmod(0o644)
    keep_private(file)
    assert file.stat().st_mode & 0o777 == 0o600
    keep_private(tmp_path / "absent")


def test_the_records_and_the_store_are_private_once_opened(tmp_path: Path) -> None:
    records = tmp_path / "records.sqlite3"
    records.touch(0o644)
    records.chmod(0o644)
    open_records(f"sqlite:///{records}").close()
    (tmp_path / "store").mkdir(0o755)
    DuckDBStore(tmp_path / "store").close()
    assert records.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "store").stat().st_mode & 0o777 == 0o700


def test_what_is_new_is_made_private_and_nobody_is_told_of_rights_taken_away(tmp_path: Path) -> None:
    records, store = tmp_path / "a" / "records.sqlite3", tmp_path / "b" / "store"
    with capture_logs() as lines:
        open_records(f"sqlite:///{records}").close()
        DuckDBStore(store).close()
    assert (records.stat().st_mode & 0o777, store.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [line for line in lines if line["event"] == "storage.made_private"] == []
