"""Hourly work of a running house: the upkeep of the store of readings. APScheduler gives the hour.

The store drops what is too old; the embedded one also sorts the days that have closed and checkpoints.
"""

from datetime import UTC

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from heating.clock import Clock
from heating.errors import HeatingError
from heating.protocols import TimeSeriesStore

__all__ = ["Housekeeping"]

_log = structlog.get_logger()
MINUTE = 20
"""Minute of every hour [min]: a day that has closed is in order within the hour."""


class Housekeeping:
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
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 3600}
        )
        self._scheduler.add_job(self.run_once, "cron", minute=MINUTE, id="retention")

    def start(self) -> None:
        """Start the scheduler."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stop after a running job."""
        self._scheduler.shutdown(wait=True)

    @property
    def is_running(self) -> bool:
        """Whether the scheduler lives."""
        return bool(self._scheduler.running)

    def run_once(self) -> None:
        """Apply the retention now; a store that is away is tried again in the next hour."""
        try:
            dropped = self._store.apply_retention(now=self._clock.now())
        except HeatingError as error:
            _log.warning("runtime.retention_failed", error=str(error), retryable=error.retryable)
        else:
            _log.info("runtime.retention_applied", dropped=dropped)
