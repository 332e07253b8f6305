"""Homes are drawn in the ranges of the design, the same whatever else is drawn, and shared walls are shared."""

from dataclasses import replace

import numpy as np

from heating.assets import Position
from simulators.buildings.circulation import BuildingCirculation
from simulators.buildings.home_parameters import draw_homes
from simulators.city_layout import lay_out
from simulators.random_streams import RandomStreams
from tests.unit.simulators.cities import small_site

SITE = small_site()
LAYOUT = lay_out(SITE)
MEAN_WATER_C = np.where(LAYOUT.station_floor_heating, 38.0, 55.0)
HOMES = draw_homes(LAYOUT, RandomStreams(1), MEAN_WATER_C)


def test_constants_of_a_90_m2_home_lie_in_their_ranges() -> None:
    size = LAYOUT.home_area_m2 / 90
    exposure = np.array([0.85, 1.05, 1.15, 1.10, 1.40])[LAYOUT.home_position]
    for values, low, high in (
        (HOMES.conductance_w_per_k / exposure / size, 80, 140),
        (HOMES.air_j_per_k / size, 1.5e6, 2.5e6),
        (HOMES.mass_j_per_k / size, 15e6, 23e6),
        (HOMES.inside_w_per_k / size, 700, 1100),
        (
            HOMES.leakage_w_per_k[~LAYOUT.home_suspended] / (0.34 * 243 * size[~LAYOUT.home_suspended]),
            0.3,
            0.6,
        ),
    ):
        assert low * 0.999 <= values.min() < values.max() <= high * 1.001
    assert 3.5 < (HOMES.gains_w / LAYOUT.home_area_m2).mean() < 4.1
    shared = HOMES.shared_w_per_k[HOMES.shared_w_per_k > 0]
    assert shared.min() >= 30 and shared.max() <= 80


def test_old_buildings_lose_more_than_new_ones() -> None:
    def conductance(year: int) -> float:
        site = replace(SITE, buildings=tuple(replace(b, built_year=year) for b in SITE.buildings))
        drawn = draw_homes(lay_out(site), RandomStreams(1), MEAN_WATER_C)
        return float((drawn.conductance_w_per_k + drawn.leakage_w_per_k).sum())

    assert conductance(1988) > 1.25 * conductance(2018)


def test_a_shared_wall_is_the_same_from_both_sides() -> None:
    uneven = tuple(replace(home, area_m2=60.0 + 10 * (home.floor % 4)) for home in SITE.households)
    drawn = draw_homes(lay_out(replace(SITE, households=uneven)), RandomStreams(1), MEAN_WATER_C)
    homes = len(LAYOUT.home_key)
    between = np.zeros((homes, homes))
    for others, rates in zip(drawn.neighbours, drawn.shared_w_per_k, strict=True):
        between[np.arange(homes), others] += rates
    np.testing.assert_array_equal(between, between.T)
    assert (np.diag(between) == 0).all()


def test_homes_of_neighbouring_stairways_share_a_wall() -> None:
    households = SITE.households
    pairs = {
        (households[a].unit, households[int(b)].unit)
        for a, b in enumerate(LAYOUT.neighbours[3])
        if int(b) != a and households[a].building_id == households[int(b)].building_id
    }
    assert (1, 2) in pairs and (2, 1) in pairs
    assert all(abs(a - b) == 1 for a, b in pairs)


def test_a_home_is_the_same_in_a_smaller_city() -> None:
    first = LAYOUT.home_station == 0
    few = replace(
        SITE,
        households=tuple(h for h, keep in zip(SITE.households, first, strict=True) if keep),
        assignments=(),
    )
    drawn = draw_homes(lay_out(few), RandomStreams(1), MEAN_WATER_C)
    np.testing.assert_array_equal(drawn.emitter_w, HOMES.emitter_w[first])
    np.testing.assert_array_equal(drawn.conductance_w_per_k, HOMES.conductance_w_per_k[first])


def test_shares_of_a_building_add_up_to_one_and_upper_floors_get_less() -> None:
    circulation = BuildingCirculation(LAYOUT, HOMES, RandomStreams(1))
    every = np.ones(len(LAYOUT.home_key), np.float32)
    conductance = circulation.home_conductance(every, None)
    np.testing.assert_allclose(circulation.by_building(circulation.home_share(conductance)), 1.0, rtol=1e-5)
    np.testing.assert_allclose(circulation.building_factor(conductance, None), 1.0)
    per_load = conductance / (HOMES.conductance_w_per_k + HOMES.leakage_w_per_k)
    floor = np.array([home.floor for home in SITE.households])
    heated = ~LAYOUT.home_suspended
    middle = LAYOUT.home_position == list(Position).index(Position.MIDDLE)
    low, high = (per_load[heated & middle & chosen].mean() for chosen in (floor <= 2, floor >= 4))
    assert high < 0.97 * low


def test_sums_by_building_do_not_depend_on_the_order_of_homes() -> None:
    turned = replace(SITE, households=tuple(reversed(SITE.households)))
    mixed = lay_out(turned)
    assert (np.diff(mixed.home_building) < 0).any()
    loads = [
        BuildingCirculation(layout, draw_homes(layout, RandomStreams(1), MEAN_WATER_C), RandomStreams(1))
        for layout in (LAYOUT, mixed)
    ]
    np.testing.assert_allclose(loads[0].building_design_w, loads[1].building_design_w, rtol=1e-5)
