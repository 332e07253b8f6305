"""Two alerting processes, one of them killed: the other takes over, and every notice goes out once."""

import json
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from simulators.site.generator import generate_site
from storage.records.records import open_records
from storage.registry_files.reading import write_registry
from tests.end_to_end.product.plant import NORMAL_STATION, Plant
from tests.end_to_end.product.product_process import Nuanliu
from tests.support.servers.influxdb import InfluxdbServer
from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.servers.postgresql import PostgresqlServer
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow


class Listener(ThreadingHTTPServer):
    """Takes the notices of a webhook and counts them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: Counter[tuple[str, str, str]] = Counter()


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.heard[body["rule_id"], body["subject"], body["reason"]] += 1
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # the name is the library's
        return


@pytest.fixture
def listener() -> Iterator[Listener]:
    server = Listener()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def _settings(
    folder: Path, listener: Listener, broker: MosquittoBroker, influxdb: InfluxdbServer, records_url: str
) -> Path:
    site, contacts = generate_site(
        stations=2, households=30, sensed_fraction=0.3, seed=3, now=datetime.now(UTC), station_interval_s=1.0
    )
    write_registry(folder / "registry.csv", site, contacts)
    hook = f"http://127.0.0.1:{listener.server_address[1]}/"
    settings = {
        "mqtt": {"host": broker.host, "port": broker.port},
        "timeseries": {
            "url": influxdb.url.replace("http://", "influxdb://"),
            "database": f"two_{uuid.uuid4().hex[:6]}",
        },
        "records": {"url": records_url},
        "site": {"registry_file": str(folder / "registry.csv")},
        "rules": {
            "overrides": {"ST-01": {"on_delay": "1s", "off_delay": "1s"}},
            "tick_s": 0.5,
            "start_grace_s": 0.5,
        },
        "notifications": {"webhooks": [{"name": "desk", "url": hook, "allow_private": True}]},
    }
    config = folder / "nuanliu.yaml"
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return config


def _started(name: str, config: Path, running: ExitStack) -> Nuanliu:
    environment = {
        "NUANLIU_CONFIG": str(config),
        "NUANLIU_WEB__SECRET": "0123456789abcdef" * 4,
        "NUANLIU_MQTT__CLIENT_ID": f"{name}-{uuid.uuid4().hex[:6]}",
    }
    process = Nuanliu(["alerting"], log_path=config.parent / f"{name}.log", environment=environment)
    running.callback(process.end)
    process.ready(timeout_s=90)
    return process


def test_the_other_takes_over_from_a_killed_holder_and_every_notice_goes_out_once(
    tmp_path: Path,
    listener: Listener,
    mosquitto_broker: MosquittoBroker,
    influxdb_server: InfluxdbServer,
    postgresql_server: PostgresqlServer,
) -> None:
    records_url = postgresql_server.create_database(f"two_{uuid.uuid4().hex[:8]}")
    config = _settings(tmp_path, listener, mosquitto_broker, influxdb_server, records_url)

    def told(station_id: str, reason: str) -> int:
        return listener.heard["ST-01", f"station:{station_id}", reason]

    with ExitStack() as running:
        plant = Plant(host=mosquitto_broker.host, port=mosquitto_broker.port, area="xilinhot")
        running.callback(plant.stop)
        for station_id in ("st-001", "st-002"):
            plant.set("station", station_id, NORMAL_STATION)
        first = _started("first", config, running)
        records = open_records(records_url)
        running.callback(records.close)
        wait_until(lambda: records.leases.held("alerting") is not None, timeout_s=30)
        holder = records.leases.held("alerting")
        _started("second", config, running)
        plant.set("station", "st-001", {"mains_power_ok": False})
        wait_until(lambda: told("st-001", "raised") > 0, timeout_s=60)
        first.process.kill()
        plant.set("station", "st-002", {"mains_power_ok": False})
        wait_until(lambda: told("st-002", "raised") > 0, timeout_s=60)
        now_held = records.leases.held("alerting")
        assert holder is not None and now_held is not None and now_held.holder != holder.holder
        plant.set("station", "st-001", {"mains_power_ok": True})
        wait_until(lambda: told("st-001", "cleared") > 0, timeout_s=60)
    assert {key: count for key, count in listener.heard.items() if key[0] == "ST-01"} == {
        ("ST-01", "station:st-001", "raised"): 1,
        ("ST-01", "station:st-002", "raised"): 1,
        ("ST-01", "station:st-001", "cleared"): 1,
    }
