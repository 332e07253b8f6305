"""`Throttle`: a token bucket a sender, so that one device gone wild does not take the room of all.

A sender is a topic. Senders that stay below their rate within a window cost one count each; only those above it get a
bucket. What does not live here: what becomes of a message above its share (`collector.devices.device_gate`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

__all__ = ["Throttle", "ThrottleLimits"]

WINDOW_MS = 10_000
"""Length of the windows in which quiet senders are only counted [ms]."""
LOG_EVERY_MS = 60_000
"""A throttled sender is logged at most this often [ms]."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ThrottleLimits:
    """What a sender may do."""

    rate_per_s: float = 20.0
    """Messages a second in the long run [1/s]."""
    burst: int = 20_000
    """Messages at once: a gateway that was cut off for a week sends its backlog (one a minute: 10,080)."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_ms: int
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
        self.throttled = 0
        """Messages above their sender's share so far."""

    @property
    def watched(self) -> int:
        """Senders that are above their rate at present."""
        return len(self._buckets)

    def excess(self, topics: Sequence[str], *, now_ms: int) -> list[int]:
        """Count a batch and return the places of messages above their sender's share, rising."""
        if now_ms - self._window_ms >= WINDOW_MS or now_ms < self._window_ms:
            self._open_window(now_ms)
        counts = self._counts
        counts.update(topics)
        quiet = self._quiet
        loud = {topic for topic in topics if counts[topic] > quiet}
        if not loud and not self._buckets:
            return []
        return self._charge(topics, loud, now_ms)

    def _open_window(self, now_ms: int) -> None:
        self._window_ms = now_ms
        self._counts.clear()
        for topic, bucket in list(self._buckets.items()):
            self._refill(bucket, now_ms)
            if bucket.tokens >= self._limits.burst:
                del self._buckets[topic]

    def _charge(self, topics: Sequence[str], loud: set[str], now_ms: int) -> list[int]:
        buckets = self._buckets
        for topic in loud - buckets.keys():
            counted = self._counts[topic] - topics.count(topic)
            buckets[topic] = _Bucket(float(self._limits.burst - counted), now_ms)
        above: list[int] = []
        for place, topic in enumerate(topics):
            bucket = buckets.get(topic)
            if bucket is None:
                continue
            self._refill(bucket, now_ms)
            if bucket.tokens >= 1.0:
                bucket.tokens -= 1.0
                continue
            above.append(place)
            self._log_throttled(topic, bucket, now_ms)
        self.throttled += len(above)
        return above

    def _refill(self, bucket: _Bucket, now_ms: int) -> None:
        passed_s = max(0, now_ms - bucket.at_ms) / 1000.0
        bucket.tokens = min(float(self._limits.burst), bucket.tokens + passed_s * self._limits.rate_per_s)
        bucket.at_ms = now_ms

    def _log_throttled(self, topic: str, bucket: _Bucket, now_ms: int) -> None:
        if now_ms - bucket.logged_ms >= LOG_EVERY_MS:
            bucket.logged_ms = now_ms
            log.warning(
                "collector.sender_throttled",
                topic=topic[:200],
                rate_per_s=self._limits.rate_per_s,
                burst=self._limits.burst,
            )
