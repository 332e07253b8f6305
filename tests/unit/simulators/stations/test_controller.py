"""Controllers: what they see, what they command, and what happens when a part of them breaks."""

import numpy as np
import pytest

from simulators.stations.controller import ControlMode
from tests.unit.simulators.stations.stand import MIDNIGHT_S, Stand


def test_a_healthy_station_reaches_its_setpoint_and_stays() -> None:
    course = Stand().run(6)
    assert np.abs(course["supply_c"] - course["setpoint_c"])[120:].max() < 0.5
    assert np.ptp(course["valve_pct"][120:], axis=0).max() < 2


@pytest.mark.parametrize("dt_s", [5.0, 60.0])
def test_a_far_too_high_gain_makes_the_valve_hunt(dt_s: float) -> None:
    stand = Stand()
    stand.run(2, dt_s=dt_s)
    stand.break_at(0, valve_gain_factor=20.0)
    course = stand.run(2, dt_s=dt_s)
    half = len(course["valve_pct"]) // 2
    swing = np.ptp(course["valve_pct"][half:], axis=0)
    assert swing[0] > 15 and swing[1:].max() < 3
    assert np.ptp(course["supply_c"][half:, 0]) > 2


def test_a_stuck_valve_no_longer_follows_its_command() -> None:
    stand = Stand()
    stand.run(2)
    stand.break_at(0, valve_stuck=True)
    stand.outdoor_c = -30.0
    course = stand.run(6)
    assert np.ptp(course["valve_pct"][:, 0]) == 0
    gap = np.abs(course["command_pct"] - course["valve_pct"])[-1]
    assert gap[0] > 10 and gap[1:].max() < 3
    assert course["setpoint_c"][-1, 0] - course["supply_c"][-1, 0] > 2


def test_the_valve_needs_its_stroke_time() -> None:
    stand = Stand()
    stand.run(1)
    controllers = stand.model.controllers
    controllers.valve_pct[:] = 0.0
    controllers.valve_command_pct[:] = 100.0
    stand.step(10.0)
    np.testing.assert_allclose(controllers.valve_pct, 1000 / controllers.parameters.stroke_s, rtol=1e-9)
    assert ((controllers.parameters.stroke_s >= 60) & (controllers.parameters.stroke_s <= 150)).all()


def test_the_outdoor_filter_takes_two_to_four_hours() -> None:
    stand = Stand(outdoor_c=0.0)
    stand.step(60.0)
    controllers = stand.model.controllers
    start = controllers.outdoor_filtered_c.copy()
    stand.outdoor_c = -10.0
    course = []
    for _ in range(6 * 60):
        stand.step(60.0)
        course.append(controllers.outdoor_filtered_c - start)
    reached = [np.flatnonzero(np.array(course)[:, i] < -6.32)[0] / 60 for i in range(3)]
    assert all(1.9 < hours < 4.1 for hours in reached)


def test_a_wrong_curve_shifts_setpoint_and_water() -> None:
    stand = Stand()
    stand.run(2)
    before = stand.model.supply_c.copy()
    stand.break_at(0, curve_shift_k=-12.0)
    stand.run(6)
    change = stand.model.supply_c - before
    assert change[0] == pytest.approx(-12, abs=1) and np.abs(change[1:]).max() < 1


def test_setback_acts_at_night_and_a_wrong_clock_moves_it_to_the_day() -> None:
    stand = Stand()
    stand.effects.setback_k[:2] = 6.0
    stand.effects.controller_clock_shift_s[1] = 12 * 3600.0
    hour = np.arange(24 * 60) / 60
    stand.t_s = MIDNIGHT_S
    setpoint = stand.run(24)["setpoint_c"]
    noon, night = (hour > 11) & (hour < 14), (hour > 1) & (hour < 3)
    right = setpoint[noon].mean(axis=0) - setpoint[night].mean(axis=0)
    assert right[0] > 5 and right[1] < -3 and abs(right[2]) < 2.5


def test_sun_on_the_outdoor_sensor_warms_it_by_day_and_lowers_the_setpoint() -> None:
    stand = Stand()
    stand.break_at(0, outdoor_sensor_sun=1.0)
    stand.run(2)
    before = stand.model.controllers.setpoint_c.copy()
    shaded = stand.model.controllers.outdoor_sensor_c.copy()
    stand.radiation_w_per_m2 = 500.0
    stand.run(3)
    change = stand.model.controllers.setpoint_c - before
    warmer = stand.model.controllers.outdoor_sensor_c - shaded
    assert 4 < warmer[0] < 10 and np.abs(warmer[1:]).max() < 1e-9
    assert change[0] < -2 and np.abs(change[1:]).max() < 0.3


def test_a_drifting_supply_sensor_makes_the_water_really_too_cold() -> None:
    stand = Stand()
    stand.run(2)
    before = stand.model.supply_c.copy()
    stand.break_at(0, supply_sensor_shift_k=7.0)
    stand.run(6)
    change = stand.model.supply_c - before
    assert change[0] == pytest.approx(-7, abs=0.7) and np.abs(change[1:]).max() < 0.5


def test_nobody_steers_a_station_in_local_mode() -> None:
    stand = Stand()
    stand.run(2)
    stand.model.controllers.mode[0] = int(ControlMode.LOCAL)
    stand.outdoor_c = -30.0
    course = stand.run(4)
    assert np.ptp(course["valve_pct"][:, 0]) < 0.5 and np.ptp(course["setpoint_c"][:, 0]) == 0
    assert np.ptp(course["valve_pct"][:, 1]) > 2
