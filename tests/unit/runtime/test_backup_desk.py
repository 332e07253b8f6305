"""A running service makes the backup that another process asks for."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.settings.tree import Settings
from heating.clock import ManualClock
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import HealthStatus, TimeSeriesStore
from heating.samples import ObjectRef, Sample, SampleBatch
from runtime.backup_desk import (
    BackupDesk,
    ServiceDoesNotAnswerError,
    ask_for_export,
    ask_for_health,
    ask_running_service,
)
from storage.backup.manifest import BackupError, read_manifest
from storage.readings.opening import open_time_series_store
from storage.readings.parquet_export import ExportError
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
def store(settings: Settings) -> Iterator[TimeSeriesStore]:
    made = open_time_series_store(settings.timeseries)
    yield made
    made.close()


@pytest.fixture
def desk(settings: Settings, store: TimeSeriesStore) -> Iterator[BackupDesk]:
    open_records(settings.records.url).close()
    made = BackupDesk(settings=settings, store=store, clock=ManualClock(datetime(2026, 1, 6, tzinfo=UTC)))
    made.start()
    yield made
    made.stop()


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


@pytest.mark.usefixtures("store")
def test_a_process_that_makes_no_backups_is_found_out(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ServiceDoesNotAnswerError, match="stop it"):
        ask_running_service(settings, tmp_path / "backup", config_file=None, patience_s=0.3)
    assert not list((tmp_path / "store").glob("desk-*"))


DAY = Interval(datetime(2026, 1, 6, tzinfo=UTC), datetime(2026, 1, 8, tzinfo=UTC))


def rooms(count: int) -> SampleBatch:
    start_ms = DAY.start_ms + 43_200_000
    return SampleBatch.from_samples(
        Sample(ObjectRef(Measurement.ROOM, f"R-{n}"), "room_temp_c", start_ms + n, 20.0) for n in range(count)
    )


def test_a_running_service_exports_and_tells_how_far_it_is(
    desk: BackupDesk, store: TimeSeriesStore, settings: Settings, tmp_path: Path
) -> None:
    store.append(rooms(5))
    told: list[tuple[str, int, int]] = []
    rows = ask_for_export(
        settings,
        tmp_path / "files",
        window=DAY,
        measurements=[Measurement.ROOM],
        progress=lambda *state: told.append(state),
    )
    assert rows == 5
    assert [path.name for path in (tmp_path / "files").iterdir()] == ["room-20260106.parquet"]
    assert not told or told[-1][0] == "days"
    assert not list((tmp_path / "store").glob("desk-*"))


def test_an_export_that_fails_is_told_to_who_asked(
    desk: BackupDesk, store: TimeSeriesStore, settings: Settings, tmp_path: Path
) -> None:
    store.append(rooms(1))
    (tmp_path / "files").write_text("not a folder")
    with pytest.raises(ExportError, match="files"):
        ask_for_export(
            settings,
            tmp_path / "files",
            window=DAY,
            measurements=[Measurement.ROOM],
            progress=lambda *_: None,
        )
    assert desk.is_running


def test_two_that_ask_at_once_both_get_their_own_answer(
    desk: BackupDesk, settings: Settings, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(2) as pool:
        asked = [
            pool.submit(ask_running_service, settings, tmp_path / f"backup-{n}", config_file=None)
            for n in range(2)
        ]
        assert [future.result(30) for future in asked] == [2, 2]
    assert all(read_manifest(tmp_path / f"backup-{n}").files for n in range(2))


def test_the_health_of_a_store_in_use_is_told_by_its_service(desk: BackupDesk, settings: Settings) -> None:
    health = ask_for_health(settings)
    assert health.status is HealthStatus.OK
    assert health.figures["database_bytes"] > 0


def test_a_service_that_ended_before_its_answer_is_found_out(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_time_series_store(settings.timeseries).close()
    monkeypatch.setattr("runtime.backup_desk.ALIVE_LOOK_S", 0.1)
    with pytest.raises(ServiceDoesNotAnswerError, match="ended before it answered"):
        ask_running_service(settings, tmp_path / "backup", config_file=None)
