"""The supervisor: starts parts in order, watches that they live, stops them in reverse on a signal.

A part that dies is started again alone, so that a fault of the pages costs no readings. Parts whose state is only safe
on disk say that they cannot be: such a death, and one that comes again and again, ends the process with exit code 1,
for the service manager to start it from its durable state.
"""

import signal
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
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
    """Asked every second; False: it has died."""
    starts_again: bool = True
    """Whether it may be stopped and started again inside the process."""


MOST_RESTARTS = 5
"""Restarts of one part within `RESTART_WINDOW_S`; one more and the process ends."""
RESTART_WINDOW_S = 600.0
"""[s]"""


@dataclass(slots=True)
class _Watched:
    """A started part and its restarts."""

    part: Part
    restarted_s: deque[float] = field(default_factory=deque)

    def may_start_again(self, now_s: float) -> bool:
        while self.restarted_s and now_s - self.restarted_s[0] > RESTART_WINDOW_S:
            self.restarted_s.popleft()
        return self.part.starts_again and len(self.restarted_s) < MOST_RESTARTS


class Supervisor:
    """Runs parts until a signal, a part that stays dead, or the end of a given time.

    Parameters
    ----------
    parts : sequence of Part
        Started in this order, stopped in reverse.
    check_interval_s : float
        Time between two looks at the parts [s].
    now_s : callable
        Monotonic time [s].
    """

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        check_interval_s: float = 1.0,
        now_s: Callable[[], float] = monotonic,
    ) -> None:
        self._parts = list(parts)
        self._check_interval_s = check_interval_s
        self._stop = threading.Event()
        self._now_s = now_s
        self._started: list[_Watched] = []
        self.dead_part: str | None = None
        """Name of the part that stayed dead, None while all is well."""
        self.restarts = 0
        """Parts that died and were started again."""

    def start(self) -> None:
        """Start every part; when one fails, those before it are stopped and the error goes on."""
        for part in self._parts:
            try:
                part.start()
            except BaseException:
                self.stop()
                raise
            self._started.append(_Watched(part))
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
        """Wait for a stop request, a part that stays dead or the end of the time.

        Returns
        -------
        bool
            True for an orderly end, False when a part stays dead (named in `dead_part`).
        """
        remaining_s = float("inf") if duration_s is None else duration_s
        while remaining_s > 0:
            pause_s = min(self._check_interval_s, remaining_s)
            if self._stop.wait(pause_s):
                return True
            remaining_s -= pause_s
            for watched in self._started:
                if not watched.part.is_alive() and not self._revive(watched):
                    self.dead_part = watched.part.name
                    return False
        return True

    def _revive(self, watched: _Watched) -> bool:
        """Start a dead part again; return False where that is not allowed or fails for good.

        A start that fails counts as a restart and is tried again with the next look.
        """
        part, now_s = watched.part, self._now_s()
        may = watched.may_start_again(now_s)
        _log.error("runtime.part_died", part=part.name, restarts=len(watched.restarted_s), starts_again=may)
        if not may:
            return False
        watched.restarted_s.append(now_s)
        self._stop_part(part)
        try:
            part.start()
        except Exception:  # noqa: BLE001 - the next look tries again, the other parts go on
            _log.exception("runtime.part_restart_failed", part=part.name)
        else:
            self.restarts += 1
            _log.warning("runtime.part_restarted", part=part.name)
        return True

    def stop(self) -> None:
        """Stop what was started, in reverse; a part that fails to stop is logged and the others still stop."""
        while self._started:
            self._stop_part(self._started.pop().part)

    def _stop_part(self, part: Part) -> None:
        try:
            part.stop()
        except Exception:  # noqa: BLE001 - the other parts must stop whatever this one does
            _log.exception("runtime.part_stop_failed", part=part.name)
        else:
            _log.info("runtime.part_stopped", part=part.name)
