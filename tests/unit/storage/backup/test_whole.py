"""A backup on embedded parts, restored and compared; what a restore refuses."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.settings.tree import Settings
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import AppendMark, RollupName
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.backup.manifest import BackupError, read_manifest, seal
from storage.backup.whole import back_up, restore
from storage.readings.duckdb.store import DuckDBStore
from storage.readings.errors import StoreInUseError
from storage.readings.opening import open_time_series_store
from storage.records.records import open_records
from tests.contract.readings.readings import rollup

NOW = datetime(2026, 1, 6, 12, tzinfo=UTC)
WINDOW = Interval(NOW, NOW + timedelta(hours=2))
REF = ObjectRef(Measurement.ROOM, "R-1")


def settings_of(folder: Path) -> Settings:
    return Settings.model_validate(
        {
            "timeseries": {"url": f"duckdb:///{folder}/timeseries"},
            "records": {"url": f"sqlite:///{folder}/records.sqlite3"},
            "collector": {"spool_dir": str(folder / "spool")},
        }
    )


def rows(first: int, n: int) -> SampleBatch:
    start_ms = WINDOW.start_ms
    return SampleBatch.from_samples(
        [Sample(REF, "room_temp_c", start_ms + i * 1000, 20.0 + i / 100) for i in range(first, first + n)]
    )


@pytest.fixture
def house(tmp_path: Path) -> Settings:
    """Readings, records and a spool."""
    settings = settings_of(tmp_path / "house")
    store = open_time_series_store(settings.timeseries)
    store.append(rows(0, 500), mark=AppendMark("slot:1", 7))
    store.close()
    open_records(settings.records.url).close()
    with closing(sqlite3.connect(tmp_path / "house" / "records.sqlite3")) as records:
        records.execute("CREATE TABLE extra (note TEXT)")
        records.execute("INSERT INTO extra VALUES ('暖流')")
        records.commit()
    settings.collector.spool_dir.mkdir()
    with closing(sqlite3.connect(settings.collector.spool_dir / "catalogue.sqlite3")) as spool:
        spool.execute("CREATE TABLE fact (name TEXT, value TEXT)")
        spool.commit()
    (settings.collector.spool_dir / "rollups.json").write_text("{}")
    return settings


def test_a_restored_house_holds_what_was_backed_up(house: Settings, tmp_path: Path) -> None:
    (tmp_path / "nuanliu.yaml").write_text("log: {level: info}\n")
    made = back_up(house, tmp_path / "backup", now=NOW, config_file=tmp_path / "nuanliu.yaml")
    assert made.parts == {"spool": "sqlite", "readings": "duckdb", "records": "sqlite", "settings": "yaml"}
    assert set(made.versions) == {"python", "sqlite", "nuanliu", "duckdb", "influxdb-client"}
    elsewhere = settings_of(tmp_path / "elsewhere")
    restore(elsewhere, tmp_path / "backup")
    store = open_time_series_store(elsewhere.timeseries)
    found = store.series(REF, ["room_temp_c"], WINDOW)
    assert found.values["room_temp_c"].tolist() == [20.0 + i / 100 for i in range(500)]
    assert store.last_mark("slot:1") == 7
    store.append(rows(500, 1), mark=AppendMark("slot:1", 8))
    assert len(store.series(REF, ["room_temp_c"], WINDOW).time_ms) == 501
    store.close()
    open_records(elsewhere.records.url).close()
    with closing(sqlite3.connect(tmp_path / "elsewhere" / "records.sqlite3")) as records:
        assert records.execute("SELECT note FROM extra").fetchall() == [("暖流",)]
    names = {path.name for path in elsewhere.collector.spool_dir.iterdir()}
    assert names == {"catalogue.sqlite3", "rollups.json"}


def test_a_backup_is_one_state_while_appends_go_on(house: Settings, tmp_path: Path) -> None:
    store = open_time_series_store(house.timeseries)
    assert isinstance(store, DuckDBStore)
    back_up(house, tmp_path / "first", now=NOW, store=store)
    store.append(rows(500, 100), mark=AppendMark("slot:1", 8))
    back_up(house, tmp_path / "second", now=NOW, store=store)
    store.append(rows(600, 100), mark=AppendMark("slot:1", 9))
    assert len(store.series(REF, ["room_temp_c"], WINDOW).time_ms) == 700
    store.close()
    for name, count, mark in (("first", 500, 7), ("second", 600, 8)):
        copy = DuckDBStore(tmp_path / name / "readings")
        assert (len(copy.series(REF, ["room_temp_c"], WINDOW).time_ms), copy.last_mark("slot:1")) == (
            count,
            mark,
        )
        copy.close()


def test_a_restore_refuses_places_that_are_not_empty_unless_forced(house: Settings, tmp_path: Path) -> None:
    back_up(house, tmp_path / "backup", now=NOW)
    store = open_time_series_store(house.timeseries)
    store.append(rows(500, 100))
    store.close()
    with pytest.raises(BackupError, match=r"timeseries\.url, records\.url, collector\.spool_dir"):
        restore(house, tmp_path / "backup")
    restore(house, tmp_path / "backup", force=True)
    store = open_time_series_store(house.timeseries)
    assert len(store.series(REF, ["room_temp_c"], WINDOW).time_ms) == 500
    assert store.health().status == "ok"
    store.close()


def test_a_forced_restore_does_not_pull_the_store_from_under_a_service(
    house: Settings, tmp_path: Path
) -> None:
    back_up(house, tmp_path / "backup", now=NOW)
    store = open_time_series_store(house.timeseries)
    with pytest.raises(StoreInUseError):
        restore(house, tmp_path / "backup", force=True)
    assert len(store.series(REF, ["room_temp_c"], WINDOW).time_ms) == 500
    store.close()


@pytest.mark.parametrize("damage", ["changed", "missing", "no manifest", "outside"])
def test_a_backup_that_is_not_whole_is_refused_before_anything_changes(
    house: Settings, tmp_path: Path, damage: str
) -> None:
    backup = tmp_path / "backup"
    back_up(house, backup, now=NOW)
    records = backup / "records" / "records.sqlite3"
    match damage:
        case "changed":
            content = bytearray(records.read_bytes())
            content[-1] ^= 1
            records.write_bytes(content)
        case "missing":
            records.unlink()
        case "no manifest":
            (backup / "manifest.json").unlink()
        case "outside":
            text = (backup / "manifest.json").read_text()
            (backup / "manifest.json").write_text(text.replace('"records/', '"../records/'))
    with pytest.raises(BackupError):
        restore(settings_of(tmp_path / "elsewhere"), backup)
    assert not (tmp_path / "elsewhere").exists()


def test_a_backup_goes_only_into_an_empty_folder(house: Settings, tmp_path: Path) -> None:
    back_up(house, tmp_path / "backup", now=NOW)
    with pytest.raises(BackupError, match="not empty"):
        back_up(house, tmp_path / "backup", now=NOW)


def test_the_manifest_names_every_file(house: Settings, tmp_path: Path) -> None:
    back_up(house, tmp_path / "backup", now=NOW)
    assert set(read_manifest(tmp_path / "backup").files) == {
        "readings/timeseries.duckdb",
        "records/records.sqlite3",
        "spool/catalogue.sqlite3",
        "spool/rollups.json",
    }


def test_roll_ups_are_copied_too(house: Settings, tmp_path: Path) -> None:
    store = open_time_series_store(house.timeseries)
    store.write_rollup(rollup(["R-1"], [20.5]))
    store.close()
    back_up(house, tmp_path / "backup", now=NOW)
    restore(settings_of(tmp_path / "elsewhere"), tmp_path / "backup")
    copy = open_time_series_store(settings_of(tmp_path / "elsewhere").timeseries)
    assert copy.read_rollup(RollupName.ROOM_1H, "room_temp_c", ["R-1"], WINDOW).mean.tolist() == [20.5]
    copy.close()


@pytest.mark.parametrize("kind", ["stranger", "link"])
def test_what_the_manifest_does_not_vouch_for_is_refused(house: Settings, tmp_path: Path, kind: str) -> None:
    backup = tmp_path / "backup"
    back_up(house, backup, now=NOW)
    secret = tmp_path / "secret"
    secret.write_text("not yours")
    if kind == "link":
        (backup / "spool" / "planted.json").symlink_to(secret)
    else:
        (backup / "spool" / "planted.json").write_text("{}")
    elsewhere = settings_of(tmp_path / "elsewhere")
    with pytest.raises(BackupError, match=r"planted\.json"):
        restore(elsewhere, backup)
    assert not (tmp_path / "elsewhere").exists()


def test_force_deletes_nothing_when_the_backup_lacks_a_part(house: Settings, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    back_up(house, backup, now=NOW)
    for path in (backup / "readings").iterdir():
        path.unlink()
    made = read_manifest(backup)
    seal(backup, made_at=NOW, versions=made.versions, parts=made.parts)
    with pytest.raises(BackupError, match="nothing was changed"):
        restore(house, backup, force=True)
    store = open_time_series_store(house.timeseries)
    assert len(store.series(REF, ["room_temp_c"], WINDOW).time_ms) == 500
    store.close()


def test_a_backup_is_for_its_owner_alone(house: Settings, tmp_path: Path) -> None:
    back_up(house, tmp_path / "backup", now=NOW)
    found = {path.stat().st_mode & 0o077 for path in (tmp_path / "backup", *(tmp_path / "backup").rglob("*"))}
    assert found == {0}
