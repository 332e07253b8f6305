"""Collector, alerting and dashboard as three processes meet in the stores and at the broker."""

import json
import urllib.request
import uuid
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from simulators.site.generator import generate_site
from storage.registry_files.reading import write_registry
from tests.end_to_end.product.plant import NORMAL_STATION, Plant
from tests.end_to_end.product.product_process import Nuanliu, run_command
from tests.support.servers.influxdb import InfluxdbServer
from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.servers.postgresql import PostgresqlServer
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow
PASSWORD = "three cold winters"


def write_settings(folder: Path, *, broker: MosquittoBroker, series_url: str, records_url: str) -> Path:
    """Write registry and settings of a small site."""
    site, contacts = generate_site(
        stations=2, households=40, sensed_fraction=0.3, seed=3, now=datetime.now(UTC), station_interval_s=1.0
    )
    write_registry(folder / "registry.csv", site, contacts)
    config = folder / "nuanliu.yaml"
    settings = {
        "mqtt": {"host": broker.host, "port": broker.port, "client_id": f"rooms-{uuid.uuid4().hex[:6]}"},
        "collector": {"spool_dir": str(folder / "spool")},
        "timeseries": {"url": series_url, "database": f"rooms_{uuid.uuid4().hex[:6]}"},
        "records": {"url": records_url},
        "site": {"registry_file": str(folder / "registry.csv")},
        "rules": {"overrides": {"ST-01": {"on_delay": "1s"}}, "tick_s": 0.5},
        "web": {"port": 0, "cookie_secure": False},
    }
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return config


def api(url: str, path: str, token: str) -> dict[str, object]:
    """Ask the API with a token."""
    request = urllib.request.Request(f"{url}/api/v1/{path}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return dict(json.load(answer))


def test_an_alarm_of_the_alerting_process_is_on_the_dashboards_api(
    tmp_path: Path,
    mosquitto_broker: MosquittoBroker,
    influxdb_server: InfluxdbServer,
    postgresql_server: PostgresqlServer,
) -> None:
    records_url = postgresql_server.create_database(f"rooms_{uuid.uuid4().hex[:8]}")
    series_url = influxdb_server.url.replace("http://", "influxdb://")
    config = write_settings(tmp_path, broker=mosquitto_broker, series_url=series_url, records_url=records_url)
    environment = {"NUANLIU_CONFIG": str(config), "NUANLIU_WEB__SECRET": "0123456789abcdef" * 4}
    add = run_command(
        "user", "add", "li", "--role", "dispatcher", environment=environment, stdin=PASSWORD + "\n"
    )
    assert add.returncode == 0, add.stderr
    token = run_command("token", "add", "script", "--user", "li", environment=environment).stdout.strip()
    with ExitStack() as running:
        ready = {}
        for room in ("collector", "alerting", "dashboard"):
            process = Nuanliu([room], log_path=tmp_path / f"{room}.log", environment=environment)
            running.callback(process.end)
            ready[room] = process.ready(timeout_s=90)
        url = ready["dashboard"]["http"]
        plant = Plant(host=mosquitto_broker.host, port=mosquitto_broker.port, area="xilinhot")
        running.callback(plant.stop)
        plant.set("station", "st-001", {**NORMAL_STATION, "mains_power_ok": False})
        wait_until(
            lambda: [
                item for item in api(url, "alarms?subject=station:st-001", token)["items"]  # type: ignore[attr-defined]
                if item["rule_id"] == "ST-01"
            ],
            timeout_s=30,
        )  # fmt: skip
        live = api(url, "stations/st-001", token)
        assert "95.0" in json.dumps(live), "the dashboard has live values of its own subscription"
        trend = "stations/st-001/trend?points=primary_supply_temp_c"
        wait_until(lambda: "95.0" in json.dumps(api(url, trend, token)), timeout_s=30)


@pytest.mark.parametrize("room", ["collector", "alerting", "dashboard"])
def test_a_separate_room_refuses_the_embedded_store_and_names_influxdb(room: str, tmp_path: Path) -> None:
    environment = {
        "NUANLIU_WEB__SECRET": "0123456789abcdef" * 4,
        "NUANLIU_TIMESERIES__URL": f"duckdb:///{tmp_path}/series",
        "NUANLIU_RECORDS__URL": f"sqlite:///{tmp_path}/records.sqlite3",
    }
    done = run_command(room, environment=environment)
    assert done.returncode == 2
    assert "influxdb://host:port" in done.stderr
