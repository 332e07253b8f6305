"""docs/rules.md: its rule and cases are linted and run as written, its changes are taken, its keys are all."""

import re
from pathlib import Path

import yaml

from alerting.judging.conditions.linter import lint_rules
from alerting.serving.rule_cases import load_cases, run_cases
from config.rules.reading import _RuleDocument, load_rules
from config.settings.tree import RulesSettings
from tests.support.page_tables import DOCS
from tests.support.pages import blocks

PAGE = (DOCS / "rules.md").read_text(encoding="utf-8")
YAML = blocks(PAGE, "yaml")
OVERRIDES, RULE, CASES = YAML


def test_the_rule_of_the_page_passes_the_linter_and_its_cases(tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    (tmp_path / "ST-90.yaml").write_text(RULE, encoding="utf-8")
    (tmp_path / "cases" / "ST-90.yaml").write_text(CASES, encoding="utf-8")
    rules = load_rules(RulesSettings(dir=tmp_path))
    assert [str(fault) for fault in lint_rules(rules)] == []
    results = run_cases(rules, load_cases(tmp_path / "cases"))
    assert len(results) >= 4
    assert [(result.case.name, result.mismatches) for result in results if not result.passed] == []


def test_the_changes_of_the_page_are_taken() -> None:
    shipped = load_rules(RulesSettings())
    changed = load_rules(RulesSettings.model_validate(yaml.safe_load(OVERRIDES)["rules"]))
    assert changed.rule("ST-02").on_delay.total_seconds() == 30 != shipped.rule("ST-02").on_delay
    assert shipped.get("ST-04") is not None and changed.get("ST-04") is None
    assert changed.rule("HB-01").limits["margin_k"].value == 0.5 != shipped.rule("HB-01").limits["margin_k"]
    assert changed.rule("HB-01").off_delay.total_seconds() == 3 * 3600


def test_every_key_of_a_rule_stands_in_the_table_and_no_other() -> None:
    table = PAGE.partition("## Keys of a rule")[2].partition("## Scopes")[0]
    keys = {key for row in re.findall(r"^\| (`.*?) \|", table, re.M) for key in re.findall(r"`(\w+)`", row)}
    assert keys == set(_RuleDocument.model_fields)


def test_the_repeats_and_shelves_of_the_page_are_the_shipped_ones() -> None:
    defaults = load_rules(RulesSettings()).defaults
    words = {60: "min", 3600: "h"}

    def said(lengths: object) -> str:
        shown = []
        for priority, length in lengths.items():  # type: ignore[attr-defined]
            seconds = length.total_seconds()
            unit = 3600 if seconds >= 3600 else 60
            shown.append(f"{seconds / unit:g} {words[unit]} ({priority.name})")
        return ", ".join(shown)

    text = " ".join(PAGE.split())
    assert f"announced again after {said(defaults.repeat_unacked)}" in text
    assert f"longer than {said(defaults.max_shelve)}" in text
