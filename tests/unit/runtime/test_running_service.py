"""A command reaches the service that owns the embedded store by the private file of its run."""

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from config.settings.tree import Settings
from heating.clock import ManualClock
from heating.points import Measurement
from heating.protocols import HealthStatus
from heating.samples import ObjectRef, Sample, SampleBatch
from runtime.assembling.store_work import OwnedStore
from runtime.child_process import free_port
from runtime.running_service import NOTE_FILE, RunningService, RunningServiceError, ServiceNote
from storage.backup.manifest import read_manifest
from storage.readings.opening import OpenedStore, open_time_series_store
from storage.records.records import open_records
from tests.support.dashboard_house import RUN_TOKEN, House, open_house

NOON_MS = int(datetime(2026, 1, 6, 12, tzinfo=UTC).timestamp() * 1000)
DAY = date(2026, 1, 6)


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
def store(settings: Settings) -> Iterator[OpenedStore]:
    made = open_time_series_store(settings.timeseries)
    yield made
    made.close()


@pytest.fixture
def service(settings: Settings, store: OpenedStore, tmp_path: Path) -> Iterator[House]:
    """A dashboard that owns the store and has left its note."""
    open_records(settings.records.url).close()
    work = OwnedStore(settings=settings, store=store, clock=ManualClock(datetime(2026, 1, 7, tzinfo=UTC)))
    (tmp_path / "house").mkdir()
    with open_house(tmp_path / "house", store_work=work) as house:
        note = ServiceNote(settings=settings, token=RUN_TOKEN, url=lambda: house.url)
        note.write()
        yield house
        note.remove()


def rooms(count: int) -> SampleBatch:
    return SampleBatch.from_samples(
        Sample(ObjectRef(Measurement.ROOM, f"R-{n}"), "room_temp_c", NOON_MS + n, 20.0) for n in range(count)
    )


@pytest.mark.usefixtures("service")
def test_an_order_is_answered_with_a_whole_backup(settings: Settings, tmp_path: Path) -> None:
    files = RunningService(settings).back_up(tmp_path / "backup", config_file=None)
    assert files == len(read_manifest(tmp_path / "backup").files) == 2


@pytest.mark.usefixtures("service")
def test_a_backup_that_fails_says_why(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / "precious").write_text("x")
    with pytest.raises(RunningServiceError, match="not empty"):
        RunningService(settings).back_up(tmp_path / "backup", config_file=None)


@pytest.mark.usefixtures("service")
def test_two_that_ask_at_once_both_get_their_own_answer(settings: Settings, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        asked = [
            pool.submit(RunningService(settings).back_up, tmp_path / f"backup-{n}", config_file=None)
            for n in range(2)
        ]
        assert [future.result(30) for future in asked] == [2, 2]
    assert all(read_manifest(tmp_path / f"backup-{n}").files for n in range(2))


@pytest.mark.usefixtures("service")
def test_days_are_exported_by_the_owner_of_the_store(
    store: OpenedStore, settings: Settings, tmp_path: Path
) -> None:
    store.append(rooms(5))
    seen: list[tuple[str, int, int]] = []
    rows = RunningService(settings).export(
        tmp_path / "files",
        first=DAY,
        last=DAY,
        measurements=[Measurement.ROOM],
        progress=lambda *state: seen.append(state),
    )
    assert rows == 5
    assert [path.name for path in (tmp_path / "files").iterdir()] == ["room-20260106.parquet"]
    assert seen[-1] == ("days", 1, 1)


@pytest.mark.usefixtures("service")
def test_the_owner_says_how_its_store_is(settings: Settings) -> None:
    health = RunningService(settings).health()
    assert health.status is HealthStatus.OK
    assert health.figures["database_bytes"] > 0


@pytest.mark.usefixtures("service")
def test_the_note_is_for_the_owner_of_the_files_only(settings: Settings, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "store" / NOTE_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("listens_on", "asked_at"),
    [
        ("http://0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("http://[::]:80", "http://[::1]:80"),
        ("http://10.1.2.3:8080", "http://10.1.2.3:8080"),
    ],
)
def test_a_service_that_listens_everywhere_is_asked_on_this_machine(
    settings: Settings, tmp_path: Path, listens_on: str, asked_at: str
) -> None:
    ServiceNote(settings=settings, token="t", url=lambda: listens_on).write()
    assert f'"{asked_at}"' in (tmp_path / "store" / NOTE_FILE).read_text()


def test_a_process_that_takes_no_orders_is_named(settings: Settings, store: OpenedStore) -> None:
    with pytest.raises(RunningServiceError, match="takes no orders: stop it"):
        RunningService(settings).health()


@pytest.mark.usefixtures("store")
def test_a_service_that_ended_is_noticed(settings: Settings) -> None:
    port = free_port("127.0.0.1")
    ServiceNote(settings=settings, token=RUN_TOKEN, url=lambda: f"http://127.0.0.1:{port}").write()
    with pytest.raises(RunningServiceError, match="ended before it answered"):
        RunningService(settings).health()


def test_an_earlier_run_s_token_is_refused(settings: Settings, service: House) -> None:
    ServiceNote(settings=settings, token="of an earlier run", url=lambda: service.url).write()
    with pytest.raises(RunningServiceError):
        RunningService(settings).health()
