"""Answers of the JSON interface, through HTTP, on a registry of 643 stations and 26,000 homes: p99 of 120 calls each.

Real records (SQLite), real live state, a real day-table store with 31 days of one station; one client, one connection,
a bearer token. The goals are those of the design; the search goal there is for 338,600 homes, which take minutes to
load: here it runs over 26,000 (the search itself is measured over the league where the records are measured).
Reference in the same run: `/healthz`, which does nothing.
The mean processor time of a call (server and client together) stands beside each p99: on a busy machine the p99 tells
of the neighbours, the processor time of the program.
"""

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np

from alerting.judging.live_state import LiveState
from benchmarks.harness import Goal, Reference, Result
from config.rules.reading import load_rules
from config.settings.tree import RulesSettings, Settings
from dashboard.app import create_app
from dashboard.stations.fleet import MAIN_POINTS
from dashboard.web.security.accounts import hash_secret
from heating.assets import Site
from heating.clock import ManualClock
from heating.contacts import Contact
from heating.heat_tree import build_heat_tree
from heating.intervals import to_epoch_ms
from heating.points import POINT_INDEX, Measurement
from heating.samples import ObjectRef, SampleBatch
from runtime.web_server import WebServer
from simulators.site.generator import generate_site
from storage.readings.duckdb.store import DuckDBStore
from storage.records.records import Records, open_records

STATIONS, HOMES = 643, 26_000
CALLS = 120
"""Calls of each kind that count; ten more go before."""
DAYS = 31
_NOW = datetime(2026, 1, 31, 4, tzinfo=UTC)
_TOKEN = "token-of-the-benchmark-0123456789"
_WARMING = 10
_TREND_POINTS = (
    "secondary_supply_temp_c",
    "secondary_return_temp_c",
    "secondary_supply_temp_setpoint_c",
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of call."""

    name: str
    addresses: list[str]
    goal_ms: float


def run() -> list[Result]:
    """Measure each kind of call after another."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-api-")))
        site, contacts = generate_site(
            stations=STATIONS, households=HOMES, sensed_fraction=0.1, seed=1, now=_NOW
        )
        records = open_records(f"sqlite:///{folder / 'records.sqlite3'}")
        stack.callback(records.close)
        _fill_records(records, site, contacts)
        store = DuckDBStore(folder / "store")
        stack.callback(store.close)
        live = LiveState(site, build_heat_tree(site), now=_NOW)
        _fill_values(site, live, store)
        app = create_app(
            records=records,
            store=store,
            live=live,
            rules=load_rules(RulesSettings()),
            clock=ManualClock(_NOW),
            settings=Settings.model_validate({"web": {"cookie_secure": False}}),
            health_parts=dict,
        )
        server = WebServer(app=app, host="127.0.0.1", port=0)
        server.start()
        stack.callback(server.stop)
        client = stack.enter_context(
            httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {_TOKEN}"}, timeout=60)
        )
        return _measured(client, _kinds(site, contacts))


def _measured(client: httpx.Client, kinds: list[_Kind]) -> list[Result]:
    idle_p99_ms, idle_cpu_ms = _times_ms(client, ["/healthz"])
    results: list[Result] = []
    for kind in kinds:
        p99_ms, cpu_ms = _times_ms(client, kind.addresses)
        results += [
            Result(
                name=f"api.{kind.name}.p99",
                value=p99_ms,
                unit="ms",
                reference=Reference(name="GET /healthz, p99", value=idle_p99_ms),
                goal=Goal(at_most=kind.goal_ms),
            ),
            Result(
                name=f"api.{kind.name}.processor",
                value=cpu_ms,
                unit="ms",
                reference=Reference(name="GET /healthz, processor time", value=idle_cpu_ms),
            ),
        ]
    return results


