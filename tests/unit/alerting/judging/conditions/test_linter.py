"""The linter finds what would judge wrongly, and finds nothing in the shipped rules."""

from dataclasses import replace

import pytest

from alerting.judging.conditions.linter import lint_rules
from config.rules.reading import BilingualText, InhibitKind, Limit, Rule, RuleSet, load_rules
from config.settings.tree import RulesSettings
from heating.alarms import Priority

SHIPPED = load_rules(RulesSettings())
ST_02, ST_15, ST_23 = (SHIPPED.rule(rule_id) for rule_id in ("ST-02", "ST-15", "ST-23"))


def test_the_shipped_rules_are_without_fault() -> None:
    assert lint_rules(SHIPPED) == []


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (replace(ST_15, signals=("t2s", "t9")), "unknown signal 't9'"),
        (replace(ST_15, raise_when="t2s < t2s_so - below_k"), "'t2s_so' is neither"),
        (replace(ST_15, raise_when="t2s < p2r", signals=("t2s", "t2s_sp", "p2r", "setpoint_age_s")), "MPa"),
        (replace(ST_15, raise_when="t2s < t2s_sp - settled_s"), "adds °C and s"),
        (replace(ST_15, limits={**ST_15.limits, "spare": Limit(1)}), "'spare' is used by no condition"),
        (replace(ST_15, clear_when=ST_15.raise_when), "the same as raise_when"),
        (replace(ST_15, clear_when="t2s is not null"), "clear_when"),
        (replace(ST_15, text=BilingualText("{nix}", "x")), "nothing fills {nix}"),
        (replace(ST_15, action=BilingualText(" ", " ")), "action is empty"),
        (replace(ST_15, time_to_respond_s=None), "time_to_respond is missing"),
        (replace(ST_15, inhibit_kind=None), "inhibits without inhibit_kind"),
    ],
)
def test_a_fault_is_found_and_said(rule: Rule, message: str) -> None:
    assert message in "\n".join(str(fault) for fault in lint_rules(RuleSet((rule,))))


def test_a_consequence_inhibitor_below_its_target_is_found() -> None:
    weak = replace(ST_23, priority=Priority.P3)
    assert "silences the more urgent ST-15" in str(lint_rules(RuleSet((ST_15, weak)))[0])


def test_a_ring_of_inhibitions_is_reported_once() -> None:
    kind = InhibitKind.CONSEQUENCE
    ring = (
        replace(ST_15, inhibits=("ST-23",), inhibit_kind=kind),
        replace(ST_23, inhibits=("ST-15",), inhibit_kind=kind),
    )
    assert [str(f).split("ring ")[1][:21] for f in lint_rules(RuleSet(ring))] == ["ST-15 > ST-23 > ST-15"]
