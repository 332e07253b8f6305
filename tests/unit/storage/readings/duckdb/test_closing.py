"""Sorting closed days changes the order on disk and nothing that a reader sees."""

import threading
from collections.abc import Mapping
from contextlib import closing as closing_store
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heating.intervals import Interval, to_epoch_ms
from heating.points import POINT_INDEX, Measurement
from heating.protocols import RollupBatch, RollupName
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.readings.duckdb import closing
from storage.readings.duckdb.store import DuckDBStore
from tests.support.examples import examples

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
NOON_MS = to_epoch_ms(NOON)
WINDOW = Interval(NOON, NOON + timedelta(hours=1))
LATER = NOON + timedelta(days=40)
POINTS = ("room_temp_c", "room_humidity_pct")
ROOMS = tuple(ObjectRef(Measurement.ROOM, f"R-{i}") for i in range(3))

SAMPLES = st.builds(
    Sample,
    ref=st.sampled_from(ROOMS),
    point=st.sampled_from(POINTS),
    measured_ms=st.integers(NOON_MS, NOON_MS + 5),
    value=st.one_of(st.just(float("nan")), st.integers(0, 50).map(float)),
    quality=st.sampled_from([0, 65, 129]),
    received_ms=st.just(NOON_MS),
)


def model(batches: list[list[Sample]]) -> dict[tuple[ObjectRef, str, int], tuple[float, int]]:
    """What a reader must see: the first reading of a point wins, NaN is bad."""
    seen: dict[tuple[ObjectRef, str, int], tuple[float, int]] = {}
    for sample in (sample for batch in batches for sample in batch):
        quality = 128 if np.isnan(sample.value) and sample.quality < 128 else sample.quality
        seen.setdefault((sample.ref, sample.point, sample.measured_ms), (sample.value, quality))
    return seen


def what_readers_see(store: DuckDBStore) -> dict[tuple[ObjectRef, str, int], tuple[float, int]]:
    seen: dict[tuple[ObjectRef, str, int], tuple[float, int]] = {}
    for ref in ROOMS:
        columns = store.series(ref, POINTS, WINDOW)
        for point in POINTS:
            rows = zip(columns.time_ms.tolist(), columns.values[point], columns.quality[point], strict=True)
            for at, value, quality in rows:
                if not np.isnan(value) or quality:
                    seen[ref, point, at] = (float(value), int(quality))
    return seen


def newest_values(store: DuckDBStore) -> dict[tuple[ObjectRef, str], tuple[int, float, int]]:
    rows = store.latest(Measurement.ROOM, WINDOW).to_samples()
    return {(row.ref, row.point): (row.measured_ms, row.value, row.quality) for row in rows}


def same(left: Mapping[Any, Any], right: Mapping[Any, Any]) -> bool:
    """Equal, NaN being equal to NaN."""
    return {key: repr(value) for key, value in left.items()} == {
        key: repr(value) for key, value in right.items()
    }


@settings(max_examples=examples(15), deadline=None)
@given(batches=st.lists(st.lists(SAMPLES, min_size=1, max_size=12), min_size=1, max_size=4))
def test_readers_see_the_first_of_each_reading_before_and_after(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[Sample]]
) -> None:
    with closing_store(DuckDBStore(tmp_path_factory.mktemp("store"))) as store:
        for batch in batches:
            store.append(SampleBatch.from_samples(batch))
        expected = model(batches)
        newest = newest_values(store)
        assert same(what_readers_see(store), expected)
        assert store.close_days(now=LATER) == 1
        assert same(what_readers_see(store), expected)
        assert same(newest_values(store), newest)
    last: dict[tuple[ObjectRef, str], tuple[int, float, int]] = {}
    for (ref, point, at), (value, quality) in sorted(expected.items(), key=lambda item: item[0][2]):
        last[ref, point] = (at, value, quality)
    assert same(newest, last)


