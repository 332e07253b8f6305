"""Memory takes a slot once, whole or in parts, live or from history, and follows its objects."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.judging.layout import Layout
from alerting.judging.learned.declared import SLOT_MS
from alerting.judging.remembering import remember, survey
from alerting.judging.signals.tables import Signals
from alerting.judging.state_codec import decode_windows, encode_windows
from alerting.judging.windows import Windows
from heating.assets import Site
from heating.heat_tree import build_heat_tree
from heating.intervals import to_epoch_ms
from heating.points import Measurement
from heating.samples import ObjectRef, Sample, SampleBatch
from tests.support.examples import examples
from tests.support.small_site import small_site

T0_MS = to_epoch_ms(datetime(2026, 1, 10, tzinfo=UTC))
SITE = small_site(stations=3, homes=1)
SIGNALS = Signals(standard_c=18.0, watching_since_ms=T0_MS)
POINTS = {
    "circulation_pump_1_running": (0.0, 1.0),
    "circulation_pump_1_frequency_hz": (30.0, 45.0),
    "secondary_flow_m3_per_h": (0.0, 180.0, 200.0),
    "secondary_supply_temp_c": (40.0, 55.0),
    "secondary_supply_temp_setpoint_c": (55.0, 56.0),
    "outdoor_temp_c": (-20.0, -5.0),
    "primary_supply_pressure_mpa": (0.7, 0.9),
}


def layout_of(site: Site) -> Layout:
    return Layout(site, build_heat_tree(site))


LAYOUT = layout_of(SITE)
reading = st.tuples(
    st.integers(1, 3), st.sampled_from(sorted(POINTS)), st.integers(0, 2), st.integers(0, SLOT_MS - 1)
)
"""Station, point, which of its values, time before the end of the slot [ms]."""
runs = st.lists(st.lists(reading, max_size=12), min_size=2, max_size=8)
Reading = tuple[int, str, int, int]


def batch_of(rows: Sequence[Reading], now_ms: int) -> SampleBatch:
    samples = [
        Sample(ObjectRef(Measurement.STATION, f"S{s}"), point, now_ms - age, POINTS[point][which % len(POINTS[point])])
        for s, point, which, age in rows
    ]  # fmt: skip
    source = ObjectRef(Measurement.SOURCE, "P1")
    samples.append(Sample(source, "source_supply_pressure_mpa", now_ms, 0.9))
    samples.append(Sample(source, "source_return_pressure_mpa", now_ms, 0.4))
    return SampleBatch.from_samples(samples)


def run(pieces: list[Windows], ticks: Sequence[Sequence[Reading]], *, first: int = 0) -> None:
    """Let windows remember slot by slot, in place; what the fleet knows is surveyed from all of them together."""
    for place, rows in enumerate(ticks, start=first):
        now_ms = T0_MS + (place + 1) * SLOT_MS
        for windows in pieces:
            windows.take(batch_of(rows, now_ms))
        fleet = survey(SIGNALS, Windows.merged(LAYOUT, pieces), now_ms=now_ms)
        for windows in pieces:
            remember(SIGNALS, windows, now_ms=now_ms, fleet=fleet)


def assert_same(one: Windows, other: Windows) -> None:
    for measurement, parts in one.parts.items():
        for name, part in parts.items():
            for array in part.ARRAYS:
                mine, theirs = part.rows(array), other.parts[measurement][name].rows(array)
                assert np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f"), (name, array)


@settings(max_examples=examples(25), deadline=None)
@given(runs, st.integers(0, 8))
def test_parts_that_know_the_fleet_remember_like_the_whole(ticks: list[list[Reading]], cut: int) -> None:
    whole, before = Windows(LAYOUT), Windows(LAYOUT)
    run([whole], ticks)
    run([before], ticks[:cut])
    groups = (LAYOUT.of_stations({"S1"}), LAYOUT.of_stations({"S2", "S3"}), LAYOUT.above_stations())
    parts = [before.carried_to(layout) for layout in groups]
    run(parts, ticks[cut:], first=cut)
    assert_same(Windows.merged(LAYOUT, parts), whole)


@settings(max_examples=examples(25), deadline=None)
@given(runs, st.integers(0, 8))
def test_memory_saved_and_read_again_goes_on_as_before(ticks: list[list[Reading]], cut: int) -> None:
    whole, before = Windows(LAYOUT), Windows(LAYOUT)
    run([whole], ticks)
    run([before], ticks[:cut])
    after = decode_windows(encode_windows(before), LAYOUT)
    run([after], ticks[cut:], first=cut)
    assert_same(after, whole)


@settings(max_examples=examples(25), deadline=None)
@given(runs)
def test_memory_follows_its_objects_when_rows_move(ticks: list[list[Reading]]) -> None:
    moved = layout_of(replace(SITE, stations=SITE.stations[::-1]))
    whole = Windows(LAYOUT)
    run([whole], ticks)
    assert_same(whole.carried_to(moved).carried_to(LAYOUT), whole)
    assert whole.carried_to(moved).layout.ids[Measurement.STATION] == ("S3", "S2", "S1")


@settings(max_examples=examples(25), deadline=None)
@given(runs)
def test_a_live_house_learns_what_a_judged_history_learns(ticks: list[list[Reading]]) -> None:
    history, live = Windows(LAYOUT), Windows(LAYOUT)
    for windows in (history, live):
        remember(SIGNALS, windows, now_ms=T0_MS)
    for place, rows in enumerate(ticks):
        end_ms = T0_MS + (place + 1) * SLOT_MS
        batch = batch_of(rows, end_ms)
        history.take(batch)
        remember(SIGNALS, history, now_ms=end_ms)
        for now_ms in range(end_ms - SLOT_MS + 30_000, end_ms + 1, 30_000):
            come = (batch.measured_ms > now_ms - 30_000) & (batch.measured_ms <= now_ms)
            live.take(batch.select(come))
            remember(SIGNALS, live, now_ms=now_ms)
    for name, part in history.parts[Measurement.STATION].items():
        for array in part.ARRAYS if name in ("memory", "schedule") else ():
            mine, theirs = part.rows(array), live.parts[Measurement.STATION][name].rows(array)
            assert np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f"), (name, array)


def test_a_slot_is_taken_once() -> None:
    windows = Windows(LAYOUT)
    rows: list[Reading] = [(1, "secondary_flow_m3_per_h", 1, 0), (1, "circulation_pump_1_running", 1, 0)]
    run([windows], [rows])
    before = encode_windows(windows)
    remember(SIGNALS, windows, now_ms=T0_MS + SLOT_MS + 299_000)
    assert encode_windows(windows) == before
    remember(SIGNALS, windows, now_ms=T0_MS + 2 * SLOT_MS)
    assert encode_windows(windows) != before


def test_looking_at_the_fleet_writes_nothing() -> None:
    windows = Windows(LAYOUT)
    run([windows], [[(1, "outdoor_temp_c", 0, 0), (2, "outdoor_temp_c", 1, 0), (3, "outdoor_temp_c", 0, 0)]])
    before = encode_windows(windows)
    fleet = survey(SIGNALS, windows, now_ms=T0_MS + SLOT_MS + 60_000)
    assert encode_windows(windows) == before
    assert fleet.outdoor_c == -20.0
    assert fleet.source_diff_mpa == {"P1": 0.5}
