"""Cold degree hours are what the hours of the last day lacked to the standard, from good readings alone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.judging.room_hours import DegreeHours, RoomHours
from tests.support.examples import examples

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


@settings(max_examples=examples(40))
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


def means(hours: RoomHours, *at_h: int, sensor: int = 0) -> list[float]:
    """Return the means of some hours of one sensor; -1 where the ring has none."""
    found = [hours.of_hour(T0_HOUR + hour, np.array([sensor])) for hour in at_h]
    return [-1.0 if np.isnan(value[0]) else round(float(value[0]), 3) for value in found]


def fill(hours: RoomHours, *rows: tuple[int, float], whole: bool = False) -> None:
    """Fill (hour, mean) of the first sensor."""
    hour, mean_c = zip(*rows, strict=True)
    hours.fill(np.zeros(len(hour), np.intp), np.array(hour) + T0_HOUR, np.array(mean_c), whole=whole)


@pytest.mark.parametrize(
    ("site_hour", "weight"), [(22, 1.0), (23, 0.7), (0, 0.7), (5, 0.7), (6, 1.0), (12, 1.0)]
)
def test_the_night_is_from_eleven_in_the_evening_to_six(site_hour: int, weight: float) -> None:
    hours = RoomHours(1)
    sums = degree_hours(hours, [20.0])
    hour = (site_hour - 8) % 24
    note(hours, 0, hour, 10.0)
    half, full = (sums.at(round((T0_HOUR + hour + passed) * HOUR_MS)) for passed in (0.5, 1.0))
    assert (half[0][0], half[1][0]) == (pytest.approx(5 * weight), 0.5)
    assert (full[0][0], full[1][0]) == (pytest.approx(10 * weight), 1.0)


def test_a_warm_hour_takes_nothing_from_the_sum_of_the_cold_ones() -> None:
    hours = RoomHours(1)
    sums = degree_hours(hours, [18.0])
    for hour, value_c in enumerate((16.0, 25.0, 18.0, 17.0)):
        note(hours, 0, hour, value_c)
    found, covered = sums.at((T0_HOUR + 4) * HOUR_MS)
    assert (found[0], covered[0]) == (3.0, 4.0)


def test_an_hour_counts_for_a_day_and_then_no_more() -> None:
    hours = RoomHours(1)
    sums = degree_hours(hours, [18.0])
    note(hours, 0, 0.5, 17.0)
    found = [sums.at(round((T0_HOUR + at_h) * HOUR_MS))[0][0] for at_h in (1, 12, 23, 23.99, 24, 25)]
    assert found == [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    note(hours, 0, 24.5, 15.0)
    assert means(hours, 0, 24) == [-1.0, 15.0]


def test_the_mean_of_an_hour_is_that_of_its_readings_of_each_sensor() -> None:
    hours = RoomHours(2)
    for value_c in (16.0, 18.0, 23.0):
        note(hours, 0, 1.5, value_c)
    note(hours, 1, 1.0, 10.0)
    note(hours, 0, 2.0, 20.0)
    note(hours, 0, 2.9, 22.0)
    assert means(hours, 0, 1, 2) == [-1.0, 19.0, 21.0]
    assert means(hours, 0, 1, 2, sensor=1) == [-1.0, 10.0, -1.0]


@pytest.mark.parametrize(("silence_h", "kept"), [(22, 5.0), (23, -1.0), (24, -1.0), (60, -1.0)])
def test_after_a_silence_nothing_older_than_the_ring_is_taken_for_a_later_hour(
    silence_h: int, kept: float
) -> None:
    hours = RoomHours(1)
    note(hours, 0, 0, 4.0)
    note(hours, 0, 1, 5.0)
    note(hours, 0, 1 + silence_h, 20.0)
    newest = 1 + silence_h
    assert means(hours, newest, newest - 1, newest + 1) == [20.0, -1.0, -1.0]
    assert means(hours, *range(2, newest)) == [-1.0] * (newest - 2)
    assert means(hours, 1) == ([5.0] if silence_h < 24 else [-1.0])


def test_rollups_reach_back_as_far_as_the_ring_and_may_be_ahead_of_the_readings() -> None:
    hours = RoomHours(1)
    note(hours, 0, 30, 20.0)
    fill(hours, (6, 1.0), (7, 2.0), (29, 3.0))
    assert means(hours, 6, 7, 29, 30) == [-1.0, 2.0, 3.0, 20.0]
    fill(hours, (31, 4.0))
    assert means(hours, 7, 8, 30, 31) == [-1.0, -1.0, 20.0, 4.0]
    note(hours, 0, 31.5, 6.0)
    assert means(hours, 31) == [5.0]  # what the roll-up said counts as one reading


def test_a_whole_hour_of_a_day_ago_does_not_take_the_place_of_the_hour_that_runs() -> None:
    hours = RoomHours(1)
    note(hours, 0, 30, 20.0)
    fill(hours, (6, 1.0), whole=True)
    assert means(hours, 6, 30) == [-1.0, 20.0]


def test_several_rollups_of_one_sensor_may_come_in_any_order() -> None:
    hours = RoomHours(2)
    hours.fill(np.array([0, 1, 0]), np.array([3, 2, 1]) + T0_HOUR, np.array([13.0, 22.0, 11.0]))
    assert (means(hours, 1, 2, 3), means(hours, 1, 2, 3, sensor=1)) == ([11, -1, 13], [-1, 22, -1])


def test_a_whole_hour_leaves_the_running_mean_and_its_count_as_they_are() -> None:
    hours = RoomHours(1)
    note(hours, 0, 3.1, 10.0)
    note(hours, 0, 3.2, 20.0)
    fill(hours, (3, 99.0), (2, 12.0), whole=True)
    note(hours, 0, 3.3, 30.0)
    assert means(hours, 2, 3) == [12.0, 20.0]


def test_hours_that_began_before_a_moment_are_forgotten() -> None:
    hours = RoomHours(2)
    for sensor in (0, 1):
        for hour in range(5):
            note(hours, sensor, hour, 10.0 + hour)
    sums = degree_hours(hours, [18.0, 18.0])
    at_ms = (T0_HOUR + 5) * HOUR_MS
    assert sums.at(at_ms)[0].tolist() == [30.0, 30.0]
    hours.forget_before(np.array([(T0_HOUR + 3) * HOUR_MS, 0]))
    assert means(hours, *range(5)) == [-1, -1, -1, 13, 14]
    assert sums.at(at_ms)[0].tolist() == [9.0, 30.0]
    hours.forget_before(np.array([(T0_HOUR + 3) * HOUR_MS + 1, 0]))  # the fourth hour began a moment earlier
    assert means(hours, *range(5)) == [-1, -1, -1, -1, 14]
    assert means(hours, *range(5), sensor=1) == [10, 11, 12, 13, 14]
    note(hours, 0, 4.5, 16.0)
    assert means(hours, 4) == [15.0]  # the hour that stayed goes on


def test_when_the_hour_that_runs_is_forgotten_its_mean_begins_again() -> None:
    hours = RoomHours(1)
    note(hours, 0, 3.1, 10.0)
    hours.forget_before(np.array([(T0_HOUR + 3) * HOUR_MS + 1]))
    note(hours, 0, 3.9, 20.0)
    assert means(hours, 3) == [20.0]


def test_sums_are_looked_at_again_only_where_something_changed() -> None:
    hours = RoomHours(2)
    sums = degree_hours(hours, [18.0, 18.0])
    note(hours, 0, 1, 17.0)
    assert hours.touched.tolist() == [True, True]  # a new ring was never summed
    sums.at((T0_HOUR + 2) * HOUR_MS)
    assert hours.touched.tolist() == [False, False]
    fill(hours, (0, 17.0))
    assert hours.touched.tolist() == [True, False]
