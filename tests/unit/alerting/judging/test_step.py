"""The step is pure and its state goes by object id: split, saved, merged and carried, it judges as if it were whole."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.judging.engine import RuleEngine, Timers, Transition
from alerting.judging.layout import Layout
from alerting.judging.signals.tables import Signals
from alerting.judging.state_codec import StateError, decode_windows, encode_windows
from alerting.judging.step import JudgingState, step
from alerting.judging.windows import Windows
from config.rules.reading import RuleSet, load_rules
from config.settings.tree import RulesSettings
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
TICK = timedelta(minutes=30)
STATIONS, HOMES = 3, 3
SITE = small_site(stations=STATIONS, homes=HOMES)
RULES = load_rules(RulesSettings())
ENGINE = RuleEngine(RULES)
SIGNALS = Signals(standard_c=18.0, watching_since_ms=T0_MS)


@pytest.fixture(scope="module", autouse=True)
def let_go() -> Iterator[None]:
    """Close the expression engine after the last test."""
    yield
    ENGINE.close()


def layout_of(site: Site) -> Layout:
    return Layout(site, build_heat_tree(site), now=T0)


LAYOUT = layout_of(SITE)
reading = st.tuples(
    st.integers(1, STATIONS),
    st.sampled_from(
        ["mains_power_ok", "circulation_pump_1_running", "secondary_supply_temp_setpoint_c", "room"]
    ),
    st.integers(1, HOMES),
    st.sampled_from([0.0, 1.0, 10.0, 15.0, 20.0, 60.0]),
    st.sampled_from([Quality.GOOD, Quality.GOOD, Quality.BAD]),
    st.integers(0, 25),
)
"""Station, point, home, value, quality, minutes before the tick."""
Reading = tuple[int, str, int, float, Quality, int]
runs = st.lists(st.lists(reading, max_size=12), min_size=3, max_size=10)


def batch_of(rows: Sequence[Reading], now: datetime) -> SampleBatch:
    samples = []
    for station, point, home, value, quality, age_min in rows:
        at_ms = to_epoch_ms(now) - age_min * 60_000
        if point == "room":
            ref, point = ObjectRef(Measurement.ROOM, f"R{station}-{home}"), "room_temp_c"
        else:
            ref = ObjectRef(Measurement.STATION, f"S{station}")
        samples.append(Sample(ref, point, at_ms, value, quality))
    return SampleBatch.from_samples(samples)


Change = tuple[datetime, str, str, str, int, str]


def change(transition: Transition) -> Change:
    t = transition
    return (
        t.at,
        t.kind.value,
        t.rule_id,
        str(t.subject),
        int(t.priority),
        repr(sorted(t.parameters.items())),
    )


def run(
    states: list[JudgingState], ticks: Sequence[Sequence[Reading]], *, first: int = 0
) -> tuple[list[JudgingState], list[Change]]:
    """Step every state through the same ticks."""
    found: list[Change] = []
    for place, rows in enumerate(ticks, start=first):
        now = T0 + (place + 1) * TICK
        for number, state in enumerate(states):
            states[number], transitions = step(
                state, batch_of(rows, now), now, engine=ENGINE, signals=SIGNALS
            )
            found += [change(transition) for transition in transitions]
    return states, sorted(found)


def assert_same_windows(one: Windows, other: Windows) -> None:
    for measurement, parts in one.parts.items():
        for name, part in parts.items():
            for array in part.ARRAYS:
                mine, theirs = part.rows(array), other.parts[measurement][name].rows(array)
                assert np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f"), (name, array)


def assert_same(one: JudgingState, other: JudgingState) -> None:
    assert_same_windows(one.windows, other.windows)
    for rule_id in one.timers.rules.keys() | other.timers.rules.keys():
        own = one.timers.subjects.get(rule_id) or other.timers.subjects[rule_id]
        for entry in fields(one.timers.of(rule_id, own)):
            mine, theirs = (getattr(s.timers.of(rule_id, own), entry.name) for s in (one, other))
            assert np.array_equal(mine, theirs), (rule_id, entry.name)


def cold_run() -> list[list[Reading]]:
    """Readings for which alarms of stations and of homes must come and go."""
    cold: list[Reading] = [(1, "mains_power_ok", 1, 0.0, Quality.GOOD, 0)]
    cold += [(1, "room", home, 10.0, Quality.GOOD, age) for home in (1, 2) for age in (20, 10, 0)]
    warm: list[Reading] = [(1, "mains_power_ok", 1, 1.0, Quality.GOOD, 0)]
    warm += [(1, "room", home, 22.0, Quality.GOOD, age) for home in (1, 2) for age in (20, 10, 0)]
    return [cold] * 4 + [warm] * 8


def test_a_cold_night_raises_and_clears_alarms_of_station_and_homes() -> None:
    _, found = run([JudgingState.empty(LAYOUT)], cold_run())
    subjects = {(kind, rule, subject) for _, kind, rule, subject, _, _ in found}
    for kind in ("raised", "cleared"):
        assert {(kind, "ST-01", "station:S1"), (kind, "HB-03", "household:H1-1")} <= subjects


@settings(max_examples=examples(25), deadline=None)
@given(runs, st.integers(0, 10), st.sampled_from([({"S1"}, {"S2", "S3"}), ({"S3"}, {"S1"}, {"S2"})]))
def test_splitting_stepping_and_merging_is_stepping_the_whole(
    ticks: list[list[Reading]], cut: int, groups: tuple[set[str], ...]
) -> None:
    (whole,), changes = run([JudgingState.empty(LAYOUT)], ticks)
    (before,), early = run([JudgingState.empty(LAYOUT)], ticks[:cut])
    parts = [*(before.of(group) for group in groups), before.above_stations()]
    parts, late = run(parts, ticks[cut:], first=cut)
    assert sorted(early + late) == changes
    assert_same(JudgingState.merged(LAYOUT, parts), whole)


@settings(max_examples=examples(25), deadline=None)
@given(runs, st.integers(0, 10))
def test_windows_saved_and_read_again_at_any_tick_change_nothing(
    ticks: list[list[Reading]], cut: int
) -> None:
    (whole,), changes = run([JudgingState.empty(LAYOUT)], ticks)
    (before,), early = run([JudgingState.empty(LAYOUT)], ticks[:cut])
    again = JudgingState(decode_windows(encode_windows(before.windows), LAYOUT), before.timers)
    (after,), late = run([again], ticks[cut:], first=cut)
    assert sorted(early + late) == changes
    assert_same(after, whole)


@settings(max_examples=examples(25), deadline=None)
@given(runs, st.integers(0, 10))
def test_a_registry_whose_rows_move_keeps_the_state_of_what_stays(
    ticks: list[list[Reading]], cut: int
) -> None:
    larger = small_site(stations=STATIONS + 1, homes=HOMES + 1)
    moved = layout_of(
        replace(
            larger,
            stations=larger.stations[::-1],
            sensors=larger.sensors[::-1],
            buildings=larger.buildings[::-1],
        )
    )
    (whole,), _ = run([JudgingState.empty(LAYOUT)], ticks)
    (before,), _ = run([JudgingState.empty(LAYOUT)], ticks[:cut])
    (after,), _ = run([before.carried_to(moved)], ticks[cut:], first=cut)
    assert after.windows.layout.ids[Measurement.STATION] == ("S4", "S3", "S2", "S1")
    assert_same(after.carried_to(LAYOUT), whole)


def test_state_of_what_left_the_registry_is_gone_when_it_comes_back() -> None:
    (state,), _ = run([JudgingState.empty(LAYOUT)], cold_run()[:2])
    smaller = layout_of(
        replace(
            SITE, stations=SITE.stations[1:], buildings=SITE.buildings[1:], households=SITE.households[HOMES:]
        )
    )
    back = state.carried_to(smaller).carried_to(LAYOUT)
    assert not np.isfinite(back.windows.newest(Measurement.STATION).value[:, 0]).any()
    assert "ST-01" in state.timers.rules and len(state.timers.rules["ST-01"].row) == 1
    assert len(back.timers.rules["ST-01"].row) == 0


def test_steps_on_copies_remember_what_windows_in_place_remember() -> None:
    cold, warm = cold_run()[0], cold_run()[4]
    ticks = [cold, warm, warm, cold, warm]
    (state,), _ = run([JudgingState.empty(LAYOUT)], ticks)
    in_place = Windows(LAYOUT)
    for place, rows in enumerate(ticks):
        in_place.take(batch_of(rows, T0 + (place + 1) * TICK))
    assert_same_windows(state.windows, in_place)


def test_state_follows_its_objects_when_rows_move() -> None:
    (state,), _ = run([JudgingState.empty(LAYOUT)], cold_run()[:2])
    state.windows.past_is_missing = True
    moved = layout_of(replace(SITE, stations=SITE.stations[::-1], sensors=SITE.sensors[::-1]))
    after = state.carried_to(moved)
    assert (state.timers.rules["ST-01"].row.tolist(), after.timers.rules["ST-01"].row.tolist()) == ([0], [2])
    assert after.windows.past_is_missing
    room = moved.ids[Measurement.ROOM].index("R1-1")
    cold = after.windows.readings.hours.rows("mean_c")[room]
    assert sorted(set(cold[np.isfinite(cold)].tolist())) == [10.0]
    assert_same(after.carried_to(LAYOUT), state)
    (there,), _ = run([after], cold_run()[4:5], first=2)  # the hour that runs goes on from where it was
    (here,), _ = run([state], cold_run()[4:5], first=2)
    assert_same(there.carried_to(LAYOUT), here)


def test_a_step_leaves_the_state_before_it_as_it_was() -> None:
    (state,), _ = run([JudgingState.empty(LAYOUT)], cold_run()[:2])
    before = JudgingState(state.windows.carried_to(LAYOUT), state.timers)
    now = T0 + 3 * TICK
    results = [
        step(state, batch_of(cold_run()[2], now), now, engine=ENGINE, signals=SIGNALS) for _ in range(2)
    ]
    assert_same(state, before)
    assert_same(results[0][0], results[1][0])
    assert results[0][1] == results[1][1]


def test_a_part_takes_readings_of_its_own_objects_only() -> None:
    part = JudgingState.empty(LAYOUT).of({"S2"})
    assert part.windows.layout.ids[Measurement.ROOM] == ("R2-2", "R2-1", "R2-3")
    assert part.windows.layout.home_sensor.tolist() == [0, 1, 2]
    left_out = part.windows.take(batch_of(cold_run()[0], T0))
    assert left_out.unknown == 7


def test_spare_sensors_sources_and_weather_belong_to_no_station() -> None:
    site = replace(SITE, assignments=SITE.assignments[1:], weather_sites=("W",))
    rest = layout_of(site).above_stations()
    assert rest.ids[Measurement.ROOM] == ("R1-1",)
    assert (rest.ids[Measurement.SOURCE], rest.ids[Measurement.WEATHER]) == (("P1",), ("W",))
    assert rest.ids[Measurement.STATION] == ()


@pytest.mark.parametrize("blob", [b"", b"\xc1", b"\x81\xa4room\x80", encode_windows(Windows(LAYOUT))[:-4]])
def test_bytes_that_are_no_windows_are_refused(blob: bytes) -> None:
    with pytest.raises(StateError):
        decode_windows(blob, LAYOUT)


def test_timers_of_a_rule_that_only_one_part_has_are_kept() -> None:
    only = RuleEngine(RuleSet((RULES.rule("ST-01"),)))
    now = T0 + TICK
    state, _ = step(
        JudgingState.empty(LAYOUT).of({"S1"}), batch_of(cold_run()[0], now), now, engine=only, signals=SIGNALS
    )
    only.close()
    merged = Timers.merged(LAYOUT, (state.timers, Timers()))
    assert merged.rules["ST-01"].row.tolist() == [0]
