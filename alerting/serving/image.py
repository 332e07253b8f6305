"""What the service holds of registry and records between ticks, and how it is read from the records again.

An image is only ever a copy: a commit that fails throws it away, and the next tick reads it again from the records, so
what is held and what is stored never drift apart. Not here: ticks and jobs (`alerting.serving.service`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import structlog

from alerting.alarms.book import AlarmBook
from alerting.alarms.incidents import IncidentBook
from alerting.alarms.lifecycle import Lifecycle
from alerting.alarms.unjudged import judged_in
from alerting.judging.engine import Timers
from alerting.judging.layout import Layout
from alerting.judging.live_state import LiveState
from alerting.judging.signals.tables import Signals
from alerting.judging.state_codec import TimersCodec
from alerting.judging.windows import Windows
from alerting.serving.service_state import (
    SERVICE_BLOB,
    ServiceState,
    recall_setpoints,
    rules_digest,
    setpoints_of,
)
from config.rules.reading import RuleSet
from config.settings.tree import Settings, SiteSettings
from heating.alarms import AlarmEvent, AlarmEventKind
from heating.intervals import to_epoch_ms
from heating.places import Places
from heating.protocols import AlarmRecords

__all__ = ["Image", "restored"]

_log = structlog.get_logger()
_EVENTS_AT_ONCE = 1000


@dataclass(slots=True)
class Image:
    """What the service holds."""

    layout: Layout
    """Rows that everything here refers to."""
    codec: TimersCodec
    places: Places
    signals: Signals
    incidents: IncidentBook
    lifecycle: Lifecycle
    timers: Timers
    saved: ServiceState
    """As the records have it."""
    registry_version: int
    rules: str
    """Digest of the rules that judge."""
    cursor: int
    """Sequence of the last event that the book knows."""
    timers_moved: bool = False
    """All timers are to be written: the clock jumped since they were."""

    def follow_people(self, alarms: AlarmRecords) -> None:
        """Apply what people did through other processes; the engine's own events are known already."""
        while events := alarms.events_since(self.cursor, limit=_EVENTS_AT_ONCE):
            for event in events:
                if event.by != "engine" and event.kind is not AlarmEventKind.RAISED:
                    self.lifecycle.book.apply(event)
            self.cursor = events[-1].sequence or self.cursor
            if len(events) < _EVENTS_AT_ONCE:
                return

    def pass_over(self, written: Sequence[AlarmEvent]) -> None:
        """Move the cursor past events of the tick's own commit, so that they are not read back.

        Only when they follow it without a gap: a person's event that slipped in between has a lower sequence and would
        be jumped over. With a gap the cursor stays, and the next `follow_people` reads both and leaves out the own.
        """
        sequences = [event.sequence for event in written if event.sequence is not None]
        if sequences and sequences == list(range(self.cursor + 1, self.cursor + 1 + len(sequences))):
            self.cursor = sequences[-1]

    def follow_clock(self, by_ms: int) -> None:
        """Move timers and what waits along after the clock jumped by `by_ms`."""
        self.timers = self.timers.shifted(by_ms)
        self.timers_moved = True
        self.lifecycle.follow_clock(by_ms)

    def memory_now(self, windows: Windows) -> ServiceState:
        """Return what is to be remembered beside timers and alarms."""
        base_c, moved_ms = setpoints_of(windows)
        return msgspec.structs.replace(
            self.saved,
            rules=self.rules,
            registry_version=self.registry_version,
            announce_after_ms=dict(self.lifecycle.announce_after_ms),
            reminded_ms=dict(self.lifecycle.reminders.called_ms),
            setpoint_base_c=base_c,
            setpoint_moved_ms=moved_ms,
        )


def restored(
    now: datetime,
    *,
    live: LiveState,
    rules: RuleSet,
    alarms: AlarmRecords,
    registry_version: int,
    settings: Settings,
) -> Image:
    """Read everything from the records: open alarms, incidents, timers, memory.

    Raises
    ------
    heating.errors.HeatingError
        When the records cannot be read.
    """
    # The cursor first: an event written while the alarms are read is then applied twice, which changes nothing,
    # instead of being missed.
    cursor = alarms.last_sequence()
    memory = ServiceState.decode(alarms.engine_state(SERVICE_BLOB))
    digest = rules_digest(rules)
    # Other rules or another registry change who inhibits whom; then every open alarm is judged again, not only those
    # that something happened to.
    changed = (memory.registry_version, memory.rules) != (registry_version, digest)
    if not memory.watching_since_ms:
        memory.watching_since_ms = to_epoch_ms(now)
    with live.held() as windows:
        layout = windows.layout
        recall_setpoints(windows, memory)
    codec = TimersCodec(layout=layout, rules=rules)
    blobs = {name: blob for name in codec.names if (blob := alarms.engine_state(name))}
    places = Places(layout.site, layout.tree)
    incidents = IncidentBook(rules, places, alarms.open_incidents())
    lifecycle = Lifecycle(
        rules=rules,
        places=places,
        book=AlarmBook(layout.tree, alarms.open_alarms()),
        incidents=incidents,
        hold=timedelta(seconds=settings.rules.incident_hold_s),
        announce_after_ms=dict(memory.announce_after_ms),
        reminded_ms=dict(memory.reminded_ms),
        judge_all=changed,
        is_judged=judged_in(layout, rules),
    )
    _log.info("alerting.restored", open_alarms=len(lifecycle.book), stations=len(blobs))
    return Image(
        layout=layout,
        codec=codec,
        places=places,
        signals=_signals(memory, settings.site),
        incidents=incidents,
        lifecycle=lifecycle,
        timers=codec.decode(blobs).not_after(to_epoch_ms(now)),
        saved=memory,
        registry_version=registry_version,
        rules=digest,
        cursor=cursor,
    )


def _signals(memory: ServiceState, site: SiteSettings) -> Signals:
    return Signals(
        standard_c=site.indoor_standard_c,
        watching_since_ms=memory.watching_since_ms,
        time_zone=site.time_zone,
    )
