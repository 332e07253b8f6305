"""The time-series stores: appending, reading one home, formatting lines.

An InfluxDB that the environment names (CONTRIBUTING.md) is measured too, beside the embedded store in the same run.
Goals are those of the design: a store that takes the league's load many times over, and a home's week in
milliseconds. Everything runs in a folder of its own that is removed at the end.
"""

import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
from influxdb_client import Point, WritePrecision

from benchmarks.harness import Goal, Reference, Result
from heating.intervals import Interval, to_epoch_ms
from heating.points import POINT_INDEX, Measurement, points_of
from heating.protocols import AppendMark, TimeSeriesStore
from heating.samples import ObjectRef, SampleBatch
from storage.readings.duckdb.store import DuckDBStore
from storage.readings.influxdb.line_protocol import sample_lines
from storage.readings.opening import open_influxdb_store
from tests.support.servers.named_influxdb import named_influxdb

START = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = 6
HOMES = 5_000
READINGS_A_DAY = 288
BULK_DAYS = 3
LIVE_ROWS = 15_000


def run() -> list[Result]:
    """Measure appends and reads of the embedded store and of a named one, and the formatting of lines."""
    with tempfile.TemporaryDirectory(prefix="bench-store-") as folder:
        store = DuckDBStore(Path(folder) / "store")
        try:
            return [
                *_appends(store, Path(folder)),
                *_one_home(store),
                *_warm_start(store),
                _lines(),
                *_named(Path(folder)),
            ]
        finally:
            store.close()


def _batch(
    measurement: Measurement, n_objects: int, points: list[str], *, start: datetime, step_s: int, n_times: int
) -> SampleBatch:
    """Readings of every object at every time, in the order in which they would arrive."""
    refs = tuple(ObjectRef(measurement, f"{measurement.value}-{i:06d}") for i in range(n_objects))
    grid = np.meshgrid(
        np.arange(n_times, dtype=np.int64), np.arange(n_objects), np.arange(len(points)), indexing="ij"
    )
    when, who, what = (axis.ravel() for axis in grid)
    measured = to_epoch_ms(start) + when * step_s * 1000 + who
    places = np.array([POINT_INDEX[measurement, point] for point in points], np.int16)
    values = np.round(np.random.default_rng(1).normal(21, 2, len(who)), 2)
    return SampleBatch(
        objects=refs,
        object_index=who.astype(np.int32),
        point=places[what],
        measured_ms=measured,
        received_ms=measured + 300,
        value=values,
        quality=np.zeros(len(who), np.uint8),
    )


def _batch_of_day(day: int) -> SampleBatch:
    start = START + timedelta(days=day)
    step_s = 86_400 // READINGS_A_DAY
    return _batch(
        Measurement.ROOM, HOMES, ["room_temp_c"], start=start, step_s=step_s, n_times=READINGS_A_DAY
    )


def _seconds(act: Callable[[], object], *, times: int = 1) -> float:
    """Median duration of one call [s]."""
    taken: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return float(np.median(taken))


def _appends(store: DuckDBStore, folder: Path) -> list[Result]:
    """Values a second: bulk history of homes in whole days, live homes and stations as the forwarder brings them."""
    reference = Reference(name="DuckDB executemany, values/s", value=_executemany_values_per_s(folder))
    return [
        Result(
            name="store.duckdb_bulk_append",
            value=_values_per_s(store, [_batch_of_day(day) for day in range(BULK_DAYS)]),
            unit="values/s",
            reference=reference,
            goal=Goal(at_least=1_000_000),
        ),
        Result(
            name=f"store.duckdb_append_in_{LIVE_ROWS}_rows",
            value=_values_per_s(store, _pieces_of_days(range(BULK_DAYS, DAYS))),
            unit="values/s",
            reference=reference,
            goal=Goal(at_least=300_000),
        ),
        Result(
            name="store.duckdb_league_second_append",
            value=_league_second_s(store) * 1000,
            unit="ms for 643 stations x 30 points",
            goal=Goal(at_most=500),
        ),
    ]


def _values_per_s(store: TimeSeriesStore, batches: list[SampleBatch]) -> float:
    """Values a second when batches are appended one after the other."""
    taken = sum(_seconds(lambda batch=batch: store.append(batch)) for batch in batches)  # type: ignore[misc]
    return sum(map(len, batches)) / taken


def _pieces_of_days(days: range) -> list[SampleBatch]:
    """Days of every home, cut as the forwarder brings them."""
    return [
        batch.select(np.arange(first, min(first + LIVE_ROWS, len(batch))))
        for batch in map(_batch_of_day, days)
        for first in range(0, len(batch), LIVE_ROWS)
    ]


