"""What every time-series store promises about roll-ups."""

from datetime import timedelta

import numpy as np
import pytest

from heating.errors import HeatingError
from heating.intervals import Interval
from heating.protocols import RollupName, TimeSeriesStore
from tests.contract.readings.readings import DAY, MINUTE_MS, NOON, NOON_MS, minutes, rollup

HOUR_MS = 60 * MINUTE_MS


def test_rows_of_named_objects_come_back_in_time_order(store: TimeSeriesStore) -> None:
    store.write_rollup(rollup(["R-2", "R-1", "R-3"], [18.0, 21.0, 25.0], hour=1))
    store.write_rollup(rollup(["R-1"], [20.0], hour=0, count=11))
    rows = store.read_rollup(RollupName.ROOM_1H, "room_temp_c", ["R-1", "R-2", "nobody"], DAY)
    assert rows.bucket_ms.tolist() == [NOON_MS, NOON_MS + HOUR_MS, NOON_MS + HOUR_MS]
    assert sorted(zip(rows.object_ids, rows.mean.tolist(), strict=True)) == [
        ("R-1", 20.0),
        ("R-1", 21.0),
        ("R-2", 18.0),
    ]
    assert rows.count.tolist() == [11, 12, 12]
    assert (rows.maximum - rows.minimum).tolist() == [1.0, 1.0, 1.0]


def test_a_rewritten_row_replaces_the_earlier(store: TimeSeriesStore) -> None:
    for mean, count in ((20.0, 11), (19.5, 12)):
        store.write_rollup(rollup(["R-1"], [mean], count=count))
    rows = store.read_rollup(RollupName.ROOM_1H, "room_temp_c", ["R-1"], DAY)
    assert (rows.mean.tolist(), rows.count.tolist()) == ([19.5], [12])


def test_a_row_that_lost_its_readings_has_no_mean(store: TimeSeriesStore) -> None:
    store.write_rollup(rollup(["R-1"], [20.0]))
    store.write_rollup(rollup(["R-1"], [np.nan], count=0))
    rows = store.read_rollup(RollupName.ROOM_1H, "room_temp_c", ["R-1"], DAY)
    assert rows.count.tolist() == [0]
    assert np.isnan([rows.mean[0], rows.minimum[0], rows.maximum[0]]).all()


def test_points_and_rollups_do_not_mix(store: TimeSeriesStore) -> None:
    store.write_rollup(rollup(["X"], [20.0]))
    store.write_rollup(rollup(["X"], [45.0], point="room_humidity_pct"))
    store.write_rollup(
        rollup(["X"], [55.0], name=RollupName.STATION_5M, point="secondary_supply_temp_c", count=300)
    )
    assert store.read_rollup(RollupName.ROOM_1H, "room_temp_c", ["X"], DAY).mean.tolist() == [20.0]
    assert store.read_rollup(RollupName.ROOM_1H, "room_humidity_pct", ["X"], DAY).mean.tolist() == [45.0]
    station = store.read_rollup(RollupName.STATION_5M, "secondary_supply_temp_c", ["X"], DAY)
    assert station.count.tolist() == [300]
    assert len(store.read_rollup(RollupName.COMMUNITY_5M, "room_temp_c", ["X"], DAY).mean) == 0


def test_windows_are_half_open_and_cross_months(store: TimeSeriesStore) -> None:
    hours = 26 * 24
    store.write_rollup(rollup(["R-1"], [1.0], hour=0))
    store.write_rollup(rollup(["R-1"], [2.0], hour=hours))
    whole = Interval(NOON, NOON + timedelta(hours=hours, milliseconds=1))
    assert store.read_rollup(RollupName.ROOM_1H, "room_temp_c", ["R-1"], whole).mean.tolist() == [1.0, 2.0]
    cut = Interval(NOON, NOON + timedelta(hours=hours))
    assert store.read_rollup(RollupName.ROOM_1H, "room_temp_c", ["R-1"], cut).mean.tolist() == [1.0]


def test_two_thousand_objects_are_served_at_once(store: TimeSeriesStore) -> None:
    ids = [f"R-{i:05d}" for i in range(2500)]
    store.write_rollup(rollup(ids, [float(i) for i in range(2500)]))
    rows = store.read_rollup(RollupName.ROOM_1H, "room_temp_c", ids[:2000], DAY)
    assert rows.object_ids == tuple(ids[:2000])
    assert rows.mean.tolist() == [float(i) for i in range(2000)]


def test_a_read_that_fans_out_over_homes_is_refused(store: TimeSeriesStore) -> None:
    ids = [f"R-{i:05d}" for i in range(2001)]
    with pytest.raises(HeatingError, match="at most 2000") as refused:
        store.read_rollup(RollupName.ROOM_1H, "room_temp_c", ids, DAY)
    assert not refused.value.retryable
    repeated = store.read_rollup(RollupName.ROOM_1H, "room_temp_c", ["R-1"] * 5000, DAY)
    assert len(repeated.mean) == 0


def test_unfit_rows_are_refused_for_good(store: TimeSeriesStore) -> None:
    for bad in (rollup(["a\nb"], [1.0]), rollup(["R-1"], [1.0], point="no_such_point")):
        with pytest.raises(HeatingError) as refused:
            store.write_rollup(bad)
        assert not refused.value.retryable
    with pytest.raises(HeatingError):
        store.read_rollup(RollupName.STATION_5M, "room_temp_c", ["ST-1"], DAY)


def test_nothing_written_nothing_read(store: TimeSeriesStore) -> None:
    store.write_rollup(rollup([], []))
    assert (
        store.read_rollup(RollupName.BUILDING_5M, "inlet_supply_temp_c", ["B-1"], minutes(0, 60)).object_ids
        == ()
    )
    assert store.read_rollup(RollupName.BUILDING_5M, "inlet_supply_temp_c", [], DAY).object_ids == ()
