"""``nuanliu backup`` and ``restore`` as an operator types them: on the embedded stores and on servers, with the service
running and stopped, into empty places, and compared row by row. Exports of a store in use, too."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa
import yaml

from collector.intake.mqtt.publisher import publish_all
from config.settings.tree import Settings
from heating.clock import SystemClock
from heating.intervals import Interval, from_epoch_ms
from heating.points import Measurement
from storage.backup.records_copy import records_are_empty
from storage.readings.opening import open_time_series_store
from storage.records.records import open_records
from tests.end_to_end.product.product_process import Nuanliu, run_command
from tests.support.servers.influxdb import InfluxdbServer
from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.servers.postgresql import PostgresqlServer
from tests.support.small_site import small_site
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.mosquitto, pytest.mark.slow]

SITE = small_site(stations=2, homes=3)
ENVIRONMENT = {"NUANLIU_WEB__SECRET": "0123456789abcdef0123456789abcdef"}
LIVING_TABLES = {"device_clocks", "engine_state", "leases", "outbox_messages", "rollup_dues", "room_reports"}
"""What a running service may write between the backup and its end."""
HOUR_MS = 3_600_000
LATELY = Interval.last(timedelta(hours=20), now=SystemClock().now())


@dataclass
class Place:
    """Stores, and the settings file that names them."""

    config: Path
    settings: dict[str, Any]

    @classmethod
    def write(cls, folder: Path, name: str, broker: MosquittoBroker, stores: Mapping[str, Any]) -> "Place":
        settings = {
            "mqtt": {"host": broker.host, "port": broker.port, "client_id": f"backup-{folder.name}-{name}"},
            "collector": {"spool_dir": str(folder / name / "spool")},
            "web": {"host": "127.0.0.1", "port": 0},
            "log": {"level": "warning"},
            **stores,
        }
        config = folder / f"{name}.yaml"
        config.write_text(yaml.safe_dump(settings))
        return cls(config, settings)

    def run(self, *words: str, code: int = 0) -> str:
        """Run a command on these settings; return all that it said."""
        done = run_command(*words, "--config", str(self.config), environment=ENVIRONMENT)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    @contextmanager
    def served(self) -> Iterator[Nuanliu]:
        """Run the service."""
        service = Nuanliu(
            ["serve", "--config", str(self.config)],
            log_path=self.config.with_suffix(".log"),
            environment=ENVIRONMENT,
        )
        try:
            service.ready()
            yield service
        finally:
            assert service.end() == 0, service.log_end()

    def readings(self, window: Interval) -> set[str]:
        """Return every reading of the store; the store must be free."""
        store: Any = open_time_series_store(Settings.model_validate(self.settings).timeseries)
        try:
            return {
                repr(row)
                for measurement in (Measurement.ROOM, Measurement.STATION)
                for row in store.window(measurement, window).to_samples()
            }
        finally:
            store.close()

    def records(self) -> dict[str, list[tuple[str, ...]]]:
        """Return every row of every table of the records."""
        engine = sa.create_engine(self.settings["records"]["url"])
        with engine.connect() as connection:
            names = set(sa.inspect(connection).get_table_names()) - LIVING_TABLES
            found = {
                name: sorted(
                    tuple(map(repr, row)) for row in connection.execute(sa.text(f'SELECT * FROM "{name}"'))
                )
                for name in names
            }
        engine.dispose()
        return found


OpenPlace = Callable[[str], Place]


@pytest.fixture(
    params=["embedded", pytest.param("servers", marks=[pytest.mark.influxdb, pytest.mark.postgresql])]
)
def open_place(
    request: pytest.FixtureRequest, tmp_path: Path, mosquitto_broker: MosquittoBroker
) -> Iterator[OpenPlace]:
    """Names empty stores of one kind."""
    with ExitStack() as stack:

        def embedded(name: str) -> Place:
            stores = {
                "timeseries": {"url": f"duckdb:///{tmp_path}/{name}/store"},
                "records": {"url": f"sqlite:///{tmp_path}/{name}/records.sqlite3"},
            }
            return Place.write(tmp_path, name, mosquitto_broker, stores)

        def on_servers(name: str) -> Place:
            influxdb: InfluxdbServer = request.getfixturevalue("influxdb_server")
            postgresql: PostgresqlServer = request.getfixturevalue("postgresql_server")
            database = f"backup_{name}_{time.time_ns()}"
            stack.callback(postgresql.drop_database, database)
            stack.callback(influxdb.drop_database, database)
            url = postgresql.create_database(database)
            stores = {
                "timeseries": {
                    "url": f"influxdb://{influxdb.host}:{influxdb.port}",
                    "database": database,
                },
                "records": {"url": url},
            }
            return Place.write(tmp_path, name, mosquitto_broker, stores)

        yield embedded if request.param == "embedded" else on_servers


def fill_registry(place: Place) -> None:
    records = open_records(place.settings["records"]["url"])
    records.registry.apply_site(SITE, {}, by="test", now=SystemClock().now())
    records.close()


def publish(place: Place) -> tuple[int, Interval]:
    """Publish an hour of readings; return how many, and their time."""
    start_ms = SystemClock().now_ms() - HOUR_MS
    messages = []
    for step in range(60):
        t = start_ms + step * 60_000
        for sensor in SITE.sensors:
            body = {"t": t, "v": {"room_temp_c": 20.5 + step / 100}}
            messages.append((f"heat/xilinhot/room/{sensor.sensor_id}/telemetry", body))
        for station in SITE.stations:
            values = {"secondary_supply_temp_c": 45.0 + step / 10, "secondary_return_temp_c": None}
            messages.append((f"heat/xilinhot/station/{station.station_id}/telemetry", {"t": t, "v": values}))
    settings = Settings.model_validate(place.settings).mqtt
    publish_all([(topic, json.dumps(body).encode()) for topic, body in messages], settings=settings)
    count = 60 * (len(SITE.sensors) + 2 * len(SITE.stations))
    return count, Interval(from_epoch_ms(start_ms - 1000), from_epoch_ms(start_ms + HOUR_MS))


def stored(place: Place, folder: Path, window: Interval) -> int:
    """Return how many readings an export gives, whoever owns the store."""
    kinds = ("--measurement", "room", "--measurement", "station")
    day = ("--from", f"{window.start:%Y-%m-%d}", "--to", f"{window.end:%Y-%m-%d}")
    said = place.run("store", "export-parquet", str(folder), *day, *kinds)
    return int(said.partition("exported ")[2].split()[0])


def so_far(place: Place, folder: Path, window: Interval) -> int:
    """Return how many readings are stored while the service runs: asked by its command where it owns the store."""
    owned = place.settings["timeseries"]["url"].startswith("duckdb:")
    return stored(place, folder, window) if owned else len(place.readings(window))


@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
def test_a_backup_restored_into_empty_stores_has_every_row(
    open_place: OpenPlace, running: bool, tmp_path: Path
) -> None:
    first, second = open_place("first"), open_place("second")
    fill_registry(first)
    backup = tmp_path / "backup"
    with first.served():
        count, window = publish(first)
        wait_until(lambda: so_far(first, tmp_path / "waiting", window) == count, 90, interval_s=0.5)
        if running:
            first.run("backup", str(backup))
            assert "not empty" in first.run("backup", str(backup), code=1)
            wrong = (
                first.run("restore", str(backup), "--force", code=1)
                if "duckdb" in str(first.settings)
                else ""
            )
            assert not wrong or "owns" in wrong
    if not running:
        first.run("backup", str(backup))
    before, table_rows = first.readings(window), first.records()
    assert len(before) == count
    assert len(table_rows["households"]) == len(SITE.households)

    assert "restored" in second.run("restore", str(backup))
    assert second.readings(window) == before
    assert second.records() == table_rows
    refused = second.run("restore", str(backup), code=1)
    assert all(word in refused for word in ("timeseries.url", "records.url", "--force"))
    second.run("restore", str(backup), "--force")
    assert (second.readings(window), second.records()) == (before, table_rows)
    with second.served():
        assert stored(second, tmp_path / "again", window) == count


def test_a_backup_with_a_changed_byte_is_refused_and_nothing_is_touched(
    open_place: OpenPlace, tmp_path: Path
) -> None:
    first, second = open_place("first"), open_place("second")
    fill_registry(first)
    first.run("backup", str(tmp_path / "backup"))
    victim = next(path for path in sorted((tmp_path / "backup" / "records").iterdir()) if path.is_file())
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    assert victim.name in second.run("restore", str(tmp_path / "backup"), code=1)
    assert records_are_empty(second.settings["records"]["url"])
    assert not second.readings(LATELY)


def test_an_export_of_a_store_in_use_is_the_same_as_of_a_free_one(
    tmp_path: Path, mosquitto_broker: MosquittoBroker
) -> None:
    stores = {
        "timeseries": {"url": f"duckdb:///{tmp_path}/store"},
        "records": {"url": f"sqlite:///{tmp_path}/records.sqlite3"},
    }
    place = Place.write(tmp_path, "only", mosquitto_broker, stores)
    fill_registry(place)
    with place.served():
        count, window = publish(place)
        wait_until(lambda: stored(place, tmp_path / "in-use", window) == count, 60, interval_s=0.5)
        assert "the service owns the embedded store" in place.run("store", "info")
    assert stored(place, tmp_path / "free", window) == count
    assert parquet_rows(tmp_path / "in-use") == parquet_rows(tmp_path / "free")
    wrong = place.run(
        "store", "export-parquet", str(tmp_path), "--from", "2026-01-02", "--to", "2026-01-01", code=2
    )
    assert "before" in wrong


def parquet_rows(folder: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(
            f"SELECT object, point, epoch_ms(measured), epoch_ms(received), value, quality FROM read_parquet('{folder}/*.parquet') ORDER BY ALL"
        ).fetchall()
