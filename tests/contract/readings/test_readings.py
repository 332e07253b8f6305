"""What every time-series store promises about readings."""

import math
from datetime import timedelta

import numpy as np
import pytest

from heating.errors import HeatingError
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import AppendMark, TimeSeriesStore
from heating.quality import Quality
from heating.samples import ObjectRef, SampleBatch
from tests.contract.readings.readings import (
    DAY,
    MINUTE_MS,
    NOON,
    NOON_MS,
    OTHER_ROOM,
    ROOM,
    STATION,
    around,
    batch_of,
    minutes,
    reading,
)


def test_a_reading_comes_back_with_its_value_time_and_quality(store: TimeSeriesStore) -> None:
    store.append(batch_of(reading(21.37), reading(20.5, minute=5, quality=Quality.UNCERTAIN_MOVED)))
    columns = store.series(ROOM, ["room_temp_c"], DAY)
    assert columns.time_ms.tolist() == [NOON_MS, NOON_MS + 5 * MINUTE_MS]
    assert columns.values["room_temp_c"].tolist() == [21.37, 20.5]
    assert columns.quality["room_temp_c"].tolist() == [0, Quality.UNCERTAIN_MOVED]
    assert not columns.thinned


def test_points_of_one_message_come_back_in_one_row(store: TimeSeriesStore) -> None:
    store.append(
        batch_of(
            reading(55.25, ref=STATION, point="secondary_supply_temp_c"),
            reading(1.0, ref=STATION, point="circulation_pump_1_running"),
        )
    )
    points = ["secondary_supply_temp_c", "circulation_pump_1_running", "flood_detected"]
    columns = store.series(STATION, points, DAY)
    assert columns.time_ms.tolist() == [NOON_MS]
    assert [columns.values[point][0] for point in points[:2]] == [55.25, 1.0]
    assert math.isnan(columns.values["flood_detected"][0])
    assert columns.quality["flood_detected"].tolist() == [0]


def test_a_null_keeps_its_bad_quality_and_no_value(store: TimeSeriesStore) -> None:
    store.append(batch_of(reading(math.nan, quality=Quality.BAD_SENSOR_FAULT)))
    columns = store.series(ROOM, ["room_temp_c"], DAY)
    assert np.isnan(columns.values["room_temp_c"]).tolist() == [True]
    assert columns.quality["room_temp_c"].tolist() == [Quality.BAD_SENSOR_FAULT]


def test_a_value_that_no_store_holds_is_kept_as_bad(store: TimeSeriesStore) -> None:
    store.append(batch_of(reading(math.inf), reading(math.nan, minute=1)))
    columns = store.series(ROOM, ["room_temp_c"], DAY)
    assert np.isnan(columns.values["room_temp_c"]).tolist() == [True, True]
    assert columns.quality["room_temp_c"].tolist() == [Quality.BAD, Quality.BAD]


def test_values_keep_every_digit(store: TimeSeriesStore) -> None:
    awkward = [0.1 + 0.2, 1e-300, -1.7976931348623157e308, 1e22, 5.0, -0.0, 123456789.123456789]
    store.append(batch_of(*(reading(value, minute=i) for i, value in enumerate(awkward))))
    assert store.series(ROOM, ["room_temp_c"], DAY).values["room_temp_c"].tolist() == awkward


def test_a_repeated_batch_changes_nothing(store: TimeSeriesStore) -> None:
    batch = batch_of(reading(21.0), reading(22.0, minute=1, quality=Quality.BAD_RANGE))
    for _ in range(3):
        store.append(batch)
    columns = store.series(ROOM, ["room_temp_c"], DAY)
    assert columns.values["room_temp_c"].tolist() == [21.0, 22.0]
    assert len(store.latest(Measurement.ROOM, DAY)) == 1


def test_a_batch_with_a_mark_that_was_applied_is_not_counted_twice(store: TimeSeriesStore) -> None:
    batch = batch_of(reading(21.0))
    for _ in range(2):
        store.append(batch, mark=AppendMark("slot-0", 7))
    assert store.series(ROOM, ["room_temp_c"], DAY).values["room_temp_c"].tolist() == [21.0]
    assert store.last_mark("slot-0") in (7, None)
    assert store.last_mark("slot-1") is None


def test_rows_come_back_in_time_order_however_they_came(store: TimeSeriesStore) -> None:
    for minute in (30, 10, 20):
        store.append(
            batch_of(reading(float(minute), minute=minute), reading(minute + 1.0, minute=minute - 5))
        )
    columns = store.series(ROOM, ["room_temp_c"], DAY)
    assert columns.values["room_temp_c"].tolist() == [11.0, 10.0, 21.0, 20.0, 31.0, 30.0]
    assert (np.diff(columns.time_ms) > 0).all()


