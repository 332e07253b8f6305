"""Warm start: the newest values of a league's rooms out of the embedded store and out of InfluxDB 1.x.

338,600 rooms with a reading every five minutes for the last hour, 643 stations with one a minute. InfluxDB is a server
of the benchmark's own; where it is not installed only the embedded store is measured.
"""

import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Goal, Reference, Result
from heating.intervals import Interval, to_epoch_ms
from heating.points import POINT_INDEX, Measurement, points_of
from heating.samples import ObjectRef, SampleBatch
from storage.timeseries.duckdb_store.store import DuckDBStore
from storage.timeseries.influxdb_store.store import InfluxDBStore
from tests.support.servers.child_process import ServerMissing
from tests.support.servers.influxdb import start_influxdb

ROOMS, STATIONS = 338_600, 643
END = datetime(2026, 1, 6, 12, tzinfo=UTC)
MINUTES = 30
CENTURY = timedelta(days=36_500)
WINDOW = Interval(END - timedelta(minutes=MINUTES), END)


def run() -> list[Result]:
    """Fill both stores and read them as a start does."""
    with tempfile.TemporaryDirectory(prefix="bench-warm-") as folder:
        results = _embedded(Path(folder) / "duckdb")
        try:
            server = start_influxdb(Path(folder) / "influxdb")
        except ServerMissing:
            return results
        store = InfluxDBStore(server.url, retention_raw=CENTURY, retention_rollup=CENTURY, timeout_s=120)
        try:
            results += _on_server(store)
        finally:
            store.close()
            server.stop()
    return results


def _rooms(minute: int) -> SampleBatch:
    """One reading of every room, spread over five minutes."""
    measured = to_epoch_ms(END) - (minute * 60_000) + np.arange(ROOMS, dtype=np.int64) % 300_000
    return _batch(Measurement.ROOM, ROOMS, ["room_temp_c"], measured)


def _stations(minute: int) -> SampleBatch:
    names = [point.name for point in points_of(Measurement.STATION)[:30]]
    measured = np.full(STATIONS * len(names), to_epoch_ms(END) - minute * 60_000, np.int64)
    return _batch(Measurement.STATION, STATIONS, names, measured)


def _batch(measurement: Measurement, n: int, names: list[str], measured: Any) -> SampleBatch:
    who = np.repeat(np.arange(n, dtype=np.int32), len(names))
    places = np.array([POINT_INDEX[measurement, name] for name in names], np.int16)
    return SampleBatch(
        objects=tuple(ObjectRef(measurement, f"{measurement.value}-{i:06d}") for i in range(n)),
        object_index=who,
        point=np.tile(places, n),
        measured_ms=measured,
        received_ms=measured + 300,
        value=np.round(np.random.default_rng(1).normal(21, 2, len(who)), 2),
        quality=np.zeros(len(who), np.uint8),
    )


def _fill(append: Callable[[SampleBatch], None], *, minutes: int) -> None:
    for minute in range(minutes, 0, -5):
        append(_rooms(minute))
    for minute in range(minutes, 0, -1):
        append(_stations(minute))


def _seconds(store: Any) -> float:
    began = time.perf_counter()
    rooms = store.latest(Measurement.ROOM, WINDOW)
    stations = store.latest(Measurement.STATION, WINDOW)
    if len(rooms) != ROOMS or len(stations) != STATIONS * 30:
        raise AssertionError(f"{len(rooms)} rooms and {len(stations)} station values")
    return time.perf_counter() - began


def _embedded(folder: Path) -> list[Result]:
    store = DuckDBStore(folder)
    try:
        _fill(store.append, minutes=60)
        taken = _seconds(store)
    finally:
        store.close()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Result(name="warm_start.duckdb_league", value=taken, unit="s", goal=Goal(at_most=10)),
        Result(name="warm_start.duckdb_peak_memory", value=peak_mb, unit="MB", goal=Goal(at_most=1500)),
    ]


def _on_server(store: InfluxDBStore) -> list[Result]:
    _fill(store.append, minutes=MINUTES)
    taken = _seconds(store)
    transport = store._ready()
    began = time.perf_counter()
    transport.query(
        f'SELECT last("room_temp_c") FROM room WHERE time >= {WINDOW.start_ms}ms GROUP BY sensor',
        database=store.database,
    )
    last_s = time.perf_counter() - began
    return [
        Result(
            name="warm_start.influxdb_league",
            value=taken,
            unit="s",
            reference=Reference(name="LAST of one field GROUP BY sensor", value=last_s),
            goal=Goal(at_most=15),
        )
    ]
