"""The flow of a station among its buildings, and the way of the water to them."""

import numpy as np
import pytest

from simulators.stations.secondary_network import BuildingSupply
from simulators.water import WATER_KJ_PER_M3_K
from tests.unit.simulators.stations.stand import Stand


def flow_ratio(stand: Stand) -> np.ndarray:
    connections = stand.model.buildings.connections
    return stand.model.building_flow_m3_per_h() / connections.design_flow_m3_per_h


def test_flows_of_buildings_add_up_to_the_flow_of_the_station() -> None:
    stand = Stand(imbalance=1.0)
    stand.load.conductance_factor = np.linspace(0.2, 1.0, len(stand.load.conductance_factor))
    stand.run(0.5)
    sums = np.bincount(stand.layout.building_station, stand.model.building_flow_m3_per_h(), 3)
    np.testing.assert_allclose(sums, stand.model.flow_m3_per_h, rtol=1e-9)


def test_every_path_loses_the_same_pressure() -> None:
    stand = Stand(imbalance=1.0)
    stand.run(0.5)
    c = stand.model.buildings.connections
    loss = (c.pipe_resistance + c.inner_resistance) * stand.model.building_flow_m3_per_h() ** 2
    np.testing.assert_allclose(loss, stand.model.circulation.network_mpa[c.station], rtol=1e-6)


def test_unbalanced_near_buildings_get_too_much_and_far_ones_too_little() -> None:
    from simulators.city_layout import lay_out
    from simulators.random_streams import RandomStreams
    from simulators.site.generator import generate_site
    from simulators.stations.secondary_network import draw_connections
    from tests.unit.simulators.cities import ORIGIN

    layout = lay_out(generate_site(stations=2, households=2400, sensed_fraction=0, seed=1, now=ORIGIN)[0])
    ratios = {}
    for imbalance in (0.0, 1.0):
        c = draw_connections(
            layout,
            RandomStreams(3),
            station_flow_m3_per_h=np.full(2, 300.0),
            network_loss_mpa=np.full(2, 0.1),
            supply_water_m3=np.full(2, 20.0),
            imbalance=imbalance,
        )
        flow = c.conductance(np.ones(len(c.station))) * np.sqrt(0.1)
        ratios[imbalance] = flow / c.design_flow_m3_per_h
        np.testing.assert_allclose(np.bincount(c.station, flow), [300, 300], rtol=1e-9)
    np.testing.assert_allclose(ratios[0.0], 1.0, rtol=1e-9)
    near, far = c.distance < 0.2, c.distance > 0.8
    assert 1.2 < ratios[1.0][near].mean() < 1.8
    assert 0.5 < ratios[1.0][far].mean() < 0.85


def test_shut_valves_in_one_building_send_its_water_to_the_others() -> None:
    stand = Stand()
    stand.run(0.5)
    before = flow_ratio(stand)
    first = int(np.flatnonzero(stand.layout.building_station == 0)[0])
    stand.load.conductance_factor[first] = 0.1
    stand.run(0.5)
    after = flow_ratio(stand)
    others = (stand.layout.building_station == 0) & (np.arange(len(after)) != first)
    assert after[first] < 0.25 * before[first]
    assert others.any() and (after[others] > before[others]).all()


def test_warm_water_reaches_far_buildings_later_and_cooler_and_its_loss_is_counted() -> None:
    stand = Stand()
    connections = stand.model.buildings.connections
    supply = BuildingSupply(connections, supply_c=np.full(3, 40.0))
    before = supply.stored_kj().sum()
    lost_kj, brought_kj = 0.0, 0.0
    for _ in range(60):
        lost_kj += float(supply.carry(60.0, np.full(3, 60.0)).sum()) * 60
        brought = supply.flow_m3_per_h * (60.0 - supply.supply_c) * WATER_KJ_PER_M3_K * 60 / 3600
        brought_kj += float(brought.sum())
    assert supply.stored_kj().sum() - before == pytest.approx(brought_kj - lost_kj, rel=1e-9)
    assert (supply.supply_c < 60).all() and (supply.supply_c > 58).all()
