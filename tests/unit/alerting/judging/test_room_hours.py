"""Cold degree hours are what the hours of the last day lacked to the standard, from good readings alone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.judging.room_hours import DegreeHours, RoomHours

SITE = ZoneInfo("Asia/Shanghai")
T0_HOUR = int(datetime(2026, 1, 10, tzinfo=UTC).timestamp()) // 3600  # 08:00 site time
HOUR_MS = 3_600_000


def night(hour: int) -> bool:
    return (hour + 8) % 24 >= 23 or (hour + 8) % 24 < 6


def degree_hours(hours: RoomHours, limits_c: list[float]) -> DegreeHours:
    return DegreeHours(hours, limit_c=np.array(limits_c), zone=SITE)


def note(hours: RoomHours, sensor: int, at_h: float, value_c: float) -> None:
    time_ms = np.array([int((T0_HOUR + at_h) * HOUR_MS)], np.int64)
    hours.note(np.array([sensor]), time_ms, np.array([value_c]))


reading = st.tuples(st.integers(0, 1), st.integers(1, 700), st.floats(5, 30, width=32))


@settings(max_examples=40)
@given(st.lists(reading, min_size=1, max_size=60), st.integers(0, 300), st.booleans())
def test_the_kept_sums_are_those_of_the_hourly_means(
    steps: list[tuple[int, int, float]], wait_min: int, look_often: bool
) -> None:
    hours, limits = RoomHours(2), [18.0, 20.0]
    sums = degree_hours(hours, limits)
    noted: dict[tuple[int, int], list[float]] = {}
    at_min = 0
    for sensor, minutes, value in steps:
        at_min += minutes
        note(hours, sensor, at_min / 60, value)
        noted.setdefault((sensor, at_min // 60), []).append(value)
        if look_often:
            sums.at((T0_HOUR * 60 + at_min) * 60_000)
    at_min += wait_min
    found, covered = sums.at((T0_HOUR * 60 + at_min) * 60_000)
    for sensor, limit_c in enumerate(limits):
        expected = known_h = 0.0
        for hour in range(at_min // 60 - 23, at_min // 60 + 1):
            share = 1.0 if hour < at_min // 60 else at_min % 60 / 60
            values = noted.get((sensor, hour))
            if values is not None:
                known_h += share
                weight = 0.7 if night(T0_HOUR + hour) else 1.0
                expected += share * weight * max(0.0, limit_c - sum(values) / len(values))
        assert found[sensor] == pytest.approx(expected, abs=1e-3)
        assert covered[sensor] == pytest.approx(known_h, abs=1e-4)


def test_a_night_hour_counts_seven_tenths() -> None:
    hours = RoomHours(1)
    sums = degree_hours(hours, [18.0])
    for hour in range(24):
        note(hours, 0, hour, 17.0)
    found, covered = sums.at((T0_HOUR + 23) * HOUR_MS)
    assert covered[0] == 23
    assert found[0] == pytest.approx(16 + 7 * 0.7, abs=1e-4)


def test_a_reading_that_comes_after_its_hour_was_summed_counts() -> None:
    hours = RoomHours(1)
    sums = degree_hours(hours, [18.0])
    note(hours, 0, 4.5, 17.0)
    at_ms = (T0_HOUR + 6) * HOUR_MS
    assert sums.at(at_ms)[0].tolist() == [1.0]
    note(hours, 0, 5.9, 16.0)
    assert sums.at(at_ms)[0].tolist() == [3.0]


def test_rollups_fill_what_has_no_reading_and_change_nothing_else() -> None:
    hours = RoomHours(2)
    sums = degree_hours(hours, [18.0, 18.0])
    note(hours, 0, 5.5, 17.0)
    at_ms = (T0_HOUR + 6) * HOUR_MS
    assert sums.at(at_ms)[0].tolist() == [1.0, 0.0]
    sensor = np.array([0, 0, 1, 1])
    hour = np.array([4, 5, 3, -30]) + T0_HOUR
    hours.fill(sensor, hour, np.array([16.0, 10.0, 15.0, 10.0]))
    found, covered = sums.at(at_ms)
    assert found.tolist() == [3.0, 3.0]
    assert covered.tolist() == [2.0, 1.0]


def test_means_of_whole_hours_replace_single_readings_of_past_hours_and_leave_the_one_that_runs() -> None:
    hours = RoomHours(1)
    note(hours, 0, 2.5, 10.0)
    note(hours, 0, 3.5, 11.0)
    sensor, hour = np.array([0, 0]), np.array([T0_HOUR + 2, T0_HOUR + 3])
    hours.fill(sensor, hour, np.array([20.0, 21.0]))
    assert [float(hours.of_hour(T0_HOUR + n)[0]) for n in (2, 3)] == [10.0, 11.0]
    hours.fill(sensor, hour, np.array([20.0, 21.0]), whole=True)
    assert [float(hours.of_hour(T0_HOUR + n)[0]) for n in (2, 3)] == [20.0, 11.0]


def test_readings_after_a_rollup_of_the_same_hour_go_on_from_it_and_older_ones_are_left_out() -> None:
    hours = RoomHours(1)
    hours.fill(np.array([0]), np.array([T0_HOUR + 3]), np.array([16.0]))
    note(hours, 0, 3.9, 17.0)
    note(hours, 0, 1.0, 5.0)
    assert hours.of_hour(T0_HOUR + 3)[0] == pytest.approx(16.5)
    assert np.isnan(hours.of_hour(T0_HOUR + 1)[0])


def test_a_ring_takes_96_bytes_a_sensor() -> None:
    assert RoomHours(1000).mean_c.nbytes == 96 * 1000
