"""Which alarm silences which: along the heat-supply tree, from a node to itself and below, never sideways.

Not here: what is written about it (`alerting.alarms.lifecycle`) and incidents (`alerting.alarms.incidents`).
"""

from collections.abc import Iterable, Iterator

from alerting.alarms.book import AlarmBook
from config.rules.reading import RuleSet
from heating.alarms import Alarm

__all__ = ["Inhibition"]


class Inhibition:
    """The inhibition graph of a rule set.

    Parameters
    ----------
    rules : RuleSet
        Free of inhibition cycles (the linter sees to it).
    """

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._rank = _ranks(rules)

    def order(self, alarm: Alarm) -> tuple[int, int, str]:
        """Return a sort key: inhibitors come before what they inhibit, parents before children."""
        return int(alarm.subject.level), self._rank.get(alarm.rule_id, 0), alarm.alarm_id

    def inhibitor_of(self, alarm: Alarm, book: AlarmBook) -> Alarm | None:
        """Return the active alarm that silences an alarm, None when it speaks for itself.

        Of several the one that speaks for itself, stands nearest to the source and is most urgent.
        """
        rule = self._rules.get(alarm.rule_id)
        if rule is None or rule.never_inhibited:
            return None
        return min(self._candidates(alarm, book), key=_preference, default=None)

    def _candidates(self, alarm: Alarm, book: AlarmBook) -> Iterator[Alarm]:
        number = book.number_of(alarm)
        if number is None:
            return
        for here in (number, *book.tree.ancestors(number)):
            for other in book.active_at(here):
                if alarm.rule_id in self._rules.silenced_by(other.rule_id):
                    yield other

    def affected_by(self, changed: Iterable[Alarm], book: AlarmBook) -> dict[str, Alarm]:
        """Return the alarms to judge again, by id, after some alarms were raised or have cleared."""
        affected: dict[str, Alarm] = {}
        for alarm in changed:
            for target in book.inhibited_by(alarm.alarm_id):
                affected[target.alarm_id] = target
            present = book.get(alarm.alarm_id)
            if present is None or not present.is_active:
                continue
            affected[alarm.alarm_id] = present
            targets = self._rules.silenced_by(alarm.rule_id)
            number = book.number_of(alarm)
            if targets and number is not None:
                for below in book.active_below(number):
                    if below.rule_id in targets:
                        affected[below.alarm_id] = below
        return affected


def _preference(alarm: Alarm) -> tuple[bool, int, int, str, str]:
    return (
        alarm.inhibited_by is not None,
        int(alarm.subject.level),
        int(alarm.priority),
        alarm.raised_at.isoformat(),
        alarm.alarm_id,
    )


def _ranks(rules: RuleSet) -> dict[str, int]:
    rank = dict.fromkeys(rules.ids, 0)
    # The longest chain has fewer links than there are rules, so a cycle cannot hang this.
    for _ in rules.ids:
        changed = False
        for rule_id in rules.ids:
            for target in rules.silenced_by(rule_id):
                if rank[target] <= rank[rule_id]:
                    rank[target] = rank[rule_id] + 1
                    changed = True
        if not changed:
            break
    return rank
