"""Formulas give the published vectors; intervals are half-open; clocks move as told."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heating.clock import ManualClock, SystemClock, VirtualClock
from heating.heat_curve import HeatCurve
from heating.hydronics import (
    KW_PER_GJ_PER_H,
    effectiveness,
    heat_rate_kw,
    hours_to_cold,
    log_mean_temperature_difference_k,
)
from heating.intervals import Interval, from_epoch_ms, to_epoch_ms

T0 = datetime(2026, 1, 15, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("outdoor_c", "supply_c", "return_c"), [(0, 48.2, 37.2), (-10, 59.3, 42.7), (-20, 69.7, 47.6)]
)
def test_the_heat_curve_gives_the_vectors_of_the_domain_page(
    outdoor_c: float, supply_c: float, return_c: float
) -> None:
    supply, back = HeatCurve().supply_return_c(outdoor_c)
    assert (float(supply), float(back)) == pytest.approx((supply_c, return_c), abs=0.06)


@given(st.floats(-40, 40), st.floats(0, 1.0))
def test_colder_outside_never_asks_for_a_cooler_supply(outdoor_c: float, step_k: float) -> None:
    curve = HeatCurve()
    assert curve.supply_return_c(outdoor_c - step_k)[0] >= curve.supply_return_c(outdoor_c)[0] - 1e-9


def test_heat_rate_follows_flow_times_spread_and_keeps_missing_values_missing() -> None:
    rate = heat_rate_kw(np.array([100.0, np.nan]), np.array([60.0, 60.0]), np.array([40.0, 40.0]))
    assert rate[0] == pytest.approx(1.163 * 100 * 20)
    assert np.isnan(rate[1])
    assert pytest.approx(277.8, abs=0.03) == KW_PER_GJ_PER_H


def test_the_logarithmic_mean_lies_between_its_ends_and_is_invalid_without_a_gap() -> None:
    mean = log_mean_temperature_difference_k(np.array([40.0, 20.0, 10.0]), np.array([10.0, 20.0, 0.4]))
    assert mean[0] == pytest.approx((40 - 10) / np.log(4))
    assert mean[1] == pytest.approx(20.0)
    assert np.isnan(mean[2])


def test_effectiveness_needs_a_driving_temperature_gap() -> None:
    value = effectiveness(np.array([90.0, 40.0]), np.array([50.0, 40.0]), np.array([40.0, 45.0]))
    assert value[0] == pytest.approx(0.8)
    assert np.isnan(value[1])


def test_hours_to_cold_is_zero_when_cold_and_endless_when_warm_outside() -> None:
    assert hours_to_cold(room_c=17, outdoor_c=-20, limit_c=18) == 0
    assert hours_to_cold(room_c=21, outdoor_c=19, limit_c=18) == float("inf")
    assert hours_to_cold(room_c=20, outdoor_c=-10, limit_c=18) == pytest.approx(80 * np.log(30 / 28))


def test_an_interval_holds_its_start_and_not_its_end() -> None:
    hour = Interval(T0, T0 + timedelta(hours=1))
    assert T0 in hour and T0 + timedelta(hours=1) not in hour
    assert not hour.overlaps(Interval(hour.end, hour.end + timedelta(hours=1)))
    assert T0 in Interval.last(timedelta(minutes=5), now=T0)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [(T0, T0 - timedelta(seconds=1), "before it starts"), (T0.replace(tzinfo=None), T0, "aware")],
)
def test_an_impossible_interval_is_refused(start: datetime, end: datetime, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Interval(start, end)


@given(st.integers(-(2**40), 2**42))
def test_milliseconds_round_trip_exactly(epoch_ms: int) -> None:
    assert to_epoch_ms(from_epoch_ms(epoch_ms)) == epoch_ms


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        to_epoch_ms(datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_virtual_clock_runs_at_its_speed() -> None:
    real = ManualClock(T0)
    clock = VirtualClock(
        real_origin=T0, virtual_origin=datetime(2025, 12, 1, tzinfo=UTC), speed=60, real=real
    )
    real.advance(2)
    assert clock.now() == datetime(2025, 12, 1, 0, 2, tzinfo=UTC)
    with pytest.raises(ValueError, match="speed"):
        VirtualClock(real_origin=T0, virtual_origin=T0, speed=0)


def test_the_system_clock_is_aware_and_agrees_with_itself() -> None:
    clock = SystemClock()
    assert abs(to_epoch_ms(clock.now()) - clock.now_ms()) < 5_000
    manual = ManualClock(T0)
    manual.set(T0 + timedelta(days=1))
    assert manual.now_ms() == to_epoch_ms(T0) + 86_400_000
