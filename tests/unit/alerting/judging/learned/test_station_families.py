"""What a healthy station gives, and which figure moves when something at it changes."""

import copy
import math
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from tests.support.learning_plant import HEALTHY, LearningPlant

NAN = math.nan


@pytest.fixture(scope="module")
def learned() -> LearningPlant:
    """A plant that has learned for seven hours, once; it is 17:00."""
    plant = LearningPlant()
    plant.live(84)
    plant.know()
    plant.live(1)
    return plant


@pytest.fixture
def plant(learned: LearningPlant) -> LearningPlant:
    return copy.deepcopy(learned)


def test_a_healthy_station_is_as_usual(plant: LearningPlant) -> None:
    for name in ("str2_ratio", "hx_ratio", "str1_ratio", "pump_index_ratio", "flow_per_hz_ratio", "balance_ratio",
                 "makeup_ratio", "heat_ratio_1h"):  # fmt: skip
        assert plant.figure(name) == pytest.approx(1.0, abs=0.03), name
    for name in ("setpoint_residual_k", "dp1_residual_mpa", "p1_residual_mpa", "outdoor_gap_k", "jumps_2h",
                 "p2r_over_sp", "valve_turns_1h", "heat_total_drop_gj", "night_low", "night_fine"):  # fmt: skip
        assert plant.figure(name) == pytest.approx(0.0, abs=0.12), name
    assert (plant.figure("quiet"), plant.figure("calm"), plant.figure("wanted")) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    "changed, slots, figure, expected",
    [
        ({"strainer_secondary_diff_pressure_mpa": 0.02}, 12, "str2_ratio", 2.0),
        ({"exchanger_secondary_diff_pressure_mpa": 0.036}, 12, "hx_ratio", 1.2),
        ({"strainer_primary_diff_pressure_mpa": 0.012}, 48, "str1_ratio", 2.0),
        ({"secondary_flow_m3_per_h": 120.0}, 12, "flow_per_hz_ratio", 0.8),
        ({"makeup_flow_m3_per_h": 0.6}, 72, "makeup_ratio", 3.0),
        ({"makeup_flow_m3_per_h": 4.0}, 6, "makeup_busy_pct", 2.0),
        ({"secondary_return_pressure_mpa": 0.32}, 3, "p2r_over_sp", 0.02),
        ({"secondary_supply_temp_setpoint_c": 46.0}, 1, "setpoint_residual_k", -4.0),
        ({"outdoor_temp_c": -6.0}, 1, "outdoor_gap_k", 4.0),
        ({"primary_heat_rate_gj_per_h": 2.5}, 12, "heat_ratio_1h", 0.5),
        ({"secondary_supply_temp_c": 51.0, "secondary_supply_temp_setpoint_c": 51.0}, 72, "balance_ratio", 1.125),
        ({"primary_heat_total_gj": 9_000.0}, 1, "heat_total_drop_gj", 1000.0),
        ({"primary_supply_pressure_mpa": 0.7}, 3, "dp1_residual_mpa", -0.1),
        ({"primary_supply_pressure_mpa": 0.7}, 3, "p1_residual_mpa", -0.1),
    ],
)  # fmt: skip
def test_a_change_shows_in_its_figure_at_its_station_alone(
    plant: LearningPlant, changed: Mapping[str, float], slots: int, figure: str, expected: float
) -> None:
    other = plant.figure(figure, station=2)
    plant.live(slots, changed)
    assert plant.figure(figure) == pytest.approx(expected, rel=0.06, abs=0.01)
    assert plant.figure(figure, station=2) == pytest.approx(other, abs=0.25)


def test_a_pump_that_gives_less_head_is_weak(plant: LearningPlant) -> None:
    plant.live(12, {"secondary_diff_pressure_mpa": 0.06})
    assert plant.figure("pump_index_ratio") < 0.9


def test_what_all_stations_do_is_the_weather(plant: LearningPlant) -> None:
    plant.live(1, all_of={"secondary_supply_temp_setpoint_c": 46.0})
    assert plant.figure("setpoint_residual_k") == pytest.approx(0.0, abs=0.1)


def test_a_flow_that_trembles_is_noisy(plant: LearningPlant) -> None:
    for slot in range(12):
        plant.live(1, {"secondary_flow_m3_per_h": 150.0 + 5.0 * (slot % 2)})
    assert plant.figure("flow_noise") == pytest.approx(5.0 / 152.5, rel=0.05)
    assert plant.figure("flow_noise", station=2) == pytest.approx(0.0, abs=1e-9)


def test_a_valve_that_goes_to_and_fro_turns(plant: LearningPlant) -> None:
    for slot in range(12):
        plant.live(1, {"valve_position_pct": 50.0 + 10.0 * (slot % 2)})
    assert plant.figure("valve_turns_1h") == 10.0
    assert plant.figure("valve_spread_1h") == pytest.approx(5.0)
    assert plant.figure("valve_span_20m") == 10.0


def test_one_pressure_that_jumps_is_an_instrument_and_all_four_are_the_plant(plant: LearningPlant) -> None:
    plant.live(1, {"secondary_return_pressure_mpa": 0.5})
    assert plant.figure("jumps_2h") == 1.0
    plant.live(1)
    pressures = [point for point in HEALTHY if point.endswith(("supply_pressure_mpa", "return_pressure_mpa"))]
    plant.live(1, {point: HEALTHY[point] + 0.1 for point in pressures})
    assert plant.figure("jumps_2h") == 1.0


def test_losses_are_unknown_while_the_water_is_not_calm(plant: LearningPlant) -> None:
    plant.live(13, {"secondary_flow_m3_per_h": 20.0, "strainer_secondary_diff_pressure_mpa": 0.02})
    assert math.isnan(plant.figure("str2_dp"))


def test_a_low_night_is_remembered_through_the_day() -> None:
    plant = LearningPlant(datetime(2026, 1, 10, 12, tzinfo=UTC))
    plant.live(18)  # until 21:30
    plant.know()
    low = {"secondary_supply_temp_setpoint_c": 44.0}
    plant.live(116, low)  # until ten past seven
    assert plant.figure("night_low") == 1.0
    assert plant.figure("night_fine") == 0.0


def test_low_days_and_fine_nights_are_a_wrong_clock(plant: LearningPlant) -> None:
    low = {"secondary_supply_temp_setpoint_c": 44.0}
    plant.live(12, low)  # by day, until 18:00
    plant.live(12 * 13 + 2)  # a fine night, until ten past seven
    assert plant.figure("night_fine") == 1.0
    assert plant.figure("night_low") == 0.0


def test_a_drive_knows_the_ends_of_its_range(plant: LearningPlant) -> None:
    plant.live(1, {"circulation_pump_1_frequency_hz": 44.0})
    assert plant.figure("hz_from_end") == pytest.approx(0.0)
    plant.live(1, {"circulation_pump_1_frequency_hz": 41.5})
    assert plant.figure("hz_from_end") == pytest.approx(1.5, abs=0.02)
    plant.live(1, {"circulation_pump_1_frequency_hz": 43.5})
    assert plant.figure("hz_from_end") == pytest.approx(0.5, abs=0.01)
