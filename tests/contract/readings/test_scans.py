"""What both stores promise about scans over all objects: warm starts, statistics, short raw windows."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from heating.errors import HeatingError
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import RollupName
from heating.quality import Quality
from heating.samples import ObjectRef
from tests.contract.readings.readings import (
    DAY,
    NOON,
    NOON_MS,
    OTHER_ROOM,
    ROOM,
    batch_of,
    minutes,
    reading,
    rollup,
)


def newest(batch: Any) -> dict[tuple[str, str], tuple[float, int, int]]:
    return {
        (row.ref.object_id, row.point): (row.value, row.quality, row.measured_ms)
        for row in batch.to_samples()
    }


def test_a_warm_start_of_six_hours_finds_what_was_silent_for_hours(store: Any) -> None:
    store.append(
        batch_of(
            reading(20.0, minute=-300),
            reading(21.0, minute=-200),
            reading(45.0, minute=-200, point="room_humidity_pct"),
            reading(19.0, minute=-5, ref=OTHER_ROOM),
            reading(18.5, minute=-100, ref=OTHER_ROOM),
            reading(3.1, minute=-350, ref=OTHER_ROOM, point="battery_v"),
            reading(9.0, minute=-400, ref=ObjectRef(Measurement.ROOM, "too old")),
        )
    )
    found = newest(store.latest(Measurement.ROOM, Interval(NOON - timedelta(hours=6), NOON)))
    assert found == {
        ("R-0001", "room_temp_c"): (21.0, 0, NOON_MS - 200 * 60_000),
        ("R-0001", "room_humidity_pct"): (45.0, 0, NOON_MS - 200 * 60_000),
        ("R-0002", "room_temp_c"): (19.0, 0, NOON_MS - 5 * 60_000),
        ("R-0002", "battery_v"): (3.1, 0, NOON_MS - 350 * 60_000),
    }


def test_a_window_brings_every_reading_of_every_object_once(store: Any) -> None:
    rows = [reading(20.0 + i, minute=7 * i, ref=ref) for i in range(20) for ref in (ROOM, OTHER_ROOM)]
    rows.append(reading(float("nan"), minute=3, quality=Quality.BAD))
    store.append(batch_of(*rows))
    store.append(batch_of(*rows[:5]))
    found = store.window(Measurement.ROOM, minutes(0, 140))
    key = lambda row: (row.measured_ms, row.ref.object_id)  # noqa: E731
    assert [
        (r.ref, r.measured_ms, r.quality, r.received_ms) for r in sorted(found.to_samples(), key=key)
    ] == [(r.ref, r.measured_ms, r.quality, r.received_ms) for r in sorted(rows, key=key)]
    assert len(store.window(Measurement.ROOM, minutes(0, 7))) == 3


def test_statistics_leave_bad_values_out_and_keep_objects_apart(store: Any) -> None:
    store.append(
        batch_of(
            reading(20.0, minute=0),
            reading(22.0, minute=4.9),
            reading(60.0, minute=1, quality=Quality.BAD_RANGE),
            reading(24.0, minute=5),
            reading(10.0, minute=2, ref=OTHER_ROOM, quality=Quality.UNCERTAIN_TIME),
        )
    )
    (found,) = store.statistics(
        Measurement.ROOM, ["room_temp_c", "battery_v"], minutes(0, 30), step=timedelta(minutes=5)
    )
    columns = (found.bucket_ms - NOON_MS, found.mean, found.minimum, found.maximum, found.count)
    rows = sorted(zip(found.object_ids, *(column.tolist() for column in columns), strict=True))
    assert rows == [
        ("R-0001", 0, 21.0, 20.0, 22.0, 2),
        ("R-0001", 300_000, 24.0, 24.0, 24.0, 1),
        ("R-0002", 0, 10.0, 10.0, 10.0, 1),
    ]


def test_scans_of_more_than_a_day_are_refused(store: Any) -> None:
    long = Interval(NOON - timedelta(days=2), NOON)
    with pytest.raises(HeatingError, match="at most"):
        store.statistics(Measurement.ROOM, ["room_temp_c"], long, step=timedelta(hours=1))
    with pytest.raises(HeatingError, match="at most"):
        store.window(Measurement.ROOM, long)


def test_rollups_written_together_are_read_apart(store: Any) -> None:
    temperature = rollup(["R-1", "R-2"], [20.0, 21.0])
    humidity = rollup(["R-2", "R-3"], [40.0, np.nan], point="room_humidity_pct", hour=1)
    flow = rollup(["ST-1"], [12.0], name=RollupName.STATION_5M, point="secondary_supply_temp_c")
    store.write_rollups([temperature, humidity, flow])
    ids = ["R-1", "R-2", "R-3"]
    assert store.read_rollup(RollupName.ROOM_1H, "room_temp_c", ids, DAY).mean.tolist() == [20.0, 21.0]
    found = store.read_rollup(RollupName.ROOM_1H, "room_humidity_pct", ids, DAY)
    assert (found.object_ids, found.count.tolist()) == (("R-2", "R-3"), [12, 12])
    station = store.read_rollup(RollupName.STATION_5M, "secondary_supply_temp_c", ["ST-1"], DAY)
    assert station.mean.tolist() == [12.0]


def test_statistics_count_a_repeated_reading_once_and_keep_the_parts_of_a_message(store: Any) -> None:
    rows = [
        reading(20.0, minute=1),
        reading(26.0, minute=2),
        reading(40.0, minute=1, point="room_humidity_pct"),
    ]
    store.append(batch_of(*rows[:2]))
    store.append(batch_of(rows[2]))
    store.append(batch_of(*rows))
    store.append(batch_of(rows[0]))
    found = store.statistics(
        Measurement.ROOM, ["room_temp_c", "room_humidity_pct"], minutes(0, 5), step=timedelta(minutes=5)
    )
    assert {part.point: (part.mean.tolist(), part.count.tolist()) for part in found} == {
        "room_temp_c": ([23.0], [2]),
        "room_humidity_pct": ([40.0], [1]),
    }
