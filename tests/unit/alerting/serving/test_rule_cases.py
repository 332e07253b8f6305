"""Case files can fail; that the shipped ones pass is in ``tests/integration/alerting/test_shipped_rules.py``."""

import dataclasses
from pathlib import Path

import pytest

from alerting.serving.rule_cases import load_cases, run_case
from config.mistakes import MistakesError
from config.rules.reading import load_rules
from config.settings.tree import RulesSettings

RULES = load_rules(RulesSettings())
CASES = load_cases()


def test_a_case_fails_when_the_rule_is_changed() -> None:
    slower = load_rules(RulesSettings(overrides={"ST-01": {"on_delay": "20s"}}))
    case = next(case for case in CASES if case.rule_id == "ST-01")
    assert not run_case(slower, case).passed


def test_a_case_fails_when_an_expectation_is_wrong() -> None:
    case = next(case for case in CASES if case.rule_id == "ST-01")
    wrong = dataclasses.replace(case, expect=dict.fromkeys(case.expect, ("ST-33",)))
    assert "expected ['ST-33']" in run_case(RULES, wrong).mismatches[0]


def test_a_broken_case_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("rule: ST-01\n", encoding="utf-8")
    with pytest.raises(MistakesError, match=r"bad\.yaml:1: cases is missing"):
        load_cases(tmp_path)
