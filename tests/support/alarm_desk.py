"""The life cycle of alarms on its own: rules made for a test, transitions by hand, minutes that pass at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerting.alarms.book import AlarmBook
from alerting.alarms.incidents import IncidentBook
from alerting.alarms.lifecycle import Lifecycle, TickPlan
from alerting.judging.engine import Transition, TransitionKind
from config.rules.reading import Rule, RuleDefaults, RuleSet, load_rules
from config.settings.tree import RulesSettings
from heating.alarms import Alarm, AlarmEvent, AlarmEventKind, Priority
from heating.heat_tree import Level, Node, build_heat_tree
from heating.places import Places
from tests.support.small_site import small_site

__all__ = ["HOLD", "T0", "AlarmDesk", "plain_rule"]

T0 = datetime(2026, 1, 10, tzinfo=UTC)
HOLD = timedelta(seconds=60)
_SHIPPED = load_rules(RulesSettings())


def plain_rule(rule_id: str, **changes: object) -> Rule:
    """Return a rule that inhibits nothing, opens no incident and is announced, with some changes."""
    usual: dict[str, object] = {
        "rule_id": rule_id,
        "priority": Priority.P2,
        "inhibits": (),
        "inhibit_kind": None,
        "never_inhibited": False,
        "annunciate": True,
        "opens_incident": False,
        "waits_for_data": False,
        "off_delay": timedelta(0),
        "variants": (),
    }
    return replace(_SHIPPED.rule("ST-33"), **(usual | changes))  # type: ignore[arg-type]


class AlarmDesk:
    """One life cycle over ``small_site``: stations S1, S2 with homes H1-1 … H2-4, source P1 above both."""

    def __init__(self, *rules: Rule, defaults: RuleDefaults | None = None) -> None:
        self.site = small_site()
        self.tree = build_heat_tree(self.site)
        self.rules = RuleSet(rules, RuleDefaults() if defaults is None else defaults)
        self.places = Places(self.site, self.tree)
        self.now = T0
        self._escalate_to = Priority.P1
        self._was = ""
        self.announce_after_ms: dict[str, int] = {}
        self.reminded_ms: dict[str, int] = {}
        self.plans: list[TickPlan] = []
        self.book = AlarmBook(self.tree)
        self.incidents = IncidentBook(self.rules, self.places)
        self.lifecycle = self._lifecycle()

    def _lifecycle(self, *, judge_all: bool = False) -> Lifecycle:
        return Lifecycle(
            rules=self.rules,
            places=self.places,
            book=self.book,
            incidents=self.incidents,
            hold=HOLD,
            announce_after_ms=self.announce_after_ms,
            reminded_ms=self.reminded_ms,
            judge_all=judge_all,
        )

    def restart(self, *rules: Rule, judge_all: bool = False) -> None:
        """Begin again from what is open and from what a restart keeps; with other rules when some are given."""
        if rules:
            self.rules = RuleSet(rules, self.rules.defaults)
        kept = [i for a in self.book if (i := self.incidents.rooted_in(a)) is not None]
        self.announce_after_ms = dict(self.announce_after_ms)
        self.reminded_ms = dict(self.reminded_ms)
        self.book = AlarmBook(self.tree, list(self.book))
        self.incidents = IncidentBook(self.rules, self.places, kept)
        self.lifecycle = self._lifecycle(judge_all=judge_all)

    def tick(self, *transitions: tuple[TransitionKind, str, str], minutes: float = 1.0) -> list[str]:
        """Let some minutes pass, then judge; returns what is announced, as «reason rule subject»."""
        self.now += timedelta(minutes=minutes)
        plan = self.lifecycle.tick([self._transition(*entry) for entry in transitions], now=self.now)
        self.plans.append(plan)
        return [f"{a.reason} {a.alarm.rule_id} {a.alarm.subject}" for a in plan.announcements]

    def raised(self, rule_id: str, subject: str, **options: float) -> list[str]:
        """Tick with one alarm raised."""
        return self.tick((TransitionKind.RAISED, rule_id, subject), **options)

    def cleared(self, rule_id: str, subject: str, **options: float) -> list[str]:
        """Tick with one alarm cleared."""
        return self.tick((TransitionKind.CLEARED, rule_id, subject), **options)

    def escalated(self, rule_id: str, subject: str, priority: Priority, **options: float) -> list[str]:
        """Tick with one alarm that becomes more urgent."""
        self._escalate_to = priority
        return self.tick((TransitionKind.ESCALATED, rule_id, subject), **options)

    def corrected(self, was: str, rule_id: str, subject: str, **options: float) -> list[str]:
        """Tick with one alarm that gets another cause."""
        self._was = was
        return self.tick((TransitionKind.CORRECTED, rule_id, subject), **options)

    def _transition(self, kind: TransitionKind, rule_id: str, subject: str) -> Transition:
        level, _, object_id = subject.partition(":")
        node = Node(Level[level.upper()], object_id)
        return Transition(
            kind=kind,
            rule_id=rule_id,
            subject=node,
            number=self.tree.find(node.level, node.object_id),
            at=self.now,
            priority=self._escalate_to
            if kind is TransitionKind.ESCALATED
            else self.rules.rule(rule_id).priority,
            parameters={"value": 1.0},
            was=self._was if kind is TransitionKind.CORRECTED else "",
        )

    def alarm(self, rule_id: str, subject: str) -> Alarm:
        """Return the one open alarm of a rule and subject."""
        (found,) = [a for a in self.book if (a.rule_id, str(a.subject)) == (rule_id, subject)]
        return found

    def person(
        self, kind: AlarmEventKind, rule_id: str, subject: str, *, minutes: float | None = None
    ) -> None:
        """Somebody acts on an alarm, for some minutes from now."""
        until = None if minutes is None else self.now + timedelta(minutes=minutes)
        alarm_id = self.alarm(rule_id, subject).alarm_id
        self.book.apply(
            AlarmEvent(alarm_id=alarm_id, kind=kind, at=self.now, by="wang", comment="work", until=until)
        )

    def events(self, *kinds: AlarmEventKind) -> list[str]:
        """Return what was written so far, as «kind minute», of some kinds or all."""
        return [
            f"{event.kind.value} {(event.at - T0).total_seconds() / 60:g}"
            for plan in self.plans
            for event in plan.events
            if not kinds or event.kind in kinds
        ]
