"""The demo starts from nothing, tells where it is, and adds up at its end."""

import json
import signal
import stat
import urllib.request
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.product.product_process import Nuanliu, run_command
from tests.support.waiting import wait_until

ANY_PORT = ("--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0")


@pytest.mark.nats
@pytest.mark.slow
def test_the_demo_is_ready_serves_pages_and_its_summary_adds_up(tmp_path: Path) -> None:
    data = tmp_path / "data"
    demo = Nuanliu(
        [
            "demo",
            "--scenario",
            "smoke",
            "--duration",
            "12",
            "--history-days",
            "1",
            "--data",
            str(data),
            *ANY_PORT,
        ],
        log_path=tmp_path / "demo.log",
    )
    ready = demo.ready(timeout_s=120)
    assert set(ready) == {"http", "mqtt", "data"}
    with urllib.request.urlopen(f"{ready['http']}/readyz", timeout=10) as answer:
        state = json.load(answer)
    assert state["status"] == "ok", state
    assert demo.process.wait(90) == 0, demo.log_end()
    demo.end()
    summary = json.loads(demo.lines[-1])
    assert list(summary) == ["published", "accepted", "stored", "rejected", "alarms_raised"]
    assert summary["published"] > 0
    assert summary["published"] == summary["accepted"] == summary["stored"] + summary["rejected"]
    assert summary["alarms_raised"] > 0, "the history holds a blocked riser and a shut valve"
    logins = data / "demo-logins.json"
    assert stat.S_IMODE(logins.stat().st_mode) == 0o600
    roles = {login["role"] for login in json.loads(logins.read_text())}
    assert {"admin", "dispatcher", "hotline", "resident", "wall"} <= roles


@pytest.mark.nats
@pytest.mark.slow
def test_the_city_speaks_many_families_and_its_people_call_the_hotline(tmp_path: Path) -> None:
    data = tmp_path / "data"
    demo = Nuanliu(
        [
            # fifteen hours pass: whatever the time of day, people are awake and some of them call
            *("demo", "--scenario", "city", "--speed", "900", "--duration", "60", "--history-days", "0"),
            *("--data", str(data), *ANY_PORT),
        ],
        log_path=tmp_path / "demo.log",
    )
    ready = demo.ready(timeout_s=180)
    password = next(
        login["password"]
        for login in json.loads((data / "demo-logins.json").read_text())
        if login["role"] == "hotline"
    )
    with httpx.Client(base_url=ready["http"], timeout=10) as browser:
        signed_in = browser.post("/api/v1/login", json={"username": "hotline", "password": password})
        assert signed_in.is_success, signed_in.text
        wait_until(lambda: browser.get("/api/v1/tickets").json()["items"], 60, what="a call")
        (ticket, *_) = browser.get("/api/v1/tickets").json()["items"]
    assert ticket["household_id"].startswith("h-")
    assert demo.process.wait(90) == 0, demo.log_end()
    demo.end()
    summary = json.loads(demo.lines[-1])
    assert summary["published"] == summary["accepted"] == summary["stored"] + summary["rejected"]
    assert summary["stored"] > 0.99 * summary["published"] > 1000, "every family is understood"
    assert {path.stem for path in (data / "simulator" / "devices").glob("*.csv")} >= {
        "chirpstack_v4",
        "nb_0x68",
        "sparkplug_b",
        "modbus_json",
    }


@pytest.mark.nats
@pytest.mark.slow
def test_a_signal_ends_the_demo_in_order(tmp_path: Path) -> None:
    demo = Nuanliu(
        ["demo", "--scenario", "smoke", "--history-days", "0", *ANY_PORT], log_path=tmp_path / "demo.log"
    )
    ready = demo.ready(timeout_s=120)
    assert demo.end(number=signal.SIGINT) == 0, demo.log_end()
    summary = json.loads(demo.lines[-1])
    assert summary["published"] == summary["accepted"] == summary["stored"] + summary["rejected"]
    assert not Path(ready["data"]).exists(), "a temporary data folder is removed"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["demo", "--scenario", "moon"], "no scenario «moon»"),
        (["demo", "--http", "8080"], "«8080» is not HOST:PORT"),
        (["demo", "--scenario", "smoke", "--mqtt", "0.0.0.0:0"], "loopback only"),
    ],
)
def test_wrong_options_are_told_in_one_sentence(arguments: list[str], words: str) -> None:
    done = run_command(*arguments)
    assert done.returncode in (1, 2)
    assert words in done.stderr
    assert "Traceback" not in done.stderr
