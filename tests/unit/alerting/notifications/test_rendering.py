"""The line that people read: reason, place, what is wrong; in the language of the channel."""

import pytest

from alerting.notifications.rendering import notice_text
from config.rules.reading import load_rules
from config.settings.tree import RulesSettings

RULES = load_rules(RulesSettings())
BODY = {"reason": "raised", "rule_id": "ST-01", "priority": "P1", "subject_name": "1号站", "parameters": {}}


@pytest.mark.parametrize(
    ("reason", "chinese", "english"),
    [
        ("raised", "报警", "Alarm"),
        ("again", "确认已到期", "Acknowledgement expired"),
        ("unacknowledged", "仍未确认", "Still unacknowledged"),
        ("escalated", "升级", "Escalated"),
        ("cleared", "恢复", "Cleared"),
        ("of a later version", "通知", "Notice"),
    ],
)
def test_each_reason_has_its_word_in_both_languages(reason: str, chinese: str, english: str) -> None:
    body = {**BODY, "reason": reason}
    assert notice_text(body, RULES, "zh_CN").startswith(f"[P1] {chinese} 1号站 站内掉电")
    assert notice_text(body, RULES, "en").startswith(f"[P1] {english} 1号站 ")


def test_the_end_of_an_alarm_names_it_without_what_was_wrong() -> None:
    assert notice_text({**BODY, "reason": "cleared"}, RULES, "zh_CN") == "[P1] 恢复 1号站 站内掉电"


def test_a_rule_that_is_gone_is_named_by_its_id() -> None:
    assert notice_text({**BODY, "rule_id": "XX-99"}, RULES, "zh_CN") == "[P1] 报警 1号站 XX-99"


@pytest.mark.parametrize(
    ("count", "names", "chinese", "english"),
    [
        (2, ["甲", "乙"], "，共 2 户：甲、乙", ": 2 homes: 甲, 乙"),
        (3, ["甲", "乙"], "，共 3 户：甲、乙 等", ": 3 homes: 甲, 乙, …"),
        (3, [], "，共 3 户", ": 3 homes"),
    ],
)
def test_several_homes_are_counted_and_named(
    count: int, names: list[str], chinese: str, english: str
) -> None:
    body = {**BODY, "rule_id": "HB-03", "count": count, "subject_names": names}
    assert notice_text(body, RULES, "zh_CN") == f"[P1] 报警 危险低温{chinese}"
    assert notice_text(body, RULES, "en") == f"[P1] Alarm Dangerously cold home{english}"


def test_one_home_is_named_with_what_is_wrong() -> None:
    text = notice_text({**BODY, "rule_id": "HB-03", "count": 1}, RULES, "zh_CN")
    assert text.startswith("[P1] 报警 1号站 危险低温：")
