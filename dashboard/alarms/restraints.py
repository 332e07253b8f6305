"""What restrains alarms: the alarm above that inhibits one, and the loss of data that makes one keep its state.

An inhibited alarm says so itself (`Alarm.inhibited_by`). A held one does not: while an alarm about lost data is active
at its place or above, its rule is not judged, so that the condition shown may have ended long ago. What does not live
here: shelving, which a person decides and the alarm keeps.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from config.rules.reading import RuleSet
from dashboard.site.index import SiteIndex
from dashboard.web.security.viewer import Viewer
from heating.alarms import Alarm
from storage.records.alarms import AlarmRecords
from storage.records.queries import MAX_LIMIT, AlarmQuery

__all__ = ["Restraints"]


@dataclass(frozen=True, slots=True)
class Restraints:
    """The alarms that hold others back, as far as the viewer may see them."""

    inhibitors: dict[str, Alarm]
    """By alarm id."""
    holders: Sequence[Alarm]
    """Active alarms of rules that hold others."""
    _rules: RuleSet
    _index: SiteIndex

    @classmethod
    def read(
        cls, records: AlarmRecords, rules: RuleSet, viewer: Viewer, index: SiteIndex, alarms: Sequence[Alarm]
    ) -> "Restraints":
        """Look up what restrains some alarms: one query for each holding rule, one for each distinct inhibitor."""
        wanted = {alarm.inhibited_by for alarm in alarms if alarm.inhibited_by is not None}
        found = (records.alarm(alarm_id, area_ids=viewer.area_ids) for alarm_id in sorted(wanted))
        active_rules = {alarm.rule_id for alarm in alarms if alarm.is_active}
        holders = [
            holder
            for rule in rules.rules
            if not active_rules.isdisjoint(rules.held_by(rule.rule_id))
            for holder in _active_of(records, rule.rule_id, viewer)
        ]
        return cls({one.alarm_id: one for one in found if one is not None}, holders, rules, index)

    def inhibitor(self, alarm: Alarm) -> Alarm | None:
        """Return the alarm that inhibits one; None when nothing does or the viewer may not see it."""
        return None if alarm.inhibited_by is None else self.inhibitors.get(alarm.inhibited_by)

    def holder(self, alarm: Alarm) -> Alarm | None:
        """Return the active alarm that makes one keep its state; the nearest when there are several."""
        if not alarm.is_active:
            return None
        tree = self._index.tree
        here = tree.get(alarm.subject.level, alarm.subject.object_id)
        above: list[tuple[int, Alarm]] = []
        for holder in self.holders:
            there = tree.get(holder.subject.level, holder.subject.object_id)
            covers = here is not None and there is not None and tree.is_below(here, there)
            if covers and there is not None and alarm.rule_id in self._rules.held_by(holder.rule_id):
                above.append((there, holder))
        return max(above, key=lambda pair: pair[0])[1] if above else None


def _active_of(records: AlarmRecords, rule_id: str, viewer: Viewer) -> list[Alarm]:
    query = AlarmQuery(rule_id=rule_id, open_only=True, area_ids=viewer.area_ids, limit=MAX_LIMIT)
    return [alarm for alarm in records.find(query).items if alarm.is_active]
