"""What happens while the store is away, refuses, or dies."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from heating.errors import HeatingError
from heating.points import Measurement
from heating.protocols import HealthStatus
from heating.samples import ObjectRef
from storage.readings.duckdb.store import DuckDBStore
from storage.readings.errors import StoreRejectedError, StoreUnavailableError
from storage.readings.influxdb.flavour import Flavour
from storage.readings.influxdb.store import InfluxDBStore
from storage.readings.opening import open_influxdb_store
from tests.contract.readings.conftest import OpenStore
from tests.contract.readings.readings import DAY, NOON, ROOM, STATION, batch_of, reading
from tests.support.servers.child_process import free_port
from tests.support.servers.influxdb import InfluxdbServer
from tests.support.servers.named_influxdb import FailingInfluxdb

WRITER = Path(__file__).with_name("duckdb_writer.py")


def test_a_store_that_is_there_is_well_and_says_so_at_once(open_store: OpenStore) -> None:
    store = open_store()
    store.append(batch_of(reading(21.0)))
    began = time.monotonic()
    assert store.health().status is HealthStatus.OK
    assert time.monotonic() - began < 2
    store.close()
    assert store.health().status is HealthStatus.DOWN


def test_a_server_that_is_gone_is_down_and_writes_may_be_tried_again(failing_store: FailingInfluxdb) -> None:
    store = open_influxdb_store(failing_store.settings)
    store.append(batch_of(reading(21.0)))
    failing_store.go_away()
    began = time.monotonic()
    health = store.health()
    assert time.monotonic() - began < 2
    assert health.status is HealthStatus.DOWN and "does not answer" in health.reason
    with pytest.raises(HeatingError) as failed:
        store.append(batch_of(reading(22.0, minute=1)))
    assert failed.value.retryable
    with pytest.raises(HeatingError) as failed:
        store.series(ROOM, ["room_temp_c"], DAY)
    assert failed.value.retryable
    failing_store.come_back()
    store.append(batch_of(reading(22.0, minute=1)))
    assert store.series(ROOM, ["room_temp_c"], DAY).values["room_temp_c"].tolist() == [21.0, 22.0]
    store.close()


def test_a_server_that_was_never_there_is_down_and_retryable() -> None:
    store = InfluxDBStore(f"http://127.0.0.1:{free_port()}", timeout_s=1.0)
    assert store.health().status is HealthStatus.DOWN
    assert store.flavour is None
    with pytest.raises(StoreUnavailableError):
        store.append(batch_of(reading(21.0)))
    store.close()


@pytest.mark.influxdb
def test_of_a_partial_write_the_good_lines_stay_and_the_batch_is_refused(
    influxdb_server: InfluxdbServer, fresh_influxdb_database: str
) -> None:
    store = InfluxDBStore(influxdb_server.url, database=fresh_influxdb_database)
    store.append(batch_of(reading(21.0)))
    rival = "bad-type"
    influx = InfluxDBStore(influxdb_server.url, database=fresh_influxdb_database)
    transport = influx._ready()
    transport.write(
        fresh_influxdb_database, [f'station,station={rival} secondary_supply_temp_c="text" 1767700800000']
    )
    influx.close()
    with pytest.raises(StoreRejectedError, match="field type conflict"):
        store.append(
            batch_of(
                reading(22.0, minute=1), reading(50.0, minute=1, ref=STATION, point="secondary_supply_temp_c")
            )
        )
    assert store.series(ROOM, ["room_temp_c"], DAY).values["room_temp_c"].tolist() == [21.0, 22.0]
    store.close()


@pytest.mark.influxdb
def test_credentials_of_a_server_with_users_are_sent(influxdb_factory: Callable[..., InfluxdbServer]) -> None:
    server = influxdb_factory(http="auth-enabled = true")
    server.query("CREATE USER boss WITH PASSWORD 'h:e:a:t' WITH ALL PRIVILEGES")
    store = InfluxDBStore(server.url, token="boss:h:e:a:t")
    store.append(batch_of(reading(21.0)))
    assert store.flavour is Flavour.V1
    assert store.series(ROOM, ["room_temp_c"], DAY).values["room_temp_c"].tolist() == [21.0]
    stranger = InfluxDBStore(server.url, token="boss:wrong")
    with pytest.raises(StoreUnavailableError, match="does not let us in"):
        stranger.append(batch_of(reading(21.0)))
    store.close()
    stranger.close()


@pytest.mark.influxdb
def test_a_dropped_database_comes_back_with_the_second_try(
    influxdb_factory: Callable[[], InfluxdbServer],
) -> None:
    server = influxdb_factory()
    store = InfluxDBStore(server.url, database="nuanliu")
    store.append(batch_of(reading(21.0)))
    server.drop_database("nuanliu")
    with pytest.raises(StoreUnavailableError, match="no such database"):
        store.append(batch_of(reading(22.0)))
    store.append(batch_of(reading(22.0)))
    assert store.series(ROOM, ["room_temp_c"], DAY).values["room_temp_c"].tolist() == [22.0]
    store.close()


@pytest.mark.parametrize("round_length_s", [0.3, 0.6, 0.9])
def test_a_kill_loses_no_acknowledged_batch_and_doubles_none(tmp_path: Path, round_length_s: float) -> None:
    acknowledged = -1
    for _ in range(3):
        acknowledged = _append_until_killed(tmp_path / "store", round_length_s, previous=acknowledged)
    store = DuckDBStore(tmp_path / "store")
    last = store.last_mark("slot-0")
    assert last is not None and last >= acknowledged
    assert store.set_aside is None
    for number in (0, 3, 6):
        found = store.series(ObjectRef(Measurement.ROOM, f"R-{number}"), ["room_temp_c"], DAY)
        assert found.values["room_temp_c"].tolist() == [float(i) for i in range(last + 1)]
    store.close()


def _append_until_killed(folder: Path, seconds: float, *, previous: int) -> int:
    """Let a process append batches after `previous`, kill it, and return the last one it had acknowledged."""
    command = [sys.executable, str(WRITER), str(folder), str(previous + 1)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        first = int(child.stdout.readline())
        deadline = time.monotonic() + seconds
        last = first
        while time.monotonic() < deadline:
            last = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().split("\n")
    whole = [int(line) for line in rest[:-1]]
    assert last > first, "the writer was killed before it had written anything"
    return whole[-1] if whole else last


@pytest.mark.influxdb
def test_what_a_user_of_1x_lacks_is_named_and_the_limits_are_told(
    influxdb_factory: Callable[..., InfluxdbServer],
) -> None:
    server = influxdb_factory(http="auth-enabled = true", index="inmem", max_values_per_tag=157)
    server.query("CREATE USER boss WITH PASSWORD 'x' WITH ALL PRIVILEGES")
    boss = InfluxDBStore(server.url, token="boss:x")
    health = boss.health()
    assert health.status is HealthStatus.OK
    assert health.figures == {"readings_kept_days": 400, "rollups_kept_days": 1826, "max_values_per_tag": 157}
    boss._ready().query("CREATE USER few WITH PASSWORD 'x'; GRANT READ ON nuanliu TO few")
    few = InfluxDBStore(server.url, token="few:x")
    assert "may not write to database «nuanliu»" in few.health().reason
    few.close()
    # The smallest sufficient rights of docs/operations.md: everything on the one database, made by an admin.
    boss._ready().query("GRANT ALL ON nuanliu TO few")
    few = InfluxDBStore(server.url, token="few:x")
    assert few.health().status is HealthStatus.OK
    few.append(batch_of(reading(21.0)))
    few.apply_retention(now=NOON)
    assert few.series(ROOM, ["room_temp_c"], DAY).values["room_temp_c"].tolist() == [21.0]
    elsewhere = InfluxDBStore(server.url, token="few:x", database="other")
    assert "there is no database «other»" in elsewhere.health().reason
    for store in (boss, few, elsewhere):
        store.close()
