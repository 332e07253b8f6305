"""A scope and a family of signals are added by declaring them: nothing else knows how many there are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from alerting.judging.conditions.linter import lint_rules
from alerting.judging.engine import RuleEngine, Timers
from alerting.judging.layout import Layout
from alerting.judging.signals.family import Columns, Family, Moment, Signal, WatchFigures
from alerting.judging.signals.registry import FAMILIES, signals_of
from alerting.judging.signals.tables import Signals
from alerting.judging.windows import Windows
from config.rules.reading import Rule, RuleSet, load_rules
from config.rules.scopes import BUILDING, HOUSEHOLD, SCOPES, SENSOR, STATION, WATCH, Scope
from config.settings.tree import RulesSettings
from heating.heat_tree import Level, Node, build_heat_tree
from heating.intervals import to_epoch_ms
from heating.points import POINTS, Measurement
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)
SITE = small_site()
LAYOUT = Layout(SITE, build_heat_tree(SITE), now=T0)
ST_01 = load_rules(RulesSettings()).rule("ST-01")

LIFT = Scope("lift", "the lift of a riser; only this test knows it", Level.RISER)


def _lift_columns(moment: Moment) -> Columns:
    risers = len(moment.basis.layout.subjects(Level.RISER))
    return {"floors_climbed": 10.0 * np.arange(risers)}


LIFTS = Family(
    scope=LIFT, signals=(Signal("floors_climbed", "", "floors since morning"),), columns=_lift_columns
)


def tired_lift(scope: Scope = LIFT) -> Rule:
    return replace(
        ST_01,
        rule_id="LI-01",
        scope=scope,
        signals=("floors_climbed",),
        raise_when="floors_climbed > 25",
        clear_when="floors_climbed < 20",
        on_delay=timedelta(0),
        text=replace(ST_01.text, zh="{floors_climbed}", en="{floors_climbed}"),
        inhibits=(),
    )


def test_a_new_scope_with_a_new_family_is_judged_like_any_other() -> None:
    families = (*FAMILIES, LIFTS)
    rules = RuleSet((ST_01, tired_lift()))
    assert lint_rules(rules, families=families) == []
    engine = RuleEngine(rules)
    signals = Signals(standard_c=18.0, watching_since_ms=0, families=families)
    tables = signals.tables(Windows(LAYOUT), now_ms=to_epoch_ms(T0))
    judged = engine.advance(Timers(), tables, T0)
    engine.close()
    (raised,) = judged.transitions
    last = LAYOUT.subjects(Level.RISER).ids[-1]
    assert (raised.subject, raised.parameters) == (Node(Level.RISER, last), {"floors_climbed": 30.0})


def test_a_rule_of_a_scope_without_signals_is_refused_by_the_linter_and_never_judged() -> None:
    rules = RuleSet((tired_lift(BUILDING),))
    assert "no family computes signals of it" in str(lint_rules(rules)[0])
    engine = RuleEngine(rules)
    tables = Signals(standard_c=18.0, watching_since_ms=0).tables(Windows(LAYOUT), now_ms=to_epoch_ms(T0))
    judged = engine.advance(Timers(), tables, T0)
    engine.close()
    assert (judged.transitions, judged.timers.rules) == ((), {})


def test_every_scope_is_listed_under_its_own_name_and_shares_rows_only_with_its_level() -> None:
    for name, scope in SCOPES.items():
        assert scope.name == name
        assert SCOPES[scope.table].level is scope.level
    assert {"area", "business"} == {n for n, scope in SCOPES.items() if scope.level is None}


def test_families_compute_exactly_the_signals_they_declare_and_no_two_the_same() -> None:
    signals = Signals(standard_c=18.0, watching_since_ms=0)
    tables = signals.tables(Windows(LAYOUT), now_ms=to_epoch_ms(T0), watch=WatchFigures(3.0, 4.0))
    for scope in (STATION, HOUSEHOLD, WATCH):
        declared = [s.name for f in FAMILIES if f.scope.table == scope.table for s in f.signals]
        assert sorted(declared) == sorted(tables[scope.table].columns)
        rows = len(tables[scope.table].subjects)
        assert {len(column) for column in tables[scope.table].columns.values()} == {rows}
    assert tables["watch"].columns["blind_s"].tolist() == [3.0]
    assert tables["watch"].columns["feed_down_s"].tolist() == [4.0]
    assert signals_of(SENSOR) == signals_of(HOUSEHOLD)


POINT_OF = {
    point.name: point for point in POINTS if point.measurement in (Measurement.STATION, Measurement.SOURCE)
}


@pytest.mark.parametrize("signal", [s for f in FAMILIES for s in f.signals if s.point], ids=lambda s: s.name)
def test_a_signal_that_is_a_point_has_its_unit_and_symbol(signal: Signal) -> None:
    point = POINT_OF[signal.point]
    assert (signal.name, signal.unit) == (point.symbol, point.unit.value.replace("-", ""))
