"""Radiators follow EN 442, with the arithmetic mean while water cools little and the logarithmic one when much."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.buildings.radiators import EXPONENTS, RadiatorTable

TABLE = RadiatorTable()


def heat_w(k_w: float, rate_w_per_k: float, excess_k: float, *, floor: bool = False) -> float:
    """Return the heat from water `excess_k` above the room."""
    exponent = EXPONENTS[int(floor)]
    log_kappa = np.array([np.log(k_w * excess_k ** (exponent - 1) / rate_w_per_k)], np.float32)
    share = TABLE.share(log_kappa, np.array([floor]))
    return float(share[0]) * rate_w_per_k * excess_k


@pytest.mark.parametrize("floor", [False, True])
@given(k_w=st.floats(10, 200), rate_w_per_k=st.floats(20, 900), excess_k=st.floats(5, 60))
def test_heat_is_that_of_the_mean_excess_temperature(
    floor: bool, k_w: float, rate_w_per_k: float, excess_k: float
) -> None:
    heat = heat_w(k_w, rate_w_per_k, excess_k, floor=floor)
    back_k = excess_k - heat / rate_w_per_k
    ratio = back_k / excess_k
    if abs(ratio - 0.7) < 0.01 or ratio < 1e-3:
        return
    mean_k = (excess_k + back_k) / 2 if ratio > 0.7 else (excess_k - back_k) / np.log(excess_k / back_k)
    assert heat == pytest.approx(k_w * mean_k ** EXPONENTS[int(floor)], rel=0.01)


@given(k_w=st.floats(1, 500), rate_w_per_k=st.floats(0.1, 2000), excess_k=st.floats(0.1, 90))
def test_more_flow_and_warmer_water_never_give_less_and_never_more_than_there_is(
    k_w: float, rate_w_per_k: float, excess_k: float
) -> None:
    heat = heat_w(k_w, rate_w_per_k, excess_k)
    assert 0 <= heat <= rate_w_per_k * excess_k * (1 + 1e-6)
    assert heat_w(k_w, 1.2 * rate_w_per_k, excess_k) >= heat * (1 - 1e-4)
    assert heat_w(k_w, rate_w_per_k, 1.1 * excess_k) >= heat


def test_half_the_flow_costs_a_little_heat_and_a_tenth_costs_most_of_it() -> None:
    full, half, tenth = (heat_w(45, rate, 38) for rate in (350, 175, 35))
    assert 0.75 < half / full < 0.92
    assert tenth / full < 0.4
