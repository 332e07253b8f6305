"""How long the stores keep readings: DuckDB drops tables, InfluxDB 1.x gets policies."""

from datetime import timedelta
from pathlib import Path

import pytest

from heating.errors import HeatingError
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import RollupName
from storage.readings.duckdb.store import DuckDBStore
from storage.readings.influxdb.store import InfluxDBStore
from tests.contract.readings.conftest import OpenStore
from tests.contract.readings.readings import DAY, NOON, ROOM, batch_of, reading, rollup
from tests.support.servers.influxdb import InfluxdbServer

MONTH = Interval(NOON - timedelta(days=30), NOON + timedelta(days=1))


def test_what_is_young_enough_stays(open_store: OpenStore) -> None:
    store = open_store()
    store.append(batch_of(reading(21.0)))
    assert store.apply_retention(now=NOON + timedelta(days=300)) == 0
    assert store.series(ROOM, ["room_temp_c"], DAY).values["room_temp_c"].tolist() == [21.0]


def test_duckdb_drops_whole_days_and_months_that_are_too_old(tmp_path: Path) -> None:
    store = DuckDBStore(tmp_path, retention_raw=timedelta(days=10), retention_rollup=timedelta(days=60))
    store.append(batch_of(*(reading(float(day), minute=-1440 * day) for day in range(15))))
    store.write_rollup(rollup(["R-1"], [20.0], hour=-24 * 40))
    assert store.apply_retention(now=NOON) == 4
    kept = store.series(ROOM, ["room_temp_c"], MONTH).values["room_temp_c"].tolist()
    assert kept == [float(day) for day in range(10, -1, -1)]
    everything = Interval(NOON - timedelta(days=90), NOON)
    assert len(store.read_rollup(RollupName.ROOM_1H, "room_temp_c", ["R-1"], everything).mean) == 1
    assert store.apply_retention(now=NOON + timedelta(days=60)) == 12
    assert len(store.read_rollup(RollupName.ROOM_1H, "room_temp_c", ["R-1"], everything).mean) == 0
    assert len(store.latest(Measurement.ROOM, MONTH)) == 0
    store.close()


@pytest.mark.influxdb
def test_influxdb_gets_a_policy_for_readings_and_one_for_rollups(influxdb_server: InfluxdbServer) -> None:
    name = "test_retention_policies"
    days = timedelta(days=1)
    store = InfluxDBStore(
        influxdb_server.url, database=name, retention_raw=400 * days, retention_rollup=1826 * days
    )
    store.apply_retention(now=NOON)
    assert _policies(influxdb_server, name) == {
        "nuanliu_raw": ("9600h0m0s", True),
        "nuanliu_rollup": ("43824h0m0s", False),
    }
    store.close()
    changed = InfluxDBStore(
        influxdb_server.url, database=name, retention_raw=30 * days, retention_rollup=90 * days
    )
    assert changed.apply_retention(now=NOON) == 0
    assert _policies(influxdb_server, name)["nuanliu_raw"] == ("720h0m0s", True)
    assert _policies(influxdb_server, name)["nuanliu_rollup"] == ("2160h0m0s", False)
    changed.close()
    influxdb_server.drop_database(name)


@pytest.mark.influxdb
def test_influxdb_leaves_the_default_policy_of_a_database_that_was_there(
    influxdb_server: InfluxdbServer, fresh_influxdb_database: str
) -> None:
    store = InfluxDBStore(influxdb_server.url, database=fresh_influxdb_database)
    store.append(batch_of(reading(21.0)))
    store.apply_retention(now=NOON)
    store.close()
    policies = _policies(influxdb_server, fresh_influxdb_database)
    assert policies["autogen"] == ("0s", True)
    found = influxdb_server.query(
        "SELECT room_temp_c, received_ms FROM room", database=fresh_influxdb_database
    )
    assert found[0]["series"][0]["values"][0][1] == 21.0


@pytest.mark.influxdb
def test_influxdb_refuses_for_good_what_is_older_than_its_policy(influxdb_server: InfluxdbServer) -> None:
    name = "test_too_old"
    store = InfluxDBStore(influxdb_server.url, database=name, retention_raw=timedelta(days=2))
    with pytest.raises(HeatingError, match="retention policy") as refused:
        store.append(batch_of(reading(21.0, minute=-1440 * 3650)))
    assert not refused.value.retryable
    store.close()
    influxdb_server.drop_database(name)


def _policies(server: InfluxdbServer, database: str) -> dict[str, tuple[str, bool]]:
    rows = server.query(f'SHOW RETENTION POLICIES ON "{database}"')[0]["series"][0]["values"]
    return {row[0]: (row[1], row[4]) for row in rows}
