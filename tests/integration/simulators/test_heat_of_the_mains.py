"""Two days of the primary network, healthy and broken: what the sources give arrives, is lost or stays in the pipes."""

import pytest

from tests.unit.simulators.network.town import Town


@pytest.mark.parametrize(
    "broken",
    ["healthy", "branch_leak_m2", "branch_opening", "source_pump_factor", "source_capacity_factor", "plates"],
)
def test_heat_closes_over_two_days(broken: str) -> None:
    town = Town()
    before = town.energy_kj()
    town.run(12)
    match broken:
        case "branch_leak_m2":
            town.effects.branch_leak_m2[1] = 3e-3
        case "branch_opening":
            town.effects.branch_opening[0] = 0.12
        case "source_pump_factor" | "source_capacity_factor":
            getattr(town.effects, broken)[0] = 0.4
        case "plates":
            town.demand.leak_m3_per_h[3] = 2.0
    town.run(36)
    assert abs(town.energy_kj() - before) < 0.001 * town.network.sources.heat_kj.sum()
