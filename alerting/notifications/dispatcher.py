"""Takes due notices from the outbox and gives each to its channel; failed ones come again later, jittered.

A notice that no try can deliver is given up visibly (it stays in the outbox as dead). Not here: who hears what
(`alerting.notifications.notices`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import structlog

from heating.protocols import Channel, OutboxMessage, OutboxRecords

__all__ = ["DispatchReport", "OutboxDispatcher", "retry_delay"]

_log = structlog.get_logger()
_FIRST_S = 5.0
_LONGEST_S = 900.0
_MOST_ATTEMPTS = 12
"""Tries before a notice is given up: about two hours."""


@dataclass(frozen=True, slots=True)
class DispatchReport:
    """What one round did."""

    delivered: int = 0
    retried: int = 0
    dead: int = 0


def retry_delay(attempts: int, random: Random) -> timedelta:
    """Return the wait before the next try: doubling from 5 s to 15 min, between half and all of it."""
    whole_s = min(_LONGEST_S, _FIRST_S * 2.0 ** min(attempts, 20))
    return timedelta(seconds=whole_s * random.uniform(0.5, 1.0))


class OutboxDispatcher:
    """Delivers the outbox.

    Parameters
    ----------
    outbox : OutboxRecords
        Where notices wait.
    channels : sequence of Channel
        Ways to reach people, each with its name.
    random : Random, optional
        Jitter; seeded in tests.
    """

    def __init__(
        self, *, outbox: OutboxRecords, channels: Sequence[Channel], random: Random | None = None
    ) -> None:
        self._outbox = outbox
        self._channels: Mapping[str, Channel] = {channel.name: channel for channel in channels}
        self._random = random or Random()

    def dispatch(
        self, *, now: datetime, limit: int = 100, may: Callable[[], bool] = lambda: True
    ) -> DispatchReport:
        """Deliver what is due, oldest first; `may` is asked before each notice, and the rest waits when it says no.

        Raises
        ------
        heating.errors.HeatingError
            When the outbox cannot be read or written.
        """
        counts = {"delivered": 0, "retried": 0, "dead": 0}
        for message in self._outbox.due(now=now, limit=limit):
            if not may():
                break
            counts[self._one(message, now)] += 1
        return DispatchReport(**counts)

    def _one(self, message: OutboxMessage, now: datetime) -> str:
        if message.message_id is None:
            raise ValueError("a message from the outbox has an id")
        channel = self._channels.get(message.channel)
        if channel is None:
            reason = f"no channel {message.channel!r} in the settings"
            self._outbox.failed(message.message_id, at=now, reason=reason, next_due=None)
            return "dead"
        delivery = channel.deliver(message)
        if delivery.ok:
            self._outbox.delivered(message.message_id, at=now)
            return "delivered"
        last = not delivery.retryable or message.attempts + 1 >= _MOST_ATTEMPTS
        next_due = None if last else now + retry_delay(message.attempts, self._random)
        self._outbox.failed(message.message_id, at=now, reason=delivery.reason, next_due=next_due)
        _log.warning(
            "alerting.notice_failed",
            channel=message.channel,
            key=message.key,
            reason=delivery.reason,
            given_up=last,
        )
        return "dead" if last else "retried"

    def close(self) -> None:
        """Let go of the channels."""
        for channel in self._channels.values():
            channel.close()
