"""The linter finds what would judge wrongly, and finds nothing in the shipped rules."""

from dataclasses import replace
from typing import Any

import pytest

from alerting.judging.conditions.linter import lint_rules
from config.rules.reading import BilingualText, InhibitKind, Limit, Rule, RuleSet, Variant, load_rules
from config.settings.tree import RulesSettings
from heating.alarms import Priority

SHIPPED = load_rules(RulesSettings())
ST_02, ST_15, ST_23 = (SHIPPED.rule(rule_id) for rule_id in ("ST-02", "ST-15", "ST-23"))
KIND = InhibitKind.CONSEQUENCE


def problems(*rules: Rule) -> list[str]:
    """Return what the linter says of rules, without files and remedies."""
    return [mistake.problem for mistake in lint_rules(RuleSet(rules))]


def of_changed(**changes: Any) -> list[str]:
    """Return what the linter says of rule ST-15 after a change, without the rule's name."""
    return [text.removeprefix("ST-15: ").removesuffix(".") for text in problems(replace(ST_15, **changes))]


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


@pytest.mark.parametrize(
    "condition",
    [
        "t2s < t2s_sp - below_k",  # a difference in K from a temperature is a temperature
        "t2s + below_k < t2s_sp",
        "t2s - t2s_sp < below_k",  # two temperatures differ by K
        "abs(t2s - t2s_sp) > below_k",
        "-below_k > t2s - t2s_sp",
        "setpoint_age_s > 2 * settled_s",
        "below_k * deadband_k > settled_s",  # the unit of a product of two figures is not known
        "t2s / t2s_sp > below_k",
        "t2s between 10 and t2s_sp",
        "setpoint_age_s in (1, 2)",
        "t2s > 1 or setpoint_age_s > 1",  # each comparison stands for itself
    ],
)
def test_figures_of_one_unit_may_be_compared_and_added(condition: str) -> None:
    assert of_changed(raise_when=condition) == []


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("t2s < settled_s", "compares s with °C"),
        ("t2s < below_k", "compares K with °C"),
        ("t2s > 1 and t2s < settled_s", "compares s with °C"),
        ("not t2s < settled_s", "compares s with °C"),
        ("t2s between 10 and settled_s", "compares s with °C"),
        ("settled_s in (t2s, 2)", "compares s with °C"),
        ("t2s - t2s_sp < t2s", "compares K with °C"),
        ("t2s + t2s_sp < below_k", "compares K with °C"),
        ("t2s + 1 < settled_s", "compares s with °C"),
        ("1 + t2s < settled_s", "compares s with °C"),
        ("abs(t2s) > settled_s", "compares s with °C"),
        ("-setpoint_age_s < below_k", "compares K with s"),
        ("2 * t2s > settled_s", "compares s with °C"),
        ("settled_s - below_k > 0", "adds s and K"),
        ("below_k + t2s > 0", "adds K and °C"),  # a temperature is moved by a difference, not the other way
        ("2 * (t2s + settled_s) > 0", "adds °C and s"),
    ],
)
def test_figures_of_different_units_are_refused(condition: str, problem: str) -> None:
    assert of_changed(raise_when=condition) == [f"raise_when: {problem}"]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"raise_when": "t2s < 2 and sqrt(t2s) > 1"}, "raise_when at character 13: "),
        ({"raise_when": "sqrt(t2s) > 1"}, "raise_when at character 1: "),
        ({"raise_when": "t2s < 2 from x"}, "raise_when: a condition is one expression"),
        ({"clear_when": "t2s", "limits": {"below_k": Limit(5.0, "K"), "settled_s": Limit(1.0, "s")}},
         "clear_when: a condition is true or false"),
        ({"variants": (Variant(Priority.P1, "t2s < nix"),)}, "variants.0.when: 'nix' is neither"),
        ({"enable_if": "nix > settled_s"}, "enable_if: 'nix' is neither"),
    ],
)  # fmt: skip
def test_every_condition_is_looked_at_and_the_place_of_a_mistake_is_counted_from_one(
    changes: dict[str, Any], found: str
) -> None:
    (problem,) = of_changed(**changes)
    assert problem.startswith(found)


def test_a_condition_that_cannot_be_read_does_not_hide_what_is_wrong_with_the_others() -> None:
    found = of_changed(raise_when="t2s is null", clear_when="t2s > t2s_sp - nix - below_k + deadband_k")
    assert [text.split(" ")[0] for text in found] == ["raise_when", "clear_when:"]
    chinese, english = of_changed(text=BilingualText("{", "{nix}"))
    assert chinese.startswith("text.zh: ") and english == "text.en: nothing fills {nix}"


