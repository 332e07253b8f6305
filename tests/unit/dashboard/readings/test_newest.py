"""A value older than two reporting intervals is stale wherever it is shown, and counts in no average."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from dashboard.readings import newest
from dashboard.readings.newest import NewestValues, RoomColumn
from dashboard.site.index import SiteIndex, build_site_index
from heating.assets import Contract, Site
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


def test_a_gateway_that_no_telemetry_ever_followed_is_not_there() -> None:
    (station, _) = small_site().stations
    shown = values_after(0.0, gateway_online=1.0).station_points(station, ["gateway_online"])
    assert shown["gateway_online"].stale


def test_the_newest_of_several_points_says_whether_telemetry_comes() -> None:
    (station, _) = small_site().stations
    live, clock = FakeLive(), ManualClock(T0)
    live.put(Measurement.STATION, "S1", clock.now_ms(), gateway_online=1.0, mains_power_ok=1.0)
    clock.advance(10 * station.report_interval_s)
    live.put(Measurement.STATION, "S1", clock.now_ms(), secondary_flow_m3_per_h=1.0)
    shown = NewestValues(live=live, clock=clock).station_points(station, ["gateway_online", "mains_power_ok"])
    assert (shown["gateway_online"].stale, shown["mains_power_ok"].stale) == (False, True)


SITE = small_site(stations=2, homes=4)
ALL = slice(None)


def index_of(site: Site = SITE) -> SiteIndex:
    return build_site_index(site, version=1, now=T0)


def rooms_of(*values_c: float | None, site: Site = SITE, quality: int = 0, age_s: float = 0.0) -> RoomColumn:
    """Return the room column of a site whose first homes have some values; None: never came."""
    live, clock, index = FakeLive(), ManualClock(T0), index_of(site)
    for sensor, value_c in zip(index.sensed.sensor_ids, values_c, strict=False):
        if value_c is not None:
            live.put(Measurement.ROOM, sensor, clock.now_ms(), quality=quality, room_temp_c=value_c)
    clock.advance(age_s)
    return NewestValues(live=live, clock=clock).rooms(index, standard_c=18.0)


def test_a_home_at_the_standard_is_warm_and_one_below_is_cold() -> None:
    rooms = rooms_of(17.99, 18.0, 18.01, None)
    warm, cold = rooms.pass_rate(ALL, homes=8), rooms.cold_rate(ALL, homes=8)
    assert (warm.numerator, warm.denominator, warm.total, warm.excluded) == (2, 3, 8, 5)
    assert (cold.numerator, cold.denominator, cold.total) == (1, 3, 8)
    assert rooms.cold_rate(ALL).total == 0


def test_homes_that_are_not_to_be_heated_are_in_no_share() -> None:
    first = index_of().sensed.household_ids[0]
    homes = [replace(h, contract=Contract.VACANT) if h.household_id == first else h for h in SITE.households]
    rooms = rooms_of(10.0, 10.0, 20.0, site=replace(SITE, households=tuple(homes)))
    warm, cold = rooms.pass_rate(ALL, homes=8), rooms.cold_rate(ALL)
    assert (warm.numerator, warm.denominator, warm.excluded) == (1, 2, 5)
    assert (cold.numerator, cold.denominator) == (1, 2)


def test_a_home_may_be_left_out_of_the_share_of_its_neighbours() -> None:
    rooms = rooms_of(10.0, 20.0, 10.0)
    mine = rooms.index.sensed.household_ids[0]
    without = rooms.cold_rate(ALL, without=mine)
    assert (without.numerator, without.denominator) == (1, 2)
    some = rooms.cold_rate(slice(0, 2))
    assert (some.numerator, some.denominator) == (1, 2)


def test_stale_and_bad_values_are_excluded_from_every_figure() -> None:
    interval_s = SITE.sensors[0].interval_s
    at_limit, late = (rooms_of(10.0, 20.0, age_s=2 * interval_s + extra) for extra in (0.0, 0.1))
    assert (at_limit.pass_rate(ALL, homes=8).denominator, late.pass_rate(ALL, homes=8).denominator) == (2, 0)
    for unknown in (late, rooms_of(10.0, 20.0, quality=128), rooms_of(), rooms_of(float("nan"))):
        assert unknown.cold_rate(ALL).denominator == 0
        assert (unknown.median_c(ALL), unknown.extremes_c(ALL)) == ((None, 0), (None, None))
        assert len(unknown.column.counted) == 0
    assert rooms_of(10.0, quality=64).column.counted.tolist() == [10.0]


def test_a_median_is_given_from_as_many_values_as_are_asked_for() -> None:
    rooms = rooms_of(10.0, 20.0, 24.0)
    assert (rooms.median_c(ALL), rooms.extremes_c(ALL)) == ((20.0, 3), (10.0, 24.0))
    assert (rooms.median_c(ALL, at_least=3), rooms.median_c(ALL, at_least=4)) == ((20.0, 3), (None, 3))
    assert (rooms.median_c(slice(0, 1)), rooms.median_c(slice(5, 6), at_least=0)) == ((10.0, 1), (None, 0))


def test_what_a_sensor_measured_before_it_came_to_a_home_is_no_value_of_that_home() -> None:
    live, clock = FakeLive(), ManualClock(T0)
    starts = (T0, T0 + timedelta(milliseconds=1))
    moved = tuple(replace(a, start=at) for a, at in zip(SITE.assignments, starts, strict=False))
    site = replace(SITE, assignments=(*moved, *SITE.assignments[2:]))
    clock.advance(1)
    index = build_site_index(site, version=1, now=clock.now())
    for assignment in moved:
        live.put(Measurement.ROOM, assignment.sensor_id, clock.now_ms() - 1000, quality=64, room_temp_c=20.0)
    column = NewestValues(live=live, clock=clock).rooms(index, standard_c=18.0).column
    by_home = dict(zip(index.sensed.household_ids, range(8), strict=True))
    own, before = (by_home[a.household_id] for a in moved)
    assert (column.usable[own], column.value[own], column.quality[own]) == (True, 20.0, 64)
    assert (column.usable[before], column.measured_ms[before], column.quality[before]) == (False, 0, 0)
    assert np.isnan(column.value[before])


@pytest.mark.parametrize("rows", [slice(1, 3), np.array([1, 2])], ids=["slice", "rows"])
def test_of_some_rows_only_those_are_read_and_the_others_are_not_usable(rows: slice | np.ndarray) -> None:
    live, clock, index = FakeLive(), ManualClock(T0), index_of()
    for sensor in index.sensed.sensor_ids:
        live.put(Measurement.ROOM, sensor, clock.now_ms(), room_temp_c=20.0)
    column = NewestValues(live=live, clock=clock).rooms(index, standard_c=18.0, rows=rows).column
    assert np.flatnonzero(column.usable).tolist() == [1, 2]
    assert np.flatnonzero(column.measured_ms).tolist() == [1, 2]
    assert column.quality.tolist() == [0] * 8


def median_after(values: NewestValues, index: SiteIndex) -> float | None:
    return values.rooms(index, standard_c=18.0).median_c(ALL)[0]


@pytest.mark.parametrize(("homes_of_a_large_city", "kept"), [(7, True), (8, False)])
def test_rooms_of_a_large_city_are_read_every_ten_seconds(
    homes_of_a_large_city: int, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newest, "_LARGE_CITY", homes_of_a_large_city)  # the site has eight
    live, clock, index = FakeLive(), ManualClock(T0), index_of()
    values = NewestValues(live=live, clock=clock)
    sensor = index.sensed.sensor_ids[0]
    live.put(Measurement.ROOM, sensor, clock.now_ms(), room_temp_c=20.0)
    assert median_after(values, index) == 20.0
    live.put(Measurement.ROOM, sensor, clock.now_ms(), room_temp_c=10.0)
    assert median_after(values, index) == (20.0 if kept else 10.0)
    clock.advance(9.999)
    assert median_after(values, index) == (20.0 if kept else 10.0)
    clock.advance(0.001)
    assert median_after(values, index) == 10.0
    live.put(Measurement.ROOM, sensor, clock.now_ms(), room_temp_c=15.0)
    assert median_after(values, index_of()) == 15.0  # another registry has other rows


def test_a_clock_that_was_set_back_does_not_keep_rooms_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "_LARGE_CITY", 0)
    live, clock, index = FakeLive(), ManualClock(T0), index_of()
    values = NewestValues(live=live, clock=clock)
    sensor = index.sensed.sensor_ids[0]
    live.put(Measurement.ROOM, sensor, clock.now_ms(), room_temp_c=20.0)
    assert median_after(values, index) == 20.0
    clock.set(T0 - timedelta(milliseconds=1))
    live.put(Measurement.ROOM, sensor, clock.now_ms(), room_temp_c=10.0)
    assert median_after(values, index) == 10.0


def outdoor_after(age_s: float, *sites: str) -> tuple[float | None, bool]:
    live, clock = FakeLive(), ManualClock(T0)
    live.put(Measurement.WEATHER, "W1", clock.now_ms(), outdoor_temp_c=-20.0)
    clock.advance(age_s)
    shown = NewestValues(live=live, clock=clock).outdoor(index_of(replace(SITE, weather_sites=sites)))
    return shown.value, shown.stale


def test_the_outdoor_temperature_is_that_of_the_first_weather_site_and_counts_for_an_hour() -> None:
    assert outdoor_after(3600.0, "W1", "W2") == (-20.0, False)
    assert outdoor_after(3600.1, "W1", "W2") == (-20.0, True)
    assert outdoor_after(0.0, "W2", "W1") == (None, False)
    assert outdoor_after(0.0) == (None, False)


def test_every_point_of_an_object_that_ever_came_is_given_as_it_is() -> None:
    values = values_after(86_400.0, secondary_flow_m3_per_h=180.0)
    found = values.of_object(ObjectRef(Measurement.STATION, "S1"))
    assert {name: latest.value for name, latest in found.items()} == {"secondary_flow_m3_per_h": 180.0}
