"""Replay of kept messages inside the process: they keep the arrival time they first had and need no broker.

`ReplayingSource` hands them out in front of the new ones, `DeviceReplay` picks those of a device. What does not live
here: which devices are replayed, and when (`collector.devices.device_reports`).
"""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import structlog

from collector.intake.spool.rejections import (
    KeptRejection,
    RejectionFilter,
    is_replayable,
    list_rejections,
    mark_replayed,
)
from collector.messages.arrived_message import REPLAY_EPOCH
from collector.messages.decoded import Reason
from heating.clock import Clock
from heating.protocols import Health, MessageSource, RawMessage
from storage.records.device_values import UnknownDevice

__all__ = ["DeviceReplay", "ReplayingSource"]

TIMEOUT_S = 60.0
"""How long the writer may take for one portion [s]."""
PORTION = 500
"""Messages replayed at once."""
MAX_REJECTIONS = 100_000
"""Kept messages of one device that are replayed."""

log = structlog.get_logger()


class ReplayingSource:
    """A `heating.protocols.MessageSource` around another.

    Parameters
    ----------
    source
        Where new messages come from.
    """

    def __init__(self, source: MessageSource) -> None:
        self._source = source
        self._waiting: deque[RawMessage] = deque()
        self._open = 0
        self._changed = threading.Condition()

    def replay(self, messages: Sequence[tuple[str, bytes, int]], *, timeout_s: float) -> bool:
        """Hand out (topic, payload, first arrival [epoch ms]) again; return whether all were kept in time."""
        given = [RawMessage(topic, payload, at_ms, 0, REPLAY_EPOCH) for topic, payload, at_ms in messages]
        with self._changed:
            self._waiting.extend(given)
            self._open += len(given)
            return self._changed.wait_for(lambda: self._open == 0, timeout=timeout_s)

    def start(self) -> None:
        """Connect and subscribe."""
        self._source.start()

    def take(self, *, limit: int, timeout_s: float) -> Sequence[RawMessage]:
        """Return up to `limit` messages; kept ones go first."""
        with self._changed:
            if self._waiting:
                return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]
        return self._source.take(limit=limit, timeout_s=timeout_s)

    def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """Acknowledge messages; for kept ones it is the sign that they are safe."""
        self._source.acknowledge(messages)
        if not self._open:
            return
        again = sum(message.epoch == REPLAY_EPOCH for message in messages)
        with self._changed:
            self._open -= again
            self._changed.notify_all()

    def health(self) -> Health:
        """Return the state of the connection."""
        return self._source.health()

    def stop(self) -> None:
        """Disconnect in order."""
        self._source.stop()

    @property
    def is_dead(self) -> bool:
        """Whether the supervisor must restart this process."""
        return self._source.is_dead


class DeviceReplay:
    """Replays what the spool kept of a device while nobody knew it, or of a sender while it was too loud.

    Parameters
    ----------
    source
        Takes the messages again.
    folder
        Spool folder with the kept messages.
    clock
        Time of the replay.
    """

    def __init__(self, *, source: ReplayingSource, folder: Path, clock: Clock) -> None:
        self._source = source
        self._folder = folder
        self._clock = clock

    def __call__(self, device: UnknownDevice) -> int | None:
        """Return how many messages were replayed, None when the writer did not take them in time."""
        wanted = RejectionFilter(reasons=frozenset({Reason.UNKNOWN_DEVICE}), topic_prefix=device.topic)
        kept = (item for item in self._kept(wanted) if device.device_id in item.devices)
        count = self._replay(kept)
        log.info("collector.device_replayed", device=device.device_id, messages=count)
        return count

    def of_topic(self, topic: str) -> int | None:
        """Replay what was thrown back of a sender that is quiet again; returns as a call does."""
        wanted = RejectionFilter(reasons=frozenset({Reason.THROTTLED}), topic_prefix=topic)
        count = self._replay(item for item in self._kept(wanted) if item.topic == topic)
        log.info("collector.throttled_replayed", topic=topic[:200], messages=count)
        return count

    def _replay(self, kept: Iterator[KeptRejection]) -> int | None:
        count = 0
        while portion := list(islice(kept, PORTION)):
            messages = dict.fromkeys((item.topic, item.payload, item.received_ms) for item in portion)
            if not self._source.replay(list(messages), timeout_s=TIMEOUT_S):
                log.warning("collector.replay_not_taken", topic=portion[0].topic[:200])
                return None
            mark_replayed(self._folder, portion, now_ms=self._clock.now_ms())
            count += len(messages)
        return count

    def _kept(self, wanted: RejectionFilter) -> Iterator[KeptRejection]:
        found = list_rejections(self._folder, wanted, limit=MAX_REJECTIONS)
        return (item for item in reversed(found) if is_replayable(item))
