"""From the transitions of the engine to the history of alarms: one `TickPlan` a tick, written in one transaction.

Raises, clears, supersedes, withdraws, expires, inhibits, releases, attaches, announces and reminds, in this order,
parents before children: what is announced cannot be taken back, so everything that may silence an alarm is judged before
anybody is called. Works on the alarm book in memory; nothing is sent or stored here (`alerting.serving.service`
commits).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2s

import structlog

from alerting.alarms.book import AlarmBook
from alerting.alarms.incidents import IncidentBook
from alerting.alarms.inhibition import Inhibition
from alerting.alarms.reminders import Reminders
from alerting.alarms.unjudged import NO_LONGER_JUDGED
from alerting.judging.engine import Transition, TransitionKind
from config.rules.reading import RuleSet
from heating.alarms import Alarm, AlarmEvent, AlarmEventKind, Priority, fingerprint_of
from heating.heat_tree import Level
from heating.intervals import from_epoch_ms, to_epoch_ms
from heating.places import Places

__all__ = ["Announcement", "Lifecycle", "TickPlan", "alarm_id_of"]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Announcement:
    """A call to people."""

    reason: str
    """``raised``, ``again`` (an acknowledgement expired), ``unacknowledged`` (nobody answered the call before),
    ``escalated``, ``corrected`` (it has a better cause now) or ``cleared``."""
    alarm: Alarm


@dataclass(slots=True)
class TickPlan:
    """What one tick writes."""

    now: datetime
    events: list[AlarmEvent] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    changed: list[Alarm] = field(default_factory=list)
    """Alarms raised or cleared, after the event."""
    raised: int = 0


def alarm_id_of(rule_id: str, subject: str, raised_at: datetime) -> str:
    """Return the id of an occurrence: the same occurrence has the same id in every replay."""
    text = f"{rule_id}|{subject}|{to_epoch_ms(raised_at)}"
    return "A" + blake2s(text.encode(), digest_size=10).hexdigest()


class Lifecycle:
    """The alarms of one registry and rule set.

    Parameters
    ----------
    rules : RuleSet
        The rules.
    places : Places
        Areas and names of the nodes.
    book : AlarmBook
        Open alarms.
    incidents : IncidentBook
        Open incidents.
    hold : timedelta
        How long household notices, and alarms released from an inhibitor, wait before they are announced.
    announce_after_ms : dict
        Alarm id to the moment before which a released alarm is not announced [epoch ms]; kept by the caller across
        restarts.
    reminded_ms : dict
        Alarm id to its last repeated call [epoch ms]; kept by the caller too.
    judge_all : bool
        Judge the inhibition of every open alarm at the first tick: the registry or the rules have changed.
    is_judged : callable, optional
        Whether an alarm still has a rule and a row that judge it (`alerting.alarms.unjudged`); those that have not are
        cleared at the first tick, since nothing else ever will. None: all have.
    """

    def __init__(
        self,
        *,
        rules: RuleSet,
        places: Places,
        book: AlarmBook,
        incidents: IncidentBook,
        hold: timedelta,
        announce_after_ms: dict[str, int] | None = None,
        reminded_ms: dict[str, int] | None = None,
        judge_all: bool = False,
        is_judged: Callable[[Alarm], bool] | None = None,
    ) -> None:
        self.book, self.incidents = book, incidents
        self.announce_after_ms = {} if announce_after_ms is None else announce_after_ms
        self._rules, self._places, self._hold = rules, places, hold
        self.reminders = Reminders(rules.defaults, reminded_ms)
        self._inhibition = Inhibition(rules)
        self._waiting = {alarm.alarm_id for alarm in book if self._may_announce(alarm)}
        self._judge_all = judge_all
        self._is_judged = is_judged

    def tick(self, transitions: Iterable[Transition], *, now: datetime) -> TickPlan:
        """Follow the transitions of one tick and the passing of time."""
        plan = TickPlan(now)
        for transition in transitions:
            match transition.kind:
                case TransitionKind.RAISED:
                    self._raise(transition, plan)
                case TransitionKind.CLEARED:
                    self._clear(transition, plan)
                case TransitionKind.ESCALATED:
                    self._escalate(transition, plan)
                case TransitionKind.CORRECTED:
                    self._correct(transition, plan)
        self._withdraw(plan)
        self._expire(plan)
        self._judge(plan)
        self._announce(plan)
        overdue = self.reminders.due(self.book, now=now)
        plan.announcements += [Announcement("unacknowledged", alarm) for alarm in overdue]
        return plan

    def follow_clock(self, by_ms: int) -> None:
        """Move what waits along after the clock jumped by `by_ms`."""
        for waiting in (self.announce_after_ms, self.reminders.called_ms):
            waiting.update({alarm_id: moment_ms + by_ms for alarm_id, moment_ms in waiting.items()})

    def _write(
        self,
        plan: TickPlan,
        alarm_id: str,
        kind: AlarmEventKind,
        *,
        parameters: Mapping[str, object] | None = None,
        opening: Alarm | None = None,
        inhibitor: str | None = None,
        comment: str = "",
        until: datetime | None = None,
    ) -> Alarm:
        event = AlarmEvent(
            alarm_id=alarm_id,
            kind=kind,
            at=plan.now,
            parameters={} if parameters is None else parameters,
            opening=opening,
            inhibitor=inhibitor,
            comment=comment,
            until=until,
        )
        after = self.book.apply(event)
        assert after is not None
        plan.events.append(event)
        return after

    def _raise(self, transition: Transition, plan: TickPlan) -> None:
        # One alarm per rule and subject. An active one goes on: its timers were lost, it was not. One that has cleared
        # never reopens, or its history would say that it lasted; the new occurrence takes its place, on the shelf too.
        shelved: Alarm | None = None
        for old in self.book.with_fingerprint(fingerprint_of(transition.rule_id, transition.subject)):
            if old.is_active:
                return
            shelved = old if old.shelved_until is not None and old.shelved_until > plan.now else shelved
            self._write(plan, old.alarm_id, AlarmEventKind.SUPERSEDED)
        opening = Alarm(
            alarm_id=alarm_id_of(transition.rule_id, str(transition.subject), plan.now),
            rule_id=transition.rule_id,
            subject=transition.subject,
            area_id=self._places.area_of(transition.number),
            priority=transition.priority,
            raised_at=plan.now,
            parameters=transition.parameters,
        )
        raised = AlarmEventKind.RAISED
        plan.changed.append(
            self._write(plan, opening.alarm_id, raised, parameters=opening.parameters, opening=opening)
        )
        plan.raised += 1
        if shelved is not None:
            self._shelve_again(shelved, opening.alarm_id, plan)
        if self._may_announce(opening):
            self._waiting.add(opening.alarm_id)

    def _clear(self, transition: Transition, plan: TickPlan) -> None:
        fingerprint = fingerprint_of(transition.rule_id, transition.subject)
        active = [alarm for alarm in self.book.with_fingerprint(fingerprint) if alarm.is_active]
        if not active:
            _log.warning("alerting.cleared_without_alarm", fingerprint=fingerprint)
        for alarm in active:
            self._end(alarm, plan, parameters=transition.parameters)

    def _end(
        self, alarm: Alarm, plan: TickPlan, *, parameters: Mapping[str, object], comment: str = ""
    ) -> None:
        after = self._write(
            plan, alarm.alarm_id, AlarmEventKind.CLEARED, parameters=parameters, comment=comment
        )
        plan.changed.append(after)
        self.announce_after_ms.pop(alarm.alarm_id, None)
        self.incidents.clear(after, now=plan.now)
        if after.annunciated_at is not None and after.shelved_until is None:
            plan.announcements.append(Announcement("cleared", after))

    def _withdraw(self, plan: TickPlan) -> None:
        """Clear what no row judges any more. Once a life cycle: rows and rules are the same for as long as it lives.

        After the transitions of the tick, so an alarm of the same fault at a new row, raised in the same tick,
        stands before the old one ends: the station is at no moment without one.
        """
        if self._is_judged is None:
            return
        for alarm in self.book:
            if alarm.is_active and not self._is_judged(alarm):
                self._end(alarm, plan, parameters={"no_longer_judged": True}, comment=NO_LONGER_JUDGED)
        self._is_judged = None

    def _shelve_again(self, old: Alarm, alarm_id: str, plan: TickPlan) -> None:
        """Put a new occurrence on the shelf of the one before, in the name of who shelved that, until the same end."""
        self._write(
            plan,
            alarm_id,
            AlarmEventKind.SHELVED,
            parameters={"shelved_by": old.shelved_by},
            comment=old.shelve_reason or "",
            until=old.shelved_until,
        )

    def _escalate(self, transition: Transition, plan: TickPlan) -> None:
        for alarm in self.book.with_fingerprint(fingerprint_of(transition.rule_id, transition.subject)):
            if alarm.is_active and transition.priority < alarm.priority:
                parameters = {**transition.parameters, "priority": int(transition.priority)}
                after = self._write(plan, alarm.alarm_id, AlarmEventKind.ESCALATED, parameters=parameters)
                if after.annunciated_at is not None:
                    plan.announcements.append(Announcement("escalated", after))
                    self.reminders.note_call(after.alarm_id, plan.now)

    def _correct(self, transition: Transition, plan: TickPlan) -> None:
        """Give an alarm the cause that explains it better; whoever heard of the first hears of the second."""
        for alarm in self.book.with_fingerprint(fingerprint_of(transition.was, transition.subject)):
            if not alarm.is_active:
                continue
            parameters = {
                "rule_id": transition.rule_id,
                "was": transition.was,
                "priority": int(transition.priority),
            }
            after = self._write(plan, alarm.alarm_id, AlarmEventKind.CORRECTED, parameters=parameters)
            plan.changed.append(after)
            self.incidents.correct(after)
            if after.annunciated_at is not None:
                plan.announcements.append(Announcement("corrected", after))
                self.reminders.note_call(after.alarm_id, plan.now)
            elif self._may_announce(after):
                self._waiting.add(after.alarm_id)

    def _expire(self, plan: TickPlan) -> None:
        for alarm in self.book.timed():
            acknowledged_until = alarm.acknowledge_until if alarm.is_active else None
            if acknowledged_until is not None and acknowledged_until <= plan.now:
                after = self._write(plan, alarm.alarm_id, AlarmEventKind.ACKNOWLEDGE_EXPIRED)
                free = after.inhibited_by is None and after.shelved_until is None
                if after.annunciated_at is not None and free:
                    plan.announcements.append(Announcement("again", after))
                    self.reminders.note_call(after.alarm_id, plan.now)
            if alarm.shelved_until is not None and alarm.shelved_until <= plan.now:
                after = self._write(plan, alarm.alarm_id, AlarmEventKind.SHELVE_EXPIRED)
                # Nothing is announced while the shelf lasts; people who had been called before still hear of the end.
                if after.annunciated_at is not None and not after.is_active:
                    plan.announcements.append(Announcement("cleared", after))
            elif alarm.shelved_until is not None:
                self._shorten_shelving(alarm, alarm.shelved_until, plan)

    def _shorten_shelving(self, alarm: Alarm, until: datetime, plan: TickPlan) -> None:
        """Cut a shelving to what the priority allows; one that grew more urgent on the shelf is cut too."""
        longest = self._rules.defaults.max_shelve.get(alarm.priority)
        if longest is not None and until - plan.now > longest:
            comment = f"{alarm.shelved_by}: {alarm.shelve_reason}"
            shelved = AlarmEventKind.SHELVED
            self._write(plan, alarm.alarm_id, shelved, comment=comment, until=plan.now + longest)

    def _judge(self, plan: TickPlan) -> None:
        if self._judge_all:
            affected = {alarm.alarm_id: alarm for alarm in self.book if alarm.is_active}
            self._judge_all = False
        else:
            affected = self._inhibition.affected_by(plan.changed, self.book)
        # Two rounds: an alarm joins the incident of its inhibitor, so every inhibitor must be known before.
        for alarm in sorted(affected.values(), key=self._inhibition.order):
            self._inhibit_or_release(alarm.alarm_id, plan)
        for alarm in sorted(affected.values(), key=self._inhibition.order):
            self._attach(alarm.alarm_id, plan)

    def _inhibit_or_release(self, alarm_id: str, plan: TickPlan) -> None:
        alarm = self.book.get(alarm_id)
        if alarm is None or not alarm.is_active:
            return
        inhibitor = self._inhibition.inhibitor_of(alarm, self.book)
        wanted = None if inhibitor is None else inhibitor.alarm_id
        if wanted == alarm.inhibited_by:
            return
        if wanted is None:
            # What its inhibitor caused clears soon after it. So a released alarm waits for as long as its own clearing
            # takes before it is announced: what is still there then was not a consequence only.
            rule = self._rules.get(alarm.rule_id)
            wait = self._hold if rule is None else max(self._hold, rule.off_delay)
            self.announce_after_ms[alarm_id] = to_epoch_ms(plan.now + wait)
            self._write(plan, alarm_id, AlarmEventKind.RELEASED)
            return
        self._write(plan, alarm_id, AlarmEventKind.INHIBITED, inhibitor=wanted)

    def _attach(self, alarm_id: str, plan: TickPlan) -> None:
        alarm = self.book.get(alarm_id)
        number = None if alarm is None else self.book.number_of(alarm)
        if alarm is None or number is None or not alarm.is_active:
            return
        if alarm.inhibited_by is None and self._names_cause(alarm) and self._due(alarm, plan.now):
            self._open_incident(alarm, number, plan)
            return
        wanted = self.incidents.wanted_for(alarm, number, self.book)
        if wanted is not None:
            self._join(alarm, wanted, plan)
        if alarm.inhibited_by is not None and self.incidents.rooted_in(alarm) is not None:
            self.incidents.clear(alarm, now=plan.now, merged_into=wanted)

    def _open_incident(self, alarm: Alarm, number: int, plan: TickPlan) -> None:
        fresh = self.incidents.rooted_in(alarm) is None
        incident = self.incidents.open_for(alarm, number, now=plan.now)
        self._join(alarm, incident.incident_id, plan)
        if fresh:
            for below in list(self.book.active_below(number)):
                if below.alarm_id != alarm.alarm_id:
                    self._attach(below.alarm_id, plan)

    def _join(self, alarm: Alarm, incident_id: str, plan: TickPlan) -> None:
        if alarm.incident_id != incident_id:
            attached = AlarmEventKind.ATTACHED
            self._write(plan, alarm.alarm_id, attached, parameters={"incident_id": incident_id})

    def _announce(self, plan: TickPlan) -> None:
        last_notices: dict[tuple[str, str | None], datetime] | None = None
        for alarm_id in sorted(self._waiting):
            alarm = self.book.get(alarm_id)
            if alarm is None or alarm.annunciated_at is not None or not alarm.is_active:
                self._waiting.discard(alarm_id)
                continue
            if alarm.inhibited_by is not None or not self._due(alarm, plan.now):
                continue
            self._attach(alarm_id, plan)
            if alarm.shelved_until is not None:
                continue
            if alarm.subject.level is Level.HOUSEHOLD:
                last_notices = self._last_notices() if last_notices is None else last_notices
                if self._gathers(self.book.get(alarm_id) or alarm, last_notices, plan.now):
                    continue
            after = self._write(plan, alarm_id, AlarmEventKind.ANNUNCIATED)
            self._waiting.discard(alarm_id)
            self.announce_after_ms.pop(alarm_id, None)
            plan.announcements.append(Announcement("raised", after))

    def _last_notices(self) -> dict[tuple[str, str | None], datetime]:
        """Return when homes of each rule and incident were last announced."""
        found: dict[tuple[str, str | None], datetime] = {}
        for alarm in self.book:
            if alarm.annunciated_at is not None and alarm.subject.level is Level.HOUSEHOLD:
                key = (alarm.rule_id, alarm.incident_id)
                found[key] = max(alarm.annunciated_at, found.get(key, alarm.annunciated_at))
        return found

    def _gathers(
        self, alarm: Alarm, last_notices: Mapping[tuple[str, str | None], datetime], now: datetime
    ) -> bool:
        """Whether a home waits for the next notice of its incident: one goes out now and then, not one a home."""
        last = last_notices.get((alarm.rule_id, alarm.incident_id))
        return (
            alarm.incident_id is not None
            and last is not None
            and last <= now < last + self._rules.defaults.group_interval
        )

    def _due(self, alarm: Alarm, now: datetime) -> bool:
        released_ms = self.announce_after_ms.get(alarm.alarm_id)
        if released_ms is not None:
            return now >= from_epoch_ms(released_ms)
        rule = self._rules.get(alarm.rule_id)
        waits = alarm.subject.level is Level.HOUSEHOLD and not (rule is not None and rule.never_inhibited)
        # Raised later than now: the clock went back since, and nobody knows for how long the alarm has waited.
        return alarm.raised_at > now or now >= alarm.raised_at + (self._hold if waits else timedelta(0))

    def _names_cause(self, alarm: Alarm) -> bool:
        rule = self._rules.get(alarm.rule_id)
        return rule is not None and rule.opens_incident

    def _may_announce(self, alarm: Alarm) -> bool:
        rule = self._rules.get(alarm.rule_id)
        silent = alarm.annunciated_at is not None or alarm.priority is Priority.P4
        return alarm.is_active and not silent and rule is not None and rule.annunciate