def _kinds(site: Site, contacts: tuple[Contact, ...]) -> list[_Kind]:
    random = np.random.default_rng(3)
    sensed = [assignment.household_id for assignment in site.assignments]
    homes = [str(name) for name in random.choice(sensed, 60)]
    picked = [contacts[int(place)] for place in random.integers(0, len(contacts), 40)]
    names = {item.community_id: item.name for item in site.communities}
    places = [names[item.community_id] for item in site.buildings[:: max(1, len(site.buildings) // 40)]]
    words = [contact.phone[-4:] for contact in picked] + places
    words += [f"{contact.phone[-4:]} {place[:2]}" for contact, place in zip(picked, places, strict=False)]
    buildings = [item.building_id for item in site.buildings[:: max(1, len(site.buildings) // 60)]]
    start = (_NOW - timedelta(days=DAYS)).strftime("%Y-%m-%dT%H:%M:%SZ")
    trend = f"/api/v1/stations/{site.stations[0].station_id}/trend?points={','.join(_TREND_POINTS)}"
    return [
        _Kind("snapshot_643_stations", ["/api/v1/snapshot"], 30.0),
        _Kind("household_card", [f"/api/v1/households/{name}/card" for name in homes], 120.0),
        _Kind("search", [f"/api/v1/search?q={word}" for word in words], 100.0),
        _Kind("facade", [f"/api/v1/buildings/{name}/facade" for name in buildings], 80.0),
        _Kind("trend_31_days", [f"{trend}&start={start}&max_points=1500"], 400.0),
    ]


def _times_ms(client: httpx.Client, addresses: list[str]) -> tuple[float, float]:
    """Return the p99 of the calls and the mean processor time of one [ms]."""
    turns: Iterator[str] = itertools.cycle(addresses)
    for _ in range(_WARMING):
        client.get(next(turns)).raise_for_status()
    times: list[float] = []
    busy = time.process_time()
    for _ in range(CALLS):
        started = time.perf_counter()
        answer = client.get(next(turns))
        times.append((time.perf_counter() - started) * 1000.0)
        answer.raise_for_status()
    cpu_ms = (time.process_time() - busy) * 1000.0 / CALLS
    return float(np.percentile(times, 99)), cpu_ms


def _fill_records(records: Records, site: Site, contacts: tuple[Contact, ...]) -> None:
    records.registry.apply_site(site, contacts, by="benchmark", now=_NOW)
    records.people.add_user("clerk", "", ["dispatcher"], None, None)
    records.people.add_token("benchmark", hash_secret(_TOKEN), "clerk")


def _fill_values(site: Site, live: LiveState, store: DuckDBStore) -> None:
    random = np.random.default_rng(2)
    now_ms = to_epoch_ms(_NOW)
    stations = [item.station_id for item in site.stations]
    for point in MAIN_POINTS:
        values = random.normal(50.0, 2.0, len(stations))
        live.accept(_batch(Measurement.STATION, stations, point, values, lambda _: now_ms - 20_000))
    sensors = [item.sensor_id for item in site.assignments]
    rooms = random.normal(21.0, 1.5, len(sensors))
    live.accept(_batch(Measurement.ROOM, sensors, "room_temp_c", rooms, lambda _: now_ms - 300_000))
    minutes = DAYS * 1440
    for point in _TREND_POINTS:
        values = random.normal(50.0, 2.0, minutes)
        names = stations[:1] * minutes
        store.append(
            _batch(Measurement.STATION, names, point, values, lambda n: now_ms - (minutes - n) * 60_000)
        )


def _batch(
    measurement: Measurement,
    names: list[str],
    point: str,
    values: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    moment_ms: Callable[[int], int],
) -> SampleBatch:
    """Return one point of objects, or of one object over time; `moment_ms` tells the time by place."""
    known = list(dict.fromkeys(names))
    place = {name: number for number, name in enumerate(known)}
    times = np.array([moment_ms(number) for number in range(len(names))], np.int64)
    return SampleBatch(
        objects=tuple(ObjectRef(measurement, name) for name in known),
        object_index=np.array([place[name] for name in names], np.int32),
        point=np.full(len(names), POINT_INDEX[measurement, point], np.int16),
        measured_ms=times,
        received_ms=times,
        value=values,
        quality=np.zeros(len(names), np.uint8),
    )
