"""The jobs of the alerting room: the tick and the delivery of notices by the monotonic clock, other work by the calendar.

A tick that waited for a time of day would stand still for as long as the clock was set back, so ticks and deliveries
are loops of their own; APScheduler calls what belongs to an hour of the day. Not here: what a tick does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from heating.background import BackgroundLoop

__all__ = ["AlertingJobs", "DailyJob"]

_log = structlog.get_logger()
_MISFIRE_GRACE_S = 3600
"""A daily job that is late by less than this still runs, once [s]."""
_DISPATCH_S = 2.0
_LAST_STEP_S = 60.0
"""Longest wait for a tick or a delivery under way when the jobs stop [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyJob:
    """Work of a certain hour, done by the process that holds the lease."""

    name: str
    call: Callable[[], object]
    hour: int
    """Hour of the day in the site's zone, 0 to 23."""


class AlertingJobs:
    """Calls two functions at their intervals, each in its own thread, and daily jobs at their hours.

    Parameters
    ----------
    tick, dispatch : callable
        Called without arguments; what they raise is logged and the next call comes all the same.
    every_s : float
        Time between ticks [s].
    daily : sequence of DailyJob
        By the calendar.
    zone : str
        The site's time zone.
    """

    def __init__(
        self,
        *,
        tick: Callable[[], None],
        dispatch: Callable[[], None],
        every_s: float,
        daily: Sequence[DailyJob] = (),
        zone: str = "Asia/Shanghai",
    ) -> None:
        self._loops = [
            _loop("alerting-tick", tick, every_s),
            _loop("alerting-dispatch", dispatch, max(_DISPATCH_S, every_s)),
        ]
        self._calendar = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": _MISFIRE_GRACE_S},
            timezone=zone,
        )
        for job in daily:
            self._calendar.add_job(job.call, "cron", hour=job.hour, minute=0, id=job.name)

    @property
    def is_running(self) -> bool:
        """Whether both loops live; that their calls come to an end is for the caller to watch."""
        return all(loop.is_running for loop in self._loops)

    def calendar(self) -> list[datetime]:
        """Return when each daily job comes next, once started."""
        return [job.next_run_time for job in self._calendar.get_jobs()]

    def start(self) -> None:
        """Start the threads."""
        for loop in self._loops:
            loop.start()
        self._calendar.start()
        _log.info("alerting.jobs_started")

    def stop(self) -> None:
        """Wait for running calls and stop."""
        for loop in self._loops:
            loop.request_stop()
        self._calendar.shutdown(wait=True)
        for loop in self._loops:
            loop.stop()
        _log.info("alerting.jobs_stopped")


def _loop(name: str, call: Callable[[], None], every_s: float) -> BackgroundLoop:
    return BackgroundLoop(
        call,
        name=name,
        every_s=every_s,
        first_after_s=every_s,
        on_error=lambda error: _log.error("alerting.job_failed", job=name, error=str(error), exc_info=error),
        survives=(Exception,),
        stop_timeout_s=_LAST_STEP_S,
    )
