"""``nuanliu rules``: linting and the case files, with the exit codes that scripts rely on."""

import shutil
from typing import Any

from config.rules.reading import CASES_DIR, RULES_DIR


def test_the_shipped_rules_are_in_order(nuanliu: Any) -> None:
    (said,) = nuanliu.says("rules", "lint")
    assert said.endswith("rules are in order")


def test_a_rule_that_compares_with_an_unknown_signal_is_told_with_its_file(nuanliu: Any) -> None:
    folder = nuanliu.folder / "rules"
    shutil.copytree(RULES_DIR, folder, ignore=shutil.ignore_patterns("cases"))
    rule = folder / "circuit" / "ST-15.yaml"
    text = rule.read_text(encoding="utf-8")
    assert "t2s < t2s_sp - below_k" in text
    rule.write_text(text.replace("t2s < t2s_sp - below_k", "t2x < t2s_sp - below_k"), encoding="utf-8")
    assert "t2x" in nuanliu.fails("rules", "lint", "--rules", str(folder), code=1)


def test_cases_pass_and_a_wrong_expectation_fails_by_name(nuanliu: Any) -> None:
    folder = nuanliu.folder / "cases"
    folder.mkdir()
    text = """\
rule: ST-15
report: 60s
cases:
  - name: fires after 30 min, not a tick earlier
    station: {0m: {secondary_supply_temp_c: 54, secondary_supply_temp_setpoint_c: 60}}
    expect: {29m: [], 30m: [ST-15]}
"""
    assert text.splitlines()[3] in (CASES_DIR / "ST-15.yaml").read_text(encoding="utf-8")
    (folder / "ST-15.yaml").write_text(text, encoding="utf-8")
    assert nuanliu.says("rules", "test", "--cases", str(folder)) == ["1 cases passed, 0 failed"]
    (folder / "ST-15.yaml").write_text(text.replace("29m: []", "29m: [ST-15]"), encoding="utf-8")
    complaints = nuanliu.fails("rules", "test", "--cases", str(folder), code=1)
    assert "ST-15 fires after 30 min" in complaints
