"""``nuanliu store prepare`` on a real InfluxDB 1.x that asks for passwords: made by an admin, said exactly to others."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from heating.protocols import HealthStatus
from storage.readings.influxdb.store import InfluxDBStore
from tests.contract.readings.readings import batch_of, reading
from tests.support.servers.influxdb import InfluxdbServer, start_influxdb
from tests.support.servers.requirement import started_or_missing

pytestmark = pytest.mark.influxdb
ADMIN, OURS = "admin:secret", "nuanliu:it's ours"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxdbServer]:
    folder: Path = tmp_path_factory.mktemp("influxdb-auth")
    running = started_or_missing(lambda: start_influxdb(folder, http="auth-enabled = true"))
    running.query("CREATE USER admin WITH PASSWORD 'secret' WITH ALL PRIVILEGES")
    yield running
    running.stop()


def opened(server: InfluxdbServer, *, database: str, token: str = OURS) -> InfluxDBStore:
    return InfluxDBStore(
        server.url,
        database=database,
        token=token,
        retention_raw=timedelta(days=400),
        retention_rollup=timedelta(days=1826),
    )


def test_an_administrator_makes_all_and_the_houses_user_is_well_afterwards(server: InfluxdbServer) -> None:
    store = opened(server, database="heat")
    prepared = store.prepare(admin_token=ADMIN)
    assert prepared.to_do == [] == prepared.remarks
    assert prepared.there == [
        "database heat",
        "retention policy nuanliu_rollup",
        "user nuanliu with all rights on heat",
    ]
    health = store.health()
    assert (health.status, health.reason) == (HealthStatus.OK, "")
    store.append(batch_of(reading(20.0)))
    assert store.prepare(admin_token=ADMIN).to_do == []
    store.close()


def test_a_token_without_a_database_is_not_well_and_hears_the_statements(server: InfluxdbServer) -> None:
    opened(server, database="other").prepare(admin_token=ADMIN)
    store = opened(server, database="missing")
    assert store.health().status is HealthStatus.DOWN
    assert "missing" in store.health().reason
    to_do = store.prepare().to_do
    assert to_do[0] == 'CREATE DATABASE "missing" WITH DURATION 9600h REPLICATION 1 NAME "nuanliu_raw"'
    assert to_do[-1] == 'GRANT ALL ON "missing" TO "nuanliu"'
    assert not any("it's" in line for line in to_do), "no password is printed"
    store.close()


def test_an_autogen_that_contradicts_the_settings_is_reported_by_health_and_by_prepare(
    server: InfluxdbServer,
) -> None:
    admin = opened(server, database="old", token=ADMIN)
    admin._open().query("CREATE DATABASE old")
    health = admin.health()
    assert health.status is HealthStatus.DEGRADED
    assert "kept for ever" in health.reason and "400 d" in health.reason
    prepared = admin.prepare()
    assert prepared.to_do == ['ALTER RETENTION POLICY "autogen" ON "old" DURATION 9600h']
    assert "policy autogen" in prepared.remarks[0]
    admin.close()
