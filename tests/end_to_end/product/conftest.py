"""One running product on real servers for the module: Mosquitto, InfluxDB 1.x, PostgreSQL; rules with short delays."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, Page

from heating.assets import Contract, Site
from simulators.site.generator import generate_site
from storage.registry_files.reading import write_registry
from tests.end_to_end.product.plant import Plant, healthy_values
from tests.end_to_end.product.product_process import Nuanliu, run_command
from tests.support.servers.influxdb import InfluxdbServer
from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.servers.postgresql import PostgresqlServer

PASSWORD = "three cold winters"
AREA = "xilinhot"
OVERRIDES = {
    "ST-02": {"on_delay": "4s", "off_delay": "3s"},
    "HB-01": {"on_delay": "2s", "off_delay": "3s"},
    "HB-02": {"on_delay": "2s", "off_delay": "3s"},
    "DQ-08": {"on_delay": "1s", "off_delay": "3s", "limits.shortest_s": 5, "limits.clear_s": 5},
}


@dataclass(frozen=True, slots=True)
class Product:
    """Where the running product is, and what is in its registry."""

    url: str
    site: Site
    plant: Plant
    browser: Browser

    def sensed_home(self, station_id: str) -> tuple[str, str]:
        """Return (household id, sensor id) of the first heated home with a sensor below a station."""
        return self.sensed_homes(station_id)[0]

    def sensed_homes(self, station_id: str) -> list[tuple[str, str]]:
        """Return (household id, sensor id) of every heated home with a sensor below a station."""
        buildings = {b.building_id for b in self.site.buildings if b.station_id == station_id}
        homes = {
            h.household_id
            for h in self.site.households
            if h.building_id in buildings and h.contract is Contract.HEATING and not h.vulnerable
        }
        return [(a.household_id, a.sensor_id) for a in self.site.assignments if a.household_id in homes]

    def log_in(self, username: str) -> Page:
        """Open a page of its own context, signed in."""
        context = self.browser.new_context(
            locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1366, "height": 900}
        )
        page = context.new_page()
        page.goto(f"{self.url}/login")
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", PASSWORD)
        page.locator("form:has(input[name=password]) button").first.click()
        page.wait_for_url(lambda url: "/login" not in url)
        return page


@pytest.fixture(scope="module")
def product(
    tmp_path_factory: pytest.TempPathFactory,
    mosquitto_broker: MosquittoBroker,
    influxdb_server: InfluxdbServer,
    postgresql_server: PostgresqlServer,
    chromium_browser: Browser,
) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("product")
    site, contacts = generate_site(
        stations=3, households=300, sensed_fraction=0.3, seed=7, now=datetime.now(UTC), station_interval_s=1.0
    )
    write_registry(folder / "registry.csv", site, contacts)
    config = _write_settings(folder, mosquitto_broker, influxdb_server, postgresql_server)
    environment = {"NUANLIU_CONFIG": str(config), "NUANLIU_WEB__SECRET": "0123456789abcdef" * 4}
    running = Nuanliu(["serve"], log_path=folder / "serve.log", environment=environment)
    plant: Plant | None = None
    try:
        ready = running.ready(timeout_s=90)
        plant = _working_plant(site, mosquitto_broker)
        whole = Product(url=ready["http"], site=site, plant=plant, browser=chromium_browser)
        _add_people(environment, whole.sensed_home("st-001")[0])
        yield whole
    finally:
        if plant is not None:
            plant.stop()
        code = running.end()
    assert code == 0, running.log_end()


def _write_settings(
    folder: Path, broker: MosquittoBroker, influxdb: InfluxdbServer, postgresql: PostgresqlServer
) -> Path:
    settings = {
        "mqtt": {"host": broker.host, "port": broker.port},
        "collector": {"spool_dir": str(folder / "spool")},
        "timeseries": {"url": influxdb.url.replace("http://", "influxdb://"), "database": "product"},
        "records": {"url": postgresql.create_database(f"product_{uuid.uuid4().hex[:8]}")},
        "site": {"registry_file": str(folder / "registry.csv")},
        "rules": {"overrides": OVERRIDES, "tick_s": 0.5, "start_grace_s": 3, "incident_hold_s": 2},
        "web": {"port": 0, "cookie_secure": False},
        "log": {"level": "info"},
    }
    path = folder / "nuanliu.yaml"
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return path


def _working_plant(site: Site, broker: MosquittoBroker) -> Plant:
    plant = Plant(host=broker.host, port=broker.port, area=AREA)
    for station in site.stations:
        plant.set("station", station.station_id, healthy_values(station))
    return plant


def _add_people(environment: dict[str, str], home: str) -> None:
    for role, more in (("dispatcher", []), ("hotline", []), ("resident", ["--household", home])):
        done = run_command(
            "user", "add", role, "--role", role, *more, environment=environment, stdin=f"{PASSWORD}\n"
        )
        assert done.returncode == 0, done.stderr
