"""Whether a station speaks, lives and runs, and in which state it is."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import pytest

from alerting.judging.learned.schedule import HOURS_OF_WEEK
from heating.diagnosis.operating_state import OperatingState
from heating.points import Measurement
from tests.support.learning_plant import HEALTHY, LearningPlant

NAN = math.nan
STOPPED = {
    "circulation_pump_1_running": 0.0,
    "secondary_flow_m3_per_h": 0.0,
    "primary_heat_rate_gj_per_h": 0.0,
}
NO_PUMPS = {"circulation_pump_1_running": NAN, "circulation_pump_1_frequency_hz": NAN}


def state_of(plant: LearningPlant) -> OperatingState:
    return OperatingState(int(plant.figure("operating_state")))


def test_a_station_that_moves_is_live_and_one_that_repeats_itself_is_not() -> None:
    plant = LearningPlant()
    plant.live(3)
    assert (plant.figure("live"), plant.figure("same_readings")) == (1.0, 0.0)
    plant.live(2, still=True)
    assert (plant.figure("live"), plant.figure("same_readings")) == (0.0, 2.0)
    assert plant.figure("live", station=2) == 1.0


def test_a_station_that_says_nothing_is_unknown_and_not_frozen() -> None:
    plant = LearningPlant()
    plant.live(3)
    plant.live(4, dict.fromkeys(HEALTHY, NAN))
    assert math.isnan(plant.figure("live"))
    assert state_of(plant) is OperatingState.NO_DATA


def test_short_habits_of_a_controller_are_learned_and_long_ones_are_not() -> None:
    plant = LearningPlant()
    plant.live(2)
    plant.live(3, still=True)
    plant.live(1)
    assert plant.figure("longest_same") == pytest.approx(3.0, abs=0.01)
    plant.live(2, still=True)
    assert plant.figure("live") == 1.0  # that is how this one is
    plant.live(14, still=True)
    assert plant.figure("live") == 0.0
    plant.live(1)
    assert plant.figure("longest_same") == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize(
    "changed, runs",
    [
        ({}, 1.0),
        ({"circulation_pump_1_running": 0.0}, 0.0),
        ({**NO_PUMPS, "primary_heat_rate_gj_per_h": 0.01}, 0.0),
        (NO_PUMPS, 1.0),
        ({**NO_PUMPS, "primary_heat_rate_gj_per_h": NAN, "secondary_flow_m3_per_h": 5.0}, 0.0),
        ({**NO_PUMPS, "primary_heat_rate_gj_per_h": NAN}, 1.0),
        ({**NO_PUMPS, "primary_heat_rate_gj_per_h": NAN, "secondary_flow_m3_per_h": NAN}, 1.0),
        (
            {
                **NO_PUMPS,
                "primary_heat_rate_gj_per_h": NAN,
                "secondary_flow_m3_per_h": NAN,
                "secondary_return_temp_c": 49.0,
            },
            0.0,
        ),
    ],
)
def test_running_is_told_by_pumps_then_heat_then_flow_then_temperatures(
    changed: Mapping[str, float], runs: float
) -> None:
    plant = LearningPlant()
    plant.live(2, changed)
    assert plant.figure("runs") == runs


def test_water_is_calm_two_hours_after_a_stop() -> None:
    plant = LearningPlant()
    plant.live(2)
    plant.live(1, STOPPED)
    assert plant.figure("calm") == 0.0 and plant.figure("stopped_h") == 0.0
    plant.live(24)
    assert plant.figure("calm") == 0.0
    plant.live(1)
    assert plant.figure("calm") == 1.0


def test_a_trickle_is_not_calm_water() -> None:
    plant = LearningPlant()
    plant.live(2, {"secondary_flow_m3_per_h": 50.0})  # a quarter of the design flow
    assert plant.figure("calm") == 0.0


def with_week(runs_at_this_hour: bool) -> LearningPlant:
    """Return a plant whose week is known."""
    plant = LearningPlant()
    schedule = plant.windows.schedule(Measurement.STATION)
    for row in range(3):
        schedule.set_hours(row, np.full(HOURS_OF_WEEK, runs_at_this_hour))
    plant.live(2)
    return plant


@pytest.mark.parametrize(
    "runs_then, expected, wanted",
    [(True, OperatingState.UNEXPECTEDLY_OFF, 1.0), (False, OperatingState.SCHEDULED_OFF, 0.0)],
)
def test_a_stop_is_judged_by_the_week(runs_then: bool, expected: OperatingState, wanted: float) -> None:
    plant = with_week(runs_then)
    assert state_of(plant) is OperatingState.RUNNING
    plant.live(1, STOPPED)
    assert (state_of(plant), plant.figure("wanted")) == (expected, wanted)


def test_a_stop_in_an_unknown_week_is_not_judged() -> None:
    plant = LearningPlant()
    plant.live(2)
    plant.live(1, STOPPED)
    assert (state_of(plant), plant.figure("wanted")) == (OperatingState.UNSURE, 1.0)


@pytest.mark.parametrize(
    "outdoor_c, expected", [(12.0, OperatingState.SCHEDULED_OFF), (-10.0, OperatingState.UNEXPECTEDLY_OFF)]
)
def test_stations_that_stop_together_in_mild_weather_were_stopped_by_a_person(
    outdoor_c: float, expected: OperatingState
) -> None:
    plant = with_week(True)
    plant.live(2, all_of={**STOPPED, "outdoor_temp_c": outdoor_c})
    assert state_of(plant) is expected


def test_a_station_starts_until_its_supply_is_near_the_setpoint() -> None:
    plant = LearningPlant()
    plant.live(1, STOPPED)
    plant.live(1, {"secondary_supply_temp_c": 40.0})
    assert state_of(plant) is OperatingState.STARTING
    plant.live(1, {"secondary_supply_temp_c": 48.0})
    assert state_of(plant) is OperatingState.RUNNING
    plant.live(1, {"secondary_supply_temp_c": 40.0})
    assert state_of(plant) is OperatingState.RUNNING  # cold now, but it has started


def test_a_station_that_stood_for_days_is_out_of_season() -> None:
    plant = LearningPlant(datetime(2026, 6, 1, tzinfo=UTC))
    plant.windows.memory(Measurement.STATION).carried("season_slots")[:] = 864.0
    plant.windows.memory(Measurement.STATION).carried("season_share")[:] = 0.02
    plant.live(1, STOPPED)
    assert (state_of(plant), plant.figure("wanted")) == (OperatingState.OFF_SEASON, 0.0)
