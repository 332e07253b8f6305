"""Memory of ``nuanliu serve`` over a league with one week in the embedded store.

338,600 homes registered, a sensor in one of ten with a reading an hour, 643 stations with 30 points every five minutes.
The service runs as a process of its own beside an embedded broker: it warms up, makes the missing roll-ups of the week,
judges every rule and answers pages and the API while messages come in. Measured are the most that was ever resident
(the kernel's own high-water mark) and what is resident at the end.
"""

import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import orjson
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.harness import Goal, Result
from dashboard.web.security.accounts import hash_secret
from heating.assets import Site
from heating.clock import SystemClock
from heating.intervals import to_epoch_ms
from heating.points import POINT_INDEX, Measurement, points_of
from heating.samples import ObjectRef, SampleBatch
from runtime.embedded_broker import EmbeddedBroker
from simulators.site.generator import generate_site
from storage.readings.duckdb.store import DuckDBStore
from storage.records.records import open_records

STATIONS, HOMES, SENSED = 643, 338_600, 0.1
DAYS = 7
STATION_STEP_MS = 300_000
HOURS_AT_ONCE = 3
WATCHED_S = 90.0
"""How long the service is used after it is ready [s]."""
READY_S = 180.0
_TOKEN = "token-of-the-benchmark-0123456789"
_HOUR_MS = 3_600_000
_POINTS = [point.name for point in points_of(Measurement.STATION)[:30]]


def run() -> list[Result]:
    """Build the week, run the service over it, and read what it took."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-memory-")))
        site = build_week(folder)
        broker = EmbeddedBroker(host="127.0.0.1", port=0, data_dir=folder / "broker")
        broker.start()
        stack.callback(broker.stop)
        return measure(folder, broker, site)


def measure(folder: Path, broker: EmbeddedBroker, site: Site) -> list[Result]:
    """Run the service over a built week."""
    with ExitStack() as stack:
        process, url, ready_s = _serve(folder, broker, stack)
        client = stack.enter_context(
            httpx.Client(base_url=url, headers={"authorization": f"Bearer {_TOKEN}"}, timeout=60)
        )
        publisher = paho.Client(CallbackAPIVersion.VERSION2, client_id="bench-memory")
        publisher.connect(broker.host, broker.port)
        publisher.loop_start()
        stack.callback(publisher.loop_stop)
        stack.callback(publisher.disconnect)
        used_until = time.monotonic() + WATCHED_S
        requests = 0
        while time.monotonic() < used_until:
            _publish(publisher, site)
            requests += _use(client, site, requests)
            threading.Event().wait(1.0)
        peak_mb, end_mb = _memory_mb(process.pid)
    print(f"{requests} requests answered", file=sys.stderr)
    return [
        Result(name="memory.serve_league_week", value=peak_mb, unit="MB", goal=Goal(at_most=1500)),
        Result(name="memory.serve_league_week_steady", value=end_mb, unit="MB"),
        Result(name="memory.serve_league_week_ready", value=ready_s, unit="s"),
    ]


def build_week(folder: Path) -> Site:
    """Write registry, token and a week of readings into a folder, as `serve` will find them."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    site, contacts = generate_site(
        stations=STATIONS,
        households=HOMES,
        sensed_fraction=SENSED,
        seed=1,
        now=now - timedelta(days=DAYS),
        room_interval_s=(3600.0,),
        station_interval_s=STATION_STEP_MS / 1000.0,
    )
    records = open_records(f"sqlite:///{folder / 'records.sqlite3'}")
    try:
        records.registry.apply_site(site, contacts, by="benchmark", now=now)
        records.people.add_user("clerk", "", ["dispatcher"], None, None)
        records.people.add_token("benchmark", hash_secret(_TOKEN), "clerk")
    finally:
        records.close()
    store = DuckDBStore(folder / "timeseries")
    try:
        _fill(store, site, to_epoch_ms(now))
        store.apply_retention(now=now)
    finally:
        store.close()
    return site


def _fill(store: DuckDBStore, site: Site, end_ms: int) -> None:
    random = np.random.default_rng(1)
    stations = [item.station_id for item in site.stations]
    sensors = [item.sensor_id for item in site.sensors]
    spread_ms = random.integers(0, _HOUR_MS, len(sensors))
    length_ms = HOURS_AT_ONCE * _HOUR_MS
    for start_ms in range(end_ms - DAYS * 24 * _HOUR_MS, end_ms, length_ms):
        steps = start_ms + np.arange(0, length_ms, STATION_STEP_MS)
        times = np.repeat(steps, len(stations))
        store.append(_batch(Measurement.STATION, stations, _POINTS, times, random))
        hours = start_ms + np.arange(0, length_ms, _HOUR_MS)
        times = np.add.outer(hours, spread_ms).reshape(-1)
        store.append(_batch(Measurement.ROOM, sensors, ["room_temp_c"], times, random))


