"""`TroubleReports`: brings the troubles of a collector to the records, where alerting, here or elsewhere, finds them.

A trouble is reported while it lasts, once a minute; who reads takes the last report for the present.
"""

from collections.abc import Callable, Sequence

import structlog

from heating.background import BackgroundLoop, Looped
from heating.clock import Clock
from heating.intake_troubles import IntakeTrouble, TroubleKind
from storage.records.room_reports import RoomReports, report_of

__all__ = ["TroubleReports"]

log = structlog.get_logger()
EVERY_S = 5.0
"""Time between two looks [s]."""
AGAIN_MS = 60_000
"""A trouble that lasts is reported again after so long, and at once when it has another name [ms]."""


class TroubleReports(Looped):
    """Reports in a thread of its own.

    Parameters
    ----------
    troubles : callable
        The troubles of the moment.
    reports : RoomReports
        Where they go.
    process : str
        Client id of the collector.
    clock : Clock
        Dates the reports.
    """

    def __init__(
        self,
        troubles: Callable[[], Sequence[IntakeTrouble]],
        reports: RoomReports,
        *,
        process: str,
        clock: Clock,
    ) -> None:
        self._troubles, self._reports, self._process, self._clock = troubles, reports, process, clock
        self._reported: dict[TroubleKind, tuple[int, IntakeTrouble]] = {}
        self._loop = BackgroundLoop(
            self.report,
            name="trouble-reports",
            every_s=EVERY_S,
            on_error=lambda error: log.warning("collector.trouble_not_reported", error=str(error)),
        )

    def report(self) -> None:
        """Report what is wrong, where that is news.

        Raises
        ------
        heating.errors.HeatingError
            When the records are away; the next look reports again.
        """
        now_ms = self._clock.now_ms()
        # The largest of a kind: a report a kind and process is what the records hold.
        for trouble in {
            one.kind: one for one in sorted(self._troubles(), key=lambda one: one.number)
        }.values():
            before = self._reported.get(trouble.kind)
            if before is not None and not _is_news(before, trouble, now_ms):
                continue
            self._reports.report(
                report_of(trouble, process=self._process, now_ms=now_ms), joins_after_ms=now_ms
            )
            self._reported[trouble.kind] = (now_ms, trouble)


def _is_news(before: tuple[int, IntakeTrouble], trouble: IntakeTrouble, now_ms: int) -> bool:
    at_ms, known = before
    named = (known.measurement, known.field, known.there_type)
    return abs(now_ms - at_ms) >= AGAIN_MS or named != (
        trouble.measurement,
        trouble.field,
        trouble.there_type,
    )
