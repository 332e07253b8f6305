"""`LossReports`: brings losses outside the process to the records, where alerting, here or elsewhere, finds them."""

import structlog

from collector.intake.mqtt.losses import BrokerMemory
from heating.background import BackgroundLoop, Looped
from heating.clock import Clock
from heating.errors import HeatingError
from storage.records.room_reports import RoomReport, RoomReports

__all__ = ["LossReports"]

log = structlog.get_logger()
EVERY_S = 5.0
"""Time between two looks [s]."""
JOIN_MS = 600_000
"""Losses of one kind that follow one another by less than this are one [ms]."""


class LossReports(Looped):
    """Reports in a thread of its own; losses wait while the records are away.

    Parameters
    ----------
    memory : BrokerMemory
        Sees them.
    reports : RoomReports
        Where they go.
    process : str
        Client id of the collector.
    clock : Clock
        Dates the reports.
    """

    def __init__(self, memory: BrokerMemory, reports: RoomReports, *, process: str, clock: Clock) -> None:
        self._memory, self._reports, self._process, self._clock = memory, reports, process, clock
        self._loop = BackgroundLoop(
            self.report,
            name="loss-reports",
            every_s=EVERY_S,
            on_error=lambda error: log.warning("collector.loss_not_reported", error=str(error)),
            last_step=True,
        )

    def stop(self) -> None:
        """Report once more and end."""
        self._loop.stop()
        self._memory.close()

    def report(self) -> None:
        """Report what was seen.

        Raises
        ------
        heating.errors.HeatingError
            When the records are away; the losses wait.
        """
        losses = self._memory.take()
        while losses:
            loss, now_ms = losses[0], self._clock.now_ms()
            one = RoomReport(
                process=self._process,
                kind=loss.kind.value,
                room="collector",
                reported_ms=now_ms,
                since_ms=loss.since_ms,
                until_ms=loss.until_ms,
                number=loss.number,
            )
            try:
                self._reports.report(one, joins_after_ms=now_ms - JOIN_MS)
            except HeatingError:
                self._memory.give_back(losses)
                raise
            del losses[0]
