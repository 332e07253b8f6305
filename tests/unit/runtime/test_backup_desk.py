"""A running service makes the backup that another process asks for."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.settings import Settings
from heating.clock import ManualClock
from runtime.backup_desk import BackupDesk, ask_running_service
from storage.backup.manifest import BackupError, read_manifest
from storage.open_stores import open_time_series_store
from storage.records.records import open_records


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate(
        {
            "timeseries": {"url": f"duckdb:///{tmp_path}/store"},
            "records": {"url": f"sqlite:///{tmp_path}/records.sqlite3"},
            "collector": {"spool_dir": str(tmp_path / "spool")},
        }
    )


@pytest.fixture
def desk(settings: Settings) -> Iterator[BackupDesk]:
    open_records(settings.records.url).close()
    store = open_time_series_store(settings.timeseries)
    made = BackupDesk(settings=settings, store=store, clock=ManualClock(datetime(2026, 1, 6, tzinfo=UTC)))
    made.start()
    yield made
    made.stop()
    store.close()


def test_a_request_is_answered_with_a_whole_backup(
    desk: BackupDesk, settings: Settings, tmp_path: Path
) -> None:
    files = ask_running_service(settings, tmp_path / "backup", config_file=None)
    assert desk.is_running
    assert files == len(read_manifest(tmp_path / "backup").files) == 2


def test_a_backup_that_fails_is_told_to_who_asked(
    desk: BackupDesk, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / "precious").write_text("x")
    with pytest.raises(BackupError, match="not empty"):
        ask_running_service(settings, tmp_path / "backup", config_file=None)
    assert desk.is_running


def test_a_process_that_makes_no_backups_is_found_out(settings: Settings, tmp_path: Path) -> None:
    store = open_time_series_store(settings.timeseries)
    with pytest.raises(BackupError, match="stop it"):
        ask_running_service(settings, tmp_path / "backup", config_file=None, patience_s=0.3)
    assert not (tmp_path / "store" / "backup-request.json").exists()
    store.close()
