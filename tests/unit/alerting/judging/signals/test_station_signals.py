"""Signals of a station: how long a value counts, what silence is, and what stands in for figures nobody gave."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from alerting.judging.layout import Layout
from alerting.judging.signals.family import WatchFigures
from alerting.judging.signals.tables import Signals
from alerting.judging.windows import Windows
from heating.assets import Emitter, Site, Source, Station
from heating.heat_tree import build_heat_tree
from heating.intervals import to_epoch_ms
from heating.points import Measurement
from heating.quality import Quality
from heating.samples import ObjectRef, Sample, SampleBatch
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)
T0_MS = to_epoch_ms(T0)
NAN = pytest.approx(np.nan, nan_ok=True)
Row = tuple[float, str, float]
"""Seconds, point, value."""


def site_of(*stations: Station) -> Site:
    site = small_site(stations=len(stations))
    return replace(site, stations=stations)


def plain(number: int = 1, **changes: object) -> Station:
    return replace(small_site(stations=number).stations[-1], **changes)  # type: ignore[arg-type]


def signals_of(
    *rows: Row, at_s: float = 0.0, site: Site | None = None, quality: int = 0, watching_since_ms: int = T0_MS
) -> dict[str, float]:
    """Return the signals of station S1 at a moment after some rows of it."""
    site = site_of(plain(1), plain(2)) if site is None else site
    windows = Windows(Layout(site, build_heat_tree(site), now=T0))
    ref = ObjectRef(Measurement.STATION, "S1")
    for seconds, point, value in rows:
        sample = Sample(ref, point, T0_MS + round(seconds * 1000), value, quality)
        windows.take(SampleBatch.from_samples([sample]))
    signals = Signals(standard_c=18.0, watching_since_ms=watching_since_ms)
    table = signals.tables(windows, now_ms=T0_MS + round(at_s * 1000))["station"]
    return {name: float(column[0]) for name, column in table.columns.items()}


@pytest.mark.parametrize(
    ("interval_s", "age_s", "known"),
    [
        (10.0, 300.0, True),  # never less than five minutes
        (10.0, 300.1, False),
        (60.0, 300.0, True),  # five intervals
        (60.0, 300.1, False),
        (100.0, 500.0, True),
        (100.0, 500.1, False),
    ],
)
def test_a_value_counts_for_five_intervals_and_at_least_five_minutes(
    interval_s: float, age_s: float, known: bool
) -> None:
    site = site_of(plain(1, report_interval_s=interval_s))
    found = signals_of((0, "secondary_supply_temp_c", 50.0), at_s=age_s, site=site)
    assert found["t2s"] == (50.0 if known else NAN)
    assert (found["silent_s"], found["interval_s"]) == (age_s, interval_s)


def test_a_station_never_heard_is_silent_since_the_watch_began() -> None:
    assert signals_of(at_s=90.0)["silent_s"] == 90.0
    assert signals_of(at_s=90.0, watching_since_ms=T0_MS + 60_000)["silent_s"] == 30.0
    spoke = signals_of((80, "mains_power_ok", 1.0), at_s=90.0, watching_since_ms=T0_MS + 89_000)
    assert spoke["silent_s"] == 10.0


@pytest.mark.parametrize(
    ("telemetry_s", "down"),
    [(4.0, 1.0), (5.0, 1.0), (5.001, 0.0)],  # it spoke again only when something came after the last will
)
def test_a_gateway_is_down_from_its_last_will_until_telemetry_comes_after_it(
    telemetry_s: float, down: float
) -> None:
    found = signals_of((5, "gateway_online", 0.0), (telemetry_s, "secondary_supply_temp_c", 50.0), at_s=6)
    assert found["gateway_down"] == down
    assert found["t2s"] == (NAN if down else 50.0)


def test_a_gateway_that_says_it_is_there_or_says_nothing_is_not_down() -> None:
    assert signals_of((5, "gateway_online", 1.0), at_s=6)["gateway_down"] == 0.0
    assert signals_of(at_s=6)["gateway_down"] == 0.0


@pytest.mark.parametrize(
    ("pumps", "runs"),
    [
        ((1.0, None), 1.0),
        ((1.0, 0.0), 1.0),
        ((0.0, 1.0), 1.0),
        ((0.0, 0.0), 0.0),
        ((0.0, None), 0.0),  # a pump that never reported is not there
        ((None, None), NAN),
    ],
)
def test_one_running_pump_is_enough(pumps: tuple[float | None, float | None], runs: float) -> None:
    rows = [(0, f"circulation_pump_{n}_running", value) for n, value in enumerate(pumps, 1)]
    assert signals_of(*[(s, point, v) for s, point, v in rows if v is not None], at_s=1)["run_max"] == runs


def test_pumps_that_were_last_seen_standing_long_ago_are_unknown() -> None:
    old = (0, "circulation_pump_1_running", 0.0)
    assert signals_of(old, at_s=301)["run_max"] == NAN
    assert signals_of(old, (300, "circulation_pump_2_running", 0.0), at_s=301)["run_max"] == NAN
    assert signals_of(old, (300, "circulation_pump_2_running", 1.0), at_s=301)["run_max"] == 1.0


def test_a_pressure_setpoint_is_zero_where_none_was_ever_reported_and_unknown_where_it_stays_away() -> None:
    row = (0, "secondary_return_pressure_setpoint_mpa", 0.3)
    assert signals_of(at_s=1)["p2r_sp_if_any"] == 0.0
    assert signals_of(row, at_s=300)["p2r_sp_if_any"] == 0.3
    assert signals_of(row, at_s=301)["p2r_sp_if_any"] == NAN
    assert signals_of(row, at_s=1, quality=Quality.BAD)["p2r_sp_if_any"] == NAN


def test_what_the_registry_says_of_a_station() -> None:
    found = signals_of(site=site_of(plain(1, emitter=Emitter.FLOOR)))
    assert [found[n] for n in ("g2_design", "lt_full", "static_head", "floor_heating")] == [
        200,
        2.0,
        0.25,
        1.0,
    ]
    assert signals_of()["floor_heating"] == 0.0


def test_what_stands_in_for_what_the_registry_does_not_say() -> None:
    bare = plain(
        1, design_flow_m3_per_h=None, heated_area_m2=50_000.0, tank_height_m=None, static_head_mpa=None
    )
    found = signals_of(site=site_of(bare))
    assert [found[n] for n in ("g2_design", "lt_full", "static_head")] == [150.0, 2.0, 0.0]
    nothing = replace(bare, heated_area_m2=None)
    assert signals_of(site=site_of(nothing))["g2_design"] == NAN


def test_the_setpoint_has_stood_since_its_last_move() -> None:
    rows = [(0.0, "secondary_supply_temp_setpoint_c", 50.0), (60.0, "secondary_supply_temp_setpoint_c", 53.0)]
    assert signals_of(*rows, at_s=90.5)["setpoint_age_s"] == 30.5


def test_figures_of_the_watch_are_the_same_at_every_source() -> None:
    site = site_of(plain(1))
    site = replace(site, sources=(*site.sources, Source(source_id="P2", name="二厂", area_id="xilinhot")))
    windows = Windows(Layout(site, build_heat_tree(site), now=T0))
    signals = Signals(standard_c=18.0, watching_since_ms=T0_MS)
    columns = signals.tables(windows, now_ms=T0_MS, watch=WatchFigures(blind_s=3.0, feed_down_s=4.0))[
        "watch"
    ].columns
    assert {name: column.tolist() for name, column in columns.items()} == {
        "blind_s": [3.0, 3.0],
        "feed_down_s": [4.0, 4.0],
        "clock_jump_s": [0, 0],
        "lost_s": [0, 0],
        "lost_messages": [0, 0],
        "lost_from_s": [0, 0],
        "lost_until_s": [0, 0],
        "throttled_messages": [0, 0],
        "refused_values": [0, 0],
    }
    calm = signals.tables(windows, now_ms=T0_MS)["watch"].columns
    assert {name: column.tolist() for name, column in calm.items()} == {
        "blind_s": [0, 0],
        "feed_down_s": [0, 0],
        "clock_jump_s": [0, 0],
        "lost_s": [0, 0],
        "lost_messages": [0, 0],
        "lost_from_s": [0, 0],
        "lost_until_s": [0, 0],
        "throttled_messages": [0, 0],
        "refused_values": [0, 0],
    }
