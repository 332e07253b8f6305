"""Hourly work of a running house: the upkeep of the store of readings.

The store drops what is too old; the embedded one also sorts the days that have closed and checkpoints.
"""

from datetime import datetime, timedelta

import structlog

from heating.background import BackgroundLoop, Looped
from heating.clock import Clock, SystemClock
from heating.errors import HeatingError
from heating.protocols import TimeSeriesStore

__all__ = ["Housekeeping", "seconds_until_upkeep"]

_log = structlog.get_logger()
MINUTE = 20
"""Minute of every hour [min]: a day that has closed is in order within the hour."""


class Housekeeping(Looped):
    """Runs the upkeep every hour, off the full hour so that it meets no other hourly work.

    Parameters
    ----------
    store : TimeSeriesStore
        Its old days are deleted, its closed ones put in order.
    clock : Clock
        What «old» is measured against.
    """

    def __init__(self, *, store: TimeSeriesStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._wall = SystemClock()
        self._loop = BackgroundLoop(
            self._step,
            name="housekeeping",
            every_s=3600.0,
            first_after_s=seconds_until_upkeep(self._wall.now()),
            on_error=lambda error: _log.error("runtime.housekeeping_failed", error=str(error)),
        )

    def run_once(self) -> None:
        """Apply the retention now; a store that is away is tried again in the next hour."""
        try:
            dropped = self._store.apply_retention(now=self._clock.now())
        except HeatingError as error:
            _log.warning("runtime.retention_failed", error=str(error), retryable=error.retryable)
        else:
            _log.info("runtime.retention_applied", dropped=dropped)

    def _step(self) -> float:
        self.run_once()
        return seconds_until_upkeep(self._wall.now())


def seconds_until_upkeep(now: datetime) -> float:
    """Return the time until the minute of the upkeep comes next [s]; a whole hour when it has just begun."""
    due = now.replace(minute=MINUTE, second=0, microsecond=0)
    if due <= now:
        due += timedelta(hours=1)
    return (due - now).total_seconds()