def _batch(
    measurement: Measurement,
    ids: list[str],
    names: list[str],
    times_ms: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    random: np.random.Generator,
) -> SampleBatch:
    """Return rows of all objects at each time in turn; `times_ms` has a whole number of turns of them."""
    turns, points = len(times_ms) // len(ids), len(names)
    rows = len(times_ms) * points
    measured = np.repeat(times_ms, points)
    return SampleBatch(
        objects=tuple(ObjectRef(measurement, name) for name in ids),
        object_index=np.tile(np.repeat(np.arange(len(ids), dtype=np.int32), points), turns),
        point=np.tile(np.array([POINT_INDEX[measurement, name] for name in names], np.int16), len(times_ms)),
        measured_ms=measured,
        received_ms=measured + 300,
        value=np.round(random.normal(21.0, 2.0, rows), 2),
        quality=np.zeros(rows, np.uint8),
    )


def _serve(
    folder: Path, broker: EmbeddedBroker, stack: ExitStack
) -> tuple["subprocess.Popen[str]", str, float]:
    """Start the service and wait until it is ready; returns the process, its address and how long it took [s]."""
    settings = {
        "MQTT__HOST": broker.host,
        "MQTT__PORT": str(broker.port),
        "MQTT__PROTOCOL": "3.1.1",
        "TIMESERIES__URL": f"duckdb:///{folder / 'timeseries'}",
        "RECORDS__URL": f"sqlite:///{folder / 'records.sqlite3'}",
        "COLLECTOR__SPOOL_DIR": str(folder / "spool"),
        "WEB__HOST": "127.0.0.1",
        "WEB__PORT": "0",
        "WEB__SECRET": secrets.token_hex(32),
        "WEB__COOKIE_SECURE": "false",
    }
    environment = os.environ | {f"NUANLIU_{name}": value for name, value in settings.items()}
    log = stack.enter_context((folder / "serve.log").open("w"))
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", "from runtime.command_line import main; main()", "serve"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    stack.callback(_end, process)
    watchdog = threading.Timer(READY_S, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.match(r"ready .*http=(\S+)", line):
                return process, found[1], time.monotonic() - began
    finally:
        watchdog.cancel()
    raise AssertionError(f"the service was not ready:\n{(folder / 'serve.log').read_text()[-2000:]}")


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(60.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _publish(publisher: paho.Client, site: Site) -> None:
    """Send what some stations and rooms have to say."""
    now_ms = SystemClock().now_ms()
    values = dict.fromkeys(_POINTS[:10], 50.0)
    for station in site.stations[::5]:
        topic = f"heat/{station.area_id}/station/{station.station_id}/telemetry"
        publisher.publish(topic, orjson.dumps({"t": now_ms, "v": values}), qos=1)
    for sensor in site.sensors[::100]:
        topic = f"heat/{site.areas[0].area_id}/room/{sensor.sensor_id}/telemetry"
        publisher.publish(topic, orjson.dumps({"t": now_ms, "v": {"room_temp_c": 20.5}}), qos=1)


def _use(client: httpx.Client, site: Site, turn: int) -> int:
    """Ask for what people look at; returns how many answers came."""
    station = site.stations[turn % len(site.stations)].station_id
    home = site.assignments[turn * 7 % len(site.assignments)].household_id
    building = site.buildings[turn % len(site.buildings)].building_id
    start = (datetime.now(UTC) - timedelta(days=DAYS)).strftime("%Y-%m-%dT%H:%M:%SZ")
    addresses = (
        "/readyz",
        "/api/v1/overview",
        "/api/v1/snapshot",
        "/api/v1/stations",
        f"/api/v1/stations/{station}",
        f"/api/v1/stations/{station}/trend?points={','.join(_POINTS[:3])}&start={start}&max_points=1500",
        f"/api/v1/households/{home}/card",
        f"/api/v1/buildings/{building}/facade",
        f"/api/v1/search?q={site.communities[turn % len(site.communities)].name}",
        "/api/v1/alarms",
    )
    answered = 0
    for address in addresses:
        answer = client.get(address)
        if address != "/readyz":
            answer.raise_for_status()
        answered += 1
    return answered


def _memory_mb(pid: int) -> tuple[float, float]:
    """Return the most that was ever resident and what is resident now [MB]."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    peak, now = (re.search(rf"{name}:\s+(\d+) kB", status) for name in ("VmHWM", "VmRSS"))
    assert peak is not None and now is not None
    return int(peak[1]) / 1024, int(now[1]) / 1024
