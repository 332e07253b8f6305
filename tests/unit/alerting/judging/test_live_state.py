"""The live state keeps the newest usable value and never raises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.judging.live_state import LiveState
from alerting.judging.signals.tables import Signals, SignalTables
from heating.assets import Site
from heating.heat_tree import build_heat_tree
from heating.intervals import to_epoch_ms
from heating.points import Measurement
from heating.quality import Quality
from heating.samples import ObjectRef, Sample, SampleBatch
from tests.support.examples import examples
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)
T0_MS = to_epoch_ms(T0)
S1 = ObjectRef(Measurement.STATION, "S1")
R1 = ObjectRef(Measurement.ROOM, "R1-1")


def live_state() -> LiveState:
    site = small_site()
    return LiveState(site, build_heat_tree(site), now=T0)


def supply(at_s: float, value: float, quality: int = 0) -> Sample:
    return Sample(S1, "secondary_supply_temp_c", T0_MS + int(at_s * 1000), value, quality)


def room(at_s: float, value: float, quality: int = 0) -> Sample:
    return Sample(R1, "room_temp_c", T0_MS + int(at_s * 1000), value, quality)


def feed(live: LiveState, *samples: Sample) -> None:
    live.accept(SampleBatch.from_samples(samples))


def tables_at(live: LiveState, at_s: float) -> SignalTables:
    signals = Signals(standard_c=18.0, watching_since_ms=T0_MS)
    with live.held() as windows:
        return signals.tables(windows, now_ms=T0_MS + int(at_s * 1000))


def home_signals(live: LiveState, home: str, at_s: float) -> dict[str, float]:
    table = tables_at(live, at_s)["household"]
    (row,) = table.subjects.rows_of([home])
    return {name: float(column[row]) for name, column in table.columns.items()}


def signals_at(live: LiveState, at_s: float) -> dict[str, float]:
    home = home_signals(live, "H1-1", at_s)
    return {name: float(column[0]) for name, column in tables_at(live, at_s)["station"].columns.items()} | {
        f"home.{name}": value for name, value in home.items()
    }


def test_an_older_value_changes_nothing() -> None:
    live = live_state()
    feed(live, supply(10, 50))
    feed(live, supply(5, 40), supply(10, 45))
    assert live.of_object(S1)["secondary_supply_temp_c"].value == 50


def test_a_bad_value_is_heard_but_not_kept_and_makes_the_signal_unknown() -> None:
    live = live_state()
    feed(live, supply(10, 50))
    feed(live, supply(20, 999, Quality.BAD_RANGE))
    latest = live.of_object(S1)["secondary_supply_temp_c"]
    assert (latest.value, latest.quality) == (50, Quality.BAD_RANGE)
    assert live.last_received_ms(S1) == T0_MS + 20_000
    assert np.isnan(signals_at(live, 20)["t2s"])


def test_a_value_that_nothing_confirmed_is_judged_by_no_rule_until_another_comes() -> None:
    live = live_state()
    feed(live, supply(10, 50))
    feed(live, supply(20, 85.0, Quality.UNCERTAIN_UNCONFIRMED))
    assert np.isnan(signals_at(live, 20)["t2s"])
    feed(live, supply(30, 51))
    assert signals_at(live, 30)["t2s"] == 51


def test_a_value_is_forgotten_as_a_signal_when_nothing_comes_any_more() -> None:
    live = live_state()
    feed(live, supply(0, 50))
    assert signals_at(live, 300)["t2s"] == 50
    assert np.isnan(signals_at(live, 301)["t2s"])


def test_a_last_will_makes_every_signal_of_the_station_unknown_until_it_speaks() -> None:
    live = live_state()
    feed(live, supply(0, 50))
    feed(live, Sample(S1, "gateway_online", T0_MS + 5000, 0))
    assert np.isnan(signals_at(live, 6)["t2s"])
    assert signals_at(live, 6)["gateway_down"] == 1
    feed(live, supply(8, 51))
    assert signals_at(live, 9)["t2s"] == 51


def test_the_online_status_is_no_sign_of_life() -> None:
    live = live_state()
    feed(live, Sample(S1, "gateway_online", T0_MS + 5000, 1))
    assert live.last_received_ms(S1) == 0


def test_a_standing_pump_counts_only_when_every_reporting_pump_is_known() -> None:
    live = live_state()
    feed(live, Sample(S1, "circulation_pump_1_running", T0_MS, 0))
    assert signals_at(live, 1)["run_max"] == 0
    feed(live, Sample(S1, "circulation_pump_2_running", T0_MS, float("nan"), Quality.BAD))
    assert np.isnan(signals_at(live, 1)["run_max"])
    feed(live, Sample(S1, "circulation_pump_2_running", T0_MS + 1, 1))
    assert signals_at(live, 1)["run_max"] == 1


def test_unknown_objects_are_counted_and_left_out() -> None:
    live = live_state()
    feed(live, Sample(ObjectRef(Measurement.ROOM, "nobody"), "room_temp_c", T0_MS, 20))
    assert live.unknown_rows == 1


def test_a_rebuild_keeps_values_of_what_stays() -> None:
    live = live_state()
    feed(live, supply(10, 50), room(0, 19))
    larger = small_site(stations=3)
    moved = replace(larger, stations=tuple(reversed(larger.stations)))
    live.rebuild(moved, build_heat_tree(moved), now=T0)
    assert live.of_object(S1)["secondary_supply_temp_c"].value == 50
    value, _, _ = live.column(Measurement.ROOM, "room_temp_c", ["R1-1", "R3-1", "nobody"])
    assert value[0] == 19
    assert np.isnan(value[1:]).all()
    assert home_signals(live, "H1-1", 0)["t_room_med60"] == 19


def test_a_broken_batch_does_not_stop_the_next() -> None:
    live = live_state()
    good = SampleBatch.from_samples([supply(0, 50)])
    live.accept(replace(good, object_index=np.array([7], np.int32)))
    live.accept(good)
    assert live.of_object(S1)["secondary_supply_temp_c"].value == 50


readings = st.lists(
    st.tuples(st.integers(0, 40), st.integers(-5, 30), st.sampled_from([0, 64, 128])), min_size=1, max_size=40
)


@settings(max_examples=examples(40))
@given(readings)
def test_the_median_is_that_of_the_last_hour(rows: list[tuple[int, int, int]]) -> None:
    live = live_state()
    ordered = sorted({minute * 5: (value, quality) for minute, value, quality in rows}.items())
    for minute, (value, quality) in ordered:
        feed(live, room(minute * 60, value, quality))
        now_s = minute * 60.0
        usable = [v for m, (v, q) in ordered if q < 128 and m <= minute and now_s / 60 - m < 60]
        newest = [m for m, (_, q) in ordered if q < 128 and m <= minute]
        fresh = quality < 128 and bool(newest)
        found = signals_at(live, now_s)["home.t_room_med60"]
        assert (found == np.median(usable)) if fresh else np.isnan(found)


@settings(max_examples=examples(40))
@given(readings, st.randoms(use_true_random=False))
def test_duplicates_and_late_batches_change_no_latest_value(
    rows: list[tuple[int, int, int]], random: object
) -> None:
    distinct = {minute: (value, quality) for minute, value, quality in rows}
    samples = [room(minute * 300, value, quality) for minute, (value, quality) in sorted(distinct.items())]
    once, shuffled = live_state(), live_state()
    feed(once, *samples)
    mixed = samples + samples
    random.shuffle(mixed)  # type: ignore[attr-defined]
    for sample in mixed:
        feed(shuffled, sample)
    assert once.of_object(R1) == shuffled.of_object(R1)


def test_a_sensor_measures_the_home_it_is_assigned_to_now() -> None:
    site = small_site()
    first = site.assignments[0]
    ended = replace(first, end=T0)
    moved = replace(first, household_id="H2-1", start=T0)
    changed = replace(site, assignments=(ended, moved, *site.assignments[5:]))
    live = LiveState(changed, build_heat_tree(changed), now=T0 + timedelta(hours=1))
    feed(live, room(0, 19))
    assert home_signals(live, "H2-1", 0)["t_room"] == 19
    assert np.isfinite(tables_at(live, 0)["household"].columns["t_room"]).sum() == 1


HOUR_S = 3600


def moved_site(at_s: float) -> Site:
    """Return the registry after sensor R1-1 went from home H1-1 to H2-1, whose own sensor was taken away."""
    site = small_site()
    at = T0 + timedelta(seconds=at_s)
    first = site.assignments[0]
    here = (replace(first, end=at), replace(first, household_id="H2-1", start=at))
    others = (a for a in site.assignments[1:] if a.household_id != "H2-1")
    return replace(site, assignments=(*here, *others))


def test_a_moved_sensor_carries_no_reading_of_its_former_home_into_the_next() -> None:
    live = live_state()
    feed(live, *(room(hour * HOUR_S, 12) for hour in range(10)))
    before = home_signals(live, "H1-1", 9 * HOUR_S)
    assert (before["t_room"], before["t_room_med60"], before["covered_hours_24h"]) == (12, 12, 9)
    site = moved_site(9.5 * HOUR_S)
    live.rebuild(site, build_heat_tree(site), now=T0 + timedelta(hours=9.6))
    after = home_signals(live, "H2-1", 9.6 * HOUR_S)
    assert np.isnan([after["t_room"], after["t_room_med60"], after["cold_degree_hours_24h"]]).all()
    assert after["covered_hours_24h"] == 0
    assert "room_temp_c" not in live.of_object(R1)
    feed(live, room(9.2 * HOUR_S, 13), room(9.7 * HOUR_S, 22))
    now = home_signals(live, "H2-1", 9.7 * HOUR_S)
    assert (now["t_room"], now["t_room_med60"]) == (22, 22)
    assert live.former_home_rows == 1


def test_late_readings_of_the_former_home_are_counted_and_show_that_the_sensor_lives() -> None:
    site = moved_site(0)
    live = LiveState(site, build_heat_tree(site), now=T0)
    late = SampleBatch.from_samples([room(-60, 12)])
    live.accept(replace(late, received_ms=np.array([T0_MS + 5000])))
    assert live.of_object(R1) == {}
    assert live.last_received_ms(R1) == T0_MS + 5000
    assert live.former_home_rows == 1


def test_a_start_leaves_out_what_the_store_has_of_the_former_home() -> None:
    site = moved_site(-1.5 * HOUR_S)
    live = LiveState(site, build_heat_tree(site), now=T0)
    hour = T0_MS // 3_600_000 - np.arange(1, 5)
    live.fill_hours(["R1-1"] * 4, hour, np.full(4, 12.0))
    live.accept_past(SampleBatch.from_samples([room(-2 * HOUR_S, 12), room(-600, 22)]))
    assert home_signals(live, "H2-1", 0)["covered_hours_24h"] == 1
    assert home_signals(live, "H2-1", 0)["t_room"] == 22


def test_the_next_move_is_known() -> None:
    site = moved_site(HOUR_S)
    live = LiveState(site, build_heat_tree(site), now=T0)
    assert live.layout.valid_until == T0 + timedelta(hours=1)
    live.rebuild(site, build_heat_tree(site), now=T0 + timedelta(hours=1))
    assert live.layout.valid_until is None
    assert live.layout.since_ms[live.layout.ids[Measurement.ROOM].index("R1-1")] == T0_MS + HOUR_S * 1000


def setpoint(at_s: float, value: float) -> Sample:
    return Sample(S1, "secondary_supply_temp_setpoint_c", T0_MS + int(at_s * 1000), value)


def test_a_setpoint_moves_when_it_is_more_than_two_kelvin_from_where_it_last_moved_to() -> None:
    live = live_state()
    for minute, value in enumerate([50.0, 51.0, 52.0]):
        feed(live, setpoint(60 * minute, value))
    assert signals_at(live, 180)["setpoint_age_s"] == T0_MS / 1000 + 180  # never seen to move
    feed(live, setpoint(180, 52.5))
    assert signals_at(live, 240)["setpoint_age_s"] == 60
    feed(live, setpoint(240, 54.5))
    assert signals_at(live, 300)["setpoint_age_s"] == 120


def test_what_is_known_of_an_object_and_nothing_of_one_that_is_not_there() -> None:
    live = live_state()
    late = SampleBatch.from_samples([supply(10, 50, Quality.UNCERTAIN)])
    live.accept(replace(late, received_ms=np.array([T0_MS + 12_000])))
    latest = live.of_object(S1)
    assert list(latest) == ["secondary_supply_temp_c"]
    known = latest["secondary_supply_temp_c"]
    assert (known.value, known.quality) == (50.0, Quality.UNCERTAIN)
    assert (known.measured_ms, known.received_ms) == (T0_MS + 10_000, T0_MS + 12_000)
    assert live.last_received_ms(S1) == T0_MS + 12_000
    nobody = ObjectRef(Measurement.STATION, "nobody")
    assert (live.of_object(nobody), live.last_received_ms(nobody)) == ({}, 0)


def test_a_column_has_the_values_in_the_order_that_was_asked_for() -> None:
    live = live_state()
    other = Sample(ObjectRef(Measurement.STATION, "S2"), "secondary_supply_temp_c", T0_MS + 1, 40, 64)
    feed(live, supply(10, 50), other)
    value, measured_ms, quality = live.column(
        Measurement.STATION, "secondary_supply_temp_c", ["S2", "nobody", "S1"]
    )
    assert (value[0], value[2], np.isnan(value[1])) == (40.0, 50.0, True)
    assert (measured_ms.tolist(), quality.tolist()) == ([T0_MS + 1, 0, T0_MS + 10_000], [64, 0, 0])


def test_somebody_is_unheard_until_every_object_spoke() -> None:
    live = live_state()
    assert live.anyone_unheard(Measurement.STATION)
    feed(live, supply(0, 50))
    assert live.anyone_unheard(Measurement.STATION)
    feed(live, Sample(ObjectRef(Measurement.STATION, "S2"), "secondary_supply_temp_c", T0_MS, 50))
    assert not live.anyone_unheard(Measurement.STATION)
    assert live.anyone_unheard(Measurement.ROOM)


def test_whoever_gives_up_waiting_for_the_past_says_so() -> None:
    live = live_state()
    assert not live.past_is_missing
    live.past_is_missing = True
    with live.held() as windows:
        assert live.past_is_missing and windows.past_is_missing
    live.past_is_missing = False
    assert not live.past_is_missing


def test_rows_left_out_are_counted_over_all_batches() -> None:
    site = moved_site(0)
    live = LiveState(site, build_heat_tree(site), now=T0)
    stranger = Sample(ObjectRef(Measurement.ROOM, "nobody"), "room_temp_c", T0_MS, 20)
    feed(live, room(-60, 12), stranger)
    feed(live, room(-30, 12), room(-20, 12), stranger, stranger)
    assert (live.former_home_rows, live.unknown_rows) == (3, 3)


def test_readings_of_the_past_fill_the_last_hour_behind_the_newest() -> None:
    live = live_state()
    feed(live, room(0, 20))
    live.accept_past(SampleBatch.from_samples([room(-600, 19)]))
    assert home_signals(live, "H1-1", 0)["t_room_med60"] == 19.5
    feed(live, room(-1200, 10))  # one that is merely late does not
    assert home_signals(live, "H1-1", 0)["t_room_med60"] == 19.5
