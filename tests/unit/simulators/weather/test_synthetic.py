"""The winter is as cold as that of Xilinhot, continuous, and the same from any side."""

from datetime import UTC, datetime

import numpy as np
import pytest

from simulators.random_streams import RandomStreams
from simulators.weather.synthetic import ColdSnap, Weather

JANUARY = datetime(2026, 1, 10, tzinfo=UTC)
START_S = JANUARY.timestamp()


def winter(seed: int = 1, **more: object) -> Weather:
    return Weather(random=RandomStreams(seed), **more)  # type: ignore[arg-type]


def test_january_is_about_nineteen_below() -> None:
    hours = START_S + 3600 * np.arange(24 * 20)
    means = [np.mean([winter(seed).outdoor_temp_c(t) for t in hours]) for seed in range(6)]
    assert -22 < np.mean(means) < -16


def test_temperature_never_jumps() -> None:
    weather = winter(2, cold_snaps=(ColdSnap(JANUARY, 16.0, 48 * 3600.0),))
    minutes = [weather.outdoor_temp_c(START_S + 60 * minute) for minute in range(3 * 1440)]
    assert np.abs(np.diff(minutes)).max() < 0.2


def test_a_cold_snap_takes_away_what_it_says_and_goes() -> None:
    snap = ColdSnap(JANUARY, 12.0, 30 * 3600.0)
    with_snap, without = winter(3, cold_snaps=(snap,)), winter(3)
    fall = [without.outdoor_temp_c(t) - with_snap.outdoor_temp_c(t) for t in START_S + 3600 * np.arange(40)]
    assert abs(max(fall) - 12) < 0.1
    assert fall[0] == 0 and fall[31:] == [0.0] * 9


@pytest.mark.parametrize("drop_k", [10.0, 16.0])
def test_a_cold_snap_of_three_days_falls_within_24_hours(drop_k: float) -> None:
    snap = ColdSnap(JANUARY, drop_k, 72 * 3600.0)
    with_snap, without = winter(3, cold_snaps=(snap,)), winter(3)
    hours = START_S + 3600 * np.arange(25)
    fall = [without.outdoor_temp_c(t) - with_snap.outdoor_temp_c(t) for t in hours]
    assert fall[24] == pytest.approx(drop_k, abs=0.01) and (np.diff(fall) >= 0).all()


def test_a_pinned_day_makes_winter_in_july() -> None:
    july_s = datetime(2026, 7, 15, tzinfo=UTC).timestamp()
    assert winter(1, day_of_year=15).outdoor_temp_c(july_s) < 0 < winter(1).outdoor_temp_c(july_s)


def test_the_sun_shines_by_day_only_and_the_wind_never_blows_backwards() -> None:
    weather = winter(4)
    midnight_local_s = datetime(2026, 1, 10, 16, 15, tzinfo=UTC).timestamp()
    assert weather.radiation_w_per_m2(midnight_local_s) == 0
    assert weather.radiation_w_per_m2(midnight_local_s + 12 * 3600) > 50
    assert min(weather.wind_speed_m_per_s(START_S + 600 * i) for i in range(500)) >= 0


def test_a_forecast_is_close_soon_and_looser_later() -> None:
    weather = winter(5)
    errors = {
        ahead: np.std(
            [
                weather.forecast_temp_c(t, ahead) - weather.outdoor_temp_c(t + 3600 * ahead)
                for t in START_S + 21_600 * np.arange(200)
            ]
        )
        for ahead in (1, 24)
    }
    assert errors[1] < 0.5 < errors[24] < 3
