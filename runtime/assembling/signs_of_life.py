"""Signs of life in the records: every process says every few seconds which rooms it runs and until when it judged."""

import os
import socket
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from heating.background import BackgroundLoop, Looped
from heating.clock import Clock
from heating.intervals import from_epoch_ms, to_epoch_ms
from heating.room_signs import SIGN_EVERY_S, SignKind
from runtime.rooms import Room
from storage.records.room_reports import RoomReport, RoomReports

if TYPE_CHECKING:  # a collector of its own imports no alerting
    from alerting.serving.service import AlertingService

__all__ = ["SignsOfLife", "judged_before", "process_name"]

_log = structlog.get_logger()


def process_name(room: Room, client_id: str) -> str:
    """Return the name that a room's process keeps over restarts: two of one kind differ by machine or client id."""
    return f"{room}:{client_id}@{socket.gethostname()}"


def judged_before(reports: RoomReports) -> datetime | None:
    """Return when rules were last judged by any process; None: never, as far as anybody noted."""
    moments = [one.until_ms for one in reports.newest(SignKind.JUDGED)]
    return from_epoch_ms(max(moments)) if moments else None


class SignsOfLife(Looped):
    """Gives the signs of one process.

    Parameters
    ----------
    reports : RoomReports
        Where others look.
    names : mapping of Room to str
        Name of the process in each of its rooms.
    clock : Clock
        Real time: others compare signs by it.
    alerting : AlertingService or None
        Says until when it judged.
    """

    def __init__(
        self,
        reports: RoomReports,
        *,
        names: Mapping[Room, str],
        clock: Clock,
        alerting: "AlertingService | None" = None,
    ) -> None:
        self._reports, self._names, self._clock, self._alerting = reports, names, clock, alerting
        self._started_ms = clock.now_ms()
        self._loop = BackgroundLoop(
            self._step,
            name="signs of life",
            every_s=SIGN_EVERY_S,
            last_step=True,
            on_error=lambda error: _log.warning("runtime.sign_of_life_failed", error=str(error)),
        )

    def start(self) -> None:
        """Begin."""
        self._started_ms = self._clock.now_ms()
        self._loop.start()

    def give(self) -> None:
        """Give every sign now. Raises `heating.errors.HeatingError` when the records are away."""
        now_ms = self._clock.now_ms()
        for room, process in self._names.items():
            self._report(room, process, SignKind.ALIVE, since_ms=self._started_ms, until_ms=now_ms)
        judged = None if self._alerting is None else self._alerting.judged_at
        if judged is not None:
            until_ms = to_epoch_ms(judged)
            process = self._names[Room.ALERTING]
            self._report(Room.ALERTING, process, SignKind.JUDGED, since_ms=until_ms, until_ms=until_ms)

    def _report(self, room: Room, process: str, kind: SignKind, *, since_ms: int, until_ms: int) -> None:
        now_ms = self._clock.now_ms()
        one = RoomReport(
            process=process,
            kind=kind,
            room=room,
            reported_ms=now_ms,
            since_ms=since_ms,
            until_ms=until_ms,
            number=os.getpid(),
        )
        # Never joined with the one before: a sign is about its own run only.
        self._reports.report(one, joins_after_ms=now_ms)

    def _step(self) -> None:
        self.give()
