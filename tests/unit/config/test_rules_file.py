"""Rule files are read, checked and overridden; mistakes are reported with file, line and remedy."""

from datetime import timedelta
from pathlib import Path

import pytest

from config.mistakes import MistakesError
from config.rules.reading import RULES_DIR, load_rules, parse_duration
from config.settings.tree import RulesSettings
from heating.alarms import Priority

SHIPPED = [
    "DQ-01",
    "DQ-08",
    "DQ-14",
    "DQ-16",
    "DQ-17",
    "DQ-18",
    "DQ-19",
    "HB-01",
    "HB-02",
    "HB-03",
    "ST-01",
    "ST-02",
    "ST-03",
    "ST-04",
    "ST-15",
    "ST-23",
    "ST-33",
]
ST_01 = (RULES_DIR / "station" / "ST-01.yaml").read_text(encoding="utf-8")


def mistakes_in(tmp_path: Path, text: str) -> str:
    (tmp_path / "rule.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(MistakesError) as caught:
        load_rules(RulesSettings(dir=tmp_path))
    return str(caught.value)


def test_the_rules_are_shipped_with_their_rationalisation() -> None:
    rules = load_rules(RulesSettings())
    assert [rule.rule_id for rule in rules.rules] == SHIPPED
    assert all(
        rule.cause.zh and rule.consequence.en and rule.action.zh and rule.source for rule in rules.rules
    )


def test_ranges_of_inhibited_rules_are_expanded_to_what_is_loaded() -> None:
    rules = load_rules(RulesSettings())
    assert rules.targets_of("ST-01") >= {"ST-02", "ST-15", "ST-23", "HB-01", "DQ-08"}
    assert "ST-03" not in rules.targets_of("ST-01")


def test_settings_override_delays_limits_and_priority() -> None:
    changes: dict[str, str | int | float | bool] = {"on_delay": "30s", "low_share": 0.1, "priority": "P2"}
    rule = load_rules(RulesSettings(overrides={"ST-02": changes})).rule("ST-02")
    assert rule.on_delay == timedelta(seconds=30)
    assert rule.limits["low_share"].value == 0.1
    assert rule.priority is Priority.P2


def test_a_rule_can_be_switched_off() -> None:
    assert load_rules(RulesSettings(overrides={"ST-02": {"enabled": False}})).get("ST-02") is None


def test_an_override_of_an_unknown_rule_is_refused() -> None:
    with pytest.raises(MistakesError, match="ST-99, which is no rule"):
        load_rules(RulesSettings(overrides={"ST-99": {"on_delay": "1s"}}))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("on_delay: 10s", "on_delay: soon", ":11: on_delay: 'soon' is no duration"),
        ("priority: P1", "priority: P9", ":3: priority: 'P9' is no priority"),
        ("clear_when: pwr = 1\n", "", "clear_when is missing. Add it."),
        ("off_delay: 60s", "of_delay: 60s", "of_delay is not known here"),
        ("[ST-02, ", "[ST-2, ", "'ST-2' is no rule id"),
        (
            "scope: station",
            "scope: stations",
            ":2: scope: 'stations' is no scope: choose from source, branch,",
        ),
        (
            "scope: station",
            "scope: area",
            ":2: scope: nothing can be judged in scope 'area' (an administrative area",
        ),
        ("priority: P1", "priority: P1\npriority: P2", "stands on line 3 too"),
        ("scope: station", "scope: [", "not valid YAML"),
    ],
)
def test_a_mistake_is_reported_with_its_line(tmp_path: Path, before: str, after: str, expected: str) -> None:
    assert before in ST_01
    assert expected in mistakes_in(tmp_path, ST_01.replace(before, after))


def test_every_mistake_of_every_file_is_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(ST_01.replace("on_delay: 10s", "on_delay: x"), encoding="utf-8")
    said = mistakes_in(tmp_path, ST_01.replace("priority: P1", "priority: X"))
    assert "other.yaml" in said
    assert "rule.yaml" in said


def test_a_second_file_with_the_same_id_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(ST_01, encoding="utf-8")
    assert "already defined" in mistakes_in(tmp_path, ST_01)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MistakesError, match="no rule files"):
        load_rules(RulesSettings(dir=tmp_path))


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("5m", 300), ("3h", 10800), ("14d", 1209600), (7, 7)]
)
def test_durations_are_read(text: str | float, seconds: float) -> None:
    assert parse_duration(text).total_seconds() == seconds
