"""Figures of windows, on windows small enough to check by hand; gaps are NaN."""

import numpy as np
import pytest
from numpy.typing import NDArray

from alerting.judging.learned import rings

NAN = float("nan")


def window(*values: float) -> NDArray[np.float64]:
    return np.array(values, np.float64)[:, None]


def test_the_mean_needs_half_of_the_slots() -> None:
    assert rings.mean(window(1, NAN, 3, NAN))[0] == 2.0
    assert np.isnan(rings.mean(window(1, NAN, NAN, NAN))[0])


def test_the_spread_of_big_figures_keeps_their_small_differences() -> None:
    assert rings.spread(window(1e9, 1e9 + 2, 1e9, 1e9 + 2))[0] == pytest.approx(1.0)


def test_a_span_is_unknown_when_a_quarter_is_missing() -> None:
    assert rings.span(window(5, 9, 7, NAN))[0] == 4.0
    assert np.isnan(rings.span(window(5, 9, NAN, NAN))[0])


def test_the_median_lies_between_the_middle_two() -> None:
    assert rings.median(window(1, 9, 3, NAN, 5))[0] == 4.0
    assert rings.median(window(100, 1, 2))[0] == 2.0


def test_one_outlier_does_not_move_the_middle_of_three() -> None:
    one, two, three = (np.array([value]) for value in (1.0, 50.0, 1.2))
    assert rings.median_of_three(one, two, three)[0] == 1.2
    assert np.isnan(rings.median_of_three(one, np.array([NAN]), three)[0])


def test_turns_count_changes_of_direction_and_not_the_play() -> None:
    assert rings.turns(window(0, 10, 0, 10, 0), 3.0)[0] == 3.0
    assert rings.turns(window(0, 2, 0, 2, 0), 3.0)[0] == 0.0


def test_noise_is_the_usual_step_and_not_the_ramp_under_one_jump() -> None:
    assert rings.noise(window(0, 1, 2, 30, 31))[0] == 1.0


def test_a_slope_is_that_of_the_line_through_what_is_known() -> None:
    assert rings.slope(window(1, NAN, 5, 7))[0] == pytest.approx(2.0)
    assert np.isnan(rings.slope(window(1, NAN, NAN, NAN))[0])


def test_the_longest_flat_run_ends_at_a_gap_and_at_a_change() -> None:
    assert rings.longest_flat_run(window(1, 1, 1, NAN, 1, 1, 2))[0] == 3.0
    assert rings.longest_flat_run(window(NAN, NAN))[0] == 0.0