def test_a_part_that_comes_later_joins_its_row(store: TimeSeriesStore) -> None:
    store.append(batch_of(reading(21.0)))
    store.append(batch_of(reading(40.0, point="room_humidity_pct")))
    columns = store.series(ROOM, ["room_temp_c", "room_humidity_pct"], DAY)
    assert columns.time_ms.tolist() == [NOON_MS]
    assert columns.values["room_temp_c"].tolist() == [21.0]
    assert columns.values["room_humidity_pct"].tolist() == [40.0]


def test_late_days_are_found_in_one_series_with_the_present(store: TimeSeriesStore) -> None:
    store.append(batch_of(reading(21.0)))
    store.append(batch_of(*(reading(float(day), minute=-1440 * day) for day in (3, 1, 2))))
    columns = store.series(ROOM, ["room_temp_c"], Interval(NOON - timedelta(days=7), DAY.end))
    assert columns.values["room_temp_c"].tolist() == [3.0, 2.0, 1.0, 21.0]


def test_a_window_contains_its_start_and_not_its_end(store: TimeSeriesStore) -> None:
    store.append(batch_of(*(reading(float(minute), minute=minute) for minute in range(5))))
    columns = store.series(ROOM, ["room_temp_c"], minutes(1, 3))
    assert columns.values["room_temp_c"].tolist() == [1.0, 2.0]
    assert len(store.series(ROOM, ["room_temp_c"], minutes(2, 2)).time_ms) == 0


def test_windows_end_at_midnight_without_a_gap(store: TimeSeriesStore) -> None:
    midnight = 12 * 60
    store.append(batch_of(*(reading(float(i), minute=midnight + i) for i in (-1, 0, 1))))
    before = store.series(ROOM, ["room_temp_c"], minutes(midnight - 60, midnight))
    after = store.series(ROOM, ["room_temp_c"], minutes(midnight, midnight + 60))
    assert before.values["room_temp_c"].tolist() == [-1.0]
    assert after.values["room_temp_c"].tolist() == [0.0, 1.0]


def test_two_objects_do_not_mix(store: TimeSeriesStore) -> None:
    same_id = ObjectRef(Measurement.WEATHER, ROOM.object_id)
    store.append(
        batch_of(
            reading(21.0),
            reading(18.0, ref=OTHER_ROOM),
            reading(-25.0, ref=same_id, point="outdoor_temp_c"),
        )
    )
    assert store.series(ROOM, ["room_temp_c"], DAY).values["room_temp_c"].tolist() == [21.0]
    assert store.series(OTHER_ROOM, ["room_temp_c"], DAY).values["room_temp_c"].tolist() == [18.0]
    assert store.series(same_id, ["outdoor_temp_c"], DAY).values["outdoor_temp_c"].tolist() == [-25.0]


def test_an_unknown_object_or_point_is_empty(store: TimeSeriesStore) -> None:
    store.append(batch_of(reading(21.0)))
    nobody = store.series(ObjectRef(Measurement.ROOM, "nobody"), ["room_temp_c"], DAY)
    never = store.series(ROOM, ["battery_v", "low_battery"], DAY)
    assert nobody.values["room_temp_c"].tolist() == [] and nobody.time_ms.dtype == np.int64
    assert never.values["battery_v"].tolist() == [] and set(never.quality) == {"battery_v", "low_battery"}


@pytest.mark.parametrize(
    "object_id",
    ["星河小区-3号楼-2单元-501", "a,b=c d", "1 OR 1=1 --", "50%;DROP", "é$id", "a=", ",", "/x.*/"],
)
def test_ids_of_every_script_come_back_whole(store: TimeSeriesStore, object_id: str) -> None:
    ref = ObjectRef(Measurement.ROOM, object_id.strip())
    store.append(batch_of(reading(21.0, ref=ref), reading(18.0)))
    assert store.series(ref, ["room_temp_c"], DAY).values["room_temp_c"].tolist() == [21.0]
    assert ref in store.latest(Measurement.ROOM, DAY).objects


@pytest.mark.parametrize("object_id", ["", "a\nb", "a\\", "a'b", 'a"b', " a", "a\x00", "x" * 121, "a\u2028b"])
def test_ids_that_no_store_carries_are_refused_for_good(store: TimeSeriesStore, object_id: str) -> None:
    ref = ObjectRef(Measurement.ROOM, object_id)
    with pytest.raises(HeatingError) as refused:
        store.append(batch_of(reading(21.0, ref=ref)))
    assert not refused.value.retryable
    with pytest.raises(HeatingError):
        store.series(ref, ["room_temp_c"], DAY)


def test_points_that_do_not_exist_are_refused(store: TimeSeriesStore) -> None:
    with pytest.raises(HeatingError, match="no point"):
        store.series(ROOM, ['room_temp_c" FROM "station"; DROP'], DAY)


