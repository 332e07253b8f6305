"""The step is a pure function: the fleet can be split by station, the state saved at any tick, the order is fixed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from alerting.judging.engine import Judged, RuleEngine, Timers, Transition, TransitionKind
from alerting.judging.layout import Layout
from alerting.judging.signals.registry import signals_of
from alerting.judging.signals.tables import SignalTable, SignalTables
from alerting.judging.state_codec import StateError, TimersCodec
from config.rules.reading import Rule, RuleSet, Variant, load_rules
from config.rules.scopes import HOUSEHOLD, STATION
from config.settings.tree import RulesSettings
from heating.alarms import Priority
from heating.heat_tree import HeatTree, Level, build_heat_tree
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)
RULES = load_rules(RulesSettings())
SITE = small_site(stations=4)
TREE: HeatTree = build_heat_tree(SITE)
LAYOUT = Layout(SITE, TREE)
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
    stations, homes = LAYOUT.subjects(Level.STATION), LAYOUT.subjects(Level.HOUSEHOLD)

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
    tables: SignalTables | None = None
    for tick in range(TICKS):
        if tick % 6 == 0 or tables is None:  # stay long enough for delays to end
            tables = {
                "station": SignalTable(stations, {n: column(n, len(stations)) for n in signals_of(STATION)}),
                "household": SignalTable(homes, {n: column(n, len(homes)) for n in signals_of(HOUSEHOLD)}),
            }
        found.append(tables)
    return found


def run(
    tables: list[SignalTables], *, timers: Timers | None = None, first: int = 0
) -> tuple[list[Transition], list[Judged]]:
    timers = Timers() if timers is None else timers
    results: list[Judged] = []
    for place, table in enumerate(tables, start=first):
        result = ENGINE.advance(timers, table, T0 + timedelta(minutes=10 * place))
        timers = result.timers
        results.append(result)
    return [transition for result in results for transition in result.transitions], results


def only_stations(tables: SignalTables, names: set[str]) -> SignalTables:
    wanted = [TREE.find(Level.STATION, name) for name in names]

    def rows(table: SignalTable) -> np.ndarray:
        inside = [any(TREE.is_below(int(n), station) for station in wanted) for n in table.subjects.numbers]
        return np.flatnonzero(inside)

    return {name: table.select(rows(table)) for name, table in tables.items()}


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
    codec = TimersCodec(layout=LAYOUT, rules=RULES)
    for cut in (1, 7, 25, 44):
        blobs: dict[str, bytes] = {}
        for result in results[:cut]:
            blobs |= codec.encode_changed(result)
        rest, _ = run(tables[cut:], timers=codec.decode(blobs), first=cut)
        before = [t for result in results[:cut] for t in result.transitions]
        assert keys(before + rest) == keys(whole)


def test_transitions_of_a_tick_come_parents_first_and_clearings_before_raisings() -> None:
    _, results = run(random_tables(5))
    for result in results:
        order = [(t.kind != "cleared", int(t.subject.level)) for t in result.transitions]
        assert order == sorted(order)


def test_timers_of_subjects_that_left_the_registry_are_dropped() -> None:
    _, results = run(random_tables(1)[:8])
    codec = TimersCodec(layout=LAYOUT, rules=RULES)
    site = small_site(stations=2)
    smaller = TimersCodec(layout=Layout(site, build_heat_tree(site)), rules=RULES)
    blobs = codec.encode_changed(results[-1])
    for result in results:
        blobs |= codec.encode_changed(result)
    moved = smaller.decode(blobs)
    assert max(int(s.row.max(initial=0)) for s in moved.rules.values()) < 8
    assert (
        0
        < sum(len(s.row) for s in moved.rules.values())
        < sum(len(s.row) for s in results[-1].timers.rules.values())
    )


def test_a_broken_blob_is_named() -> None:
    codec = TimersCodec(layout=LAYOUT, rules=RULES)
    with pytest.raises(StateError, match="engine/S1"):
        codec.decode({"engine/S1": b"{"})


def plain(rule_id: str, signal: str = "t2s", **changes: object) -> Rule:
    """Return a rule of stations that raises above 10 and clears below 5, at once."""
    usual: dict[str, object] = {
        "rule_id": rule_id,
        "priority": Priority.P3,
        "signals": (signal,),
        "limits": {},
        "raise_when": f"{signal} > 10",
        "clear_when": f"{signal} < 5",
        "enable_if": None,
        "on_delay": timedelta(0),
        "off_delay": timedelta(0),
        "variants": (),
    }
    return replace(RULES.rule("ST-01"), **(usual | changes))  # type: ignore[arg-type]


class Bench:
    """Some rules over the four stations, one step after the other."""

    def __init__(self, *rules: Rule) -> None:
        self.engine, self.timers, self.minute = RuleEngine(RuleSet(rules)), Timers(), 0

    def step(self, *, held: tuple[str, ...] = (), **columns: list[float]) -> list[Transition]:
        arrays = {name: np.array(values, np.float64) for name, values in columns.items()}
        tables = {"station": SignalTable(LAYOUT.subjects(Level.STATION), arrays)} if arrays else {}
        self.minute += 1
        judged = self.engine.advance(self.timers, tables, T0 + timedelta(minutes=self.minute), held=held)
        self.timers = judged.timers
        assert set(judged.touched) <= set(self.timers.rules) - set(held)
        return list(judged.transitions)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench(
        plain("ST-02", variants=(Variant(Priority.P1, "t2s > 50"),)), plain("ST-01"), plain("ST-03", "g2")
    )
    yield bench
    bench.engine.close()


CALM = [0.0, 0.0, 0.0, 0.0]


def seen(transitions: list[Transition]) -> list[tuple[str, str, str, int]]:
    return [(t.kind.value, t.rule_id, t.subject.object_id, int(t.priority)) for t in transitions]


def test_of_one_moment_clearings_come_first_then_the_most_urgent_then_the_tree_then_the_rule(
    bench: Bench,
) -> None:
    bench.step(t2s=CALM, g2=[20.0, 20.0, 0.0, 0.0])
    found = bench.step(t2s=[20.0, 20.0, 60.0, 0.0], g2=CALM)
    assert seen(found) == [
        ("cleared", "ST-03", "S1", 3),
        ("cleared", "ST-03", "S2", 3),
        ("raised", "ST-02", "S3", 1),
        ("raised", "ST-01", "S1", 3),
        ("raised", "ST-02", "S1", 3),
        ("raised", "ST-01", "S2", 3),
        ("raised", "ST-02", "S2", 3),
        ("raised", "ST-01", "S3", 3),
    ]
    assert [t.number for t in found] == [TREE.find(Level.STATION, t.subject.object_id) for t in found]
    assert {t.at for t in found} == {T0 + timedelta(minutes=2)}


def test_an_escalation_carries_the_urgency_that_it_reaches(bench: Bench) -> None:
    bench.step(t2s=[20.0, 0.0, 0.0, 0.0], g2=CALM)
    found = bench.step(t2s=[60.0, 0.0, 0.0, 0.0], g2=CALM)
    assert seen(found) == [("escalated", "ST-02", "S1", 1)]
    assert found[0].kind is TransitionKind.ESCALATED


def test_figures_of_a_transition_are_rounded_and_a_missing_one_is_none() -> None:
    bench = Bench(plain("ST-01", signals=("t2s", "g2")))
    (raised,) = bench.step(t2s=[12.345678, 0.0, 0.0, 0.0], g2=[np.nan, 1.0, 1.0, 1.0])
    bench.engine.close()
    assert raised.parameters == {"t2s": 12.3457, "g2": None}


def test_a_rule_that_is_held_keeps_its_state_and_the_others_go_on(bench: Bench) -> None:
    bench.step(t2s=[20.0, 0.0, 0.0, 0.0], g2=CALM)
    assert seen(bench.step(t2s=CALM, g2=[20.0] * 4, held=("ST-01", "ST-03"))) == [
        ("cleared", "ST-02", "S1", 3)
    ]
    assert bench.timers.rules["ST-01"].row.tolist() == [0]
    assert seen(bench.step(t2s=CALM, g2=CALM)) == [("cleared", "ST-01", "S1", 3)]


def test_a_rule_whose_scope_has_no_table_is_not_judged_and_stops_no_other() -> None:
    homes = plain("HB-01", "t_room", scope=HOUSEHOLD)
    bench = Bench(homes, plain("ST-01"))
    assert seen(bench.step(t2s=[20.0, 0.0, 0.0, 0.0])) == [("raised", "ST-01", "S1", 3)]
    assert set(bench.timers.rules) == {"ST-01"}
    bench.engine.close()


def test_timers_of_a_rule_that_never_ran_are_empty_and_those_of_other_rows_follow_their_objects() -> None:
    bench = Bench(plain("ST-01"))
    bench.step(t2s=[20.0, 0.0, 20.0, 0.0])
    bench.engine.close()
    stations = LAYOUT.subjects(Level.STATION)
    assert bench.timers.of("ST-99", stations).row.tolist() == []
    assert bench.timers.of("ST-01", stations) is bench.timers.rules["ST-01"]
    assert bench.timers.of("ST-01", stations.select(np.array([1, 2]))).row.tolist() == [1]
    two = [bench.timers.carried_to(LAYOUT.of_stations([name])) for name in ("S3", "S1")]
    merged = Timers.merged(LAYOUT, two)
    assert (merged.rules["ST-01"].row.tolist(), merged.subjects["ST-01"]) == ([0, 2], stations)
