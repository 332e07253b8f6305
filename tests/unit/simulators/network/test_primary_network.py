"""The primary network in motion: balances, delay, and what breaks it."""

import numpy as np
import pytest

from tests.unit.simulators.network.town import Town


def test_at_design_valves_every_station_gets_its_design_flow() -> None:
    town = Town()
    town.run(1)
    np.testing.assert_allclose(town.network.flow_m3_per_h, town.design, rtol=0.02)


def test_what_the_source_sends_arrives_or_leaks() -> None:
    town = Town()
    town.effects.branch_leak_m2[1] = 2e-3
    town.demand.leak_m3_per_h[5] = 1.5
    town.run(2)
    n = town.network
    sent, back = n.supply_flow_m3_per_h[0], n.return_flow_m3_per_h[0]
    assert n.leak_m3_per_h.sum() > 5
    assert sent == pytest.approx(n.flow_m3_per_h.sum() + n.leak_m3_per_h.sum(), rel=1e-9)
    assert back == pytest.approx(n.flow_m3_per_h.sum() - 1.5, rel=1e-9)


def test_a_change_at_the_source_reaches_far_stations_hours_later_and_cooler() -> None:
    town = Town()
    town.run(24)
    n = town.network
    far = int(np.argmax(n.plan.tree.summed_from_root(n.plan.length_m)[n.plan.station]))
    near = int(np.argmin(n.plan.tree.summed_from_root(n.plan.length_m)[n.plan.station]))
    assert n.arriving_c[far] < n.arriving_c[near] < n.sources.supply_c[0]
    travel_s, node = 0.0, int(n.plan.station[far])
    while n.plan.parent[node] >= 0:
        travel_s += n.plan.water_m3()[node] / n.supply_flow_m3_per_h[node] * 3600
        node = int(n.plan.parent[node])
    start = n.arriving_c.copy()
    n.sources.supply_c[:] = 60.0
    town.effects.source_capacity_factor[0] = 0.3
    waited_s = 0.0
    while n.arriving_c[far] > 0.5 * (start[far] + 60):
        town.run(1 / 60)
        waited_s += 60
    assert travel_s > 3600
    assert waited_s == pytest.approx(travel_s, rel=0.1)


def test_a_burst_branch_lowers_pressure_runs_make_up_and_shows_at_the_source() -> None:
    town = Town()
    town.run(2)
    usual = town.network.metered()
    before = town.network.at_stations()[1].copy()
    town.effects.branch_leak_m2[1] = 6e-3
    town.run(3)
    broken = town.network.metered()
    assert broken.makeup_m3_per_h[0] > 5 * usual.makeup_m3_per_h[0]
    assert broken.return_mpa[0] < usual.return_mpa[0] - 0.1
    assert (town.network.at_stations()[1] < before - 0.05).all()


def test_a_half_shut_branch_starves_its_own_stations_and_feeds_the_others() -> None:
    town = Town()
    town.run(1)
    before = town.network.flow_m3_per_h.copy()
    town.effects.branch_opening[1] = 0.12
    town.run(2)
    change = town.network.flow_m3_per_h / before
    assert change[town.on_branch(1)].max() < 0.3
    assert change[~town.on_branch(1)].min() >= 0.999


def test_a_branch_on_a_branch_suffers_with_it() -> None:
    town = Town()
    town.run(1)
    before = town.network.flow_m3_per_h.copy()
    town.effects.branch_opening[0] = 0.2
    town.run(2)
    change = town.network.flow_m3_per_h / before
    assert change[town.on_branch(2)].max() < 0.6 and change[town.on_branch(1)].min() > 0.99


def test_lost_pumps_lower_the_difference_everywhere() -> None:
    town = Town()
    town.run(1)
    before = town.network.flow_m3_per_h.copy()
    town.effects.source_pump_factor[0] = 0.3
    town.run(1)
    change = town.network.flow_m3_per_h / before
    assert (change < 0.75).all() and (change > 0.3).all()
    assert town.network.metered().supply_mpa[0] < 0.7


def test_a_tripped_source_cools_and_recovers_no_faster_than_its_ramp() -> None:
    town = Town()
    town.run(12)
    sources = town.network.sources
    usual = float(sources.supply_c[0])
    town.effects.source_capacity_factor[0] = 0.0
    town.run(1)
    assert sources.heat_kw[0] == 0 and sources.supply_c[0] < usual - 35
    town.effects.source_capacity_factor[0] = 1.0
    town.run(1 / 60)
    assert sources.heat_kw[0] <= 0.0201 * sources.parameters.capacity_kw[0]
    town.run(8)
    assert sources.supply_c[0] == pytest.approx(usual, abs=2)


def test_a_load_above_capacity_lowers_the_supply_temperature() -> None:
    enough, scarce = Town(outdoor_c=-25), Town(outdoor_c=-25, capacity_factor=0.6)
    for town in (enough, scarce):
        town.run(24)
    assert enough.network.sources.supply_c[0] == pytest.approx(enough.network.sources.setpoint_c[0], abs=1)
    assert scarce.network.sources.supply_c[0] < scarce.network.sources.setpoint_c[0] - 10
    assert scarce.network.sources.heat_kw[0] == pytest.approx(
        scarce.network.sources.parameters.capacity_kw[0]
    )


def test_the_setpoint_follows_the_weather_slowly() -> None:
    town = Town(outdoor_c=0.0)
    town.outdoor_c = -25.0
    first = float(town.network.sources.setpoint_c[0])
    town.run(1)
    assert 0 < town.network.sources.setpoint_c[0] - first <= 15.01
    town.run(47)
    assert town.network.sources.setpoint_c[0] == pytest.approx(106, abs=0.5)


def test_pressures_stay_in_the_range_of_the_domain() -> None:
    town = Town(outdoor_c=-25)
    town.run(6)
    _, supply, back = town.network.at_stations()
    assert (supply < 1.3).all() and (back > 0.29).all() and (supply - back > 0.1).all()
