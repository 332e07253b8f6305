"""Every shipped rule does what its case file promises: rules, conditions, timers, inhibition and live state together."""

import pytest

from alerting.serving.rule_cases import RuleCase, load_cases, run_case
from config.rules.reading import load_rules
from config.settings.tree import RulesSettings

RULES = load_rules(RulesSettings())
CASES = load_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule_id} {case.name}")
def test_a_rule_does_what_its_case_says(case: RuleCase) -> None:
    assert run_case(RULES, case).mismatches == ()


def test_every_shipped_rule_has_cases() -> None:
    assert {case.rule_id for case in CASES} == {rule.rule_id for rule in RULES.rules}
