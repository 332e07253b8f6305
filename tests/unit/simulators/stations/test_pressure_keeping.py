"""Static pressure: make-up, leaks, tank, relief valve, lock of the circulation pump."""

import numpy as np

from simulators.orifice import orifice_m3_per_h
from tests.unit.simulators.stations.stand import Stand


def test_a_healthy_loop_stays_within_hundredths_of_its_setpoint_with_little_make_up() -> None:
    course = Stand().run(48)
    assert np.abs(course["hold_mpa"]).max() < 0.02
    share = course["makeup"].mean(axis=0) / Stand().model.parameters.flow_design_m3_per_h
    assert ((share > 0.0003) & (share < 0.004)).all()


def test_the_orifice_law_gives_the_known_flow() -> None:
    found = orifice_m3_per_h(np.array([1e-4, 1e-4, 0.0]), np.array([0.5, -0.1, 0.5]))
    np.testing.assert_allclose(found, [0.62 * 1e-4 * np.sqrt(2 * 0.5e6 / 988) * 3600, 0, 0], rtol=1e-9)


def test_a_slow_leak_makes_the_make_up_run_and_holds() -> None:
    stand = Stand()
    stand.break_at(0, secondary_leak_m2=1.2e-5)
    course = stand.run(24)
    total = course["makeup_total"][-1] - course["makeup_total"][0]
    assert total[0] > 2.5 * total[1:].max()
    assert course["hold_mpa"][:, 0].min() > -0.05
    assert (course["flow"][-1] > 0.7).all()


def test_a_burst_empties_the_loop_and_low_pressure_stops_the_pump() -> None:
    stand = Stand()
    stand.run(1)
    stand.break_at(0, secondary_leak_m2=1.2e-3)
    course = stand.run(3)
    assert course["hold_mpa"][-1, 0] < -0.1 and (course["hold_mpa"][-1, 1:] > -0.02).all()
    assert course["flow"][-1, 0] == 0 and course["command_pct"][-1, 0] == 0
    assert not stand.model.pressure.pump_allowed[0] and not stand.model.circulation.fault[0]
    assert (course["makeup"][-60:, 0] > 0).all() and stand.model.pressure.second_runs[0]


def test_after_the_repair_pressure_and_flow_come_back() -> None:
    stand = Stand()
    stand.break_at(0, secondary_leak_m2=1.2e-3)
    stand.run(2)
    stand.break_at(0, secondary_leak_m2=0.0)
    course = stand.run(12)
    assert course["flow"][-1, 0] > 0.8 and abs(course["hold_mpa"][-1, 0]) < 0.02


def test_make_up_draws_the_tank_down_and_stops_before_it_is_dry() -> None:
    stand = Stand()
    stand.effects.secondary_leak_m2[:] = 1.2e-3
    stand.model.pressure.parameters.makeup_m3_per_h[:] = 12.0
    course = stand.run(6)
    assert course["tank_m"].min() > 0.0
    assert (course["tank_m"].min(axis=0) < 0.32).all()
    assert (course["makeup"][-60:].mean(axis=0) < 8).all()


def test_without_make_up_the_pressure_sinks_slowly() -> None:
    stand = Stand()
    stand.break_at(0, makeup_failed=True)
    course = stand.run(24)
    assert course["makeup"][:, 0].max() == 0 and course["hold_mpa"][-1, 0] < -0.03
    assert stand.model.pressure.makeup_fault[0] and not stand.model.pressure.makeup_fault[1:].any()
    assert np.abs(course["hold_mpa"][:, 1:]).max() < 0.02


def test_a_leaking_exchanger_lifts_the_pressure_stops_make_up_and_opens_the_relief_valve() -> None:
    stand = Stand()
    stand.supply_mpa, stand.return_mpa = 0.90, 0.60
    stand.run(1)
    stand.break_at(0, exchanger_leak_m2=4e-5)
    course = stand.run(8)
    assert course["hold_mpa"][:, 0].max() > 0.15
    assert course["makeup"][60:, 0].max() == 0 and course["makeup"][:, 1:].max() > 0
    assert course["relief"][:, 0].any() and not course["relief"][:, 1:].any()
