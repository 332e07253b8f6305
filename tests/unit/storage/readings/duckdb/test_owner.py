"""The owner thread: one job at a time, nobody waits longer than they said, nothing queued is lost at the end."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from structlog.testing import capture_logs

from heating.clock import ManualClock
from heating.errors import HeatingError
from heating.points import Measurement
from heating.protocols import HealthStatus
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.readings.duckdb.owner import OwnerThread
from storage.readings.duckdb.store import DuckDBStore
from storage.readings.errors import StoreUnavailableError
from tests.support.waiting import wait_until


def one() -> SampleBatch:
    """A batch with one reading."""
    sample = Sample(ObjectRef(Measurement.ROOM, "R-1"), "room_temp_c", 1_767_700_800_000, 21.0)
    return SampleBatch.from_samples([sample])


@pytest.fixture
def owner() -> Iterator[OwnerThread]:
    thread = OwnerThread(duckdb.connect, clock=ManualClock(datetime(2026, 1, 6, tzinfo=UTC)))
    yield thread
    thread.close(last=lambda connection: None)


def test_results_and_errors_come_back_to_the_caller(owner: OwnerThread) -> None:
    assert owner.run(lambda connection: connection.execute("SELECT 42").fetchone(), patience_s=5) == (42,)
    with pytest.raises(duckdb.CatalogException):
        owner.run(lambda connection: connection.execute("SELECT * FROM nothing"), patience_s=5)
    assert owner.run(lambda connection: 1, patience_s=5) == 1


def test_a_job_that_could_not_begin_in_time_never_begins(owner: OwnerThread) -> None:
    go_on, ran = threading.Event(), []
    stalled = owner.submit(lambda connection: go_on.wait(10))
    with pytest.raises(StoreUnavailableError, match="busy") as late:
        owner.run(lambda connection: ran.append(1), patience_s=0.05)
    assert late.value.retryable
    go_on.set()
    assert stalled.result(5)
    assert owner.run(lambda connection: "after", patience_s=5) == "after"
    assert ran == []


def test_what_is_queued_is_done_before_the_end() -> None:
    thread = OwnerThread(duckdb.connect, clock=ManualClock(datetime(2026, 1, 6, tzinfo=UTC)))
    done: list[int] = []
    for number in range(20):
        thread.submit(lambda connection, number=number: done.append(number))  # type: ignore[misc]
    thread.close(last=lambda connection: done.append(99))
    thread.close(last=lambda connection: done.append(100))
    assert done == [*range(20), 99]
    with pytest.raises(StoreUnavailableError, match="closed"):
        thread.submit(lambda connection: None)
    with pytest.raises(StoreUnavailableError, match="closed"):
        thread.cursor()


def test_a_failure_of_the_last_job_is_told_and_the_database_is_closed_all_the_same() -> None:
    thread = OwnerThread(duckdb.connect, clock=ManualClock(datetime(2026, 1, 6, tzinfo=UTC)))
    with capture_logs() as events:
        thread.close(last=lambda connection: connection.execute("no SQL") and None)
    assert [event["event"] for event in events] == ["storage.last_job_failed"]
    assert not thread.alive


def test_after_a_fatal_error_the_database_is_opened_again() -> None:
    opened: list[duckdb.DuckDBPyConnection] = []

    def connect() -> duckdb.DuckDBPyConnection:
        opened.append(duckdb.connect())
        return opened[-1]

    def fatal(connection: duckdb.DuckDBPyConnection) -> None:
        raise duckdb.FatalException("database has been invalidated")

    thread = OwnerThread(connect, clock=ManualClock(datetime(2026, 1, 6, tzinfo=UTC)))
    with pytest.raises(duckdb.FatalException):
        thread.run(fatal, patience_s=5)
    assert thread.run(lambda connection: connection, patience_s=5) is opened[1]
    thread.close(last=lambda connection: None)


def test_reads_and_health_do_not_wait_for_a_stalled_writer(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 1, 6, tzinfo=UTC))
    store = DuckDBStore(tmp_path, clock=clock, patience_s=0.05)
    store.append(one())
    go_on = threading.Event()
    stalled = store._owner.submit(lambda connection: go_on.wait(20))
    wait_until(lambda: store._owner.waiting == 0, timeout_s=5)
    assert store.health().status is HealthStatus.OK
    clock.advance(31)
    health = store.health()
    assert (health.status, health.figures["busy_seconds"]) == (HealthStatus.DEGRADED, 31.0)
    with pytest.raises(HeatingError, match="busy") as late:
        store.append(one())
    assert late.value.retryable
    go_on.set()
    stalled.result(5)
    store.append(one())
    assert store.health().status is HealthStatus.OK
    store.close()
