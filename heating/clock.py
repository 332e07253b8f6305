"""Clocks. The one module of the project that reads the time of day.

Everything else takes ``now`` as an argument or a `Clock` as a collaborator, so that replay, simulation and tests run
on a time of their own.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from heating.intervals import from_epoch_ms, to_epoch_ms

__all__ = ["Clock", "ManualClock", "SteadyClock", "SystemClock", "VirtualClock"]


class Clock(Protocol):
    """What tells the time."""

    @property
    def speed(self) -> float:
        """Seconds of this clock in a second of the people who wait."""
        ...

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        ...

    def now_ms(self) -> int:
        """Return the present moment in epoch milliseconds."""
        ...


class SystemClock:
    """The time of day of this machine."""

    speed = 1.0

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        return datetime.now(UTC)

    def now_ms(self) -> int:
        """Return the present moment in epoch milliseconds."""
        return time.time_ns() // 1_000_000


class SteadyClock:
    """The time of day for programs that measure durations: a jump is followed only once it has lasted.

    Between jumps it runs with the monotonic clock. When the time of day stands somewhere else for `settle_s` without
    moving again, this clock goes there and `shift_ms` says by how much, so that whoever remembers moments can move them
    along; a wrong time that is corrected within that time is never seen. Safe to use from any thread.

    Parameters
    ----------
    wall : Clock
        The time of day.
    settle_s : float
        How long a jump must last [s].
    tolerance_s : float
        A difference up to this is no jump and is followed at once [s].
    uptime_s : callable
        Seconds that only grow.
    """

    speed = 1.0

    def __init__(
        self,
        wall: Clock,
        *,
        settle_s: float = 60.0,
        tolerance_s: float = 5.0,
        uptime_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._settle_s, self._uptime_s = wall, settle_s, uptime_s
        self._tolerance_ms = round(tolerance_s * 1000)
        self._lock = threading.Lock()
        self._anchor_ms, self._anchor_s = wall.now_ms(), uptime_s()
        self._jump_ms, self._jumped_s = 0, 0.0
        self._largest_ms = 0
        self.shift_ms = 0
        """Sum of the jumps that were followed [ms]."""

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        return from_epoch_ms(self.now_ms())

    def now_ms(self) -> int:
        """Return the present moment in epoch milliseconds."""
        with self._lock:
            up_s, wall_ms = self._uptime_s(), self._wall.now_ms()
            steady_ms = self._anchor_ms + round((up_s - self._anchor_s) * 1000)
            away_ms = wall_ms - steady_ms
            if abs(away_ms) <= self._tolerance_ms:
                self._jump_ms = 0
            elif not self._jump_ms or abs(away_ms - self._jump_ms) > self._tolerance_ms:
                self._jump_ms, self._jumped_s = away_ms, up_s
                self._largest_ms = max(self._largest_ms, away_ms, key=abs)
                return steady_ms
            elif up_s - self._jumped_s < self._settle_s:
                return steady_ms
            else:
                self.shift_ms += away_ms
                self._jump_ms = 0
            self._anchor_ms, self._anchor_s = wall_ms, up_s
            return wall_ms

    @property
    def pending_s(self) -> float:
        """How far the time of day stands from this clock [s], 0 when it agrees."""
        self.now_ms()
        return self._jump_ms / 1000

    def take_largest_jump_s(self) -> float:
        """Return the largest jump since the last call [s], followed or not; 0 when there was none."""
        self.now_ms()
        with self._lock:
            largest_ms, self._largest_ms = self._largest_ms, self._jump_ms
            return largest_ms / 1000


class VirtualClock:
    """A clock that runs at a multiple of real time from a given origin: the demo and the simulator share one.

    Parameters
    ----------
    real_origin, virtual_origin : datetime
        At the real moment `real_origin` this clock shows `virtual_origin`; both aware UTC.
    speed : float
        Virtual seconds in a real second, above 0.
    real : Clock
        What tells real time.
    """

    def __init__(
        self, *, real_origin: datetime, virtual_origin: datetime, speed: float, real: Clock | None = None
    ) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self._real = real or SystemClock()
        self._real_origin_ms = to_epoch_ms(real_origin)
        self._virtual_origin_ms = to_epoch_ms(virtual_origin)
        self.speed = speed

    def now_ms(self) -> int:
        """Return the virtual moment in epoch milliseconds."""
        elapsed_ms = self._real.now_ms() - self._real_origin_ms
        return self._virtual_origin_ms + int(elapsed_ms * self.speed)

    def now(self) -> datetime:
        """Return the virtual moment, aware UTC."""
        return from_epoch_ms(self.now_ms())


class ManualClock:
    """A clock that moves only when somebody moves it; for tests and replay."""

    def __init__(self, start: datetime) -> None:
        to_epoch_ms(start)  # refuses a naive start
        self._now = start
        self.speed = 1.0

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        return self._now

    def now_ms(self) -> int:
        """Return the present moment in epoch milliseconds."""
        return to_epoch_ms(self._now)

    def advance(self, step: timedelta | float) -> datetime:
        """Move forward by a step (a timedelta, or seconds) and return the new moment."""
        self._now += step if isinstance(step, timedelta) else timedelta(seconds=step)
        return self._now

    def set(self, moment: datetime) -> None:
        """Move to a moment, forward or back."""
        to_epoch_ms(moment)
        self._now = moment
