"""A backup of InfluxDB by line protocol, restored into another database and compared."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from config.settings.tree import Settings
from heating.points import Measurement
from heating.protocols import RollupName
from heating.samples import ObjectRef
from storage.backup.manifest import BackupError
from storage.backup.whole import back_up, restore
from storage.readings.influxdb.store import InfluxDBStore
from storage.records.records import open_records
from tests.contract.readings.conftest import CENTURY
from tests.contract.readings.readings import DAY, NOON, OTHER_ROOM, batch_of, reading, rollup
from tests.support.servers.influxdb import InfluxdbServer

pytestmark = pytest.mark.influxdb
ODD = ObjectRef(Measurement.ROOM, "星河,3号楼 =501")


def settings_of(server: InfluxdbServer, database: str, folder: Path) -> Settings:
    return Settings.model_validate(
        {
            "timeseries": {
                "url": server.url.replace("http", "influxdb"),
                "database": database,
                "retention_raw_days": 36_500,
                "retention_rollup_days": 36_500,
            },
            "records": {"url": f"sqlite:///{folder}/records.sqlite3"},
            "collector": {"spool_dir": str(folder / "spool")},
        }
    )


def filled(server: InfluxdbServer, database: str) -> InfluxDBStore:
    store = InfluxDBStore(server.url, database=database, retention_raw=CENTURY, retention_rollup=CENTURY)
    rows = [
        reading(20.0 + i / 7, minute=i * 11 - 3000, ref=ref) for i in range(400) for ref in (ODD, OTHER_ROOM)
    ]
    rows.append(reading(float("nan"), minute=1, quality=131))
    store.append(batch_of(*rows))
    store.write_rollup(rollup(["R-1", ODD.object_id], [20.25, np.nan]))
    return store


def test_everything_comes_back_in_another_database(influxdb_server: InfluxdbServer, tmp_path: Path) -> None:
    store = filled(influxdb_server, "test_backup_from")
    source = settings_of(influxdb_server, "test_backup_from", tmp_path / "a")
    open_records(source.records.url).close()
    back_up(source, tmp_path / "backup", now=NOON, store=store)
    names = sorted(path.name for path in (tmp_path / "backup" / "readings").iterdir())
    assert names[0] == "room-20260104.lp.gz" and names[-1] == "room_1h-20260106.lp.gz"
    target = settings_of(influxdb_server, "test_backup_to", tmp_path / "b")
    restore(target, tmp_path / "backup")
    copy = InfluxDBStore(
        influxdb_server.url, database="test_backup_to", retention_raw=CENTURY, retention_rollup=CENTURY
    )
    for ref in (ODD, OTHER_ROOM):
        before, after = (each.series(ref, ["room_temp_c"], DAY) for each in (store, copy))
        assert len(before.time_ms) > 100
        assert np.array_equal(before.time_ms, after.time_ms)
        assert np.array_equal(before.values["room_temp_c"], after.values["room_temp_c"])
    rows, copied = (each.window(Measurement.ROOM, DAY) for each in (store, copy))
    assert np.array_equal(np.sort(rows.received_ms), np.sort(copied.received_ms))
    assert 131 in copied.quality and len(rows) == len(copied)
    found = copy.read_rollup(RollupName.ROOM_1H, "room_temp_c", ["R-1", ODD.object_id], DAY)
    assert found.count.tolist() == [12, 12] and found.mean.tolist() == [
        20.25,
        pytest.approx(np.nan, nan_ok=True),
    ]
    with pytest.raises(BackupError, match="not empty"):
        restore(target, tmp_path / "backup")
    store.close()
    copy.close()
    for name in ("test_backup_from", "test_backup_to"):
        influxdb_server.drop_database(name)


def test_the_copy_is_the_line_protocol_that_other_tools_load(
    influxdb_server: InfluxdbServer, tmp_path: Path
) -> None:
    store = filled(influxdb_server, "test_backup_lines")
    store.back_up(tmp_path, now=NOON)
    text = gzip.decompress((tmp_path / "room-20260106.lp.gz").read_bytes()).decode()
    line = next(line for line in text.splitlines() if "__bad_q" in line)
    assert line.startswith("room,sensor=R-0001 received_ms=") and ",room_temp_c__bad_q=131i " in line
    store.close()
    influxdb_server.drop_database("test_backup_lines")
