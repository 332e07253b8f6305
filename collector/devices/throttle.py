"""`Throttle`: a token bucket a sender, so that one device gone wild does not take the room of all.

A backlog is no abuse: messages that carry their sender's own time pay by that time, each device of a shared topic for
itself; only what has no time of its own pays by its arrival, a topic at a time. Topics that stay below their rate within
a window cost one count a message; only those above it are looked into. What does not live here: what becomes of a
message above its share (`collector.devices.device_gate`).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

__all__ = ["OwnTimes", "Throttle", "ThrottleLimits"]

WINDOW_MS = 10_000
"""Length of the windows in which quiet senders are only counted [ms]."""
LOG_EVERY_MS = 60_000
"""A throttled sender is logged at most this often [ms]."""

IDLE_MS = 1_000_000
"""A device that nothing was heard of for so long starts with a full bucket again [ms]."""
QUIET_MS = 60_000
"""A sender that stayed within its share for so long is quiet: what was thrown back may be given another try [ms]."""

OwnTimes = Callable[[Sequence[int]], Mapping[int, Mapping[str, int]]]
"""Gives, for places in a batch, the newest time of its own that each device in the message sent [epoch ms]."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ThrottleLimits:
    """What a sender may do."""

    rate_per_s: float = 20.0
    """Messages a second in the long run, by the sender's own time where it sends one [1/s]."""
    burst: int = 20_000
    """Messages at once: a gateway that was cut off for a week sends its backlog (one a minute: 10,080)."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_ms: int
    measured_ms: int | None = None
    """Newest time of the sender's own [epoch ms]."""


@dataclass(slots=True)
class _Excess:
    """What was thrown back of a topic."""

    messages: int = 0
    last_ms: int = 0
    logged_ms: int = -LOG_EVERY_MS


class Throttle:
    """Says which messages of a batch are above their sender's share.

    Parameters
    ----------
    limits
        Rate and burst.
    """

    def __init__(self, limits: ThrottleLimits | None = None) -> None:
        self._limits = limits or ThrottleLimits()
        self._quiet = min(self._limits.burst, max(1, int(self._limits.rate_per_s * WINDOW_MS / 1000)))
        self._window_ms = 0
        self._counts: Counter[str] = Counter()
        self._buckets: dict[str, _Bucket] = {}
        self._devices: dict[str, _Bucket] = {}
        self._thrown_back: dict[str, _Excess] = {}
        self.throttled = 0
        """Messages above their sender's share so far."""

    @property
    def watched(self) -> int:
        """Senders that are above their rate at present."""
        return len(self._buckets)

    def thrown_back(self) -> dict[str, int]:
        """Return the topics of which messages were thrown back lately, with how many."""
        return {topic: excess.messages for topic, excess in list(self._thrown_back.items())}

    def take_quiet(self, *, now_ms: int) -> list[str]:
        """Return topics that are quiet again and of which no more than a burst was thrown back, each once.

        More than that is no backlog: it stays a rejection until a person decides.
        """
        quiet = [
            (topic, excess)
            for topic, excess in list(self._thrown_back.items())
            if now_ms - excess.last_ms >= QUIET_MS
        ]
        for topic, _ in quiet:
            self._thrown_back.pop(topic, None)
        return [topic for topic, excess in quiet if excess.messages <= self._limits.burst]

    def excess(self, topics: Sequence[str], *, now_ms: int, own: OwnTimes | None = None) -> list[int]:
        """Count a batch and return the places of messages above their sender's share, rising.

        Parameters
        ----------
        topics
            Topic of each message.
        now_ms
            Arrival of the batch [epoch ms].
        own
            Asked for the times of messages of busy topics only.
        """
        if now_ms - self._window_ms >= WINDOW_MS or now_ms < self._window_ms:
            self._open_window(now_ms)
        counts = self._counts
        counts.update(topics)
        quiet = self._quiet
        loud = {topic for topic in topics if counts[topic] > quiet}
        if not loud and not self._buckets:
            return []
        return self._charge(topics, loud, now_ms, own)

    def _open_window(self, now_ms: int) -> None:
        self._window_ms = now_ms
        self._counts.clear()
        for topic, bucket in list(self._buckets.items()):
            self._refill(bucket, now_ms)
            if bucket.tokens >= self._limits.burst:
                del self._buckets[topic]
        for device in [name for name, bucket in self._devices.items() if now_ms - bucket.at_ms > IDLE_MS]:
            del self._devices[device]

    def _charge(self, topics: Sequence[str], loud: set[str], now_ms: int, own: OwnTimes | None) -> list[int]:
        buckets = self._buckets
        for topic in loud - buckets.keys():
            counted = self._counts[topic] - topics.count(topic)
            buckets[topic] = _Bucket(float(self._limits.burst - counted), now_ms)
        busy = [place for place, topic in enumerate(topics) if topic in buckets]
        times = own(busy) if own is not None and busy else {}
        above: list[int] = []
        for place in busy:
            topic = topics[place]
            devices = times.get(place)
            if devices:
                # One device within its share lets the message in: the others of a gateway are not to blame for one.
                # Each pays, also behind the first that may pass.
                paid = [self._take_by_own_time(device, own_ms, now_ms) for device, own_ms in devices.items()]
                passes = any(paid)
            else:
                passes = self._take(buckets[topic], now_ms)
            if not passes:
                above.append(place)
                self._throw_back(topic, now_ms)
        self.throttled += len(above)
        return above

    def _take_by_own_time(self, device: str, measured_ms: int, now_ms: int) -> bool:
        bucket = self._devices.get(device)
        if bucket is None:
            bucket = self._devices[device] = _Bucket(float(self._limits.burst), now_ms, measured_ms)
        return self._take(bucket, now_ms, measured_ms)

    def _take(self, bucket: _Bucket, now_ms: int, measured_ms: int | None = None) -> bool:
        self._refill(bucket, now_ms, measured_ms)
        if bucket.tokens < 1.0:
            return False
        bucket.tokens -= 1.0
        return True

    def _refill(self, bucket: _Bucket, now_ms: int, measured_ms: int | None = None) -> None:
        passed_ms = max(0, now_ms - bucket.at_ms)
        bucket.at_ms = now_ms
        if measured_ms is not None and bucket.measured_ms is not None:
            passed_ms = max(passed_ms, measured_ms - bucket.measured_ms)
            # Never back: a sender that repeats a stretch of time gains nothing by it.
            bucket.measured_ms = max(measured_ms, bucket.measured_ms)
        gained = passed_ms / 1000.0 * self._limits.rate_per_s
        bucket.tokens = min(float(self._limits.burst), bucket.tokens + gained)

    def _throw_back(self, topic: str, now_ms: int) -> None:
        excess = self._thrown_back.setdefault(topic, _Excess())
        excess.messages += 1
        excess.last_ms = now_ms
        if now_ms - excess.logged_ms >= LOG_EVERY_MS:
            excess.logged_ms = now_ms
            log.warning(
                "collector.sender_throttled",
                topic=topic[:200],
                rate_per_s=self._limits.rate_per_s,
                burst=self._limits.burst,
            )
