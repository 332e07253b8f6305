"""Homes cool, warm and share heat as measured homes do; faults of homes have the consequence that physics gives."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from simulators.buildings.homes import DomesticLife, HomesModel, Outdoors
from simulators.effects import Effects
from tests.unit.simulators.reference_homes import COLD, Town, in_balance, reference_home, two_homes

SUNNY = Outdoors(temp_c=-15.0, wind_m_per_s=3.6, radiation_w_per_m2=350.0)


def settled(model: HomesModel, heat_w: NDArray[np.float32], days: float = 14.0) -> NDArray[np.float32]:
    for _ in range(int(days * 144)):
        model.step(600.0, heat_w, COLD)
    return model.air_c


@pytest.mark.parametrize("step_s", [60.0, 300.0, 600.0])
def test_a_home_without_heat_cools_by_the_table(step_s: float) -> None:
    model = HomesModel(reference_home())
    in_balance(model, COLD, 20.0)
    nothing = np.zeros(1, np.float32)
    after_h: dict[int, float] = {}
    for step in range(1, int(8 * 3600 / step_s) + 1):
        model.step(step_s, nothing, COLD)
        if step * step_s % 3600 == 0:
            after_h[int(step * step_s / 3600)] = float(model.air_c[0])
    assert after_h[1] == pytest.approx(17.5, abs=0.5)
    assert after_h[4] == pytest.approx(15.4, abs=0.4)
    assert after_h[8] == pytest.approx(13.2, abs=0.4)


def test_heat_in_is_heat_out_plus_heat_kept() -> None:
    model = HomesModel(reference_home())
    in_balance(model, SUNNY, 20.0)
    p, given_j, lost_j = model.parameters, 0.0, 0.0
    before = float((p.air_j_per_k * model.air_c + p.mass_j_per_k * model.mass_c)[0])
    heat = np.full(1, 3000, np.float32)
    for _ in range(200):
        model.step(300.0, heat, SUNNY)
        given_j += 300.0 * (3000 + 342 + 350)
        loss = (0.9 * 68 + 25) * (model.air_c[0] + 15) + 0.1 * 68 * (model.mass_c[0] + 15)
        lost_j += 300.0 * float(loss)
    kept = float((p.air_j_per_k * model.air_c + p.mass_j_per_k * model.mass_c)[0]) - before
    assert given_j == pytest.approx(lost_j + kept, rel=2e-3)


def test_neighbours_exchange_heat_and_lose_none_of_it() -> None:
    model = HomesModel(two_homes(55.0))
    in_balance(model, COLD, 20.0)
    heat = np.array([4600, 3200], np.float32)
    warm, cool = settled(model, heat)
    mean_alone = settled(HomesModel(reference_home(2)), heat)
    assert warm < mean_alone[0] and cool > mean_alone[1]
    assert warm + cool == pytest.approx(mean_alone.sum(), abs=0.02)


def test_an_unheated_neighbour_costs_half_a_kelvin_to_two() -> None:
    healthy, beside = Town(), Town()
    layout = healthy.layout
    inner = np.flatnonzero(healthy.heated & (layout.neighbours != np.arange(240)).all(axis=0))
    home = next(int(h) for h in inner if healthy.heated[layout.neighbours[:, h]].all())
    effects = beside.effects()
    effects.home_opening[layout.neighbours[0, home]] = 0.0
    effects.home_gains_factor[layout.neighbours[0, home]] = 0.0
    before, after = (
        town.run(120.0, effect).homes.air_c for town, effect in ((healthy, None), (beside, effects))
    )
    assert after[layout.neighbours[0, home]] < 14
    assert 0.5 < before[home] - after[home] < 2.0


def test_the_sun_warms_air_and_structure_by_their_shares() -> None:
    dark, light = HomesModel(reference_home()), HomesModel(reference_home())
    for model in (dark, light):
        in_balance(model, SUNNY, 20.0)
    heat = np.full(1, 3200, np.float32)
    light.step(300.0, heat, SUNNY)
    dark.step(300.0, heat, replace(SUNNY, radiation_w_per_m2=0.0))
    p = light.parameters
    air_j = float((p.air_j_per_k * (light.air_c - dark.air_c))[0])
    mass_j = float((p.mass_j_per_k * (light.mass_c - dark.mass_c))[0])
    assert air_j + mass_j == pytest.approx(350 * 300, rel=0.02)
    assert air_j == pytest.approx(0.3 * 350 * 300, rel=0.2)


@pytest.mark.parametrize(
    ("change", "low_k", "high_k"),
    [
        (lambda e, h: e.home_extra_air_per_h.__setitem__(h, 1.5), -14.0, -4.0),
        (lambda e, h: e.home_conductance_factor.__setitem__(h, 1.6), -7.0, -1.5),
        (lambda e, h: e.home_gains_factor.__setitem__(h, 0.0), -3.0, -0.4),
        (lambda e, h: e.home_gains_factor.__setitem__(h, 3.0), 0.8, 6.0),
        (lambda e, h: e.home_sun_factor.__setitem__(h, 8.0), 0.3, 12.0),
        (lambda e, h: e.home_emitter_factor.__setitem__(h, 0.5), -9.0, -2.0),
        (lambda e, h: e.home_opening.__setitem__(h, 0.1), -12.0, -2.0),
    ],
    ids=[
        "open window",
        "damaged envelope",
        "vacant",
        "many people",
        "sunny room",
        "air in radiator",
        "valve shut",
    ],
)
def test_a_fault_of_a_home_changes_its_temperature_and_hardly_anyone_elses(
    change: Callable[[Effects, int], None], low_k: float, high_k: float
) -> None:
    healthy, broken = Town(), Town()
    home = int(np.flatnonzero(healthy.heated)[7])
    effects = broken.effects()
    change(effects, home)
    outdoors = Outdoors(temp_c=-19.0, wind_m_per_s=3.6, radiation_w_per_m2=120.0)
    before = healthy.run(72.0, healthy.effects(), outdoors).homes.air_c
    after = broken.run(72.0, effects, outdoors).homes.air_c
    assert low_k < after[home] - before[home] < high_k
    elsewhere = healthy.layout.home_station != healthy.layout.home_station[home]
    assert (after[elsewhere] == before[elsewhere]).all()


def test_windows_open_when_it_is_too_warm_and_somebody_is_in() -> None:
    model, shut = HomesModel(reference_home()), HomesModel(reference_home())
    for each in (model, shut):
        in_balance(each, COLD, 26.0)
    one = np.ones(1, np.float32)
    life = DomesticLife(gains_w=one, airs_above_c=23 * one, airing_w_per_k2=40 * one, valve_opening=one)
    heat = np.full(1, 4800, np.float32)
    for _ in range(48):
        model.step(300.0, heat, COLD, life)
        shut.step(300.0, heat, COLD, replace(life, airing_w_per_k2=0 * one))
    assert 23 < model.air_c[0] < shut.air_c[0] - 0.5
    assert model.airing_w_per_k[0] > 0 == shut.airing_w_per_k[0]


def test_the_state_before_a_step_stays_as_it_was() -> None:
    model = HomesModel(reference_home())
    before, values = model.air_c, model.air_c.copy()
    model.step(300.0, np.zeros(1, np.float32), COLD)
    assert (before == values).all() and model.air_c is not before
