"""Recorded weather is interpolated, repeats by seasons or days, and never jumps where it repeats."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.random_streams import RandomStreams
from simulators.weather.recorded import RecordedWeather, WeatherTable
from simulators.weather.weather_series import ColdSnap, WeatherSeries
from tests.unit.simulators.cities import small_city

HOUR_S, DAY_S = 3600.0, 86400.0


def epoch_s(*date: int) -> float:
    return datetime(*date, tzinfo=UTC).timestamp()  # type: ignore[misc, arg-type]


def year_of_hours(*, start_s: float, zone_s: float | None) -> WeatherTable:
    """A year whose temperature has a course of seasons and days."""
    at_s = start_s + HOUR_S * np.arange(8760)
    day = (at_s - start_s) / DAY_S
    return WeatherTable(
        at_s=at_s,
        outdoor_temp_c=1 - 20 * np.cos(2 * np.pi * day / 365) - 5 * np.cos(2 * np.pi * day),
        wind_speed_m_per_s=np.full(8760, 3.0),
        radiation_w_per_m2=np.maximum(0, 500 * np.sin(2 * np.pi * (day - 0.25))),
        typical_year_zone_s=zone_s,
    )


TYPICAL = RecordedWeather(year_of_hours(start_s=0.0, zone_s=8 * HOUR_S), random=RandomStreams(1))
DATED = RecordedWeather(year_of_hours(start_s=epoch_s(2025, 1, 1), zone_s=None), random=RandomStreams(1))


@pytest.mark.parametrize("series", [TYPICAL, DATED], ids=["typical year", "dated"])
@given(minute=st.integers(0, 60 * 24 * 365 * 9))
def test_temperature_never_jumps_in_nine_years(series: WeatherSeries, minute: int) -> None:
    t_s = epoch_s(2022, 1, 1) + 60.0 * minute
    assert abs(series.outdoor_temp_c(t_s + 60) - series.outdoor_temp_c(t_s)) < 0.1


@pytest.mark.parametrize("series", [TYPICAL, DATED], ids=["typical year", "dated"])
def test_seasons_and_days_come_back_at_their_time(series: RecordedWeather) -> None:
    zone_s = 8 * HOUR_S if series is TYPICAL else 0.0
    for year in (2024, 2025, 2026, 2028, 2031):
        winter, summer = epoch_s(year, 1, 15) - zone_s, epoch_s(year, 7, 15) - zone_s
        assert series.outdoor_temp_c(winter) < -20 < 10 < series.outdoor_temp_c(summer)
        assert series.outdoor_temp_c(winter + 12 * HOUR_S) > series.outdoor_temp_c(winter) + 8
        assert series.radiation_w_per_m2(winter) == 0 < series.radiation_w_per_m2(winter + 12 * HOUR_S)


def test_the_29th_of_february_repeats_the_28th_and_march_follows() -> None:
    zone_s = 8 * HOUR_S
    leap, common = (
        [TYPICAL.outdoor_temp_c(epoch_s(year, month, day, 12) - zone_s) for month, day in days]
        for year, days in ((2028, ((2, 28), (2, 29), (3, 1))), (2027, ((2, 28), (2, 28), (3, 1))))
    )
    assert leap == pytest.approx(common)


def test_two_days_repeat_by_days() -> None:
    short = WeatherTable(
        at_s=epoch_s(2026, 1, 10) + HOUR_S * np.arange(48),
        outdoor_temp_c=np.r_[np.full(24, -10.0), np.full(24, -20.0)],
        wind_speed_m_per_s=np.ones(48),
        radiation_w_per_m2=np.zeros(48),
    )
    series = RecordedWeather(short, random=RandomStreams(1))
    temps = [series.outdoor_temp_c(epoch_s(2026, 1, 8, 12) + DAY_S * day) for day in range(6)]
    assert temps == [-10.0, -20.0] * 3
    assert series.outdoor_temp_c(epoch_s(2026, 1, 11, 23) + 1800) == pytest.approx(-15.0)


def test_a_pinned_day_a_shift_and_a_cold_snap_work_as_with_made_up_weather() -> None:
    snap = ColdSnap(datetime(2026, 7, 15, tzinfo=UTC), 12.0, 48 * HOUR_S)
    series = RecordedWeather(
        year_of_hours(start_s=0.0, zone_s=0.0),
        random=RandomStreams(1),
        day_of_year=15,
        shift_k=2.0,
        cold_snaps=(snap,),
    )
    plain = TYPICAL.outdoor_temp_c(epoch_s(2026, 1, 15) - 8 * HOUR_S)
    assert series.outdoor_temp_c(epoch_s(2026, 7, 15)) == pytest.approx(plain + 2, abs=0.01)
    assert series.outdoor_temp_c(epoch_s(2026, 7, 16)) == pytest.approx(plain + 2 - 12, abs=0.2)


def test_a_forecast_looks_ahead_with_an_error_that_grows() -> None:
    moments = epoch_s(2026, 1, 1) + 6 * HOUR_S * np.arange(200)
    spread = {
        ahead: np.std(
            [DATED.forecast_temp_c(t, ahead) - DATED.outdoor_temp_c(t + HOUR_S * ahead) for t in moments]
        )
        for ahead in (1, 24)
    }
    assert 0 < spread[1] < 0.5 < spread[24] < 3


def test_a_city_can_live_in_the_weather_of_a_file() -> None:
    sample = Path(__file__).parent / "samples" / "two_days.epw"
    city = small_city(weather={"file": str(sample)}, spin_up="1h")
    city.step(10.0)
    assert isinstance(city.weather, RecordedWeather)
    assert -26 < city.weather.outdoor_temp_c(city.now_ms / 1000) < -14
