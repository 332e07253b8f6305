"""The seams between rooms. Adapters live in `storage`, `collector`, `alerting`; `runtime` joins them.

Nothing here has behaviour: protocols, and the small values that cross them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from heating.alarms import Alarm, AlarmEvent, Incident
from heating.assets import Site
from heating.intervals import Interval
from heating.points import Measurement
from heating.samples import ObjectRef, SampleBatch

__all__ = [
    "AlarmRecords",
    "AppendMark",
    "BatchSink",
    "Channel",
    "Delivery",
    "Health",
    "HealthStatus",
    "LatestValue",
    "LatestValues",
    "MessageSource",
    "OutboxMessage",
    "OutboxRecords",
    "RawMessage",
    "ReadingSink",
    "RegistryRecords",
    "RollupBatch",
    "RollupName",
    "SeriesColumns",
    "TimeSeriesStore",
]


class HealthStatus(StrEnum):
    """Words of /readyz."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Health:
    """State of one part, with the reason when not ok and figures for /metrics."""

    status: HealthStatus
    reason: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


# --- messages -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One message as it arrived."""

    topic: str
    payload: bytes
    received_ms: int
    """Arrival [epoch ms UTC]."""
    packet_id: int = 0
    """MQTT packet identifier; 0 for QoS 0."""
    epoch: int = 0
    """Number of the connection it came on: identifiers belong to one connection."""
    retained: bool = False


class MessageSource(Protocol):
    """Where messages come from. The owner takes batches and acknowledges them after a durable commit."""

    def start(self) -> None:
        """Connect and subscribe; returns at once, reconnects by itself for ever."""
        ...

    def take(self, *, limit: int, timeout_s: float) -> Sequence[RawMessage]:
        """Return up to `limit` messages, waiting at most `timeout_s` for the first; empty when none came."""
        ...

    def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """Acknowledge messages; those of an earlier connection are ignored (they will come again)."""
        ...

    def health(self) -> Health:
        """Return the state of the connection."""
        ...

    @property
    def is_dead(self) -> bool:
        """Whether it ended although nobody asked it to, so that only a new process can help."""
        ...

    def stop(self) -> None:
        """Disconnect in order; unacknowledged messages stay with the broker."""
        ...


class BatchSink(Protocol):
    """What takes decoded batches: live states, in the order of the commits."""

    def accept(self, batch: SampleBatch) -> None:
        """Take a batch; must not block for long and must not raise for any content."""
        ...


# --- time series ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AppendMark:
    """Where a batch comes from, so that a repeat after a crash is not stored twice."""

    source: str
    """Name of the spool (collector slot)."""
    sequence: int
    """Rises with every batch of that source; a store skips what is at or below the last it applied."""


@dataclass(frozen=True, slots=True)
class SeriesColumns:
    """Series of one object over a window.

    `time_ms` has shape ``(n,)``; each array of `values` and `quality` as well. NaN: no value of that point at that
    time. Rows are in time order. With thinning, rows that hold a minimum or maximum of a bucket are kept.
    """

    time_ms: NDArray[np.int64]
    values: Mapping[str, NDArray[np.float64]]
    quality: Mapping[str, NDArray[np.uint8]]
    thinned: bool = False


class RollupName(StrEnum):
    """Roll-ups the application writes."""

    STATION_5M = "station_5m"
    CIRCUIT_5M = "circuit_5m"
    BUILDING_5M = "building_5m"
    COMMUNITY_5M = "community_5m"
    ROOM_1H = "room_1h"

    @property
    def step(self) -> timedelta:
        """Length of a bucket."""
        return timedelta(hours=1) if self is RollupName.ROOM_1H else timedelta(minutes=5)

    @property
    def tag(self) -> str:
        """Name of the tag with the object's id."""
        return "sensor" if self is RollupName.ROOM_1H else self.value.removesuffix("_5m")


@dataclass(frozen=True, slots=True)
class RollupBatch:
    """Rows of a roll-up; all arrays ``(n,)``, `bucket_ms` is the start of the bucket [epoch ms]."""

    name: RollupName
    object_ids: tuple[str, ...]
    point: str
    bucket_ms: NDArray[np.int64]
    mean: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    count: NDArray[np.int64]


class ReadingSink(Protocol):
    """Where a collector puts readings."""

    def append(self, batch: SampleBatch, *, mark: AppendMark | None = None) -> None:
        """Store a batch durably; returning means it is kept. A second append of the same rows changes nothing.

        Raises
        ------
        heating.errors.HeatingError
            With `retryable` True (server away, busy, full) or False (these rows are refused; the caller bisects).
        """
        ...

    def last_mark(self, source: str) -> int | None:
        """Return the last sequence applied from a source, None when the store does not track marks."""
        ...

    def checkpointed_mark(self, source: str) -> int | None:
        """Return the last sequence of a source that no crash of the store can take away, 0 when there is none yet.

        None from a store that keeps no marks: what it acknowledged stays.
        """
        ...


