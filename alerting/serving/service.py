"""`AlertingService`: one tick from live values to committed history, and the jobs that drive the ticks.

A tick is a function of `now`: the jobs call it by the clock, tests and replay call it directly. Everything it decides
is written in one transaction; when that fails the service forgets what it holds and starts again from the records.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import perf_counter

import msgspec
import structlog

from alerting.alarms.book import AlarmBook
from alerting.alarms.incidents import IncidentBook
from alerting.alarms.lifecycle import Lifecycle, TickPlan
from alerting.alarms.subjects import Subjects
from alerting.judging.engine import EngineState, RuleEngine, StepResult
from alerting.judging.live_state import LiveState
from alerting.judging.signals.columns import Signals
from alerting.judging.state_codec import EngineStateCodec
from alerting.notifications.console.channel import ConsoleChannel
from alerting.notifications.dispatcher import DispatchReport, OutboxDispatcher
from alerting.notifications.notices import audiences_of, outbox_messages
from alerting.notifications.webhook.channel import WebhookChannel
from alerting.serving.jobs import AlertingJobs
from alerting.serving.service_state import SERVICE_BLOB, ServiceState, rules_digest
from alerting.serving.watch import Watch
from config.rules.reading import RuleSet
from config.settings.tree import NotificationSettings, Settings
from heating.alarms import AlarmEvent, AlarmEventKind, ForbiddenTransitionError
from heating.clock import Clock
from heating.errors import HeatingError
from heating.heat_tree import build_heat_tree
from heating.intervals import to_epoch_ms
from heating.points import Measurement
from heating.protocols import AlarmRecords, Channel, Health, HealthStatus, OutboxRecords, RegistryRecords

__all__ = ["AlertingService", "TickReport", "channels_of"]

_log = structlog.get_logger()
_LAG_S = 60.0
"""Without a tick for this long the watch counts as blind [s]."""
_REGISTRY_CHECK = timedelta(seconds=10)
_SETPOINT_MEMORY_MS = 2 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class TickReport:
    """What one tick did."""

    at: datetime
    raised: int = 0
    events: int = 0
    notices: int = 0
    skipped: bool = False
    """True for a tick at or before the last one: it changes nothing."""


@dataclass(slots=True)
class _Image:
    """What the service holds of registry and records; thrown away when a commit fails."""

    codec: EngineStateCodec
    subjects: Subjects
    signals: Signals
    incidents: IncidentBook
    lifecycle: Lifecycle
    memory: ServiceState
    """As saved."""
    wanted: ServiceState
    """As it is to be saved next, save for what changes every tick."""
    state: EngineState
    cursor: int


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
        Tells whether readings can come in; while it says down, the watch is blind and says so itself (DQ-14).
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
    ) -> None:
        self._live, self._rules, self._alarms, self._registry = live_state, rules, alarms, registry
        self._clock, self._settings = clock, settings
        self._audiences = audiences_of(settings.notifications)
        chosen = channels_of(settings.notifications, rules) if channels is None else channels
        self._dispatcher = OutboxDispatcher(outbox=outbox, channels=chosen)
        self._engine = RuleEngine(rules)
        self._watch = Watch(watch, clock=clock)
        self._lock = threading.Lock()
        self._image: _Image | None = None
        self._started_at: datetime | None = None
        self._last_tick: datetime | None = None
        self._watched_at: datetime | None = None
        self._registry_checked: datetime | None = None
        self._figures: dict[str, float] = {"ticks": 0.0, "alarms_raised": 0.0, "tick_ms": 0.0}
        self._fault = ""
        self._jobs: AlertingJobs | None = None

    def start(self) -> None:
        """Start the jobs: ticks, and the delivery of notices. Returns at once."""
        if self._jobs is None:
            self._jobs = AlertingJobs(
                tick=self._tick_job, dispatch=self._dispatch_job, every_s=self._settings.rules.tick_s
            )
            self._jobs.start()

    def stop(self) -> None:
        """Stop the jobs, wait for the running tick, let go of channels and the expression engine."""
        if self._jobs is not None:
            self._jobs.stop()
            self._jobs = None
        with self._lock:
            self._dispatcher.close()
            self._engine.close()

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
            if self._last_tick is not None and at <= self._last_tick and self._image is not None:
                return TickReport(at=at, skipped=True)
            started = perf_counter()
            try:
                report = self._tick(at, history=history)
            except ForbiddenTransitionError as error:  # a person acted between our look and our commit
                _log.info("alerting.tick_repeated", reason=str(error))
                self._image = None
                report = self._tick(at, history=history)
            except HeatingError as error:
                self._image, self._fault = None, str(error)
                raise
            self._last_tick, self._fault = at, ""
            self._watched_at = None if history else at
            self._figures["ticks"] += 1
            self._figures["alarms_raised"] += report.raised
            self._figures["tick_ms"] = (perf_counter() - started) * 1000
            return report

    def dispatch(self, now: datetime | None = None) -> DispatchReport:
        """Deliver due notices."""
        return self._dispatcher.dispatch(now=self._clock.now() if now is None else now)

    def health(self) -> Health:
        """Return the state of the watch: degraded when it lags or cannot commit, down before the first tick."""
        figures = dict(self._figures)
        image, last = self._image, self._last_tick
        figures["unknown_rows"] = float(self._live.unknown_rows)
        if image is not None:
            figures["open_alarms"] = float(len(image.lifecycle.book))
            figures["open_incidents"] = float(len(image.incidents))
        if last is None:
            reason = self._fault or "no evaluation yet"
            return Health(HealthStatus.DOWN, reason, figures)
        lag_s = (self._clock.now() - last).total_seconds()
        figures["lag_s"] = lag_s
        if self._fault:
            return Health(HealthStatus.DEGRADED, self._fault, figures)
        if lag_s > _LAG_S * max(1.0, float(getattr(self._clock, "speed", 1.0))):
            return Health(HealthStatus.DEGRADED, f"rules were last judged {lag_s:.0f} s ago", figures)
        return Health(HealthStatus.OK, "", figures)

    # --- one tick ---------------------------------------------------------------------------------------------

    def _tick(self, now: datetime, *, history: bool = False) -> TickReport:
        self._follow_registry(now)
        image = self._image if self._image is not None else self._restore(now)
        self._image = image
        if self._started_at is None:
            self._started_at = now
        self._follow_people(image)
        tree = self._live.tree
        own = self._watch.calm(tree) if history else self._watch.look(tree, now=now, last=self._watched_at)
        tables = replace(image.signals.tables(now_ms=to_epoch_ms(now)), watch=own)
        result = self._engine.step(image.state, tables, now, tree=tree, held=self._held(now))
        plan = image.lifecycle.tick(result.transitions, now=now)
        notices = self._commit(image, result, plan)
        return TickReport(at=now, raised=plan.raised, events=len(plan.events), notices=notices)

    def _held(self, now: datetime) -> frozenset[str]:
        grace = timedelta(seconds=self._settings.rules.start_grace_s)
        is_over = self._started_at is None or now >= self._started_at + grace
        if is_over and not self._live.past_is_missing:
            return frozenset()
        return frozenset(rule.rule_id for rule in self._rules.rules if rule.waits_for_data)

    def _commit(self, image: _Image, result: StepResult, plan: TickPlan) -> int:
        blobs = image.codec.encode_changed(result)
        memory = self._memory_now(image)
        if memory != image.memory:
            blobs[SERVICE_BLOB] = memory.encode()
        notices = outbox_messages(plan.announcements, self._audiences, subjects=image.subjects, now=plan.now)
        incidents = image.incidents.take_changed()
        if plan.events or blobs or incidents:
            written = self._alarms.append_events(
                plan.events, incidents=incidents, outbox=notices, engine_state=blobs or None
            )
            self._advance_cursor(image, written)
            for event in plan.events:
                _log.debug("alerting.event", kind=event.kind.value, alarm=event.alarm_id)
        image.state, image.memory = result.state, memory
        return len(notices)

    @staticmethod
    def _advance_cursor(image: _Image, written: Sequence[AlarmEvent]) -> None:
        sequences = [event.sequence for event in written if event.sequence is not None]
        if sequences and sequences == list(range(image.cursor + 1, image.cursor + 1 + len(sequences))):
            image.cursor = sequences[-1]

    def _follow_people(self, image: _Image) -> None:
        """Apply what people did through other processes; the engine's own events are known already."""
        while events := self._alarms.events_since(image.cursor, limit=1000):
            for event in events:
                if event.by != "engine" and event.kind is not AlarmEventKind.RAISED:
                    image.lifecycle.book.apply(event)
            image.cursor = events[-1].sequence or image.cursor
            if len(events) < 1000:
                return

    # --- starting again ---------------------------------------------------------------------------------------

    def _follow_registry(self, now: datetime) -> None:
        checked = self._registry_checked
        if checked is not None and abs(now - checked) < _REGISTRY_CHECK:
            return
        self._registry_checked = now
        image, border = self._image, self._live.valid_until
        moved = border is not None and now >= border
        if image is None or (self._registry.version() == image.memory.registry_version and not moved):
            return
        site = self._registry.load_site()
        self._live.rebuild(site, build_heat_tree(site), now=now)
        _log.info("alerting.registry_followed", stations=len(site.stations), homes=len(site.households))
        self._image = None

    def _restore(self, now: datetime) -> _Image:
        """Read everything from the records: open alarms, incidents, timers, memory."""
        cursor = self._alarms.last_sequence()
        tree, site = self._live.tree, self._live.site
        memory = ServiceState.decode(self._alarms.engine_state(SERVICE_BLOB))
        version, digest = self._registry.version(), rules_digest(self._rules)
        changed = (memory.registry_version, memory.rules) != (version, digest)
        if not memory.watching_since_ms:
            memory.watching_since_ms = to_epoch_ms(now)
        codec = EngineStateCodec(tree=tree, rules=self._rules)
        saved = {name: blob for name in codec.names if (blob := self._alarms.engine_state(name))}
        subjects = Subjects(site, tree)
        incidents = IncidentBook(self._rules, subjects, self._alarms.open_incidents())
        book = AlarmBook(tree, self._alarms.open_alarms())
        lifecycle = Lifecycle(
            rules=self._rules,
            subjects=subjects,
            book=book,
            incidents=incidents,
            hold=timedelta(seconds=self._settings.rules.incident_hold_s),
            announce_after_ms=dict(memory.announce_after_ms),
            reminded_ms=dict(memory.reminded_ms),
            judge_all=changed,
        )
        self._recall_setpoints(memory)
        signals = Signals(
            self._live,
            standard_c=self._settings.site.indoor_standard_c,
            watching_since_ms=memory.watching_since_ms,
            time_zone=self._settings.site.time_zone,
        )
        _log.info(
            "alerting.restored", open_alarms=len(book), open_incidents=len(incidents), stations=len(saved)
        )
        known = msgspec.structs.replace(memory, rules=digest, registry_version=version)
        return _Image(
            codec, subjects, signals, incidents, lifecycle, memory, known, codec.decode(saved), cursor
        )

    def _memory_now(self, image: _Image) -> ServiceState:
        stations = self._live.tables[Measurement.STATION].ids
        moved = self._live.setpoint_moved_ms
        newest = int(moved.max(initial=0))
        recent = [
            place for place in moved.nonzero()[0].tolist() if moved[place] > newest - _SETPOINT_MEMORY_MS
        ]
        return msgspec.structs.replace(
            image.wanted,
            announce_after_ms=dict(image.lifecycle.announce_after_ms),
            reminded_ms=dict(image.lifecycle.reminders.told_ms),
            setpoint_base_c={stations[p]: float(self._live.setpoint_base_c[p]) for p in recent},
            setpoint_moved_ms={stations[p]: int(moved[p]) for p in recent},
        )

    def _recall_setpoints(self, memory: ServiceState) -> None:
        index = self._live.tables[Measurement.STATION].index
        with self._live.lock:
            for station_id, moved_ms in memory.setpoint_moved_ms.items():
                place = index.get(station_id)
                if place is not None and self._live.setpoint_moved_ms[place] == 0:
                    self._live.setpoint_moved_ms[place] = moved_ms
                    self._live.setpoint_base_c[place] = memory.setpoint_base_c.get(station_id, float("nan"))

    # --- jobs -------------------------------------------------------------------------------------------------

    def _tick_job(self) -> None:
        try:
            self.tick()
        except HeatingError as error:
            _log.error("alerting.tick_failed", error=str(error), retryable=error.retryable)

    def _dispatch_job(self) -> None:
        try:
            self.dispatch()
        except HeatingError as error:
            _log.error("alerting.dispatch_failed", error=str(error), retryable=error.retryable)