def test_the_last_value_of_every_point_is_found_in_a_window(store: TimeSeriesStore) -> None:
    store.append(
        batch_of(
            reading(20.0, minute=-90),
            reading(21.0, minute=1, delay_ms=400),
            reading(22.0, minute=9, delay_ms=700),
            reading(40.0, minute=3, point="room_humidity_pct", quality=Quality.UNCERTAIN_TIME),
            reading(18.0, minute=4, ref=OTHER_ROOM),
            reading(math.nan, minute=5, ref=OTHER_ROOM, quality=Quality.BAD_SENTINEL),
            reading(99.0, minute=10),
            reading(55.0, minute=2, ref=STATION, point="secondary_supply_temp_c"),
        )
    )
    latest = sorted(store.latest(Measurement.ROOM, minutes(0, 10)).to_samples())
    assert [(row.ref, row.point, row.measured_ms - NOON_MS, row.quality) for row in latest] == [
        (ROOM, "room_humidity_pct", 3 * MINUTE_MS, Quality.UNCERTAIN_TIME),
        (ROOM, "room_temp_c", 9 * MINUTE_MS, 0),
        (OTHER_ROOM, "room_temp_c", 5 * MINUTE_MS, Quality.BAD_SENTINEL),
    ]
    assert [row.value for row in latest[:2]] == [40.0, 22.0]
    assert math.isnan(latest[2].value)
    assert (latest[1].received_ms or 0) - latest[1].measured_ms == 700


def test_the_last_values_cross_midnight(store: TimeSeriesStore) -> None:
    midnight = 12 * 60
    store.append(
        batch_of(reading(20.0, minute=midnight - 5), reading(19.0, ref=OTHER_ROOM, minute=midnight - 5))
    )
    store.append(batch_of(reading(21.0, minute=midnight + 5)))
    rows = store.latest(Measurement.ROOM, minutes(midnight - 30, midnight + 30)).to_samples()
    assert {row.ref: row.value for row in rows} == {ROOM: 21.0, OTHER_ROOM: 19.0}


def test_the_last_values_of_an_empty_window_are_none(store: TimeSeriesStore) -> None:
    store.append(batch_of(reading(20.0)))
    assert len(store.latest(Measurement.ROOM, minutes(-10, 0))) == 0
    assert len(store.latest(Measurement.SOURCE, DAY)) == 0


def test_thinning_keeps_every_peak(store: TimeSeriesStore) -> None:
    rng = np.random.default_rng(4)
    values = np.round(20 + rng.normal(0, 0.5, 1400), 2)
    values[[333, 777]] = [3.25, 41.75]
    store.append(batch_of(*(reading(float(v), minute=i / 2) for i, v in enumerate(values))))
    thin = store.series(ROOM, ["room_temp_c"], DAY, max_points=100)
    whole = store.series(ROOM, ["room_temp_c"], DAY)
    assert thin.thinned and len(whole.time_ms) == 1400
    assert 30 < len(thin.time_ms) <= 100
    assert {3.25, 41.75} <= set(thin.values["room_temp_c"].tolist())
    assert set(thin.time_ms.tolist()) <= set(whole.time_ms.tolist())


def test_a_long_series_comes_back_whole(store: TimeSeriesStore) -> None:
    n = 60_500
    batch = batch_of(reading(0.0))
    store.append(
        SampleBatch(
            objects=batch.objects,
            object_index=np.zeros(n, np.int32),
            point=np.repeat(batch.point, n),
            measured_ms=NOON_MS + np.arange(n, dtype=np.int64) * 500,
            received_ms=NOON_MS + np.arange(n, dtype=np.int64) * 500,
            value=np.arange(n, dtype=np.float64),
            quality=np.zeros(n, np.uint8),
        )
    )
    found = store.series(ROOM, ["room_temp_c"], DAY).values["room_temp_c"]
    assert np.array_equal(found, np.arange(n))


def test_an_empty_batch_is_taken(store: TimeSeriesStore) -> None:
    store.append(SampleBatch.empty())
    assert len(store.latest(Measurement.ROOM, DAY)) == 0


def test_absurd_times_are_refused_for_good(store: TimeSeriesStore) -> None:
    with pytest.raises(HeatingError) as refused:
        store.append(batch_of(reading(1.0)._replace(measured_ms=-5)))
    assert not refused.value.retryable


def test_readings_are_there_after_a_restart(open_store: object) -> None:
    first: TimeSeriesStore = open_store()  # type: ignore[operator]
    first.append(batch_of(reading(21.0)), mark=AppendMark("slot-0", 3))
    first.close()
    second: TimeSeriesStore = open_store()  # type: ignore[operator]
    assert second.series(ROOM, ["room_temp_c"], around(NOON_MS)).values["room_temp_c"].tolist() == [21.0]
    assert second.last_mark("slot-0") in (3, None)
    with pytest.raises(HeatingError) as closed:
        first.append(batch_of(reading(22.0)))
    assert closed.value.retryable
