"""People come and go by the hour; the heat they give has the mean of the design."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from simulators.city_layout import lay_out
from simulators.people.habits import Habits
from simulators.people.presence import Presence, is_day_off, local_hour
from simulators.random_streams import RandomStreams
from tests.unit.simulators.cities import small_site

CHINA = timezone(timedelta(hours=8))
LAYOUT = lay_out(small_site())
PRESENCE = Presence(LAYOUT, RandomStreams(1))


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp()


@pytest.mark.parametrize(
    ("day", "free"),
    [
        ("2026-01-15", False),
        ("2026-01-17", True),
        ("2026-01-01", True),
        ("2026-02-16", True),
        ("2026-02-18", True),
        ("2026-02-25", False),
        ("2027-02-08", True),
    ],
)
def test_days_off_are_weekends_new_year_and_the_week_of_spring_festival(day: str, free: bool) -> None:
    assert is_day_off(at(f"{day}T00:10")) is free
    assert is_day_off(at(f"{day}T23:50")) is free


def test_hours_are_those_of_the_clock_on_the_wall() -> None:
    assert local_hour(at("2026-01-15T07:30")) == 7.5


def test_working_people_are_out_in_the_morning_and_in_at_night() -> None:
    morning, night, saturday = (
        PRESENCE.at_home(at(text)) for text in ("2026-01-15T10:00", "2026-01-15T23:00", "2026-01-17T10:00")
    )
    out = PRESENCE.lived_in & (morning < 0.2)
    assert 0.35 < out.mean() < 0.6
    assert (night[out] > 0.9).all() and (saturday[out] > 0.7).all()
    assert morning.min() >= 0 and morning.max() <= 1


def test_nobody_is_in_where_nobody_lives() -> None:
    evening = at("2026-01-15T20:00")
    assert (PRESENCE.at_home(evening)[LAYOUT.home_suspended] == 0).all()
    assert (PRESENCE.gains_factor(evening)[LAYOUT.home_suspended] == 0).all()


def test_gains_have_the_mean_of_the_design_and_peak_when_people_cook() -> None:
    monday = at("2026-01-12T00:00")
    week = np.array(
        [PRESENCE.gains_factor(monday + 1800 * step)[PRESENCE.lived_in].mean() for step in range(336)]
    )
    assert week.mean() == pytest.approx(1.0, abs=0.06)
    night, lunch, dinner = (week[2 * hour] for hour in (3, 12, 18))
    assert lunch > 1.3 * night and dinner > 1.8 * night


def habits_of(seed: int) -> Habits:
    return Habits(LAYOUT, RandomStreams(seed), np.ones(240, np.float32))


METERED = habits_of(next(seed for seed in range(99) if len(habits_of(seed).with_thermostat) > 30))


def test_thermostats_sit_in_a_tenth_to_three_tenths_of_homes() -> None:
    shares = [len(habits_of(seed).with_thermostat) / 240 for seed in range(60)]
    assert 0.1 < np.mean(shares) < 0.3
    assert min(shares) == 0 and max(shares) > 0.4  # whole buildings have them or not


def test_thermostats_shut_when_it_is_warm_and_open_when_it_is_cold() -> None:
    habits = METERED
    moment = at("2026-01-15T12:00")
    for _ in range(40):
        warm = habits.at(moment, 300.0, np.full(240, 26, np.float32)).valve_opening.copy()
    for _ in range(40):
        cold = habits.at(moment, 300.0, np.full(240, 17, np.float32)).valve_opening.copy()
    without = np.ones(240, np.bool_)
    without[habits.with_thermostat] = False
    assert (warm[~without] < 0.1).all() and (cold[~without] > 0.95).all()
    assert (warm[without] == 1).all() and (cold[without] == 1).all()


def test_a_thermostat_needs_minutes_to_move() -> None:
    habits = habits_of(next(seed for seed in range(99) if len(habits_of(seed).with_thermostat) > 30))
    first = habits.at(0.0, 300.0, np.full(240, 26, np.float32)).valve_opening[habits.with_thermostat]
    assert ((first > 0.7) & (first < 0.9)).all()


def test_windows_stay_shut_at_night_and_in_empty_homes() -> None:
    habits = habits_of(1)
    room = np.full(240, 21, np.float32)
    night, noon = (
        habits.at(at(f"2026-01-17T{hour}:00"), 300.0, room).airing_w_per_k2 for hour in ("03", "12")
    )
    assert (night[PRESENCE.lived_in] < 0.4 * noon[PRESENCE.lived_in]).all()
    assert (noon[~PRESENCE.lived_in] == 0).all()
