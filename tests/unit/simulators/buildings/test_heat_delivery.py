"""Heat reaches homes without loss, shared by water, valves and radiators, and the water comes back the colder."""

import numpy as np
import pytest

from simulators.buildings.heat_delivery import DeliveredHeat
from simulators.buildings.homes import DomesticLife
from simulators.water import WATER_KW_PER_M3_PER_H_K
from tests.unit.simulators.reference_homes import USUAL, Town


def test_homes_of_a_building_receive_what_its_water_gave_off() -> None:
    town = Town().run(6)
    delivered = town.delivered()
    town.delivery.step(300.0, delivered, USUAL)
    received_kw = np.bincount(town.layout.home_building, town.homes.heat_w, len(delivered.heat_kw)) / 1000
    np.testing.assert_allclose(received_kw, delivered.heat_kw, rtol=1e-4)
    assert received_kw.min() > 1


def test_the_water_comes_back_colder_by_the_heat_that_it_gave() -> None:
    town = Town().run(24)
    back_c = town.delivery.building_return_c
    rate = WATER_KW_PER_M3_PER_H_K * town.delivered().flow_m3_per_h
    np.testing.assert_allclose(rate * (town.supply_c - back_c), town.delivery.building_heat_kw, rtol=1e-9)
    assert ((back_c > 20) & (back_c < town.supply_c - 3)).all()


def test_heat_from_water_no_warmer_than_the_rooms_is_not_lost() -> None:
    town = Town()
    lukewarm = DeliveredHeat(
        heat_kw=np.full_like(town.supply_c, 2.0),
        flow_m3_per_h=town.delivered().flow_m3_per_h,
        supply_c=np.full_like(town.supply_c, 15.0),
    )
    emitter = town.delivery.load.emitter_kw_per_k
    town.delivery.step(300.0, lukewarm, USUAL)
    received_kw = np.bincount(town.layout.home_building, town.homes.heat_w, len(town.supply_c)) / 1000
    np.testing.assert_allclose(received_kw, 2.0, rtol=1e-4)
    assert (town.delivery.load.emitter_kw_per_k == emitter).all()


def test_standing_water_gives_nothing_and_radiators_keep_their_answer() -> None:
    town = Town().run(6)
    usual = town.delivery.load.emitter_kw_per_k
    nothing = np.zeros_like(town.supply_c)
    town.delivery.step(300.0, DeliveredHeat(nothing, nothing, town.supply_c), USUAL)
    assert (town.homes.heat_w == 0).all()
    np.testing.assert_allclose(town.delivery.load.emitter_kw_per_k, usual, rtol=0.1)


def test_a_throttled_connection_leaves_the_building_less_conductance() -> None:
    town = Town()
    effects = town.effects()
    effects.building_opening[1] = 0.3
    factor = town.run(0.5, effects).delivery.load.conductance_factor
    assert factor[1] == pytest.approx(0.3)
    assert np.delete(factor, 1) == pytest.approx(1.0)


def test_a_blocked_riser_leaves_its_building_less_and_the_other_homes_more() -> None:
    healthy, broken = Town().run(0.5), Town()
    riser = broken.layout.home_riser == broken.layout.home_riser[0]
    building = broken.layout.home_building[0]
    effects = broken.effects()
    effects.home_opening[riser] = 0.05
    broken.run(0.5, effects)
    assert 0 < broken.delivery.load.conductance_factor[building] < 0.9
    others = (broken.layout.home_building == building) & ~riser & broken.heated
    gains = broken.homes.heat_w > healthy.homes.heat_w
    assert gains[others].all() and not gains[riser & broken.heated].any()


def test_thermostats_shut_rooms_off_and_the_building_feels_it() -> None:
    town = Town().run(1)
    n = len(town.homes.air_c)
    gains = town.homes.parameters.gains_w
    half = np.full(n, 0.5, np.float32)
    life = DomesticLife(gains_w=gains, airs_above_c=99 * half, airing_w_per_k2=0 * half, valve_opening=half)
    town.delivery.step(300.0, town.delivered(), USUAL, life, None)
    assert town.delivery.load.conductance_factor == pytest.approx(0.5)


def test_suspended_homes_live_on_leaks_and_neighbours() -> None:
    town = Town().run(120)
    suspended = town.layout.home_suspended
    assert suspended.any()
    assert 2 < town.homes.air_c[suspended].mean() < 15
    usual_w = np.median(town.homes.heat_w[town.heated])
    assert (town.homes.heat_w[suspended] < 0.8 * usual_w).all()
