"""Long trends and the lines of the station list, from roll-ups of an embedded store, against its readings."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from dashboard.readings.trends import Trends
from dashboard.stations.day_sparks import SPARK_POINT, DaySparks
from dashboard.web.values import TrendColumns
from heating.assets import SensorAssignment
from heating.clock import ManualClock
from heating.intervals import Interval, to_epoch_ms
from heating.points import Measurement
from heating.protocols import RollupName
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.readings.duckdb.store import DuckDBStore
from storage.readings.statistics import statistics_of_batch

END = datetime(2026, 1, 20, tzinfo=UTC)
END_MS = to_epoch_ms(END)
STATION = ObjectRef(Measurement.STATION, "ST-1")
ROOM = ObjectRef(Measurement.ROOM, "R-1")
DAY_MS = 86_400_000
MINUTE_MS = 60_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBStore]:
    made = DuckDBStore(tmp_path / "store")
    yield made
    made.close()


def readings(
    ref: ObjectRef, point: str, *, days: float, step_ms: int, skip: tuple[float, float] = (0, 0)
) -> list[Sample]:
    """A slow swing of 24 h up to `END`, without the days before it from `skip`."""
    times = range(END_MS - int(days * DAY_MS), END_MS, step_ms)
    gone = range(END_MS - int(skip[0] * DAY_MS), END_MS - int(skip[1] * DAY_MS))
    return [
        Sample(ref, point, t, 40 + 5 * float(np.sin(t / DAY_MS * 2 * np.pi))) for t in times if t not in gone
    ]


def keep(
    store: DuckDBStore, rows: list[Sample], name: RollupName, *, until_ms: int = END_MS, from_ms: int = 0
) -> None:
    """Store readings, and roll-ups of those inside a stretch of time."""
    store.append(SampleBatch.from_samples(rows))
    rolled = SampleBatch.from_samples([row for row in rows if from_ms <= row.measured_ms < until_ms])
    points = sorted({row.point for row in rows})
    measurement = rows[0].ref.measurement
    parts = statistics_of_batch(rolled, measurement, points, step=name.step)
    store.write_rollups([part.as_rollup(name) for part in parts])


def trend(store: DuckDBStore, days: float, *, max_points: int = 500, points: int = 1) -> TrendColumns:
    names = [SPARK_POINT, "secondary_return_temp_c"][:points]
    window = Interval(END - timedelta(days=days), END)
    return Trends(store=store).of_object(STATION, names, window, max_points=max_points, interval_s=60.0)


def column(found: TrendColumns, point: str = SPARK_POINT) -> list[float]:
    return [value for value in found.columns[point] if value is not None]


def test_a_long_trend_keeps_the_peaks_of_the_readings_and_says_what_it_is_made_of(store: DuckDBStore) -> None:
    rows = readings(STATION, SPARK_POINT, days=6, step_ms=MINUTE_MS)
    rows[3_333] = rows[3_333]._replace(value=91.25)
    rows[5_001] = rows[5_001]._replace(value=7.5)
    keep(store, rows, RollupName.STATION_5M)
    found = trend(store, 6)
    assert found.resolution == "5m"
    assert found.thinned
    assert (max(column(found)), min(column(found))) == (91.25, 7.5)
    peak_ms = found.time_ms[found.columns[SPARK_POINT].index(91.25)]
    assert abs(peak_ms - rows[3_333].measured_ms) < 5 * MINUTE_MS
    assert len(found.time_ms) <= 500
    assert list(found.time_ms) == sorted(found.time_ms)


def test_a_short_window_is_made_of_readings(store: DuckDBStore) -> None:
    keep(store, readings(STATION, SPARK_POINT, days=3, step_ms=MINUTE_MS), RollupName.STATION_5M)
    found = trend(store, 2, max_points=5_000)
    assert (found.resolution, found.thinned, len(found.time_ms)) == ("raw", False, 2 * 1440)


def test_what_is_not_rolled_up_yet_comes_from_the_readings(store: DuckDBStore) -> None:
    rows = readings(STATION, SPARK_POINT, days=4, step_ms=MINUTE_MS)
    keep(store, rows, RollupName.STATION_5M, until_ms=END_MS - 10 * MINUTE_MS)
    found = trend(store, 4, max_points=5_000)
    assert list(found.time_ms[-10:]) == [END_MS - (10 - i) * MINUTE_MS for i in range(10)]
    assert column(found)[-1] == rows[-1].value
    assert found.resolution == "5m"


def test_time_before_the_first_roll_up_and_long_holes_come_from_the_readings(store: DuckDBStore) -> None:
    rows = readings(STATION, SPARK_POINT, days=4, step_ms=MINUTE_MS)
    keep(store, rows, RollupName.STATION_5M, from_ms=END_MS - DAY_MS)
    parts = statistics_of_batch(
        SampleBatch.from_samples(rows[:1440]),
        Measurement.STATION,
        [SPARK_POINT],
        step=RollupName.STATION_5M.step,
    )
    store.write_rollups([part.as_rollup(RollupName.STATION_5M) for part in parts])
    found = trend(store, 4, max_points=20_000)
    rolled_day = 2 * 288
    assert len(found.time_ms) == rolled_day + 2 * 1440 + rolled_day
    assert max(np.diff(found.time_ms)) <= 5 * MINUTE_MS


def test_a_station_without_roll_ups_shows_its_readings(store: DuckDBStore) -> None:
    store.append(SampleBatch.from_samples(readings(STATION, SPARK_POINT, days=4, step_ms=MINUTE_MS)))
    found = trend(store, 4, max_points=20_000)
    assert (found.resolution, found.thinned, len(found.time_ms)) == ("raw", False, 4 * 1440)


def test_a_device_that_was_silent_leaves_a_gap(store: DuckDBStore) -> None:
    rows = readings(STATION, SPARK_POINT, days=6, step_ms=MINUTE_MS, skip=(3, 2.5))
    keep(store, rows, RollupName.STATION_5M)
    found = trend(store, 6, max_points=5_000)
    steps = np.diff(found.time_ms)
    assert steps.max() >= DAY_MS // 2 > found.gap_ms
    assert np.count_nonzero(steps > found.gap_ms) == 1


def test_points_with_readings_at_other_times_keep_their_own_buckets(store: DuckDBStore) -> None:
    first = readings(STATION, SPARK_POINT, days=4, step_ms=MINUTE_MS)
    second = readings(STATION, "secondary_return_temp_c", days=3, step_ms=30 * MINUTE_MS)
    keep(store, first + second, RollupName.STATION_5M)
    found = trend(store, 4, max_points=20_000, points=2)
    assert set(np.round(column(found, "secondary_return_temp_c"), 9)) == {
        round(row.value, 9) for row in second
    }
    assert len(column(found)) == 4 * 288 * 2


def test_a_home_shows_hours_of_each_sensor_while_it_measured_the_home(store: DuckDBStore) -> None:
    other = ObjectRef(Measurement.ROOM, "R-2")
    keep(store, readings(ROOM, "room_temp_c", days=10, step_ms=10 * MINUTE_MS), RollupName.ROOM_1H)
    foreign = [
        row._replace(value=-20.0) for row in readings(other, "room_temp_c", days=10, step_ms=10 * MINUTE_MS)
    ]
    keep(store, foreign, RollupName.ROOM_1H)
    moved = END - timedelta(days=4)
    assignments = [
        SensorAssignment(sensor_id="R-1", household_id="H", start=END - timedelta(days=90), end=moved),
        SensorAssignment(sensor_id="R-2", household_id="H", start=moved),
    ]
    found = Trends(store=store).of_home(
        "H",
        assignments,
        Interval(END - timedelta(days=10), END),
        max_points=5_000,
        interval_s=600.0,
        outdoor_site=None,
    )
    values, times = np.array(found.columns["room_temp_c"], float), np.array(found.time_ms)
    assert found.resolution == "1h"
    assert (values[times < to_epoch_ms(moved)] > 30).all()
    assert (values[times >= to_epoch_ms(moved)] == -20).all()
    assert len(times) == 6 * 24 * 2 + 4 * 24


def test_lines_of_the_list_come_from_roll_ups_where_there_are_some_else_from_readings(
    store: DuckDBStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = readings(STATION, SPARK_POINT, days=1.5, step_ms=5 * MINUTE_MS)
    keep(store, rows, RollupName.STATION_5M, until_ms=END_MS - 10 * MINUTE_MS)
    store.append(
        SampleBatch.from_samples([row._replace(ref=ObjectRef(Measurement.STATION, "ST-2")) for row in rows])
    )
    asked: list[ObjectRef] = []
    series = store.series

    def counted(ref: ObjectRef, *args: object, **more: object) -> object:
        asked.append(ref)
        return series(ref, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "series", counted)
    found = DaySparks(store=store, clock=ManualClock(END)).read(["ST-1", "ST-2", "ST-3"])
    assert [ref.object_id for ref in asked] == ["ST-2", "ST-3"]
    half_hours = np.array([row.value for row in rows[-288:]]).reshape(48, 6).mean(axis=1)
    assert found["ST-1"].values[:-1] == pytest.approx(half_hours[:-1])
    assert found["ST-1"].values[-1] == pytest.approx(half_hours[-1], abs=0.2)
    assert found["ST-2"].values == pytest.approx(half_hours, abs=0.3)
    assert found["ST-3"].values == [None] * 48
