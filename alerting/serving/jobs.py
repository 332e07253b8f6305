"""The jobs of the alerting room: APScheduler calls the tick and the delivery of notices.

A late call is coalesced into one and never runs beside itself: the tick works from `now` and its own cursor, so a
skipped call loses nothing. Not here: what a tick does.
"""

from collections.abc import Callable
from datetime import UTC

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

__all__ = ["AlertingJobs"]

_log = structlog.get_logger()
_MISFIRE_GRACE_S = 300
"""A call that is late by less than this still runs, once [s]."""
_DISPATCH_S = 2.0


class AlertingJobs:
    """Calls two functions at their intervals, each in its own thread.

    Parameters
    ----------
    tick, dispatch : callable
        Called without arguments; what they raise is logged and the next call comes all the same.
    every_s : float
        Time between ticks [s].
    """

    def __init__(self, *, tick: Callable[[], None], dispatch: Callable[[], None], every_s: float) -> None:
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(2)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": _MISFIRE_GRACE_S},
            timezone=UTC,
        )
        self._scheduler.add_job(tick, "interval", seconds=every_s, id="tick")
        self._scheduler.add_job(dispatch, "interval", seconds=max(_DISPATCH_S, every_s), id="dispatch")

    @property
    def is_running(self) -> bool:
        """Whether the scheduler was started and not stopped; that its calls come is for the caller to watch."""
        return bool(self._scheduler.running)

    def start(self) -> None:
        """Start the scheduler's thread."""
        self._scheduler.start()
        _log.info("alerting.jobs_started")

    def stop(self) -> None:
        """Wait for running calls and stop."""
        self._scheduler.shutdown(wait=True)
        _log.info("alerting.jobs_stopped")
