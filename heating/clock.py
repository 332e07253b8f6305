"""Clocks. The one module of the project that reads the time of day.

Everything else takes ``now`` as an argument or a `Clock` as a collaborator, so that replay, simulation and tests run
on a time of their own.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from heating.intervals import from_epoch_ms, to_epoch_ms

__all__ = ["Clock", "ManualClock", "SystemClock", "VirtualClock"]


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
