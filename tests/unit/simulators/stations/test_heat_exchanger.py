"""Effectiveness of counter-flow exchangers at its known limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.stations.heat_exchanger import counter_flow_effectiveness, plate_conductance

UNITS = np.array([0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 20.0])


def test_with_one_stream_far_stronger_it_is_one_minus_e_to_the_minus_ntu() -> None:
    found = counter_flow_effectiveness(UNITS, np.zeros_like(UNITS))
    np.testing.assert_allclose(found, 1 - np.exp(-UNITS), rtol=1e-12)


@pytest.mark.parametrize("ratio", [1.0, 1.0 - 1e-8, 1.0 - 2e-6])
def test_with_equal_streams_it_is_ntu_over_one_plus_ntu(ratio: float) -> None:
    found = counter_flow_effectiveness(UNITS, np.full_like(UNITS, ratio))
    np.testing.assert_allclose(found, UNITS / (1 + UNITS), rtol=1e-4)


@given(st.floats(0, 200), st.floats(0, 1), st.floats(1.001, 2))
def test_it_is_between_none_and_all_and_grows_with_the_exchanger(
    units: float, ratio: float, more: float
) -> None:
    small, large = counter_flow_effectiveness(np.array([units, units * more]), np.full(2, ratio))
    assert 0 <= small <= large + 1e-12 <= 1 + 1e-9


@given(st.floats(0.05, 30), st.floats(0.01, 0.999))
def test_it_agrees_with_the_logarithmic_mean_difference(units: float, ratio: float) -> None:
    share = float(counter_flow_effectiveness(np.array([units]), np.array([ratio]))[0])
    low, hot, cold = 1.0, 90.0, 40.0
    heat = share * low * (hot - cold)
    first, second = hot - heat / low - cold, hot - (cold + heat * ratio / low)
    mean = (second - first) / np.log(second / first) if abs(second - first) > 1e-9 else first
    assert heat == pytest.approx(units * low * mean, rel=1e-4)


def test_films_follow_the_flow_and_fouling_takes_a_share() -> None:
    one = np.ones(1)
    assert plate_conductance(100 * one, one, one, one)[0] == pytest.approx(100)
    assert plate_conductance(100 * one, 0.5 * one, 0.5 * one, one)[0] == pytest.approx(100 * 0.5**0.7)
    assert plate_conductance(100 * one, one, one, 0.3 * one)[0] == pytest.approx(30)
