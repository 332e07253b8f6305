"""Rows of symptoms: stations first, then branches and sources; in blocks, in parts and after a change of the registry."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from alerting.judging.layout import Layout
from alerting.judging.signals.tables import Signals, SignalTable, SignalTables
from alerting.judging.symptoms.judge import SymptomJudge
from alerting.judging.symptoms.state import SymptomState
from alerting.judging.windows import Windows
from config.symptoms.reading import load_symptoms
from heating.assets import Branch
from heating.heat_tree import Level, build_heat_tree
from tests.support.examples import examples
from tests.support.small_site import small_site
from tests.support.two_circuits import two_circuit_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)
STEP = timedelta(seconds=300)
_SMALL = small_site(stations=4, homes=1)
SITE = replace(
    _SMALL,
    branches=(*_SMALL.branches, Branch(branch_id="N2", name="西干线", source_id="P1")),
    stations=tuple(
        replace(station, branch_id="N2") if station.station_id in ("S3", "S4") else station
        for station in _SMALL.stations
    ),
)
LAYOUT = Layout(SITE, build_heat_tree(SITE))
BLANK = Signals(standard_c=18.0, watching_since_ms=0).tables(Windows(LAYOUT), now_ms=1_800_000_000_000)
JUDGE = SymptomJudge(load_symptoms())


@pytest.fixture(scope="module", autouse=True)
def let_go() -> Iterator[None]:
    """Close the expression engine after the last test."""
    yield
    JUDGE.close()


def tables_with(values: Mapping[str, Mapping[str, Sequence[float]]]) -> SignalTables:
    """Return tables in which all is unknown but what is given, by table and signal."""
    found = {}
    for name in ("station", "circuit", "branch", "source"):
        table = BLANK[name]
        given_here = {key: np.array(column, np.float64) for key, column in values.get(name, {}).items()}
        columns = {key: np.full(len(table.subjects), np.nan) for key in table.columns} | given_here
        found[name] = SignalTable(table.subjects, columns)
    return found


def judged(*moments: Mapping[str, Mapping[str, Sequence[float]]]) -> Mapping[Level, NDArray[np.float64]]:
    """Return the rows of the last of some moments, 300 s apart."""
    state = SymptomState()
    rows: Mapping[Level, NDArray[np.float64]] = {}
    for place, values in enumerate(moments):
        state, rows = JUDGE.step(state, tables_with(values), T0 + place * STEP, LAYOUT)
    return rows


def of(rows: Mapping[Level, NDArray[np.float64]], level: Level, name: str) -> list[float | None]:
    column = rows[level][:, JUDGE.names[level].index(name)]
    return [None if np.isnan(value) else float(value) for value in column]


def test_what_is_not_known_is_unknown_everywhere() -> None:
    rows = judged({}, {}, {})
    assert all(np.isnan(of_level).all() for of_level in rows.values())
    assert {level: of_level.shape for level, of_level in rows.items()} == {
        level: (len(LAYOUT.subjects(level)), len(JUDGE.names[level]))
        for level in (Level.STATION, Level.BRANCH, Level.SOURCE)
    }


def test_a_symptom_is_yes_no_or_unknown_for_each_station() -> None:
    rows = judged({"station": {"pwr": [0, 1, 0, np.nan], "live": [1, 1, 0, 1]}})
    assert of(rows, Level.STATION, "mains_off") == [1.0, 0.0, None, None]


def test_a_symptom_with_a_delay_is_absent_until_it_has_lasted() -> None:
    moment = {"station": {"hz_max": [50] * 4, "live": [1] * 4}}
    assert of(judged(*[moment] * 11), Level.STATION, "hz_max") == [0.0] * 4
    assert of(judged(*[moment] * 12), Level.STATION, "hz_max") == [1.0] * 4


def test_unknown_hides_a_symptom_and_gives_it_back() -> None:
    weak = {"station": {"str2_ratio": [2.0] * 4, "str2_dp": [0.02] * 4, "calm": [1] * 4}}
    hidden = {"station": {**weak["station"], "calm": [0] * 4}}
    assert of(judged(*[weak] * 12, hidden), Level.STATION, "str2_high") == [None] * 4
    assert of(judged(*[weak] * 12, hidden, weak), Level.STATION, "str2_high") == [1.0] * 4


def test_the_deadband_keeps_a_symptom() -> None:
    def moment(ratio: float) -> Mapping[str, Mapping[str, Sequence[float]]]:
        return {"station": {"str2_ratio": [ratio] * 4, "str2_dp": [0.02] * 4, "calm": [1] * 4}}

    assert of(judged(*[moment(1.7)] * 12, moment(1.5)), Level.STATION, "str2_high") == [1.0] * 4
    assert of(judged(*[moment(1.7)] * 12, moment(1.3)), Level.STATION, "str2_high") == [0.0] * 4


def low_pressure(*residual: float) -> Mapping[str, Mapping[str, Sequence[float]]]:
    """Return a moment with a primary differential pressure off its curve at each station."""
    return {"station": {"dp1_residual_mpa": residual, "jumps_2h": [0] * 4, "live": [1] * 4}}


def test_a_branch_whose_stations_are_low_stands_alone_or_with_all() -> None:
    rows = judged(*[low_pressure(-0.1, -0.1, 0.0, 0.0)] * 2)
    assert of(rows, Level.BRANCH, "dp_low") == [1.0, 0.0]
    assert of(rows, Level.BRANCH, "dp_low_alone") == [1.0, 0.0]
    assert of(rows, Level.SOURCE, "stations_dp_low") == [0.0]
    rows = judged(*[low_pressure(-0.1, -0.1, -0.1, -0.1)] * 2)
    assert of(rows, Level.BRANCH, "dp_low") == [1.0, 1.0]
    assert of(rows, Level.BRANCH, "dp_low_alone") == [0.0, 0.0]
    assert of(rows, Level.SOURCE, "stations_dp_low") == [1.0]


def test_a_branch_counts_the_stations_that_know() -> None:
    rows = judged(*[low_pressure(-0.1, np.nan, np.nan, np.nan)] * 2)
    assert of(rows, Level.BRANCH, "dp_low") == [1.0, None]


def test_a_burst_stands_at_the_branch_whose_pressures_fell_most() -> None:
    moment = {
        "station": {"p1_fall_mpa": [-0.02, -0.02, -0.09, -0.08], "rising_slots": [1, 1, 1, 1]},
        "source": {"source_makeup_ratio": [5.0], "source_known": [1.0]},
    }
    rows = judged(moment)
    assert of(rows, Level.BRANCH, "p_lowest") == [0.0, 1.0]
    assert of(rows, Level.BRANCH, "source_makeup_high") == [1.0, 1.0]
    assert of(rows, Level.SOURCE, "makeup_high") == [1.0]


truth = st.sampled_from([0.0, 1.0, float("nan")])
moments = st.lists(
    st.lists(st.tuples(truth, truth, st.sampled_from([-0.1, 0.0, float("nan")])), min_size=4, max_size=4),
    min_size=1,
    max_size=8,
)
"""Power, running pump and primary differential pressure of four stations."""
Moments = list[list[tuple[float, float, float]]]


def steps_of(run: Moments) -> list[tuple[SignalTables, datetime]]:
    steps = []
    for place, stations in enumerate(run):
        pwr, run_max, residual = zip(*stations, strict=True)
        values = {"pwr": pwr, "run_max": run_max, "dp1_residual_mpa": residual, "live": [1] * 4,
                  "wanted": [1] * 4, "jumps_2h": [0] * 4, "flt_max": [0] * 4}  # fmt: skip
        steps.append((tables_with({"station": values}), T0 + place * STEP))
    return steps


def assert_same(one: Mapping[Level, NDArray[np.float64]], other: Mapping[Level, NDArray[np.float64]]) -> None:
    for level, rows in one.items():
        assert np.array_equal(rows, other[level], equal_nan=True), level


@settings(max_examples=examples(10), deadline=None)
@given(moments, st.integers(1, 8))
def test_blocks_of_time_give_what_single_steps_give(run: Moments, size: int) -> None:
    steps, single, blocked = steps_of(run), SymptomState(), SymptomState()
    one_by_one, together = [], []
    for tables, now in steps:
        single, rows = JUDGE.step(single, tables, now, LAYOUT)
        one_by_one.append(rows)
    for first in range(0, len(steps), size):
        blocked, found = JUDGE.block(blocked, steps[first : first + size], LAYOUT)
        together += found
    for one, other in zip(one_by_one, together, strict=True):
        assert_same(one, other)


@settings(max_examples=examples(10), deadline=None)
@given(moments)
def test_stations_judged_in_parts_and_the_network_over_all_give_the_whole(run: Moments) -> None:
    groups = [({"S1"}, [0]), ({"S2", "S3", "S4"}, [1, 2, 3])]
    parts = {number: LAYOUT.of_stations(group) for number, (group, _) in enumerate(groups)}
    whole, above = SymptomState(), SymptomState()
    states = dict.fromkeys(parts, SymptomState())
    for tables, now in steps_of(run):
        whole, rows = JUDGE.step(whole, tables, now, LAYOUT)
        of_stations = np.full_like(rows[Level.STATION], np.nan)
        for number, (_, places) in enumerate(groups):
            chosen = {"station": tables["station"].select(np.array(places))}
            states[number], found = JUDGE.stations(states[number], [(chosen, now)], parts[number])
            of_stations[places] = found[0][Level.STATION]
        above, network = JUDGE.network(above, [(tables, now)], [of_stations], LAYOUT)
        assert_same({Level.STATION: of_stations, **network[0]}, rows)


@settings(max_examples=examples(10), deadline=None)
@given(moments, st.integers(0, 8))
def test_delays_follow_their_objects_when_rows_move(run: Moments, cut: int) -> None:
    moved = Layout(SITE, build_heat_tree(replace(SITE, stations=SITE.stations[::-1])))
    straight, bent = SymptomState(), SymptomState()
    for place, (tables, now) in enumerate(steps_of(run)):
        straight, rows = JUDGE.step(straight, tables, now, LAYOUT)
        if place == cut:
            bent = bent.carried_to(moved).carried_to(LAYOUT)
        bent, others = JUDGE.step(bent, tables, now, LAYOUT)
        assert_same(rows, others)


def test_a_step_leaves_the_state_before_it_as_it_was() -> None:
    moment = tables_with({"station": {"hz_max": [50] * 4, "live": [1] * 4}})
    before, _ = JUDGE.step(SymptomState(), moment, T0, LAYOUT)
    kept = before.levels[Level.STATION].phase.copy()
    JUDGE.step(before, moment, T0 + 12 * STEP, LAYOUT)
    assert np.array_equal(before.levels[Level.STATION].phase, kept)


def test_a_station_with_circuits_has_its_symptoms_for_each_of_them() -> None:
    site = two_circuit_site(stations=2)
    layout = Layout(site, build_heat_tree(site))
    blank = Signals(standard_c=18.0, watching_since_ms=0).tables(Windows(layout), now_ms=1_800_000_000_000)
    tables = {name: table for name, table in blank.items() if name in ("station", "branch", "source")}
    sides = blank["circuit"]
    columns = {
        **sides.columns,
        "run_max": np.array([1.0, 0.0, 1.0]),
        "live": np.ones(3),
        "wanted": np.ones(3),
    }
    tables["circuit"] = SignalTable(sides.subjects, columns)
    _, rows = JUDGE.step(SymptomState(), tables, T0, layout)
    assert sides.subjects.ids == ("S1-low", "S1-high", "S2")
    assert of(rows, Level.CIRCUIT, "no_circ") == [0.0, 1.0, 0.0]
    assert of(rows, Level.STATION, "no_circ") == [None, None]
