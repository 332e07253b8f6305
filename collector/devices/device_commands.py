"""`CommandOutlet`: sends the few commands that decoders want sent, such as Sparkplug rebirth requests.

Commands are published at QoS 0 over a connection that lives only while there is something to send, in a thread of its
own: a broker that is away delays no reading. What does not live here: which commands are wanted (the decoders).
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Final

import structlog

from collector.messages.decoded import DeviceCommand
from heating.background import BackgroundLoop
from heating.errors import HeatingError

__all__ = ["CommandOutlet", "Publish"]

LEAST_PAUSE_S: Final = 60.0
"""Least time between two commands on one topic [s]: an edge node that keeps failing is not flooded."""
RETRY_S: Final = 10.0
"""Pause after the broker did not take a command [s]."""
STOP_TIMEOUT_S: Final = 15.0
"""Longest wait for a command on its way when the process ends [s]."""
IDLE_S: Final = 3600.0
"""Pause without commands [s]; a command ends it."""
MAX_TOPICS: Final = 20_000
"""Topics whose last command is remembered, and commands that may wait."""

Publish = Callable[[Sequence[tuple[str, bytes]]], None]
"""Sends (topic, payload) pairs; raises a `heating.errors.HeatingError` when the broker does not take them."""

log = structlog.get_logger()


class CommandOutlet:
    """Takes commands from decoders and publishes them, at most one a minute and topic.

    Parameters
    ----------
    publish
        Sends them.
    least_pause_s
        Least time between two commands on one topic [s].
    retry_s
        Pause after a failure [s].
    """

    def __init__(
        self, publish: Publish, *, least_pause_s: float = LEAST_PAUSE_S, retry_s: float = RETRY_S
    ) -> None:
        self._publish = publish
        self._least_pause_s = least_pause_s
        self._retry_s = retry_s
        self._waiting: dict[str, bytes] = {}
        self._sent_s: dict[str, float] = {}
        self._next_try_s = 0.0
        self._lock = threading.Lock()
        self._loop = BackgroundLoop(
            self._step,
            name="device-commands",
            every_s=IDLE_S,
            on_error=_report,
            stop_timeout_s=STOP_TIMEOUT_S,
        )
        self._started = False
        self.sent = 0
        """Commands that were published."""
        self.held_back = 0
        """Commands that came too soon after another on their topic, or found no room."""
        self.failures = 0
        """Times the broker did not take commands; they wait for the next try."""

    def figures(self) -> dict[str, float]:
        """Return counters for /metrics."""
        return {
            "device_commands": float(self.sent),
            "device_commands_held_back": float(self.held_back),
            "device_command_failures": float(self.failures),
        }

    def post(self, commands: Iterable[DeviceCommand]) -> None:
        """Take commands; returns at once. The thread that sends starts with the first command."""
        now_s = monotonic()
        with self._lock:
            for command in commands:
                self._queue(command, now_s)
            if self._waiting and not self._started and not self._loop.is_stopping:
                self._started = True
                self._loop.start()
        self._loop.wake()

    def close(self) -> None:
        """End the thread; what was not sent is asked for again when the device speaks again."""
        self._loop.stop()

    def _queue(self, command: DeviceCommand, now_s: float) -> None:
        last_s = self._sent_s.get(command.topic)
        soon = last_s is not None and now_s - last_s < self._least_pause_s
        full = len(self._waiting) >= MAX_TOPICS
        if soon or full or command.topic in self._waiting:
            self.held_back += 1
            return
        self._waiting[command.topic] = command.payload
        log.info("collector.device_command", topic=command.topic, reason=command.reason[:200])

    def _step(self) -> float | None:
        # A command that comes while the broker is away wakes the loop; the broker is left alone all the same.
        left_s = self._next_try_s - monotonic()
        if left_s > 0:
            return left_s
        with self._lock:
            batch = dict(self._waiting)
        if batch and not self._send(batch):
            self._next_try_s = monotonic() + self._retry_s
            return self._retry_s
        return None

    def _send(self, batch: dict[str, bytes]) -> bool:
        try:
            self._publish(list(batch.items()))
        except HeatingError as error:
            self.failures += 1
            log.warning("collector.device_command_failed", commands=len(batch), error=str(error))
            return False
        now_s = monotonic()
        with self._lock:
            for topic in batch:
                self._waiting.pop(topic, None)
            if len(self._sent_s) + len(batch) > MAX_TOPICS:
                self._sent_s = {
                    topic: at for topic, at in self._sent_s.items() if now_s - at < self._least_pause_s
                }
            self._sent_s.update(dict.fromkeys(batch, now_s))
            self.sent += len(batch)
        return True


def _report(error: Exception) -> None:
    log.error("collector.device_commands_ended", error=f"{type(error).__name__}: {error}")
