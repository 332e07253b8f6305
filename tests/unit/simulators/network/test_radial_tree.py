"""Trees of pipes: both laws of Kirchhoff at any shape, and the friction formula."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.network.pipe_friction import friction_factor, nominal_width_m
from simulators.network.radial_tree import RadialTree


@st.composite
def forests(draw: st.DrawFn) -> np.ndarray:
    count = draw(st.integers(1, 25))
    return np.array([draw(st.integers(-1, node - 1)) if node else -1 for node in range(count)], np.int64)


@given(forests(), st.integers(0, 2**31))
def test_flow_is_kept_at_nodes_and_pressure_along_pipes(parent: np.ndarray, seed: int) -> None:
    random = np.random.default_rng(seed)
    n = len(parent)
    resistance, conductance = 10 ** random.uniform(-6, -3, n), random.uniform(0, 80, n)
    head = random.uniform(0.2, 0.8, n)
    flow = RadialTree(parent).solve(head, resistance, conductance)
    np.testing.assert_allclose(flow.load_m3_per_h, conductance * np.sqrt(flow.difference_mpa), rtol=1e-9)
    below = flow.load_m3_per_h.copy()
    np.add.at(below, parent[parent >= 0], flow.pipe_m3_per_h[parent >= 0])
    np.testing.assert_allclose(flow.pipe_m3_per_h, below, rtol=1e-9, atol=1e-12)
    above = np.where(parent >= 0, flow.difference_mpa[parent], head)
    np.testing.assert_allclose(
        above - flow.difference_mpa, resistance * flow.pipe_m3_per_h**2, rtol=1e-6, atol=1e-12
    )


@given(forests(), st.integers(0, 2**31))
def test_sums_along_the_tree_agree_with_walking_it(parent: np.ndarray, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=len(parent))
    tree = RadialTree(parent)
    down, up = values.copy(), values.copy()
    for node in range(len(parent)):
        if parent[node] >= 0:
            down[node] += down[parent[node]]
    for node in range(len(parent) - 1, -1, -1):
        if parent[node] >= 0:
            up[parent[node]] += up[node]
    np.testing.assert_allclose(tree.summed_from_root(values), down, atol=1e-12)
    np.testing.assert_allclose(tree.summed_from_leaves(values), up, atol=1e-12)


def test_nodes_in_a_circle_are_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        RadialTree(np.array([-1, 2, 1], np.int64))


def test_friction_is_within_a_percent_of_colebrook_and_white() -> None:
    for width in (0.1, 0.3, 0.8):
        flow = np.array([0.5, 1.0, 2.0]) * np.pi / 4 * width**2 * 3600
        found = friction_factor(flow, np.full(3, width))
        reynolds = flow / 3600 * 4 / (np.pi * width * 4.1e-7)
        exact = found.copy()
        for _ in range(50):
            exact = (-2 * np.log10(0.0005 / (3.7 * width) + 2.51 / (reynolds * np.sqrt(exact)))) ** -2
        np.testing.assert_allclose(found, exact, rtol=0.01)


def test_a_width_in_trade_keeps_the_velocity() -> None:
    flow = np.array([5.0, 40.0, 400.0, 2000.0])
    width = nominal_width_m(flow, velocity_m_per_s=1.2)
    assert (flow / 3600 / (np.pi / 4 * width**2) <= 1.2).all() and (np.diff(width) > 0).all()
