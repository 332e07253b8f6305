"""The supervisor: starts parts in order, watches that they live, stops them in reverse on a signal.

It restarts nothing inside the process: a dead part ends the process with exit code 1, for the service manager to
start again from its durable state.
"""

import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

import structlog

__all__ = ["Part", "Supervisor"]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that runs."""

    name: str
    start: Callable[[], object]
    stop: Callable[[], object]
    is_alive: Callable[[], bool]
    """Asked every second; False ends the process."""


class Supervisor:
    """Runs parts until a signal, a dead part, or the end of a given time.

    Parameters
    ----------
    parts : sequence of Part
        Started in this order, stopped in reverse.
    check_interval_s : float
        Time between two looks at the parts [s].
    """

    def __init__(self, parts: Sequence[Part], *, check_interval_s: float = 1.0) -> None:
        self._parts = list(parts)
        self._check_interval_s = check_interval_s
        self._stop = threading.Event()
        self._started: list[Part] = []
        self.dead_part: str | None = None
        """Name of the part that died, None while all is well."""

    def start(self) -> None:
        """Start every part; when one fails, those before it are stopped and the error goes on."""
        for part in self._parts:
            try:
                part.start()
            except BaseException:
                self.stop()
                raise
            self._started.append(part)
            _log.info("runtime.part_started", part=part.name)

    def request_stop(self) -> None:
        """Ask `wait` to return; safe from signal handlers and other threads."""
        self._stop.set()

    def catch_signals(self) -> None:
        """Let SIGINT and SIGTERM request the stop; main thread only."""

        def on_signal(number: int, _frame: FrameType | None) -> None:
            _log.info("runtime.signal", signal=signal.Signals(number).name)
            self.request_stop()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, on_signal)

    def wait(self, *, duration_s: float | None = None) -> bool:
        """Wait for a stop request, a dead part or the end of the time.

        Returns
        -------
        bool
            True for an orderly end, False when a part died (named in `dead_part`).
        """
        remaining_s = float("inf") if duration_s is None else duration_s
        while remaining_s > 0:
            pause_s = min(self._check_interval_s, remaining_s)
            if self._stop.wait(pause_s):
                return True
            remaining_s -= pause_s
            for part in self._started:
                if not part.is_alive():
                    self.dead_part = part.name
                    _log.error("runtime.part_died", part=part.name)
                    return False
        return True

    def stop(self) -> None:
        """Stop what was started, in reverse; a part that fails to stop is logged and the others still stop."""
        while self._started:
            part = self._started.pop()
            try:
                part.stop()
            except Exception:  # noqa: BLE001 - the other parts must stop whatever this one does
                _log.exception("runtime.part_stop_failed", part=part.name)
            else:
                _log.info("runtime.part_stopped", part=part.name)
