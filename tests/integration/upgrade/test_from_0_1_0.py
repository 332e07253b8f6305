"""What version 0.1.0 left on a company's disk opens: settings, records, readings, spool, and a backup of them.

The folder beside this file was written by that version and is never written again; every later version must open it.
"""

import json
import re
import sqlite3
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from tests.end_to_end.product.product_process import Nuanliu, run_command
from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.mosquitto, pytest.mark.slow]

LEFT = Path(__file__).parent / "from_0_1_0"
MANIFEST: dict[str, Any] = json.loads((LEFT / "manifest.json").read_text(encoding="utf-8"))
AFTER: dict[str, Any] = MANIFEST["house_after_opening"]
USERS: dict[str, str] = MANIFEST["log_in"]["users"]
WAITING_ROWS = MANIFEST["house"]["spool"]["not_forwarded"]["rows"]
MEASUREMENTS = ("building", "room", "source", "station", "weather")


@dataclass
class House:
    """The unpacked folder, and what its settings need from outside."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *words: str) -> str:
        done = run_command(*words, environment=self.environment, folder=self.folder)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def serve(self) -> Nuanliu:
        return Nuanliu(
            ["serve"],
            log_path=self.folder.parent / "serve.log",
            environment=self.environment,
            folder=self.folder,
        )

    def rows(self) -> dict[str, int]:
        """Rows of raw readings by measurement; only while nobody serves."""
        with duckdb.connect(
            str(self.folder / "nuanliu-data/timeseries/timeseries.duckdb"), read_only=True
        ) as store:
            tables = [
                str(name) for (name,) in store.execute("SELECT table_name FROM duckdb_tables()").fetchall()
            ]
            return {
                measurement: sum(
                    int(store.execute(f'SELECT count(*) FROM "{table}"').fetchall()[0][0])
                    for table in tables
                    if table.removeprefix(f"{measurement}_").isdigit() and len(table) == len(measurement) + 9
                )
                for measurement in MEASUREMENTS
            }

    def record_counts(self, *tables: str) -> dict[str, int]:
        with sqlite3.connect(self.folder / "nuanliu-data/records.sqlite3") as records:
            return {t: int(records.execute(f'SELECT count(*) FROM "{t}"').fetchone()[0]) for t in tables}


def forwarded_rows(address: str) -> float:
    """Rows that the running service brought from the spool to the store since its start."""
    found = re.search(
        r"^nuanliu_collector_forwarded_rows(?:_total)? (\S+)$", httpx.get(f"{address}/metrics").text, re.M
    )
    return float(found[1]) if found else 0.0


def unpack(name: str, target: Path) -> None:
    with tarfile.open(LEFT / name) as archive:
        archive.extractall(target, filter="data")


@pytest.fixture
def house(tmp_path: Path, mosquitto_broker: MosquittoBroker) -> House:
    folder = tmp_path / "house"
    unpack("house.tar.xz", folder)
    environment = {
        "NUANLIU_CONFIG": "settings.yaml",
        "NUANLIU_WEB__SECRET": MANIFEST["log_in"]["web_secret"],
        "NUANLIU_MQTT__HOST": mosquitto_broker.host,
        "NUANLIU_MQTT__PORT": str(mosquitto_broker.port),
        "NUANLIU_WEB__PORT": "0",
    }
    return House(folder, environment)


@pytest.fixture
def page(house: House) -> Iterator[httpx.Client]:
    """The product on the house, signed in as the dispatcher of the fixture."""
    service = house.serve()
    try:
        address = service.ready()["http"]
        with httpx.Client(base_url=address) as client:
            reply = client.post("/api/v1/login", json={"username": "zhang", "password": USERS["zhang"]})
            assert reply.status_code == 200, reply.text
            yield client
    finally:
        assert service.end() == 0


def test_its_settings_file_is_accepted(house: House) -> None:
    house.run("check-config")


def test_people_alarms_tickets_and_homes_are_there(page: httpx.Client) -> None:
    alarms = {alarm["alarm_id"]: alarm for alarm in page.get("/api/v1/alarms").json()["items"]}
    for left in MANIFEST["house"]["records"]["alarms_by_rule_subject_state"]:
        assert alarms[left["alarm_id"]]["rule_id"] == left["rule_id"]
        assert alarms[left["alarm_id"]]["priority"] in (left["priority"], f"P{left['priority']}")
    tickets = {ticket["ticket_id"] for ticket in page.get("/api/v1/tickets").json()["items"]}
    assert tickets == {ticket["ticket_id"] for ticket in MANIFEST["house"]["records"]["tickets"]}
    card = page.get("/api/v1/households/H1-1/card")
    assert card.status_code == 200
    assert "H1-1" in card.text


def test_its_token_and_its_other_people_get_in(page: httpx.Client) -> None:
    with httpx.Client(base_url=page.base_url) as script:
        token = MANIFEST["log_in"]["token"]["token"]
        assert script.get("/api/v1/stations", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        for username in ("admin", "resident"):
            login = {"username": username, "password": USERS[username]}
            assert script.post("/api/v1/login", json=login).status_code == 200


def test_what_was_acknowledged_and_not_yet_stored_is_stored_once(house: House) -> None:
    expected = {name: AFTER["readings"][name]["rows"] for name in MEASUREMENTS}
    assert house.rows() != expected
    service = house.serve()
    try:
        address = service.ready()["http"]
        wait_until(lambda: forwarded_rows(address) == WAITING_ROWS, 30)
    finally:
        assert service.end() == 0
    assert house.rows() == expected
    again = house.serve()
    again.ready()
    assert again.end() == 0
    assert house.rows() == expected
    counts = house.record_counts("users", "tickets", "incidents", "households")
    assert counts["users"] == 3
    assert counts["tickets"] == AFTER["tickets"]
    assert counts["incidents"] >= AFTER["incidents"]
    assert counts["households"] == 12


def test_its_backup_is_restored(house: House, tmp_path: Path) -> None:
    unpack("backup.tar.xz", tmp_path)
    (house.folder / "nuanliu-data").rename(house.folder / "before")
    house.run("restore", str(tmp_path / "backup"))
    expected = {name: MANIFEST["backup"]["timeseries"]["readings"][name]["rows"] for name in MEASUREMENTS}
    assert house.rows() == expected
    assert house.record_counts("tickets", "users") == {"tickets": 2, "users": 3}
