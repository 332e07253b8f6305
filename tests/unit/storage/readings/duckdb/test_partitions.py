"""Tables are named by UTC day, or by month for most roll-ups."""

from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heating.intervals import to_epoch_ms
from storage.readings.duckdb.partitions import partition_named, partitions_of_times

TIMES = st.lists(st.integers(0, 4_102_444_799_999), min_size=1, max_size=20)


@given(times=TIMES, kind=st.sampled_from(["room", "station", "room_1h", "station_5m"]))
def test_every_time_falls_into_one_partition_that_contains_it(times: list[int], kind: str) -> None:
    column = np.array(times, np.int64)
    taken: list[int] = []
    for partition, rows in partitions_of_times(kind, column):
        inside = column[rows]
        assert ((partition.start_ms <= inside) & (inside < partition.end_ms)).all()
        assert partition_named(partition.name) == partition
        taken += inside.tolist()
    assert sorted(taken) == sorted(times)


def test_names_of_tables() -> None:
    moment = np.array([to_epoch_ms(datetime(2026, 2, 28, 23, 59, tzinfo=UTC))])
    assert partitions_of_times("room", moment)[0][0].name == "room_20260228"
    assert partitions_of_times("room_1h", moment)[0][0].name == "room_1h_20260228"
    assert partitions_of_times("station_5m", moment)[0][0].name == "station_5m_202602"


def test_other_tables_are_none_of_ours() -> None:
    for name in (
        "objects",
        "room",
        "room_2026",
        "station_5m_20260105",
        "tree_20260105",
        "room_20260105__sorting",
    ):
        assert partition_named(name) is None


def test_months_of_room_hours_written_before_they_had_day_tables_are_still_ours() -> None:
    month = partition_named("room_1h_202602")
    assert month is not None and month.is_rollup and month.name == "room_1h_202602"
    assert month.end_ms - month.start_ms == 28 * 86_400_000
