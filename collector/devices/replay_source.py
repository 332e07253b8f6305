"""`ReplayingSource`: a source that also hands out kept messages, with the arrival time they first had.

They need no broker and no right to publish on behalf of a device. What does not live here: which messages are given
again (`collector.devices.device_reports`).
"""

import threading
from collections import deque
from collections.abc import Sequence

from collector.devices.device_gate import REPLAY_EPOCH
from heating.protocols import Health, MessageSource, RawMessage

__all__ = ["ReplayingSource"]


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
        """Whether the supervisor must start this process anew."""
        return bool(getattr(self._source, "is_dead", False))
