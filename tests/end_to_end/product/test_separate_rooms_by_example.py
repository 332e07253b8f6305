"""The shipped example of separate rooms, on a Mosquitto with TLS and the accounts that «broker config» makes."""

import json
import os
import re
import shutil
import signal
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as paho
import pytest
import yaml

from simulators.site.generator import generate_site
from storage.registry_files.reading import write_registry
from tests.end_to_end.product.plant import NORMAL_STATION
from tests.end_to_end.product.product_process import Nuanliu, run_command
from tests.support.certificates import Authority
from tests.support.servers.child_process import (
    LOOPBACK,
    ServerProcess,
    accepts_connections,
    find_program,
    free_port,
)
from tests.support.servers.influxdb import InfluxdbServer
from tests.support.servers.postgresql import PostgresqlServer
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.mosquitto]
EXAMPLE = Path(__file__).parents[3] / "docs/examples/separate-rooms"
ROOMS = ("collector", "alerting", "dashboard")


@dataclass
class Company:
    """A machine set up as the example says; only addresses, ports and paths are those of the test."""

    folder: Path
    config: Path
    environment: dict[str, str]
    device_port: int
    running: ExitStack

    def run(self, *words: str, stdin: str = "") -> str:
        done = run_command(*words, environment=self.environment, stdin=stdin)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, room: str) -> tuple[Nuanliu, dict[str, str]]:
        process = Nuanliu([room], log_path=self.folder / f"{room}.log", environment=self.environment)
        self.running.callback(process.end)
        return process, process.ready(timeout_s=120)

    def log(self, room: str) -> str:
        return (self.folder / f"{room}.log").read_text(encoding="utf-8")

    def publish_as_station(self, station_id: str, password: str) -> None:
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="gateway")
        client.tls_set(ca_certs=str(self.folder / "broker/ca.pem"))
        client.username_pw_set(f"station.{station_id}", password)
        client.connect(LOOPBACK, self.device_port)
        client.loop_start()
        self.running.callback(client.loop_stop)
        payload = {"t": int(datetime.now(UTC).timestamp() * 1000), "v": dict(NORMAL_STATION)}
        client.publish(
            f"heat/xilinhot/station/{station_id}/telemetry", json.dumps(payload), qos=1
        ).wait_for_publish(10)


@pytest.fixture
def company(
    tmp_path: Path, influxdb_server: InfluxdbServer, postgresql_server: PostgresqlServer
) -> Iterator[Company]:
    settings: dict[str, Any] = yaml.safe_load((EXAMPLE / "nuanliu.yaml").read_text(encoding="utf-8"))
    lines = (EXAMPLE / "secrets.env").read_text(encoding="utf-8").splitlines()
    secrets = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    site, contacts = generate_site(
        stations=2, households=40, sensed_fraction=0.3, seed=3, now=datetime.now(UTC), station_interval_s=1.0
    )
    write_registry(tmp_path / "registry.xlsx", site, contacts)
    device_port, service_port = free_port(), free_port()
    settings["mqtt"] |= {"port": service_port, "ca_file": str(tmp_path / "broker/ca.pem")}
    settings["collector"] |= {"spool_dir": str(tmp_path / "spool")}
    settings["timeseries"] |= {
        "url": influxdb_server.url.replace("http://", "influxdb://"),
        "database": f"rooms_{uuid.uuid4().hex[:6]}",
    }
    settings["records"] = {"url": postgresql_server.create_database(f"rooms_{uuid.uuid4().hex[:8]}")}
    settings["site"] |= {"registry_file": str(tmp_path / "registry.xlsx")}
    settings["web"] |= {"port": 0, "cookie_secure": False}
    settings["health"] |= {"collector_port": free_port(), "alerting_port": free_port()}
    settings["rules"] = {"overrides": {"DQ-14": {"longest_s": 2}}}
    config = tmp_path / "nuanliu.yaml"
    config.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    environment = secrets | {
        "NUANLIU_CONFIG": str(config),
        "NUANLIU_WEB__SECRET": "0123456789abcdef" * 4,
        "NUANLIU_TIMESERIES__TOKEN": "",
    }
    with ExitStack() as running:
        certify_broker(tmp_path)
        made = Company(tmp_path, config, environment, device_port, running)
        made.run("registry", "import", str(tmp_path / "registry.xlsx"))
        start_broker(made, device_port=device_port, service_port=service_port)
        yield made


