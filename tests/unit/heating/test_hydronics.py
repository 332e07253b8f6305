"""At which gap a formula still holds, and what it gives beyond."""

import math

import numpy as np
import pytest

from heating.hydronics import (
    KW_PER_GJ_PER_H,
    effectiveness,
    hours_to_cold,
    log_mean_temperature_difference_k,
)


def mean_k(hot_end_k: float, cold_end_k: float) -> float:
    return float(log_mean_temperature_difference_k(np.array([hot_end_k]), np.array([cold_end_k]))[0])


@pytest.mark.parametrize(
    ("hot_end_k", "cold_end_k", "known"),
    [(0.5, 2.0, True), (2.0, 0.5, True), (0.5, 0.5, True), (0.49, 2.0, False), (2.0, 0.49, False)],
)
def test_a_mean_needs_half_a_kelvin_at_each_end(hot_end_k: float, cold_end_k: float, known: bool) -> None:
    assert math.isfinite(mean_k(hot_end_k, cold_end_k)) is known


def test_ends_that_are_nearly_equal_give_the_plain_difference_and_others_the_logarithm() -> None:
    assert mean_k(20.0, 20.0) == 20.0
    assert mean_k(20.0, 10.0) == pytest.approx(10 / math.log(2), rel=1e-12)
    assert mean_k(20.0, 19.0) == pytest.approx(1 / math.log(20 / 19), rel=1e-12)


def test_an_exchanger_without_a_driving_gap_has_no_effectiveness() -> None:
    values = effectiveness(np.array([40.0, 40.5]), np.array([40.0, 40.0]), np.array([40.0, 40.0]))
    assert np.isnan(values[0])
    assert values[1] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("room_c", "outdoor_c", "hours"),
    [(18.0, -20.0, 0.0), (18.0, 30.0, 0.0), (20.0, 18.0, math.inf), (20.0, 17.0, 80 * math.log(3))],
)
def test_a_room_at_the_limit_is_cold_now_and_one_in_mild_air_never(
    room_c: float, outdoor_c: float, hours: float
) -> None:
    assert hours_to_cold(room_c=room_c, outdoor_c=outdoor_c, limit_c=18.0) == pytest.approx(hours)


def test_the_time_grows_with_the_time_constant_of_the_building() -> None:
    light, heavy = (
        hours_to_cold(room_c=20, outdoor_c=-10, limit_c=18, time_constant_h=hours) for hours in (40.0, 120.0)
    )
    assert heavy == pytest.approx(3 * light)


def test_a_gigajoule_an_hour_in_kilowatts() -> None:
    assert pytest.approx(1e6 / 3600, rel=1e-9) == KW_PER_GJ_PER_H
