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


def city_demo(folder: Path, *, speed: int, duration_s: int) -> Nuanliu:
    return Nuanliu(
        [
            *("demo", "--scenario", "city", "--speed", str(speed), "--duration", str(duration_s)),
            *("--history-days", "0", "--data", str(folder / "data"), *ANY_PORT),
        ],
        log_path=folder / "demo.log",
    )


@pytest.mark.nats
@pytest.mark.slow
def test_the_city_speaks_many_families_and_all_are_understood(tmp_path: Path) -> None:
    demo = city_demo(tmp_path, speed=300, duration_s=20)
    try:
        demo.ready(timeout_s=180)
        assert demo.process.wait(120) == 0, demo.log_end()
    finally:
        demo.end()
    summary = json.loads(demo.lines[-1])
    assert summary["accepted"] == summary["stored"] + summary["rejected"]
    # Devices now and then send a message twice; "published" counts it once. Where it carries no time and the two copies
    # arrive in different milliseconds, as on a busy machine, they are two readings to the collector: a few more, never
    # one less.
    assert 0 <= summary["accepted"] - summary["published"] < summary["published"] / 500
    assert summary["stored"] > 0.99 * summary["published"] > 1000
    families = {path.stem for path in (tmp_path / "data" / "simulator" / "devices").glob("*.csv")}
    assert families >= {"chirpstack_v4", "nb_0x68", "sparkplug_b", "modbus_json"}


@pytest.mark.nats
@pytest.mark.slow
def test_the_people_of_the_city_call_the_hotline(tmp_path: Path) -> None:
    """Up to a day passes in the demo: whatever the time at which it starts, somebody awake is cold and calls."""
    demo = city_demo(tmp_path, speed=900, duration_s=100)
    try:
        ready = demo.ready(timeout_s=180)
        logins = json.loads((tmp_path / "data" / "demo-logins.json").read_text())
        password = next(login["password"] for login in logins if login["role"] == "hotline")
        with httpx.Client(base_url=ready["http"], timeout=10) as browser:
            signed_in = browser.post("/api/v1/login", json={"username": "hotline", "password": password})
            assert signed_in.is_success, signed_in.text
            wait_until(lambda: browser.get("/api/v1/tickets").json()["items"], 95, what="a call")
            (ticket, *_) = browser.get("/api/v1/tickets").json()["items"]
    finally:
        demo.end(number=signal.SIGINT)
    assert ticket["household_id"].startswith("h-")


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
