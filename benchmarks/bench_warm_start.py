"""Warm start: a league's live state out of the embedded store and out of InfluxDB 1.x.

338,600 rooms with a reading every five minutes, 643 stations with one a minute. First what a start waits for: the
newest value of everything (``…_league``); then the rooms' past, which is read beside the running house (``…_past``, of
the embedded store only: InfluxDB takes minutes for it on a busy machine, and nobody waits). InfluxDB is a server of the
benchmark's own and holds half an hour; where it is not installed only the embedded store is measured.
"""

import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from alerting.judging.live_state import LiveState
from alerting.serving.warm_start import warm_newest, warm_past
from benchmarks.harness import Goal, Reference, Result
from heating.assets import Site
from heating.heat_tree import build_heat_tree
from heating.intervals import Interval, to_epoch_ms
from heating.points import POINT_INDEX, Measurement, points_of
from heating.samples import ObjectRef, SampleBatch
from simulators.site.generator import generate_site
from storage.readings.duckdb.store import DuckDBStore
from storage.readings.influxdb.store import InfluxDBStore
from tests.support.servers.child_process import ServerMissing
from tests.support.servers.influxdb import start_influxdb

ROOMS, STATIONS = 338_600, 643
END = datetime(2026, 1, 6, 12, tzinfo=UTC)
MINUTES = 30
CENTURY = timedelta(days=36_500)
WINDOW = Interval(END - timedelta(minutes=MINUTES), END)


def run() -> list[Result]:
    """Fill both stores and read them as a start does."""
    site, _ = generate_site(
        stations=STATIONS,
        households=ROOMS,
        sensed_fraction=1.0,
        seed=1,
        now=END,
        station_interval_s=60.0,
        room_interval_s=(300.0,),
    )
    with tempfile.TemporaryDirectory(prefix="bench-warm-") as folder:
        results = _embedded(Path(folder) / "duckdb", site)
        try:
            server = start_influxdb(Path(folder) / "influxdb")
        except ServerMissing:
            return results
        store = InfluxDBStore(server.url, retention_raw=CENTURY, retention_rollup=CENTURY, timeout_s=120)
        try:
            results += _on_server(store, site)
        finally:
            store.close()
            server.stop()
    return results


def _rooms(site: Site, minute: int) -> SampleBatch:
    """One reading of every room, spread over five minutes."""
    ids = [sensor.sensor_id for sensor in site.sensors]
    measured = to_epoch_ms(END) - (minute * 60_000) + np.arange(len(ids), dtype=np.int64) % 300_000
    return _batch(Measurement.ROOM, ids, ["room_temp_c"], measured)


def _stations(site: Site, minute: int) -> SampleBatch:
    names = [point.name for point in points_of(Measurement.STATION)[:30]]
    measured = np.full(STATIONS * len(names), to_epoch_ms(END) - minute * 60_000, np.int64)
    return _batch(Measurement.STATION, [station.station_id for station in site.stations], names, measured)


def _batch(measurement: Measurement, ids: list[str], names: list[str], measured: Any) -> SampleBatch:
    who = np.repeat(np.arange(len(ids), dtype=np.int32), len(names))
    places = np.array([POINT_INDEX[measurement, name] for name in names], np.int16)
    return SampleBatch(
        objects=tuple(ObjectRef(measurement, object_id) for object_id in ids),
        object_index=who,
        point=np.tile(places, len(ids)),
        measured_ms=measured,
        received_ms=measured + 300,
        value=np.round(np.random.default_rng(1).normal(21, 2, len(who)), 2),
        quality=np.zeros(len(who), np.uint8),
    )


def _fill(append: Callable[[SampleBatch], None], site: Site, *, minutes: int) -> None:
    for minute in range(minutes, 0, -5):
        append(_rooms(site, minute))
    for minute in range(minutes, 0, -1):
        append(_stations(site, minute))


def _newest(store: Any, site: Site) -> tuple[LiveState, float]:
    """Return a live state with the newest values, and how long that took [s]."""
    live = LiveState(site, build_heat_tree(site), now=END)
    began = time.perf_counter()
    rows = warm_newest(live, store, now=END)
    taken_s = time.perf_counter() - began
    expected = len(site.sensors) + STATIONS * 30
    if rows != expected:
        raise AssertionError(f"{rows} newest values, {expected} expected")
    return live, taken_s


def _embedded(folder: Path, site: Site) -> list[Result]:
    store = DuckDBStore(folder)
    try:
        _fill(store.append, site, minutes=90)
        live, newest_s = _newest(store, site)
        began = time.perf_counter()
        warm_past(live, store, now=END)
        past_s = time.perf_counter() - began
    finally:
        store.close()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Result(name="warm_start.duckdb_league", value=newest_s, unit="s", goal=Goal(at_most=10)),
        Result(name="warm_start.duckdb_past", value=past_s, unit="s"),
        Result(name="warm_start.duckdb_peak_memory", value=peak_mb, unit="MB", goal=Goal(at_most=1500)),
    ]


def _on_server(store: InfluxDBStore, site: Site) -> list[Result]:
    _fill(store.append, site, minutes=MINUTES)
    _, newest_s = _newest(store, site)
    began = time.perf_counter()
    store.latest(Measurement.ROOM, WINDOW)
    whole_s = time.perf_counter() - began
    return [
        Result(
            name="warm_start.influxdb_league",
            value=newest_s,
            unit="s",
            reference=Reference(name="every room reading of the last 30 min", value=whole_s),
            goal=Goal(at_most=15),
        ),
    ]
