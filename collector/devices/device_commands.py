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
from heating.errors import HeatingError

__all__ = ["CommandOutlet", "Publish"]

LEAST_PAUSE_S: Final = 60.0
"""Least time between two commands on one topic [s]: an edge node that keeps failing is not flooded."""
RETRY_S: Final = 10.0
"""Pause after the broker did not take a command [s]."""
STOP_TIMEOUT_S: Final = 15.0
"""Longest wait for a command on its way when the process ends [s]."""
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
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
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
        with self._changed:
            for command in commands:
                self._take(command, now_s)
            if self._waiting and self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, name="device-commands", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def close(self) -> None:
        """End the thread; what was not sent is asked for again when the device speaks again."""
        with self._changed:
            self._stopping.set()
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(STOP_TIMEOUT_S)

    def _take(self, command: DeviceCommand, now_s: float) -> None:
        last_s = self._sent_s.get(command.topic)
        soon = last_s is not None and now_s - last_s < self._least_pause_s
        full = len(self._waiting) >= MAX_TOPICS
        if soon or full or command.topic in self._waiting:
            self.held_back += 1
            return
        self._waiting[command.topic] = command.payload
        log.info("collector.device_command", topic=command.topic, reason=command.reason[:200])

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping.is_set())
                if self._stopping.is_set():
                    return
                batch = dict(self._waiting)
            if not self._send(batch) and self._stopping.wait(self._retry_s):
                return

    def _send(self, batch: dict[str, bytes]) -> bool:
        try:
            self._publish(list(batch.items()))
        except HeatingError as error:
            self.failures += 1
            log.warning("collector.device_command_failed", commands=len(batch), error=str(error))
            return False
        now_s = monotonic()
        with self._changed:
            for topic in batch:
                self._waiting.pop(topic, None)
            if len(self._sent_s) + len(batch) > MAX_TOPICS:
                self._sent_s = {
                    topic: at for topic, at in self._sent_s.items() if now_s - at < self._least_pause_s
                }
            self._sent_s.update(dict.fromkeys(batch, now_s))
            self.sent += len(batch)
        return True
