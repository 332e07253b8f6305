"""Broken write-ahead logs are set aside, kept and told of; sound ones are replayed."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from structlog.testing import capture_logs

from heating.protocols import HealthStatus
from storage.readings.duckdb.ownership import DATABASE_NAME, CommitCounter
from storage.readings.duckdb.store import DuckDBStore
from storage.readings.errors import StoreInUseError, TimeSeriesError

ROOT = Path(__file__).resolve().parents[5]
CRASHING_WRITER = """
import os, sys
from pathlib import Path
from heating.points import Measurement
from heating.protocols import AppendMark
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.readings.duckdb.store import DuckDBStore
store = DuckDBStore(Path(sys.argv[1]))
for n in range(30):
    if n == 10:
        store.checkpoint()
    sample = Sample(ObjectRef(Measurement.ROOM, "R-1"), "room_temp_c", 1767700800000 + n, float(n))
    store.append(SampleBatch.from_samples([sample]), mark=AppendMark("slot", n))
os.kill(os.getpid(), 9)
"""


@pytest.fixture(scope="module")
def left_behind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of an owner that was killed: 10 batches checkpointed, 20 in the log."""
    folder = tmp_path_factory.mktemp("crashed") / "store"
    ended = subprocess.run(
        [sys.executable, "-c", CRASHING_WRITER, str(folder)], cwd=ROOT, check=False, timeout=60
    )
    assert ended.returncode == -signal.SIGKILL
    assert (folder / "timeseries.duckdb.wal").stat().st_size > 1000
    return folder


@pytest.fixture
def crashed(left_behind: Path, tmp_path: Path) -> Path:
    """A copy of what was left behind, for one test."""
    return shutil.copytree(left_behind, tmp_path / "store")


def flip_a_byte(log: bytes) -> bytes:
    middle = len(log) // 2
    return log[:middle] + bytes([log[middle] ^ 0xFF]) + log[middle + 1 :]


def zero_the_end(log: bytes) -> bytes:
    return log[: len(log) // 2] + bytes(len(log) - len(log) // 2)


def test_a_sound_log_is_replayed_whole(crashed: Path) -> None:
    store = DuckDBStore(crashed)
    assert (store.last_mark("slot"), store.set_aside) == (29, None)
    assert not list(crashed.glob("set-aside-*"))
    assert store.health().status is HealthStatus.OK
    store.close()


@pytest.mark.parametrize(
    "damage", [flip_a_byte, zero_the_end, lambda log: b"x" * 900, lambda log: log[:300] + log[420:]]
)
def test_a_broken_log_is_set_aside_with_a_warning(crashed: Path, damage: Callable[[bytes], bytes]) -> None:
    log = crashed / "timeseries.duckdb.wal"
    broken = damage(log.read_bytes())
    log.write_bytes(broken)
    with capture_logs() as events:
        store = DuckDBStore(crashed)
    assert store.set_aside is not None
    assert store.set_aside.path.read_bytes() == broken
    assert [event["event"] for event in events if event["log_level"] == "warning"] == [
        "storage.log_set_aside"
    ]
    assert store.health().status is HealthStatus.DEGRADED
    kept = store.last_mark("slot")
    assert kept is not None and 9 <= kept < 29
    store.close()
    again = DuckDBStore(crashed)
    assert again.set_aside is None and again.last_mark("slot") == kept
    again.close()


def test_a_missing_log_is_noticed(crashed: Path) -> None:
    os.unlink(crashed / "timeseries.duckdb.wal")
    store = DuckDBStore(crashed)
    assert store.last_mark("slot") == 9
    assert store.set_aside is not None and "20 acknowledged commits" in store.set_aside.reason
    store.close()


def test_a_database_that_refuses_with_and_without_its_log_keeps_both(crashed: Path) -> None:
    log, database = crashed / "timeseries.duckdb.wal", crashed / "timeseries.duckdb"
    log.write_bytes(flip_a_byte(log.read_bytes()))
    whole = database.read_bytes()
    database.write_bytes(whole[:20] + bytes(4096) + whole[4116:])
    before = (log.read_bytes(), database.read_bytes())
    with pytest.raises(TimeSeriesError):
        DuckDBStore(crashed)
    assert (log.read_bytes(), database.read_bytes()) == before
    assert {path.name for path in crashed.iterdir()} == {"acknowledged.count", database.name, log.name}


def test_a_database_that_another_program_holds_is_named_as_in_use(tmp_path: Path) -> None:
    DuckDBStore(tmp_path).close()
    holding = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", holding, str(tmp_path / "timeseries.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert other.stdout is not None and other.stdout.readline() == b"open\n"
        with pytest.raises(StoreInUseError):
            DuckDBStore(tmp_path)
    finally:
        other.communicate(b"")
    DuckDBStore(tmp_path).close()


def test_a_file_that_is_no_database_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "timeseries.duckdb"
    path.write_bytes(b"precious" * 1000)
    with pytest.raises(TimeSeriesError, match="not a DuckDB database"):
        DuckDBStore(tmp_path)
    assert path.read_bytes() == b"precious" * 1000
    path.unlink()
    DuckDBStore(tmp_path).close()


def test_the_counter_survives_and_has_one_owner(tmp_path: Path) -> None:
    counter = CommitCounter(tmp_path / "count")
    counter.value = 2**40
    with pytest.raises(StoreInUseError):
        CommitCounter(tmp_path / "count")
    counter.close()
    again = CommitCounter(tmp_path / "count")
    assert again.value == 2**40
    again.close()


def test_a_database_that_opens_and_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    DuckDBStore(folder).close()
    with duckdb.connect(str(folder / DATABASE_NAME)) as connection:
        connection.execute("DROP TABLE marks")
        connection.execute("CREATE TABLE marks (other VARCHAR)")
    with pytest.raises(TimeSeriesError, match=r"is damaged .*nuanliu restore"):
        DuckDBStore(folder)
    assert (folder / DATABASE_NAME).exists(), "years of readings are not set aside by themselves"
