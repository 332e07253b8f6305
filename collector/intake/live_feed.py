"""`LiveFeed`: messages to live states without a spool, for processes that only watch (alerting, dashboard).

Nothing is kept and nothing promised: the session ends with the connection, the collector of another process stores
the same messages. What is not understood is counted, and kept by that collector.
"""

from collections.abc import Sequence

import structlog

from collector.devices.device_gate import MessageReader
from collector.intake.batching import gather
from heating.background import BackgroundLoop
from heating.protocols import BatchSink, Health, HealthStatus, MessageSource

__all__ = ["LiveFeed"]

BATCH_MESSAGES = 5_000
"""Most messages handed on at once."""
WAIT_S, GAP_S, IDLE_S = 0.05, 0.013, 0.2

log = structlog.get_logger()


class LiveFeed:
    """Feeds sinks from a source.

    Parameters
    ----------
    source
        Messages; `MqttSource(durable=False, client_id=...)` with an identity of its own.
    chain
        Turns messages into rows.
    sinks
        Get the rows in the order of arrival.
    """

    def __init__(self, *, source: MessageSource, chain: MessageReader, sinks: Sequence[BatchSink]) -> None:
        self._source = source
        self._chain = chain
        self._sinks = tuple(sinks)
        self._loop = BackgroundLoop(self._step, name="live-feed", every_s=IDLE_S, on_error=_report)
        self.messages = 0
        """Messages taken."""
        self.rows = 0
        """Rows handed on."""
        self.rejections = 0
        """Messages, or parts of them, that were not understood or not accepted."""
        self.failures = 0
        """Batches on which a sink or this feed failed."""

    def start(self) -> None:
        """Start feeding."""
        self._loop.start()
        self._source.start()

    def stop(self) -> None:
        """End the thread and the connection."""
        self._loop.stop()
        self._source.stop()

    def health(self) -> Health:
        """Return the state of the source, degraded when sinks failed."""
        state = self._source.health()
        figures = {
            **state.figures,
            "messages": float(self.messages),
            "rows": float(self.rows),
            "rejections": float(self.rejections),
            "failures": float(self.failures),
        }
        if self.is_dead:
            return Health(HealthStatus.DOWN, state.reason or "the feed does not run", figures)
        if self.failures and state.status is HealthStatus.OK:
            return Health(HealthStatus.DEGRADED, f"{self.failures} batches failed in a sink", figures)
        return Health(state.status, state.reason, figures)

    @property
    def is_dead(self) -> bool:
        """Whether the supervisor must restart this process."""
        return self._loop.has_died or (self._loop.is_running and self._source.is_dead)

    def _step(self) -> float:
        messages = gather(self._source, limit=BATCH_MESSAGES, wait_s=WAIT_S, gap_s=GAP_S, idle_s=IDLE_S)
        if not messages:
            return 0.0
        try:
            decoded = self._chain.read(messages)
            self.messages += len(messages)
            self.rejections += len(decoded.rejections)
            self.rows += len(decoded.samples)
            if len(decoded.samples):
                for sink in self._sinks:
                    sink.accept(decoded.samples)
        except Exception:
            self.failures += 1
            log.exception("collector.live_feed_failed", messages=len(messages))
        finally:
            self._source.acknowledge(messages)
        return 0.0


def _report(error: Exception) -> None:
    log.error("collector.live_feed_ended", error=f"{type(error).__name__}: {error}")
