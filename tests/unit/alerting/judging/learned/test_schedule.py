"""The learned week: hours are known after some days, odd stops teach nothing until they come again and again."""

import numpy as np

from alerting.judging.learned.schedule import HOURS_OF_WEEK, Schedule, hour_of_week

RUNS, STANDS = np.array([1.0]), np.array([0.0])
ALWAYS = np.array([True])


def taught(*days: float) -> Schedule:
    schedule = Schedule(1)
    for day in days:
        schedule.take(8, np.array([day]), ALWAYS)
    return schedule


def test_an_hour_is_unknown_until_four_days_taught_it() -> None:
    assert np.isnan(taught(1, 1, 1).running_share(8)[0])
    assert taught(1, 1, 1, 1).running_share(8)[0] == 1.0
    assert np.isnan(taught(1, 1, 1, 1).running_share(9)[0])


def test_odd_stops_teach_nothing_until_the_sixth_in_a_row() -> None:
    assert taught(*[1] * 10, *[0] * 5).running_share(8)[0] == 1.0
    assert taught(*[1] * 10, *[0] * 6).running_share(8)[0] < 1.0
    assert taught(*[1] * 10, *[0] * 4, 1, *[0] * 4).running_share(8)[0] == 1.0


def test_a_gap_neither_teaches_nor_ends_a_row_of_odd_stops() -> None:
    schedule = taught(*[1] * 10, *[0] * 5)
    schedule.take(8, np.array([np.nan]), ALWAYS)
    assert schedule.running_share(8)[0] == 1.0
    schedule.take(8, STANDS, ALWAYS)
    assert schedule.running_share(8)[0] < 1.0


def test_a_person_sets_and_resets_the_week() -> None:
    schedule = Schedule(2)
    schedule.set_hours(1, np.arange(HOURS_OF_WEEK) % 24 >= 6)
    assert np.isnan(schedule.running_share(3)[0])
    assert (schedule.running_share(3)[1], schedule.running_share(7)[1]) == (0.0, 1.0)
    schedule.reset(1)
    assert np.isnan(schedule.running_share(7)[1])


def test_weekends_have_hours_of_their_own() -> None:
    assert (hour_of_week(0, 5), hour_of_week(4, 5), hour_of_week(5, 5), hour_of_week(6, 23)) == (5, 5, 29, 47)
