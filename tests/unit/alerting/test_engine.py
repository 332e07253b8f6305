"""The step is a pure function: the fleet can be split by station, the state saved at any tick, the order is fixed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from alerting.judging.engine import EngineState, RuleEngine, StepResult, Transition
from alerting.judging.signals.columns import SignalTable, SignalTables
from alerting.judging.signals.names import HOUSEHOLD_SIGNALS, STATION_SIGNALS
from alerting.judging.state_codec import EngineStateCodec, EngineStateError
from config.rules.reading import load_rules
from config.settings.tree import RulesSettings
from heating.heat_tree import HeatTree, Level, build_heat_tree
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)
RULES = load_rules(RulesSettings())
TREE: HeatTree = build_heat_tree(small_site(stations=4))
TICKS = 60
ENGINE = RuleEngine(RULES)
"""Compiled once: a step is a function of its arguments alone."""


@pytest.fixture(scope="module", autouse=True)
def let_go() -> Iterator[None]:
    """Close the expression engine after the last test."""
    yield
    ENGINE.close()


def random_tables(seed: int) -> list[SignalTables]:
    """Return signals that jump about their limits, with gaps."""
    random = np.random.default_rng(seed)
    stations, homes = TREE.numbers(Level.STATION), TREE.numbers(Level.HOUSEHOLD)

    def column(name: str, size: int) -> np.ndarray:
        flags = {"pwr", "run_max", "floor_heating", "gateway_down", "heating", "vulnerable"}
        if name in flags:
            values = (random.random(size) < (0.9 if name == "heating" else 0.4)).astype(np.float64)
        elif name.startswith("t_room"):
            values = random.choice([11.0, 15.0, 17.0, 20.0], size)
        else:
            values = random.choice([0.0, 0.05, 0.3, 50.0, 60.0, 90.0, 30000.0], size)
        return np.where(random.random(size) < 0.1, np.nan, values)

    found: list[SignalTables] = []
    held: tuple[SignalTable, SignalTable] | None = None
    for tick in range(TICKS):
        if tick % 6 == 0 or held is None:  # stay long enough for delays to end
            held = (
                SignalTable(stations, {s.name: column(s.name, len(stations)) for s in STATION_SIGNALS}),
                SignalTable(homes, {s.name: column(s.name, len(homes)) for s in HOUSEHOLD_SIGNALS}),
            )
        found.append(SignalTables(*held))
    return found


def run(
    tables: list[SignalTables], *, state: EngineState | None = None, first: int = 0
) -> tuple[list[Transition], list[StepResult]]:
    state = EngineState() if state is None else state
    results: list[StepResult] = []
    for place, table in enumerate(tables, start=first):
        result = ENGINE.step(state, table, T0 + timedelta(minutes=10 * place), tree=TREE)
        state = result.state
        results.append(result)
    return [transition for result in results for transition in result.transitions], results


def only_stations(tables: SignalTables, names: set[str]) -> SignalTables:
    wanted = [TREE.find(Level.STATION, name) for name in names]

    def rows(table: SignalTable) -> np.ndarray:
        inside = [any(TREE.is_below(int(n), station) for station in wanted) for n in table.subjects]
        return np.flatnonzero(inside)

    return SignalTables(
        tables.station.select(rows(tables.station)), tables.household.select(rows(tables.household))
    )


def keys(transitions: list[Transition]) -> list[tuple[datetime, str, str, str, int]]:
    return sorted((t.at, t.kind.value, t.rule_id, str(t.subject), int(t.priority)) for t in transitions)


@pytest.mark.parametrize("seed", range(3))
def test_splitting_the_fleet_by_station_and_merging_gives_the_same(seed: int) -> None:
    tables = random_tables(seed)
    whole, _ = run(tables)
    first, _ = run([only_stations(t, {"S1", "S3"}) for t in tables])
    second, _ = run([only_stations(t, {"S2", "S4"}) for t in tables])
    assert len(whole) > 20
    assert keys(whole) == keys(first + second)


@pytest.mark.parametrize("seed", range(3))
def test_state_saved_and_read_again_at_any_tick_gives_the_same_history(seed: int) -> None:
    tables = random_tables(seed)
    whole, results = run(tables)
    codec = EngineStateCodec(tree=TREE, rules=RULES)
    for cut in (1, 7, 25, 44):
        blobs: dict[str, bytes] = {}
        for result in results[:cut]:
            blobs |= codec.encode_changed(result)
        rest, _ = run(tables[cut:], state=codec.decode(blobs), first=cut)
        before = [t for result in results[:cut] for t in result.transitions]
        assert keys(before + rest) == keys(whole)


def test_transitions_of_a_tick_come_parents_first_and_clearings_before_raisings() -> None:
    _, results = run(random_tables(5))
    for result in results:
        order = [(t.kind != "cleared", int(t.subject.level)) for t in result.transitions]
        assert order == sorted(order)


def test_timers_of_subjects_that_left_the_registry_are_dropped() -> None:
    _, results = run(random_tables(1)[:8])
    codec = EngineStateCodec(tree=TREE, rules=RULES)
    smaller = EngineStateCodec(tree=build_heat_tree(small_site(stations=2)), rules=RULES)
    blobs = codec.encode_changed(results[-1])
    for result in results:
        blobs |= codec.encode_changed(result)
    moved = smaller.decode(blobs)
    assert max(int(s.row.max(initial=0)) for s in moved.rules.values()) < 8
    assert (
        0
        < sum(len(s.row) for s in moved.rules.values())
        < sum(len(s.row) for s in results[-1].state.rules.values())
    )


def test_a_broken_blob_is_named() -> None:
    codec = EngineStateCodec(tree=TREE, rules=RULES)
    with pytest.raises(EngineStateError, match="engine/S1"):
        codec.decode({"engine/S1": b"{"})
