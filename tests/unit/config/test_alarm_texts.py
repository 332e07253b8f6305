"""Alarm texts are rendered from code and parameters in both languages."""

import pytest

from config.rules.alarm_texts import alarm_text, placeholders
from config.rules.reading import load_rules
from config.settings.tree import RulesSettings

RULES = load_rules(RulesSettings())


def test_figures_fill_their_places_rounded() -> None:
    text = alarm_text(RULES.rule("ST-02"), {"g2": 1.26, "g2_design": 200.4, "run_max": 0.0}, "zh_CN")
    assert text.message == "循环泵全部停运，二次流量 1.3 m³/h（设计 200 m³/h）"
    assert text.name == "循环泵全停"


def test_english_is_rendered_on_request() -> None:
    assert alarm_text(RULES.rule("ST-01"), {}, "en").name == "Mains lost"


def test_a_length_of_time_is_told_in_the_unit_people_think_in() -> None:
    silent = {"silent_s": 28_000.0}
    assert alarm_text(RULES.rule("DQ-01"), silent, "zh_CN").message == "室温采集器已 7 小时无数据"
    assert "for 466 min" in alarm_text(RULES.rule("DQ-08"), silent, "en").message
    assert "已 — 小时" in alarm_text(RULES.rule("DQ-01"), {"silent_s": float("inf")}, "zh_CN").message


def test_a_missing_figure_is_a_dash_and_limits_fill_in() -> None:
    text = alarm_text(RULES.rule("HB-02"), {"t_room_med60": None}, "en")
    assert text.message == "Room at — °C (median of the last hour), below 16 °C"


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.rule_id)
@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_every_text_is_rendered_without_gaps(rule: object, locale: str) -> None:
    known = RULES.rule(rule.rule_id)  # type: ignore[attr-defined]
    figures = dict.fromkeys(placeholders(known.text.in_locale(locale)), 1.0)
    message = alarm_text(known, figures, locale).message
    assert "{" not in message
    assert "—" not in message


def test_a_figure_that_is_no_number_is_shown_as_it_is() -> None:
    assert "twelve" in alarm_text(RULES.rule("HB-02"), {"t_room_med60": "twelve"}, "en").message