def test_a_rule_may_do_without_enable_if_but_then_its_limits_serve_nothing() -> None:
    assert of_changed(enable_if=None) == ["limit 'settled_s' is used by no condition"]
    assert of_changed(enable_if=None, raise_when="t2s < t2s_sp and setpoint_age_s > settled_s") == []


def test_a_limit_with_the_name_of_a_signal_is_refused() -> None:
    limits = {**ST_15.limits, "t2s_sp": Limit(50.0, "°C")}
    assert of_changed(limits=limits) == ["limit 't2s_sp' has the name of a signal"]


def test_an_unknown_signal_is_refused_with_those_there_are() -> None:
    (mistake,) = lint_rules(RuleSet((replace(ST_15, signals=(*ST_15.signals, "t9")),)))
    assert mistake.place == ST_15.file
    assert mistake.remedy.startswith("Choose from balance_ratio, calm, ")
    assert ", flood, floor_heating, " in mistake.remedy


def test_clearing_on_what_raises_is_refused_however_it_is_spaced() -> None:
    spaced = {"raise_when": "t2s < t2s_sp - below_k + deadband_k "}
    assert of_changed(**spaced, clear_when=" t2s < t2s_sp - below_k + deadband_k") == [
        "clear_when is the same as raise_when"
    ]


@pytest.mark.parametrize("record", ["cause", "consequence", "action"])
@pytest.mark.parametrize("text", [BilingualText(" ", "x"), BilingualText("x", "")])
def test_the_record_must_be_there_in_both_languages(record: str, text: BilingualText) -> None:
    assert of_changed(**{record: text}) == [f"{record} is empty"]


def test_only_a_journal_entry_needs_no_time_to_respond_and_it_opens_no_incident() -> None:
    journal = {"priority": Priority.P4, "inhibits": (), "time_to_respond_s": None}
    assert of_changed(**journal, opens_incident=False) == []
    assert of_changed(**journal, opens_incident=True) == ["a journal entry (P4) opens no incident"]
    assert of_changed(priority=Priority.P3, opens_incident=True) == []


@pytest.mark.parametrize(
    ("priority", "refused"), [(Priority.P1, False), (Priority.P2, True), (Priority.P3, True)]
)
def test_a_variant_must_be_more_urgent_than_its_rule(priority: Priority, refused: bool) -> None:
    found = of_changed(variants=(Variant(priority, "t2s < 20"),))
    assert found == ([f"variant {priority.name} is not more urgent than P2"] if refused else [])


def test_a_consequence_inhibitor_below_its_target_is_found() -> None:
    weak = replace(ST_23, priority=Priority.P3)
    assert problems(ST_15, weak) == ["ST-23 (P3) silences the more urgent ST-15."]
    assert problems(ST_15, ST_23) == []  # equally urgent
    resident = replace(weak, inhibit_kind=InhibitKind.MASK_RESIDENT)
    assert problems(ST_15, resident) == []  # the target is no consequence, its urgency does not matter


def test_what_is_never_inhibited_cannot_be_named_as_a_target() -> None:
    assert problems(replace(ST_15, never_inhibited=True), ST_23) == [
        "ST-23 inhibits ST-15, which is never inhibited."
    ]


def silences(start: Rule, *targets: str) -> Rule:
    return replace(start, inhibits=targets, inhibit_kind=KIND)


def test_a_ring_of_inhibitions_is_reported_once() -> None:
    assert problems(silences(ST_15, "ST-23"), silences(ST_23, "ST-15")) == [
        "inhibition ring ST-15 > ST-23 > ST-15."
    ]


def test_a_ring_is_found_behind_other_targets_and_over_several_rules() -> None:
    rules = (silences(ST_02, "ST-15"), silences(ST_15, "ST-16", "ST-23"), silences(ST_23, "ST-02"))
    spare = replace(ST_23, rule_id="ST-16", inhibits=())
    assert problems(*(replace(rule, priority=Priority.P2) for rule in rules), spare) == [
        "inhibition ring ST-02 > ST-15 > ST-23 > ST-02."
    ]


def test_a_ring_below_a_rule_is_no_ring_of_that_rule() -> None:
    rules = (silences(ST_02, "ST-15"), silences(ST_15, "ST-23"), silences(ST_23, "ST-15"))
    assert problems(*(replace(rule, priority=Priority.P2) for rule in rules)) == [
        "inhibition ring ST-15 > ST-23 > ST-15."
    ]


def test_two_ways_to_one_target_are_no_ring() -> None:
    rules = (silences(ST_02, "ST-15", "ST-23"), silences(ST_15, "ST-23"), silences(ST_23))
    assert problems(*(replace(rule, priority=Priority.P2) for rule in rules)) == []