def certify_broker(folder: Path) -> None:
    """Put an authority and the broker's certificate where the settings expect them."""
    authority = Authority(folder / "authority")
    files = folder / "broker"
    files.mkdir()
    server = authority.sign("localhost", server=True)
    for source, name in (
        (authority.ca, "ca.pem"),
        (server.certificate, "server.pem"),
        (server.key, "server.key"),
    ):
        shutil.copy(source, files / name)


def start_broker(company: Company, *, device_port: int, service_port: int) -> None:
    """Make the broker's files by command and start it on them."""
    program = find_program("mosquitto", package="mosquitto")
    files = company.folder / "broker"
    user = "root" if os.geteuid() == 0 else "mosquitto"
    words = ["--proof", "passwords", "--service-host", LOOPBACK, "--device-host", LOOPBACK, "--user", user]
    ports = ["--device-port", str(device_port), "--service-port", str(service_port)]
    company.run("broker", "config", "--output", str(files), *words, *ports)
    process = ServerProcess(
        name="mosquitto",
        command=[str(program), "-c", str(files / "mosquitto.conf")],
        directory=company.folder,
        ready=lambda: accepts_connections(service_port),
        start_timeout_s=20.0,
    )
    process.start()
    company.running.callback(process.stop)


def passwords(folder: Path) -> dict[str, str]:
    """Return the passwords that were made for devices."""
    lines = (folder / "broker/new-credentials.csv").read_text().splitlines()[1:]
    return dict(line.split(",") for line in lines)


def test_three_rooms_run_as_the_example_says_and_miss_the_one_that_is_killed(company: Company) -> None:
    company.run("user", "add", "li", "--role", "dispatcher", stdin="three cold winters\n")
    token = company.run("token", "add", "script", "--user", "li").strip()
    rooms = {room: company.start(room) for room in ROOMS}
    url = rooms["dashboard"][1]["http"]
    settings = yaml.safe_load(company.config.read_text(encoding="utf-8"))
    health = {
        "collector": f"http://{LOOPBACK}:{settings['health']['collector_port']}",
        "alerting": f"http://{LOOPBACK}:{settings['health']['alerting_port']}",
        "dashboard": url,
    }
    company.publish_as_station("st-001", passwords(company.folder)["station.st-001"])
    headers = {"authorization": f"Bearer {token}"}

    def ready(room: str) -> dict[str, Any]:
        with suppress(httpx.HTTPError):
            return dict(httpx.get(f"{health[room]}/readyz", timeout=10).json())
        return {}

    for room in ROOMS:
        wait_until(lambda room=room: ready(room).get("status") in ("ok", "degraded"), 60)  # type: ignore[misc]
        assert httpx.get(f"{health[room]}/healthz").status_code == 200
        assert "nuanliu_part_up" in httpx.get(f"{health[room]}/metrics").text
    accepted = re.compile(r"^nuanliu_collector_accepted(?:_total)? [1-9]", re.M)
    wait_until(lambda: accepted.search(httpx.get(f"{health['collector']}/metrics").text) is not None, 30)
    wait_until(
        lambda: "95.0" in httpx.get(f"{url}/api/v1/stations/st-001", headers=headers).text, 30
    )  # the dashboard listens under an account of its own
    assert ready("dashboard")["parts"]["rooms"]["status"] == "ok"
    # Three connections on one account would push one another out again and again.
    for room in ROOMS:
        assert "session taken over" not in company.log(room).lower()
    alerting = rooms["alerting"][0]
    wait_until(lambda: '"judged"' in company.run("rooms", "list", "--json"), 30)
    os.killpg(alerting.process.pid, signal.SIGKILL)
    alerting.process.wait(10)
    company.start("alerting")
    wait_until(lambda: "DQ-14" in httpx.get(f"{url}/api/v1/alarms", headers=headers).text, 60)
