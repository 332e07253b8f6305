"""Homes cool, warm and share heat as measured homes do."""

import numpy as np
import pytest
from numpy.typing import NDArray

from simulators.buildings.homes import HomeParameters, HomesModel, Outdoors

COLD = Outdoors(temp_c=-25.0, wind_m_per_s=3.6, radiation_w_per_m2=0.0)


def reference_home(count: int = 1) -> HomeParameters:
    """A 90 m² home inside a building: 80 W/K times 0.85, tight windows."""

    def all_of(value: float) -> NDArray[np.float32]:
        return np.full(count, value, np.float32)

    return HomeParameters(
        conductance_w_per_k=all_of(68),
        leakage_w_per_k=all_of(25),
        air_j_per_k=all_of(2.5e6),
        mass_j_per_k=all_of(20e6),
        inside_w_per_k=all_of(1100),
        gains_w=all_of(342),
        sun_m2=all_of(0),
        emitter_w=all_of(40),
        emitter_exponent=all_of(1.3),
        flow_share=all_of(1 / count),
        flow_design_w_per_k=all_of(350),
    )


def alone(count: int = 1) -> NDArray[np.int32]:
    return np.tile(np.arange(count, dtype=np.int32), (3, 1))


def in_balance(model: HomesModel, outdoors: Outdoors, air_c: float) -> None:
    """Bring air and structure to the steady state of a heated home."""
    p = model.parameters
    outer = 0.1 * p.conductance_w_per_k
    model.air_c = np.full_like(model.air_c, air_c)
    model.mass_c = (p.inside_w_per_k * air_c + outer * outdoors.temp_c) / (p.inside_w_per_k + outer)


@pytest.mark.parametrize("step_s", [60.0, 300.0, 600.0])
def test_a_home_without_heat_cools_by_the_table(step_s: float) -> None:
    model = HomesModel(reference_home(), alone())
    in_balance(model, COLD, 20.0)
    nothing = np.zeros(1, np.float32)
    after_h: dict[int, float] = {}
    for step in range(1, int(8 * 3600 / step_s) + 1):
        model.step(step_s, nothing, COLD)
        if step * step_s % 3600 == 0:
            after_h[int(step * step_s / 3600)] = float(model.air_c[0])
    assert after_h[1] == pytest.approx(17.5, abs=0.5)
    assert after_h[4] == pytest.approx(15.4, abs=0.5)
    assert after_h[8] == pytest.approx(13.2, abs=0.5)


def test_heat_in_is_heat_out_plus_heat_kept() -> None:
    model = HomesModel(reference_home(), alone())
    in_balance(model, COLD, 20.0)
    p, given_j, lost_j = model.parameters, 0.0, 0.0
    before = float((p.air_j_per_k * model.air_c + p.mass_j_per_k * model.mass_c)[0])
    heat = np.full(1, 3000, np.float32)
    for _ in range(200):
        model.step(300.0, heat, COLD)
        given_j += 300.0 * (3000 + 342)
        loss = (0.9 * 68 + 25) * (model.air_c[0] + 25) + 0.1 * 68 * (model.mass_c[0] + 25)
        lost_j += 300.0 * float(loss)
    kept = float((p.air_j_per_k * model.air_c + p.mass_j_per_k * model.mass_c)[0]) - before
    assert given_j == pytest.approx(lost_j + kept, rel=2e-3)


def test_a_cold_neighbour_costs_warmth_and_gains_some() -> None:
    neighbours = np.array([[1, 1], [0, 0], [0, 1]], np.int32)  # the second home lies above the first
    model = HomesModel(reference_home(2), neighbours)
    in_balance(model, COLD, 20.0)
    heat = np.array([3800, 0], np.float32)
    for _ in range(12 * 24 * 6):
        model.step(300.0, heat, COLD)
    lone = HomesModel(reference_home(1), alone())
    in_balance(lone, COLD, 20.0)
    for _ in range(12 * 24 * 6):
        lone.step(300.0, heat[:1], COLD)
    assert model.air_c[0] < lone.air_c[0] - 1
    assert model.air_c[1] > -15


def test_radiators_give_less_when_flow_is_small_and_nothing_without_it() -> None:
    model = HomesModel(reference_home(3), alone(3))
    heat = model.emission_w(np.full(3, 60, np.float32), np.array([350, 20, 0], np.float32))
    assert heat[0] > heat[1] > heat[2] == 0
    assert heat[1] <= 20 * (60 - 20)
    mean_k = 60 - heat[0] / 700 - 20
    assert heat[0] == pytest.approx(40 * mean_k**1.3, rel=0.01)


def test_water_colder_than_the_room_takes_no_heat_away() -> None:
    model = HomesModel(reference_home(), alone())
    assert model.emission_w(np.full(1, 15, np.float32), np.full(1, 300, np.float32))[0] == 0
