"""A client written from the OpenAPI document passes mypy and serves a script, so that scripts may rely on the document."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from heating.points import Measurement
from tests.support.client_generator import client_source, method_name
from tests.support.dashboard_house import NOW, House, open_house, token_of

SCRIPT = '''\
"""What the evening report of a heating company reads."""

import json
import sys
from datetime import datetime
from typing import assert_type

from nuanliu_client import AlarmRow, Client, Overview, Refused, TrendColumns

url, token, start, end = sys.argv[1:]
client = Client(url, token)
overview = client.overview()
assert_type(overview, Overview)
alarms: list[AlarmRow] = []
pages, cursor = 0, None
while pages == 0 or cursor is not None:
    page = client.alarms(state=["active"], limit=2, cursor=cursor)
    pages, cursor = pages + 1, page.get("next_cursor")
    alarms += page["items"]
trend = client.station_trend(
    "st-east",
    points="secondary_supply_temp_c",
    start=datetime.fromisoformat(start),
    end=datetime.fromisoformat(end),
)
assert_type(trend, TrendColumns)
assert_type(trend["columns"], dict[str, list[float | None]])
commented = client.comment("a1", {"comment": "seen by the report"})
try:
    client.station("st-999")
except Refused as refused:
    assert_type(refused.problem["status"], int)
    missing = (refused.status, refused.problem["code"])
try:
    Client(url, "no-token-of-anybody").me()
except Refused as refused:
    stranger = refused.status
summary = {
    "user": client.me()["username"],
    "households": overview["households"],
    "pages": pages,
    "alarms": sorted(row["alarm_id"] for row in alarms),
    "trend": trend["columns"]["secondary_supply_temp_c"],
    "commented": [line.get("comment") for line in commented["history"] if line["kind"] == "commented"],
    "missing": missing,
    "stranger": stranger,
}
print(json.dumps(summary))
'''
MISTAKES = '''\
"""Each line is a mistake that mypy must find: an ignore that is not needed fails."""

from nuanliu_client import Client, Overview

client = Client("http://127.0.0.1", "token")
client.alarms(limit="2")  # type: ignore[arg-type]
client.stations(state="asleep")  # type: ignore[arg-type]
client.station()  # type: ignore[call-arg]
client.comment("a1", {"words": "x"})  # type: ignore[typeddict-item]
client.households()  # type: ignore[attr-defined]


def names(overview: Overview) -> str:
    return overview["households"]  # type: ignore[return-value]
'''


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("client")) as opened:
        opened.warm_station()
        for number in (1, 2, 3):
            opened.raise_alarm(f"a{number}", rule_id=f"ST-0{number}")
        at_ms = int(NOW.timestamp() * 1000) - 3_600_000
        rows = [(at_ms, 48.5), (at_ms + 60_000, 49.0)]
        opened.series.put(Measurement.STATION, "st-east", "secondary_supply_temp_c", rows)
        yield opened


@pytest.fixture(scope="module")
def document(house: House) -> dict[str, Any]:
    shown: dict[str, Any] = house.client().get("/api/openapi.json").json()
    return shown


@pytest.fixture
def folder(tmp_path: Path, document: dict[str, Any]) -> Path:
    for name, source in {
        "nuanliu_client.py": client_source(document),
        "report.py": SCRIPT,
        "mistakes.py": MISTAKES,
    }.items():
        (tmp_path / name).write_text(source, encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def test_each_operation_has_a_method_of_its_own_name(document: dict[str, Any]) -> None:
    wanted = [
        method_name(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    (client,) = (
        node
        for node in ast.parse(client_source(document)).body
        if isinstance(node, ast.ClassDef) and node.name == "Client"
    )
    methods = [node.name for node in client.body if isinstance(node, ast.FunctionDef)]
    assert [name for name in methods if not name.startswith("_")] == wanted
    assert len(set(wanted)) == len(wanted) > 30


def test_client_and_script_pass_mypy_which_finds_each_mistake(folder: Path) -> None:
    files = ["nuanliu_client.py", "report.py", "mistakes.py"]
    checked = run(folder, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=cache", *files)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"in {len(files)} source files" in checked.stdout


def test_the_script_reads_what_the_dashboard_holds(house: House, folder: Path) -> None:
    window = ((NOW - timedelta(hours=2)).isoformat(), NOW.isoformat())
    done = run(folder, "report.py", house.url, token_of("dispatcher"), *window)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said == {
        "user": "dispatcher",
        "households": house.client("dispatcher").get("/api/v1/overview").json()["households"],
        "pages": 2,
        "alarms": ["a1", "a2", "a3"],
        "trend": [48.5, 49.0],
        "commented": ["seen by the report"],
        "missing": [404, "not_found"],
        "stranger": 401,
    }
    assert said["households"] > 0
