"""Sentences of notices: the stored code + parameters in the language of the channel."""

from collections.abc import Mapping

from config.rules.alarm_texts import alarm_text
from config.rules.reading import RuleSet

__all__ = ["notice_text"]

_REASONS = {
    "raised": ("报警", "Alarm"),
    "again": ("确认已到期", "Acknowledgement expired"),
    "unacknowledged": ("仍未确认", "Still unacknowledged"),
    "escalated": ("升级", "Escalated"),
    "corrected": ("原因更正", "Cause corrected"),
    "cleared": ("恢复", "Cleared"),
}


def notice_text(body: Mapping[str, object], rules: RuleSet, locale: str) -> str:
    """Return one line for a notice; a rule that is gone is named by its id."""
    chinese = locale.startswith("zh")
    reason = _REASONS.get(str(body.get("reason")), ("通知", "Notice"))[0 if chinese else 1]
    head = f"[{body.get('priority')}] {reason} {body.get('subject_name')}"
    rule = rules.get(str(body.get("rule_id")))
    if rule is None:
        return f"{head} {body.get('rule_id')}"
    parameters = body.get("parameters")
    texts = alarm_text(rule, parameters if isinstance(parameters, Mapping) else {}, locale)
    count = body.get("count")
    if isinstance(count, int) and count > 1:
        return f"[{body.get('priority')}] {reason} {texts.name}{_homes(body, count, chinese=chinese)}"
    if body.get("reason") == "cleared":
        return f"{head} {texts.name}"
    return f"{head} {texts.name}{'：' if chinese else ': '}{texts.message}"


def _homes(body: Mapping[str, object], count: int, *, chinese: bool) -> str:
    """Return how many homes and which: as many as the message names."""
    listed = body.get("subject_names")
    names = [str(name) for name in listed] if isinstance(listed, list | tuple) else []
    if not names:
        return f"，共 {count} 户" if chinese else f": {count} homes"
    more = count > len(names)
    if chinese:
        return f"，共 {count} 户：{'、'.join(names)}{' 等' if more else ''}"
    return f": {count} homes: {', '.join(names)}{', …' if more else ''}"
