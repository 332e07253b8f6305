"""The same signals, engine and lifecycle without records, clock and channels: for case files and replay."""

from dataclasses import replace
from datetime import datetime, timedelta

from alerting.alarms.book import AlarmBook
from alerting.alarms.incidents import IncidentBook
from alerting.alarms.lifecycle import Lifecycle, TickPlan
from alerting.alarms.subjects import Subjects
from alerting.judging.engine import EngineState, RuleEngine
from alerting.judging.live_state import LiveState
from alerting.judging.signals.columns import Signals, watch_table
from config.rules.reading import RuleSet
from heating.alarms import Alarm, AlarmEvent
from heating.assets import Site
from heating.heat_tree import Level, build_heat_tree
from heating.intervals import to_epoch_ms
from heating.samples import SampleBatch

__all__ = ["HeadlessAlerting"]


class HeadlessAlerting:
    """Judges batches at given moments and keeps the history in memory.

    Parameters
    ----------
    site : Site
        The registry.
    rules : RuleSet
        The rules.
    start : datetime
        First moment; nobody was heard of before.
    standard_c : float
        Indoor standard [°C].
    hold : timedelta
        As `RulesSettings.incident_hold_s`.
    """

    def __init__(
        self,
        site: Site,
        rules: RuleSet,
        *,
        start: datetime,
        standard_c: float = 18.0,
        hold: timedelta = timedelta(seconds=60),
    ) -> None:
        tree = build_heat_tree(site)
        subjects = Subjects(site, tree)
        self.live = LiveState(site, tree, now=start)
        self._signals = Signals(self.live, standard_c=standard_c, watching_since_ms=to_epoch_ms(start))
        self._engine = RuleEngine(rules)
        self._state = EngineState()
        self.book = AlarmBook(tree)
        self._lifecycle = Lifecycle(
            rules=rules,
            subjects=subjects,
            book=self.book,
            incidents=IncidentBook(rules, subjects),
            hold=hold,
        )
        self.history: list[AlarmEvent] = []

    def accept(self, batch: SampleBatch) -> None:
        """Take readings."""
        self.live.accept(batch)

    def tick(self, now: datetime, *, blind_s: float = 0.0, feed_down_s: float = 0.0) -> TickPlan:
        """Judge a moment; the watch itself is well unless it is said that it was blind or its feed down [s]."""
        sources = self.live.tree.numbers(Level.SOURCE)
        own = watch_table(sources, blind_s=blind_s, feed_down_s=feed_down_s)
        tables = replace(self._signals.tables(now_ms=to_epoch_ms(now)), watch=own)
        result = self._engine.step(self._state, tables, now, tree=self.live.tree)
        self._state = result.state
        plan = self._lifecycle.tick(result.transitions, now=now)
        self.history += plan.events
        return plan

    def active(self) -> list[Alarm]:
        """Return the active alarms by rule."""
        return sorted((alarm for alarm in self.book if alarm.is_active), key=lambda alarm: alarm.rule_id)

    def close(self) -> None:
        """Let go of the expression engine."""
        self._engine.close()
