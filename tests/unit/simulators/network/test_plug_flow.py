"""Water as plugs: delay, sharpness, loss, and an exact balance at any flow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.network.plug_flow import PlugFlowPipes
from simulators.water import WATER_KJ_PER_M3_K, WATER_KW_PER_M3_PER_H_K
from tests.support.examples import examples


def pipes(
    *, water_m3: float, flow: float, loss_kw_per_k: float = 0.0, start_c: float = 50.0
) -> PlugFlowPipes:
    return PlugFlowPipes(
        water_m3=np.array([water_m3]),
        design_m3_per_h=np.array([flow]),
        loss_kw_per_k=np.array([loss_kw_per_k]),
        ground_c=4.0,
        start_c=np.array([start_c]),
    )


def test_ten_kilometres_at_one_metre_twenty_take_two_hours_and_a_third() -> None:
    area_m2 = np.pi / 4 * 0.5**2
    flow = 1.2 * area_m2 * 3600
    pipe = pipes(water_m3=10_000 * area_m2, flow=flow)
    arrived = []
    for _ in range(200):
        arrived.append(float(pipe.leaving_c(np.array([flow]), 60.0)[0]))
        pipe.take_in(np.array([flow]), np.array([90.0]), 60.0)
    hours = (1 + np.flatnonzero(np.array(arrived) > 70)[0]) / 60
    assert hours == pytest.approx(10_000 / 1.2 / 3600, abs=0.03)
    assert (np.array(arrived) > 51).sum() - (np.array(arrived) > 89).sum() <= 3


def test_at_half_the_flow_it_takes_twice_as_long() -> None:
    times = []
    for flow in (100.0, 50.0):
        pipe = pipes(water_m3=50.0, flow=100.0)
        steps = 0
        while pipe.leaving_c(np.array([flow]), 60.0)[0] < 70:
            pipe.take_in(np.array([flow]), np.array([90.0]), 60.0)
            steps += 1
        times.append(steps)
    assert times[1] / times[0] == pytest.approx(2, rel=0.05)


def test_in_the_steady_state_the_ground_takes_what_the_exponential_law_says() -> None:
    flow, loss = 40.0, 0.6
    pipe = pipes(water_m3=60.0, flow=flow, loss_kw_per_k=loss, start_c=90.0)
    for _ in range(400):
        left = float(pipe.leaving_c(np.array([flow]), 60.0)[0])
        pipe.take_in(np.array([flow]), np.array([90.0]), 60.0)
    expected = 4 + 86 * np.exp(-loss / (WATER_KW_PER_M3_PER_H_K * flow))
    assert left == pytest.approx(expected, abs=0.05)


@settings(max_examples=examples(40))
@given(st.integers(0, 2**31))
def test_no_heat_is_made_or_lost_on_the_way(seed: int) -> None:
    random = np.random.default_rng(seed)
    water = random.uniform(3, 80, 5)
    design = water * random.uniform(3, 14, 5)
    pipe = PlugFlowPipes(
        water_m3=water,
        design_m3_per_h=design,
        loss_kw_per_k=random.uniform(0, 0.8, 5),
        ground_c=4.0,
        start_c=random.uniform(30, 60, 5),
    )
    before, net_kj = pipe.stored_kj(), 0.0
    for _ in range(60):
        flow = design * random.uniform(0, 1.2, 5) * (random.random(5) > 0.1)
        dt_s = float(random.choice([1.0, 20.0, 60.0])) / pipe.steps_needed(flow, 60.0)
        inlet = random.uniform(40, 110, 5)
        out = pipe.leaving_c(flow, dt_s)
        net_kj += float(np.sum(flow * (inlet - out))) * dt_s / 3600 * WATER_KJ_PER_M3_K
        pipe.take_in(flow, inlet, dt_s)
    assert pipe.stored_kj() - before == pytest.approx(net_kj - pipe.lost_kj, abs=1e-6 * before)


def test_too_much_flow_for_a_cell_is_announced() -> None:
    pipe = pipes(water_m3=10.0, flow=40.0)
    assert pipe.steps_needed(np.array([40.0]), 60.0) == 1
    assert pipe.steps_needed(np.array([400.0]), 60.0) > 5
