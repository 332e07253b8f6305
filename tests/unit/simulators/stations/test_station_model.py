"""Whole stations: heat and mass close, registers rise, and faults show."""

import numpy as np

from tests.unit.simulators.stations.stand import Stand


def test_registers_only_rise() -> None:
    stand = Stand()
    stand.break_at(0, pump_tripped=True)
    stand.break_at(1, exchanger_leak_m2=4e-5)
    course = stand.run(12)
    for name in ("heat_total", "volume_total", "makeup_total", "kwh"):
        assert (np.diff(course[name], axis=0) >= 0).all()
    assert (course["heat_total"][-1, 1:] > course["heat_total"][0, 1:]).all()


def test_a_stopped_pump_shuts_the_valve_and_lets_the_water_cool() -> None:
    stand = Stand()
    stand.run(1)
    stand.break_at(0, pump_tripped=True)
    course = stand.run(6)
    assert course["flow"][-1, 0] == 0 and course["valve_pct"][-1, 0] == 0 and course["heat_kw"][-1, 0] == 0
    assert course["supply_c"][-1, 0] < course["supply_c"][0, 0] - 5
    assert course["power_kw"][-1, 0] == 0 and (course["flow"][-1, 1:] > 0.8).all()


def test_without_mains_the_valve_stays_and_primary_water_returns_hot() -> None:
    stand = Stand()
    stand.run(1)
    kwh = stand.model.electricity_total_kwh.copy()
    stand.break_at(0, mains_ok=False)
    course = stand.run(1)
    assert np.ptp(course["valve_pct"][:, 0]) == 0 and course["flow"][-1, 0] == 0
    assert course["primary_return_c"][-1, 0] > 85
    assert stand.model.electricity_total_kwh[0] == kwh[0]


def test_a_fouled_exchanger_opens_the_valve_and_returns_warmer_water() -> None:
    stand = Stand()
    stand.run(3)
    before = stand.values()
    stand.break_at(0, exchanger_ua_factor=0.3)
    stand.run(4)
    after = stand.values()
    assert after["valve_pct"][0] > before["valve_pct"][0] + 4
    assert after["primary_return_c"][0] > before["primary_return_c"][0] + 3
    assert abs(after["valve_pct"][1] - before["valve_pct"][1]) < 1


def test_a_blocked_primary_strainer_costs_flow_until_the_valve_has_opened() -> None:
    stand = Stand()
    stand.run(3)
    before = stand.values()
    stand.break_at(0, strainer_primary_factor=40.0)
    stand.run(3)
    after = stand.values()
    assert stand.model.primary_strainer_mpa[0] > 5 * stand.model.primary_strainer_mpa[1]
    assert after["valve_pct"][0] > before["valve_pct"][0] + 2


def test_a_failed_meter_shows_no_flow_while_heat_goes_on() -> None:
    stand = Stand()
    stand.break_at(0, meter_failed=True)
    course = stand.run(1)
    assert course["meter_flow"][-1, 0] == 0 and course["heat_kw"][-1, 0] > 50
    assert np.ptp(course["heat_total"][:, 0]) == 0


def test_steps_of_a_second_and_of_a_minute_agree() -> None:
    fine, coarse = Stand(), Stand()
    fine.run(3, dt_s=5.0)
    coarse.run(3, dt_s=60.0)
    np.testing.assert_allclose(fine.model.supply_c, coarse.model.supply_c, atol=0.3)
    np.testing.assert_allclose(fine.model.return_c, coarse.model.return_c, atol=0.3)
