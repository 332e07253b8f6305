"""Equal-percentage valves."""

import numpy as np
import pytest

from simulators.stations.control_valve import RANGEABILITY, opened_share, primary_conductance


def test_equal_steps_of_the_stroke_change_the_flow_by_equal_percentages() -> None:
    share = opened_share(np.arange(10.0, 101.0, 10.0))
    np.testing.assert_allclose(share[1:] / share[:-1], RANGEABILITY**0.1, rtol=1e-12)


def test_it_is_shut_at_nought_open_at_a_hundred_and_never_falls() -> None:
    position = np.linspace(0, 100, 401)
    share = opened_share(position)
    assert share[0] == 0 and share[-1] == 1
    assert (np.diff(share) >= 0).all()


def test_a_blocked_strainer_in_series_takes_flow_most_where_the_valve_is_open() -> None:
    position = np.array([30.0, 100.0])
    clean, blocked = (primary_conductance(position, np.full(2, 60.0), np.full(2, r)) for r in (2e-5, 2e-3))
    lost = 1 - blocked / clean
    assert lost[1] > 0.5 > 0.1 > lost[0]
    assert clean[1] == pytest.approx(60 / np.sqrt(1 + 2e-5 * 3600))