def test_a_sorted_day_is_left_alone_until_something_late_comes(tmp_path: Path) -> None:
    store = DuckDBStore(tmp_path)
    store.append(SampleBatch.from_samples([Sample(ROOMS[0], "room_temp_c", NOON_MS, 20.0)]))
    assert store.close_days(now=NOON) == 0, "the day is not over"
    assert [store.close_days(now=LATER) for _ in range(2)] == [1, 0]
    store.close()
    again = DuckDBStore(tmp_path)
    assert again.close_days(now=LATER) == 0
    again.append(SampleBatch.from_samples([Sample(ROOMS[1], "room_temp_c", NOON_MS, 21.0)]))
    assert again.close_days(now=LATER) == 1
    assert again.series(ROOMS[1], POINTS, WINDOW).values["room_temp_c"].tolist() == [21.0]
    again.close()


def test_of_rewritten_rollups_the_last_stays(tmp_path: Path) -> None:
    store = DuckDBStore(tmp_path)
    for mean in (20.0, 19.0, 18.0):
        column = np.array([mean])
        store.write_rollup(
            RollupBatch(
                RollupName.ROOM_1H,
                ("R-1",),
                "room_temp_c",
                np.array([NOON_MS]),
                column,
                column,
                column,
                np.array([3]),
            )
        )
    assert store.close_days(now=LATER) == 1
    rows = store.read_rollup(RollupName.ROOM_1H, "room_temp_c", ["R-1"], WINDOW)
    assert (rows.mean.tolist(), rows.count.tolist()) == ([18.0], [3])
    store.close()


def test_what_comes_while_a_day_is_sorted_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "ROWS_IN_A_SLICE", 40)
    store = DuckDBStore(tmp_path)
    rows = [Sample(ref, "room_temp_c", NOON_MS + i, float(i)) for ref in ROOMS for i in range(100)]
    store.append(SampleBatch.from_samples(rows))
    stop = threading.Event()
    late = 0

    def sort_again_and_again() -> None:
        while not stop.is_set():
            store.close_days(now=LATER)

    sorting = threading.Thread(target=sort_again_and_again)
    sorting.start()
    try:
        for late in range(1, 31):
            sample = Sample(
                ROOMS[late % 3], "battery_v" if late % 2 else "room_temp_c", NOON_MS + 1000 + late, 3.0
            )
            store.append(SampleBatch.from_samples([sample]))
    finally:
        stop.set()
        sorting.join()
    store.close_days(now=LATER)
    found = [store.series(ref, ["room_temp_c", "battery_v"], WINDOW) for ref in ROOMS]
    assert sum(len(columns.time_ms) for columns in found) == 330
    store.close()


def test_the_space_of_dropped_days_is_used_again(tmp_path: Path) -> None:
    """Twenty days with a retention of four take no more than six days do."""
    day = timedelta(days=1)
    store = DuckDBStore(tmp_path, retention_raw=4 * day)
    random = np.random.default_rng(3)
    sizes: list[int] = []
    for number in range(20):
        start = datetime(2026, 1, 1, tzinfo=UTC) + number * day
        n = 60_000
        store.append(
            SampleBatch(
                objects=(ObjectRef(Measurement.ROOM, "R-1"),),
                object_index=np.zeros(n, np.int32),
                point=np.full(n, POINT_INDEX[Measurement.ROOM, "room_temp_c"], np.int16),
                measured_ms=to_epoch_ms(start) + np.arange(n, dtype=np.int64) * 1440,
                received_ms=to_epoch_ms(start) + np.arange(n, dtype=np.int64) * 1440,
                value=random.normal(20, 3, n),
                quality=np.zeros(n, np.uint8),
            )
        )
        store.apply_retention(now=start + day)
        sizes.append((tmp_path / "timeseries.duckdb").stat().st_size)
    store.close()
    assert sizes[-1] < 1.4 * sizes[6]
    assert sizes[6] > 1.5 * sizes[0]
