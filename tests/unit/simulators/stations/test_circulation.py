"""Circulation pumps: affinity, wear, strainers, air, frozen drives."""

import numpy as np
import pytest

from tests.unit.simulators.stations.stand import Stand


def at_frequency(stand: Stand, hz: float) -> tuple[float, float, float]:
    """Return flow, head and power of the first station at a fixed speed."""
    pumps = stand.model.circulation
    pumps.frequency_hz = np.full(3, hz)
    together = stand.model.buildings.station_conductance(3)
    for _ in range(3):
        pumps.flow(60.0, stand.t_s, together, stand.effects)
    head = pumps.network_mpa + pumps.exchanger_mpa + pumps.strainer_mpa
    return float(pumps.flow_m3_per_h[0]), float(head[0]), float(pumps.power_kw[0])


def test_flow_goes_with_speed_head_with_its_square_power_with_its_cube() -> None:
    stand = Stand()
    (flow, head, power), (less_flow, less_head, less_power) = (at_frequency(stand, hz) for hz in (50, 40))
    assert less_flow / flow == pytest.approx(0.8, rel=1e-6)
    assert less_head / head == pytest.approx(0.8**2, rel=1e-6)
    assert less_power / power == pytest.approx(0.8**3, rel=1e-6)


def test_at_design_speed_the_design_flow_runs() -> None:
    stand = Stand()
    p = stand.model.parameters.pumps
    flow, head, _ = at_frequency(stand, float(p.design_hz[0]))
    assert flow == pytest.approx(p.design_m3_per_h[0], rel=1e-6)
    assert head == pytest.approx(p.design_mpa[0], rel=1e-6)


def test_a_worn_pump_builds_up_less_head() -> None:
    stand = Stand()
    stand.break_at(0, pump_head_factor=0.5)
    hz = float(stand.model.parameters.pumps.design_hz[0])
    flow, head, _ = at_frequency(stand, hz)
    whole, whole_head, _ = at_frequency(Stand(), hz)
    assert flow < 0.85 * whole and head < 0.75 * whole_head


def test_a_blocked_strainer_takes_pressure_and_flow() -> None:
    stand = Stand()
    before = stand.run(1)["flow"]
    stand.break_at(0, strainer_secondary_factor=40.0)
    after = stand.run(1)
    assert stand.model.circulation.strainer_mpa[0] > 0.05
    assert stand.model.circulation.strainer_mpa[1] < 0.02
    assert after["flow"][-1, 0] < 0.8 * before[-1, 0]


def test_fouled_plates_take_more_pressure_on_the_secondary_side() -> None:
    stand = Stand()
    stand.break_at(0, exchanger_resistance_factor=3.5)
    stand.run(1)
    loss = stand.model.circulation.exchanger_mpa
    assert loss[0] > 2 * loss[1]


def test_air_makes_the_flow_small_and_unsteady() -> None:
    stand = Stand()
    usual = stand.run(1, dt_s=10.0)["flow"]
    stand.break_at(0, air_share=0.6)
    bound = stand.run(1, dt_s=10.0)["flow"]
    assert bound[60:, 0].mean() < 0.75 * usual[60:, 0].mean()
    assert bound[60:, 0].std() > 10 * usual[60:, 0].std() + 0.03
    assert bound[60:, 1].std() < 0.01


def test_a_frozen_drive_keeps_its_frequency_whatever_homes_do() -> None:
    frozen, free = Stand(), Stand()
    for stand in (frozen, free):
        stand.run(1)
        stand.load.conductance_factor = np.full_like(stand.load.conductance_factor, 0.6)
    frozen.effects.drive_frozen[:] = True
    still, moved = frozen.run(2)["hz"], free.run(2)["hz"]
    assert np.ptp(still, axis=0).max() < 1e-9
    keeps = free.model.parameters.pumps.keeps_pressure
    assert keeps.any() and (np.ptp(moved, axis=0)[keeps] > 1).all()


def test_the_pumps_take_turns_by_the_week() -> None:
    stand = Stand()
    stand.step(60.0)
    first = stand.model.circulation.duty.copy()
    stand.t_s += 7 * 86400
    stand.step(60.0)
    assert (stand.model.circulation.duty + first == 3).all()
