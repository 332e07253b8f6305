"""Alarms that nothing judges any more: their object left the registry, their rule the rules, or their row moved.

A station that gets circuits is such a case: rules of circuits judged the station itself until then and judge its
circuits from then on, so an alarm at the station would stay open for ever. Not here: what is written about it
(`alerting.alarms.lifecycle`).
"""

from collections.abc import Callable

import numpy as np

from alerting.judging.layout import Layout
from config.rules.reading import RuleSet
from heating.alarms import Alarm

__all__ = ["NO_LONGER_JUDGED", "judged_in"]

NO_LONGER_JUDGED = "规则或对象已变更，不再判断此报警 / Cleared: its rule or its object is no longer judged"
"""Comment of the event, for people who read the history; code reads ``parameters["no_longer_judged"]``."""


def judged_in(layout: Layout, rules: RuleSet) -> Callable[[Alarm], bool]:
    """Return whether an alarm has a rule and an object that are judged in the rows of a layout.

    Alarms of causes have no rows: explanation follows its incidents itself, so only their object has to be there.
    """
    by_condition = frozenset(rule.rule_id for rule in rules.rules)

    def is_judged(alarm: Alarm) -> bool:
        rule = rules.get(alarm.rule_id)
        number = layout.tree.get(alarm.subject.level, alarm.subject.object_id)
        if rule is None or number is None or rule.scope.level is None:
            return False
        if alarm.rule_id not in by_condition:
            return True
        numbers = layout.subjects(rule.scope.level).numbers
        row = int(np.searchsorted(numbers, number))
        return row < len(numbers) and int(numbers[row]) == number

    return is_judged