def _league_second_s(store: DuckDBStore) -> float:
    """Median duration of appending one second of the league's stations [s]."""
    names = [point.name for point in points_of(Measurement.STATION)[:30]]
    seconds = [
        _batch(Measurement.STATION, 643, names, start=START + timedelta(seconds=i), step_s=1, n_times=1)
        for i in range(20)
    ]
    taken = [
        _seconds(lambda pair=pair: store.append(pair[1], mark=AppendMark("bench", pair[0])))  # type: ignore[misc]
        for pair in enumerate(seconds)
    ]
    return float(np.median(taken))


def _executemany_values_per_s(folder: Path) -> float:
    connection = duckdb.connect(str(folder / "reference.duckdb"))
    try:
        connection.execute("CREATE TABLE r (object INTEGER, t BIGINT, v DOUBLE)")
        rows = [(i, i, 21.0) for i in range(300)]
        taken = _seconds(lambda: connection.executemany("INSERT INTO r VALUES (?, ?, ?)", rows))
    finally:
        connection.close()
    return len(rows) / taken


def _one_home(store: DuckDBStore) -> list[Result]:
    """One home's six days before and after the closed days are sorted."""
    ref = ObjectRef(Measurement.ROOM, f"room-{HOMES // 2:06d}")
    window = Interval(START, START + timedelta(days=DAYS))

    def read() -> None:
        found = store.series(ref, ["room_temp_c"], window)
        if len(found.time_ms) != DAYS * READINGS_A_DAY:
            raise AssertionError(f"{len(found.time_ms)} rows instead of {DAYS * READINGS_A_DAY}")

    unsorted = _seconds(read, times=7)
    store.close_days(now=START + timedelta(days=DAYS + 1))
    return [
        Result(
            name="store.duckdb_one_home_6_days",
            value=_seconds(read, times=15) * 1000,
            unit="ms",
            reference=Reference(name="the same before closed days are sorted", value=unsorted * 1000),
            goal=Goal(at_most=20),
        )
    ]


def _warm_start(store: DuckDBStore) -> list[Result]:
    end = START + timedelta(days=DAYS)
    window = Interval(end - timedelta(minutes=30), end)
    return [
        Result(
            name="store.duckdb_latest_in_30_min",
            value=_seconds(lambda: store.latest(Measurement.ROOM, window), times=5) * 1000,
            unit=f"ms for {HOMES} homes",
            goal=Goal(at_most=1000),
        )
    ]


def _lines() -> Result:
    """Microseconds a line of our formatter, and of the client's points."""
    batch = _batch(Measurement.ROOM, 20_000, ["room_temp_c"], start=START, step_s=300, n_times=1)
    ours = _seconds(lambda: sample_lines(batch), times=5) / len(batch) * 1e6
    rows = batch.to_samples()[:3000]

    def theirs() -> None:
        for row in rows:
            point = Point("room").tag("sensor", row.ref.object_id).field(row.point, row.value)
            point.field("received_ms", row.received_ms).time(
                row.measured_ms, WritePrecision.MS
            ).to_line_protocol()

    reference = Reference(name="influxdb_client Point", value=_seconds(theirs, times=3) / len(rows) * 1e6)
    return Result(
        name="store.line_protocol_room_line",
        value=ours,
        unit="us",
        reference=reference,
        goal=Goal(ratio_at_most=0.25),
    )


def _named(folder: Path) -> list[Result]:
    """Appends and one home's day of the server that the environment names, each against a fresh embedded store."""
    named = named_influxdb()
    if named is None:
        return []
    database = f"bench{uuid.uuid4().hex[:12]}"
    server, own = open_influxdb_store(named.settings(database)), DuckDBStore(folder / "beside")
    try:
        server.health()  # makes the database and finds out which InfluxDB it is
        flavour = server.flavour.value if server.flavour else "away"
        pieces = _pieces_of_days(range(1))
        appended, read = "the embedded store, values/s", "the embedded store, ms"
        return [
            Result(
                name=f"store.influxdb_{flavour}_append_in_{LIVE_ROWS}_rows",
                value=_values_per_s(server, pieces),
                unit="values/s",
                reference=Reference(name=appended, value=_values_per_s(own, pieces)),
            ),
            Result(
                name=f"store.influxdb_{flavour}_one_home_1_day",
                value=_one_day_ms(server),
                unit="ms",
                reference=Reference(name=read, value=_one_day_ms(own)),
            ),
        ]
    finally:
        own.close()
        server.close()
        named.drop_database(database)


def _one_day_ms(store: TimeSeriesStore) -> float:
    """Median duration of reading a day of one home [ms]."""
    ref = ObjectRef(Measurement.ROOM, f"room-{HOMES // 2:06d}")

    def read() -> None:
        found = store.series(ref, ["room_temp_c"], Interval(START, START + timedelta(days=1)))
        if len(found.time_ms) != READINGS_A_DAY:
            raise AssertionError(f"{len(found.time_ms)} rows instead of {READINGS_A_DAY}")

    return _seconds(read, times=15) * 1000