class TimeSeriesStore(ReadingSink, Protocol):
    """Keeps readings. Every read is bounded in time and names its objects: no query fans out over homes."""

    def series(
        self,
        ref: ObjectRef,
        points: Sequence[str],
        window: Interval,
        *,
        max_points: int | None = None,
    ) -> SeriesColumns:
        """Return points of one object in a window; thinned to about `max_points` rows keeping min and max."""
        ...

    def latest(self, measurement: Measurement, window: Interval) -> SampleBatch:
        """Return the last value of every point of every object of a measurement inside a window (warm start)."""
        ...

    def write_rollup(self, rows: RollupBatch) -> None:
        """Store roll-up rows, replacing those of the same object, point and bucket (late data amend)."""
        ...

    def read_rollup(
        self, name: RollupName, point: str, object_ids: Sequence[str], window: Interval
    ) -> RollupBatch:
        """Return roll-up rows of the named objects (at most 2,000) in time order."""
        ...

    def apply_retention(self, *, now: datetime) -> int:
        """Delete what is older than the configured retention; return how many day tables or 0 where unknown."""
        ...

    def health(self) -> Health:
        """Return the state of the store; must answer within 2 s."""
        ...

    def close(self) -> None:
        """Flush and let go."""
        ...


# --- live values ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LatestValue:
    """The newest value of one point of one object."""

    value: float
    quality: int
    measured_ms: int
    received_ms: int


class LatestValues(Protocol):
    """Newest values in memory, for pages and the snapshot stream; safe to read from any thread."""

    def of_object(self, ref: ObjectRef) -> Mapping[str, LatestValue]:
        """Return the newest value of each point that ever came, by point name."""
        ...

    def column(
        self, measurement: Measurement, point: str, object_ids: Sequence[str]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.uint8]]:
        """Return value (NaN: never came), measured_ms (0: never) and quality, each of shape (len(object_ids),)."""
        ...


# --- records --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """A notice to be delivered by a channel; written in the transaction of what it tells of."""

    channel: str
    """Name of the channel in the settings."""
    key: str
    """Idempotency key: the same key is written once."""
    due_at: datetime
    body: Mapping[str, object]
    """Code + parameters, JSON-ready; the channel renders it."""
    message_id: int | None = None
    attempts: int = 0


class AlarmRecords(Protocol):
    """Alarms, their append-only history, incidents, and the engine's own state."""

    def open_alarms(self) -> list[Alarm]:
        """Return every alarm that is not closed."""
        ...

    def append_events(
        self,
        events: Sequence[AlarmEvent],
        *,
        incidents: Sequence[Incident] = (),
        outbox: Sequence[OutboxMessage] = (),
        engine_state: Mapping[str, bytes] | None = None,
        lease: tuple[str, str] | None = None,
    ) -> list[AlarmEvent]:
        """Apply events to the alarm rows by `apply_event`, append them to the history, write incidents (insert or
        replace), outbox messages and engine state, all in one transaction. Returns the events with `sequence`.

        `lease` names a lease and its holder; when another has it by then, a `HeatingError` is raised and nothing is
        written.

        Raises
        ------
        heating.alarms.ForbiddenTransitionError
            When an event does not fit; nothing is written.
        """
        ...

    def events_since(self, sequence: int, *, limit: int = 1000) -> list[AlarmEvent]:
        """Return history entries after a sequence, in order."""
        ...

    def last_sequence(self) -> int:
        """Return the newest sequence, 0 when the history is empty."""
        ...

    def alarm(self, alarm_id: str) -> Alarm | None:
        """Return one alarm."""
        ...

    def history_of(self, alarm_id: str) -> list[AlarmEvent]:
        """Return the history of one alarm in order."""
        ...

    def incident(self, incident_id: str) -> Incident | None:
        """Return one incident."""
        ...

    def open_incidents(self) -> list[Incident]:
        """Return incidents that have not cleared, newest first."""
        ...

    def members_of(self, incident_id: str) -> list[Alarm]:
        """Return the alarms attached to an incident."""
        ...

    def engine_state(self, name: str) -> bytes | None:
        """Return a blob the engine saved under a name."""
        ...


class OutboxRecords(Protocol):
    """Notices waiting for delivery."""

    def due(self, *, now: datetime, limit: int = 100) -> list[OutboxMessage]:
        """Return undelivered messages that are due, oldest first."""
        ...

    def delivered(self, message_id: int, *, at: datetime) -> None:
        """Mark a message as delivered."""
        ...

    def failed(self, message_id: int, *, at: datetime, reason: str, next_due: datetime | None) -> None:
        """Note a failed try; `next_due` None gives up (the message stays, visible as dead)."""
        ...


class RegistryRecords(Protocol):
    """The registry of assets."""

    def load_site(self) -> Site:
        """Return the whole registry."""
        ...

    def version(self) -> int:
        """Return a number that rises with every change, so that trees are rebuilt when needed."""
        ...


# --- notification ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivery:
    """Result of one try to deliver."""

    ok: bool
    retryable: bool = True
    reason: str = ""


class Channel(Protocol):
    """One way to reach people."""

    name: str

    def deliver(self, message: OutboxMessage) -> Delivery:
        """Try once; never raises."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
