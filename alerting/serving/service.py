"""`AlertingService`: one tick from live values to committed history, and the jobs that drive the ticks.

A tick is a function of `now`: the jobs call it by the clock, tests and replay call it directly. Everything it decides
is written in one transaction; when that fails the service forgets what it holds (`alerting.serving.image`) and starts
again from the records.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic, perf_counter

import structlog

from alerting.alarms.lifecycle import TickPlan
from alerting.judging.engine import Judged, RuleEngine
from alerting.judging.live_state import LiveState
from alerting.notifications.console.channel import ConsoleChannel
from alerting.notifications.dispatcher import DispatchReport, OutboxDispatcher
from alerting.notifications.notices import audiences_of, outbox_messages
from alerting.notifications.webhook.channel import WebhookChannel
from alerting.serving.image import Image, restored
from alerting.serving.jobs import AlertingJobs, DailyJob
from alerting.serving.lease import LEASE, AlertingLease
from alerting.serving.missed_ticks import MissedTicks
from alerting.serving.service_state import SERVICE_BLOB
from alerting.serving.watch import Watch
from config.rules.reading import RuleSet
from config.settings.tree import NotificationSettings, Settings
from heating.alarms import ForbiddenTransitionError
from heating.clock import Clock, SteadyClock
from heating.errors import HeatingError
from heating.heat_tree import build_heat_tree
from heating.intake_troubles import IntakeTrouble
from heating.intervals import to_epoch_ms
from heating.losses import ReadingLoss
from heating.protocols import AlarmRecords, Channel, Health, HealthStatus, OutboxRecords, RegistryRecords

__all__ = ["AlertingService", "TickReport", "channels_of"]

_log = structlog.get_logger()
_LAG_S = 60.0
"""Without a tick for this long the watch counts as blind [s]."""
_DEAD_S = 300.0
"""Jobs that finished no tick for this long are dead [s]; a database that is away makes ticks fail, but not stop."""
_JITTER = timedelta(seconds=5)
"""A tick that is earlier than the last by less than this comes twice; by more, the clock was set back."""
_REGISTRY_CHECK = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class TickReport:
    """What one tick did."""

    at: datetime
    raised: int = 0
    events: int = 0
    notices: int = 0
    skipped: bool = False
    """True for a tick that came twice: it changes nothing."""


def channels_of(settings: NotificationSettings, rules: RuleSet) -> list[Channel]:
    """Return the channels that the settings name."""
    channels: list[Channel] = [ConsoleChannel(rules=rules)] if settings.console else []
    channels += [WebhookChannel(hook, rules=rules) for hook in settings.webhooks]
    return channels


class AlertingService:
    """The alerting room as one object.

    Parameters
    ----------
    live_state : LiveState
        Filled by the collector's sink (or an own subscription); the service rebuilds it when the registry changes.
    rules : RuleSet
        The rules.
    alarms : AlarmRecords
        Alarms, history, incidents, timers.
    outbox : OutboxRecords
        Notices.
    registry : RegistryRecords
        The registry; looked at every 10 s for a new version.
    clock : Clock
        Gives `now` to the jobs.
    settings : Settings
        Sections rules, notifications and site are used.
    channels : sequence of Channel, optional
        Ways to reach people; those of the settings when left out.
    watch : callable, optional
        Whether readings can come in; while it says down, the watch is blind and says so itself (DQ-14).
    losses : callable, optional
        Losses between devices and collectors that were reported after a moment [epoch ms] (DQ-16).
    troubles : callable, optional
        Troubles of collectors that were reported after a moment [epoch ms] (DQ-17, DQ-18).
    judged_before : callable, optional
        When rules were last judged by any process, asked at the first judging of this one (DQ-14).
    lease : AlertingLease, optional
        Held by the one of several processes that judges and delivers; without one this process always does.
    daily : sequence of DailyJob
        Work by the calendar, done by the holder of the lease.
    uptime_s : callable
        Seconds that only grow, by which `is_alive` judges: virtual time may stand still or run.
    """

    def __init__(
        self,
        *,
        live_state: LiveState,
        rules: RuleSet,
        alarms: AlarmRecords,
        outbox: OutboxRecords,
        registry: RegistryRecords,
        clock: Clock,
        settings: Settings,
        channels: Sequence[Channel] | None = None,
        watch: Callable[[], Health] | None = None,
        losses: Callable[[int], Sequence[ReadingLoss]] | None = None,
        troubles: Callable[[int], Sequence[IntakeTrouble]] | None = None,
        judged_before: Callable[[], datetime | None] | None = None,
        lease: AlertingLease | None = None,
        daily: Sequence[DailyJob] = (),
        uptime_s: Callable[[], float] = monotonic,
    ) -> None:
        self._live, self._rules, self._alarms, self._registry = live_state, rules, alarms, registry
        self._clock, self._settings, self._lease = clock, settings, lease
        self._daily = tuple(daily)
        self._audiences = audiences_of(settings.notifications)
        chosen = channels_of(settings.notifications, rules) if channels is None else channels
        self._dispatcher = OutboxDispatcher(outbox=outbox, channels=chosen)
        self._engine = RuleEngine(rules)
        self._missed = MissedTicks(self._engine)
        self._watch = Watch(watch, clock=clock, losses=losses, troubles=troubles, judged_before=judged_before)
        self._lock = threading.Lock()
        self._image: Image | None = None
        self._started_at: datetime | None = None
        self._last_tick: datetime | None = None
        self._watched_at: datetime | None = None
        self._registry_checked: datetime | None = None
        self._registry_version: int | None = None
        """That the live state follows; None: the one it was given."""
        self._clock_shift_ms = clock.shift_ms if isinstance(clock, SteadyClock) else 0
        self._clock_jump_s = 0.0
        """Of the clock since the last tick that was kept."""
        self._figures: dict[str, float] = {"ticks": 0.0, "alarms_raised": 0.0, "tick_ms": 0.0}
        self._fault = ""
        self._jobs: AlertingJobs | None = None
        self._uptime_s = uptime_s
        self._last_sign_s = uptime_s()
        """When the jobs were started or last came to the end of a tick, even one that the records refused."""

    def start(self) -> None:
        """Start the jobs: ticks, and the delivery of notices. Returns at once."""
        if self._jobs is None:
            self._last_sign_s = self._uptime_s()
            self._jobs = AlertingJobs(
                tick=self._tick_job,
                dispatch=self._dispatch_job,
                every_s=self._settings.rules.tick_s,
                daily=[replace(job, call=partial(self._daily_job, job)) for job in self._daily],
                zone=self._settings.site.time_zone,
            )
            if self._lease is not None:
                self._lease.start()
            self._jobs.start()

    def stop(self) -> None:
        """Stop the jobs, wait for the running tick, let go of channels and the expression engine."""
        if self._jobs is not None:
            self._jobs.stop()
            self._jobs = None
            if self._lease is not None:
                self._lease.stop()
        with self._lock:
            self._dispatcher.close()
            self._engine.close()

    def is_alive(self) -> bool:
        """Return whether the jobs run and ticks come to an end; true before `start` and after `stop`."""
        if self._jobs is None:
            return True
        if self._lease is not None and not self._lease.is_running:
            return False
        return self._jobs.is_running and self._uptime_s() - self._last_sign_s < _DEAD_S

    @property
    def judged_at(self) -> datetime | None:
        """When this process last judged the present; None: it has not, or another one does."""
        return self._watched_at

    def tick(self, now: datetime | None = None, *, history: bool = False) -> TickReport:
        """Judge everything at a moment and commit what follows.

        With `history` the moment is one of the past that is led through the rules in long steps: the watch does not
        take its own steps for blindness.

        Raises
        ------
        heating.errors.HeatingError
            When the records cannot be read or written; nothing of the tick is kept then and the next tick does the
            work.
        """
        at = self._clock.now() if now is None else now
        with self._lock:
            self._follow_clock(at, history=history)
            if self._last_tick is not None and at <= self._last_tick and self._image is not None:
                return TickReport(at=at, skipped=True)
            started = perf_counter()
            try:
                report = self._tick(at, history=history)
            except ForbiddenTransitionError as error:
                # A person acted between our look and our commit: once more, from what the records say now.
                _log.info("alerting.tick_repeated", reason=str(error))
                self._image = None
                report = self._tick(at, history=history)
            except HeatingError as error:
                self._image, self._fault = None, str(error)
                if not history:
                    # A database that waits for a lock has held this tick for a while: the moment is now.
                    self._judge_without_records(self._clock.now() if now is None else at)
                raise
            self._last_tick, self._fault, self._clock_jump_s = at, "", 0.0
            self._watched_at = None if history else at
            self._figures["ticks"] += 1
            self._figures["alarms_raised"] += report.raised
            self._figures["tick_ms"] = (perf_counter() - started) * 1000
            return report

    def dispatch(self, now: datetime | None = None) -> DispatchReport:
        """Deliver due notices."""
        return self._dispatcher.dispatch(
            now=self._clock.now() if now is None else now, may=lambda: self._may_act
        )

    def health(self) -> Health:
        """Return the state of the watch: degraded when it lags or cannot commit, down before the first tick."""
        figures = dict(self._figures)
        image, last = self._image, self._last_tick
        figures["unknown_rows"] = float(self._live.unknown_rows)
        if image is not None:
            figures["open_alarms"] = float(len(image.lifecycle.book))
            figures["open_incidents"] = float(len(image.incidents))
        figures["lease_held"] = float(self._may_act)
        figures["missed_ticks"] = float(self._missed.number)
        lease = self._lease
        if lease is not None and not lease.is_held and lease.other_holder and not lease.fault:
            return Health(HealthStatus.OK, f"standing by, the lease is held by {lease.other_holder}", figures)
        if last is None:
            reason = self._fault or "no evaluation yet"
            return Health(HealthStatus.DOWN, reason, figures)
        jump_s = self._clock.pending_s if isinstance(self._clock, SteadyClock) else 0.0
        figures["clock_jump_s"] = jump_s
        lag_s = (self._clock.now() - last).total_seconds()
        figures["lag_s"] = lag_s
        if self._fault:
            return Health(HealthStatus.DEGRADED, self._fault, figures)
        if jump_s or self._clock_jump_s:
            size_s = jump_s or self._clock_jump_s
            return Health(
                HealthStatus.DEGRADED, f"the clock of this machine jumped by {size_s:.0f} s", figures
            )
        if lag_s > _LAG_S * max(1.0, self._clock.speed):
            return Health(HealthStatus.DEGRADED, f"rules were last judged {lag_s:.0f} s ago", figures)
        return Health(HealthStatus.OK, "", figures)

    # --- clocks that jump -------------------------------------------------------------------------------------

    def _follow_clock(self, at: datetime, *, history: bool) -> None:
        """Notice a jump of the clock; when it is followed, move every moment that is remembered along with it."""
        shift = timedelta(0)
        if isinstance(self._clock, SteadyClock):
            self._clock_jump_s = max(self._clock_jump_s, self._clock.take_largest_jump_s(), key=abs)
            shift = timedelta(milliseconds=self._clock.shift_ms - self._clock_shift_ms)
            self._clock_shift_ms = self._clock.shift_ms
        if not history and self._last_tick is not None and at < self._last_tick + shift:
            back = at - (self._last_tick + shift)
            shift += back if back < -_JITTER else timedelta(0)
        if not shift:
            return
        self._clock_jump_s = max(self._clock_jump_s, shift.total_seconds(), key=abs)
        _log.warning("alerting.clock_jumped", by_s=shift.total_seconds())
        self._last_tick, self._watched_at, self._started_at, self._registry_checked = (
            None if moment is None else moment + shift
            for moment in (self._last_tick, self._watched_at, self._started_at, self._registry_checked)
        )
        self._watch.follow_clock(shift)
        by_ms = round(shift.total_seconds() * 1000)
        with self._live.held() as windows:
            windows.follow_clock(by_ms, now_ms=to_epoch_ms(at))
        self._missed.follow_clock(by_ms)
        if self._image is not None:
            self._image.follow_clock(by_ms)

    # --- one tick ---------------------------------------------------------------------------------------------

    def _tick(self, now: datetime, *, history: bool = False) -> TickReport:
        image = self._image = self._image_of(now)
        if self._started_at is None:
            self._started_at = now
        # People first: an alarm that was acknowledged or shelved since the last tick must not be announced by this one.
        image.follow_people(self._alarms)
        lease = None if history or self._lease is None else (LEASE, self._lease.holder)
        caught_up = self._missed.catch_up(
            image, term=self._term, commit=lambda judged, plan: self._commit(image, judged, plan, lease=lease)
        )
        watch = (
            self._watch.calm()
            if history
            else self._watch.look(now=now, last=self._watched_at, clock_jump_s=self._clock_jump_s)
        )
        with self._live.held() as windows:
            windows.listening_since_ms = 0 if history else to_epoch_ms(self._started_at)
            tables = image.signals.tables(windows, now_ms=to_epoch_ms(now), watch=watch)
        judged = self._engine.advance(image.timers, tables, now, held=self._held(now))
        plan = image.lifecycle.tick(judged.transitions, now=now)
        notices = self._commit(image, judged, plan, lease=lease)
        self._missed.start_from(image, term=self._term)
        return TickReport(at=now, raised=caught_up + plan.raised, events=len(plan.events), notices=notices)

    def _judge_without_records(self, now: datetime) -> None:
        """Judge a moment whose tick cannot be committed, so that what ends before the records are back is not lost."""
        watch = self._watch.look(
            now=now, last=self._watched_at, clock_jump_s=self._clock_jump_s, records_away=True
        )
        self._missed.judge(self._live, now, watch=watch, held=self._held(now))

    @property
    def _term(self) -> int:
        return 0 if self._lease is None else self._lease.term

    def _image_of(self, now: datetime) -> Image:
        """Return what is held, read again when the registry changed or the last commit failed."""
        version = self._follow_registry(now)
        # Whoever rebuilt the live state, an image of the rows before would judge the wrong objects.
        if self._image is not None and self._image.layout is self._live.layout:
            return self._image
        return restored(
            now,
            live=self._live,
            rules=self._rules,
            alarms=self._alarms,
            registry_version=version,
            settings=self._settings,
        )

    def _follow_registry(self, now: datetime) -> int:
        """Rebuild the live state for another registry, or when a sensor's move that it planned is due.

        Looked at every 10 s; returns the version that the live state follows.
        """
        known, checked = self._registry_version, self._registry_checked
        if known is not None and self._missed.number:
            return known  # what was judged without the records stands in the rows of the registry before
        if known is not None and checked is not None and abs(now - checked) < _REGISTRY_CHECK:
            return known
        # The version before the site: a change between the two is then seen at the next look.
        version, due = self._registry.version(), self._live.layout.valid_until
        if known is not None and (version != known or (due is not None and now >= due)):
            site = self._registry.load_site()
            self._live.rebuild(site, build_heat_tree(site), now=now)
            _log.info("alerting.registry_followed", stations=len(site.stations), homes=len(site.households))
        self._registry_checked, self._registry_version = now, version
        return version

    def _held(self, now: datetime) -> frozenset[str]:
        """Return the rules of silence while a silent object looks like one that was not heard yet."""
        grace = timedelta(seconds=self._settings.rules.start_grace_s)
        is_over = self._started_at is None or now >= self._started_at + grace
        if is_over and not self._live.past_is_missing:
            return frozenset()
        return frozenset(rule.rule_id for rule in self._rules.rules if rule.waits_for_data)

    def _commit(self, image: Image, judged: Judged, plan: TickPlan, *, lease: tuple[str, str] | None) -> int:
        """Write what the tick decided; returns how many notices are due.

        Events, incidents, notices and timers go in one transaction: an alarm without its notice would be silent, a
        timer without its alarm would raise it twice after a restart. What is held moves on only when they are stored.
        """
        blobs = image.codec.encode_changed(judged.all_touched() if image.timers_moved else judged)
        with self._live.held() as windows:
            memory = image.memory_now(windows)
        if memory != image.saved:
            blobs[SERVICE_BLOB] = memory.encode()
        notices = outbox_messages(plan.announcements, self._audiences, places=image.places, now=plan.now)
        incidents = image.incidents.take_changed()
        if plan.events or blobs or incidents:
            written = self._alarms.append_events(
                plan.events,
                incidents=incidents,
                outbox=notices,
                engine_state=blobs or None,
                lease=lease,
            )
            image.pass_over(written)
            for event in plan.events:
                _log.debug("alerting.event", kind=event.kind.value, alarm=event.alarm_id)
        image.timers, image.saved, image.timers_moved = judged.timers, memory, False
        return len(notices)

    # --- jobs -------------------------------------------------------------------------------------------------

    @property
    def _may_act(self) -> bool:
        """Whether this process is the one that judges and calls people."""
        return self._lease is None or self._lease.is_held

    def _tick_job(self) -> None:
        try:
            if self._may_act:
                self.tick()
            else:
                self._stand_by()
        except HeatingError as error:
            _log.error("alerting.tick_failed", error=str(error), retryable=error.retryable)
        self._last_sign_s = self._uptime_s()

    def _stand_by(self) -> None:
        """Let go of what is held when another process judges; without an answer of the records keep it and wait."""
        assert self._lease is not None, "without a lease this process always judges"
        # It hears what comes in, so the grace of a start runs while it stands by.
        self._started_at = self._started_at or self._clock.now()
        if self._lease.other_holder and not self._lease.fault:
            with self._lock:
                self._image, self._watched_at, self._fault = None, None, ""
                self._missed.forget()
        else:
            self._fault = self._lease.fault or "the lease is not held yet"
            now = self._clock.now()
            with self._lock:
                self._follow_clock(now, history=False)
                self._judge_without_records(now)

    def _daily_job(self, job: DailyJob) -> None:
        if self._may_act:
            try:
                job.call()
            except HeatingError as error:
                _log.error("alerting.daily_job_failed", job=job.name, error=str(error))

    def _dispatch_job(self) -> None:
        if not self._may_act:
            return
        try:
            self.dispatch()
        except HeatingError as error:
            _log.error("alerting.dispatch_failed", error=str(error), retryable=error.retryable)
