"""The same signals, engine and lifecycle without records, clock and channels: for case files and replay."""

from datetime import datetime, timedelta

from alerting.alarms.book import AlarmBook
from alerting.alarms.incidents import IncidentBook
from alerting.alarms.lifecycle import Lifecycle, TickPlan
from alerting.judging.engine import RuleEngine, Timers
from alerting.judging.layout import Layout
from alerting.judging.signals.family import CALM, WatchFigures
from alerting.judging.signals.tables import Signals
from alerting.judging.windows import Windows
from config.rules.reading import RuleSet
from heating.alarms import Alarm, AlarmEvent
from heating.assets import Site
from heating.heat_tree import build_heat_tree
from heating.intervals import to_epoch_ms
from heating.places import Places
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
        places = Places(site, tree)
        self._windows = Windows(Layout(site, tree, now=start))
        self._signals = Signals(standard_c=standard_c, watching_since_ms=to_epoch_ms(start))
        self._engine = RuleEngine(rules)
        self._timers = Timers()
        self.book = AlarmBook(tree)
        self._lifecycle = Lifecycle(
            rules=rules,
            places=places,
            book=self.book,
            incidents=IncidentBook(rules, places),
            hold=hold,
        )
        self.history: list[AlarmEvent] = []

    def accept(self, batch: SampleBatch) -> None:
        """Take readings."""
        self._windows.take(batch)

    def tick(self, now: datetime, *, watch: WatchFigures = CALM) -> TickPlan:
        """Judge a moment; nothing was missed unless `watch` says otherwise."""
        tables = self._signals.tables(self._windows, now_ms=to_epoch_ms(now), watch=watch)
        judged = self._engine.advance(self._timers, tables, now)
        self._timers = judged.timers
        plan = self._lifecycle.tick(judged.transitions, now=now)
        self.history += plan.events
        return plan

    def active(self) -> list[Alarm]:
        """Return the active alarms by rule."""
        return sorted((alarm for alarm in self.book if alarm.is_active), key=lambda alarm: alarm.rule_id)

    def close(self) -> None:
        """Let go of the expression engine."""
        self._engine.close()
