"""The solver against published reference cases: OpenModelica's and pandapipes' pressures of radial networks."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulators.network.pipe_friction import friction_factor, pipe_resistance
from simulators.network.radial_tree import RadialTree

REFERENCE = Path(__file__).parent / "reference"
TREES: list[dict[str, Any]] = json.loads((REFERENCE / "openmodelica_trees.json").read_text())["networks"]
MAINS: dict[str, Any] = json.loads((REFERENCE / "pandapipes_mains.json").read_text())
BAR_PER_MPA = 10.0


class Network:
    """A radial network with fixed demands."""

    def __init__(self, parent: list[int], taken_kg_per_s: dict[str, float], density: float) -> None:
        self.parent = np.array(parent, np.int64)
        self.tree = RadialTree(self.parent)
        self.taken = np.zeros(len(parent))
        for node, mass in taken_kg_per_s.items():
            self.taken[int(node)] = mass / density * 3600
        self.flow = self.tree.summed_from_leaves(self.taken)

    def resistance(
        self, length_m: Any, width_m: Any, roughness_m: float, viscosity: float, density: float
    ) -> Any:
        friction = friction_factor(self.flow, width_m, roughness_m=roughness_m, viscosity_m2_per_s=viscosity)
        found = pipe_resistance(friction, length_m, width_m, local=1.0, density_kg_per_m3=density)
        return np.where(self.parent < 0, 0.0, found)


def published(case: dict[str, Any]) -> tuple[Network, Any, Any]:
    """Return a tree of OpenModelica's, its resistances, and the published pressures [bar]."""
    count, density = len(case["pressure_bar"]), case["density_kg_per_m3"]
    parent, length, width = [-1] * count, np.ones(count), np.ones(count)
    for pipe in case["pipes"]:
        parent[pipe["to"]] = pipe["from"]
        length[pipe["to"]], width[pipe["to"]] = pipe["length_m"], pipe["width_m"]
    network = Network(parent, case["sinks_kg_per_s"], density)
    viscosity = case["viscosity_pa_s"] / density
    found = network.resistance(length, width, case["pipes"][0]["roughness_m"], viscosity, density)
    return network, found, np.array([case["pressure_bar"][str(node)] for node in range(count)])


@pytest.mark.parametrize("case", TREES, ids=[case["name"] for case in TREES])
def test_pressures_agree_with_those_that_openmodelica_published(case: dict[str, Any]) -> None:
    network, resistance, pressure_bar = published(case)
    loss = network.tree.summed_from_root(resistance * network.flow**2) * BAR_PER_MPA
    drop = pressure_bar[case["root"]] - pressure_bar
    np.testing.assert_allclose(loss, drop, rtol=0.01, atol=2e-5)


@pytest.mark.parametrize("case", TREES, ids=[case["name"] for case in TREES])
def test_velocities_agree_with_those_that_openmodelica_published(case: dict[str, Any]) -> None:
    network, _, _ = published(case)
    for pipe in case["pipes"]:
        metres_per_s = network.flow[pipe["to"]] / 3600 / (np.pi / 4 * pipe["width_m"] ** 2)
        assert metres_per_s == pytest.approx(pipe["velocity_m_per_s"], rel=0.001)


def mains() -> tuple[Network, Any, Any]:
    town = MAINS
    network = Network(town["parent"], town["taken_kg_per_s"], town["density_kg_per_m3"])
    found = network.resistance(
        np.array(town["length_m"]),
        np.array(town["width_m"]),
        town["roughness_m"],
        town["viscosity_m2_per_s"],
        town["density_kg_per_m3"],
    )
    return network, found, np.array(town["pressure_bar"])


def test_the_mains_of_a_town_agree_with_pandapipes() -> None:
    network, resistance, pressure_bar = mains()
    loss = network.tree.summed_from_root(resistance * network.flow**2) * BAR_PER_MPA
    assert pressure_bar[0] - pressure_bar.min() > 0.8
    np.testing.assert_allclose(loss, pressure_bar[0] - pressure_bar, rtol=0.01, atol=1e-5)


def test_loads_that_are_conductances_find_the_flows_of_the_reference() -> None:
    network, resistance, pressure_bar = mains()
    difference = pressure_bar / BAR_PER_MPA
    conductance = network.taken / np.sqrt(difference)
    head = np.zeros(len(difference))
    head[0] = difference[0]
    flow = network.tree.solve(head, resistance, conductance)
    np.testing.assert_allclose(flow.load_m3_per_h, network.taken, rtol=0.01)
    np.testing.assert_allclose(flow.difference_mpa, difference, rtol=0.01)
    np.testing.assert_allclose(flow.pipe_m3_per_h, network.flow, rtol=0.01)
