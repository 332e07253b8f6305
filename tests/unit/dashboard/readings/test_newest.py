"""A value older than two reporting intervals is stale wherever it is shown, and counts in no average."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from dashboard.readings.newest import NewestValues
from heating.clock import ManualClock
from heating.points import Measurement
from heating.samples import ObjectRef
from tests.support.fake_live import FakeLive
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)
INTERVAL_S = 300.0
AGES = [(0.0, False), (599.9, False), (600.0, False), (600.1, True), (86_400.0, True)]
"""Age [s] of a value that should come every 300 s, and whether it is stale."""


def values_after(age_s: float, **points: float) -> NewestValues:
    """Return what is known of station S1 so long after its last message."""
    live, clock = FakeLive(), ManualClock(T0)
    live.put(Measurement.STATION, "S1", clock.now_ms(), **points)
    clock.advance(age_s)
    return NewestValues(live=live, clock=clock)


@pytest.mark.parametrize(("age_s", "stale"), AGES)
def test_a_point_is_stale_after_two_intervals(age_s: float, stale: bool) -> None:
    shown = values_after(age_s, secondary_flow_m3_per_h=180.0).point(
        ObjectRef(Measurement.STATION, "S1"), "secondary_flow_m3_per_h", INTERVAL_S
    )
    assert (shown.value, shown.stale, shown.age_s) == (180.0, stale, pytest.approx(age_s))
    assert shown.usable is not stale


@pytest.mark.parametrize(("age_s", "stale"), AGES)
def test_a_stale_value_counts_in_no_average(age_s: float, stale: bool) -> None:
    column = values_after(age_s, secondary_flow_m3_per_h=180.0).column(
        Measurement.STATION, "secondary_flow_m3_per_h", ["S1"], np.array([INTERVAL_S])
    )
    assert column.usable.tolist() == [not stale]


@pytest.mark.parametrize(("age_s", "stale"), AGES)
def test_a_gateway_is_there_only_while_telemetry_comes(age_s: float, stale: bool) -> None:
    (station, _) = small_site().stations
    interval_s = station.report_interval_s
    newest = values_after(age_s * interval_s / INTERVAL_S, gateway_online=1.0, secondary_flow_m3_per_h=1.0)
    assert newest.station_points(station, ["gateway_online"])["gateway_online"].stale is stale


def test_a_gateway_that_said_it_goes_stays_gone_however_long_ago() -> None:
    (station, _) = small_site().stations
    shown = values_after(timedelta(days=1).total_seconds(), gateway_online=0.0)
    assert not shown.station_points(station, ["gateway_online"])["gateway_online"].stale


def test_a_point_that_never_came_is_missing_and_not_stale() -> None:
    shown = values_after(0.0).point(ObjectRef(Measurement.STATION, "S1"), "mains_power_ok", INTERVAL_S)
    assert (shown.value, shown.quality, shown.stale, shown.usable) == (None, "missing", False, False)
