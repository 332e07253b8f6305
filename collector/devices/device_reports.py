"""`DeviceReports`: a thread that brings what the watches saw to the records, and has assigned devices' messages replayed.

Reports wait while the records are away. What does not live here: seeing (`collector.devices.unknown_devices`,
`collector.devices.clock_skew`), keeping (`storage.records.devices`) and the replay (`collector.intake.replay`).
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

import structlog

from collector.devices.clock_skew import ClockSkewWatch
from collector.devices.unknown_devices import UnknownDeviceWatch
from collector.messages.known_objects import KnownObjects
from heating.background import BackgroundLoop, Looped
from heating.clock import Clock
from heating.errors import HeatingError
from heating.points import Measurement
from heating.samples import ObjectRef
from storage.records.device_values import DeviceClock, UnknownDevice, UnknownSighting

__all__ = ["DeviceLog", "DeviceReports"]

EVERY_S = 5.0
"""Time between two reports [s]."""
STOP_TIMEOUT_S = 60.0
"""Longest wait for a replay at hand when the process ends [s]."""

log = structlog.get_logger()


class DeviceLog(Protocol):
    """Where reports go: `storage.records.devices.DeviceRecords`."""

    def note_unknown(self, sightings: Sequence[UnknownSighting]) -> int:
        """Add sightings; return how many devices found the list full."""
        ...

    def note_clocks(self, clocks: Sequence[DeviceClock]) -> None:
        """Write estimates."""
        ...

    def unknown(self, *, assigned: bool = False, limit: int = 200) -> list[UnknownDevice]:
        """Return the devices of the list."""
        ...

    def replayed(self, device_id: str, *, at: datetime) -> None:
        """Note that a device's messages were replayed."""
        ...


class DeviceReports(Looped):
    """Reports and replays, in a thread of its own.

    Parameters
    ----------
    records
        Where reports go and assignments come from.
    unknown, clocks
        What is reported.
    replay
        Replays the kept messages of a device; returns how many, None when they were not taken in time.
    known
        A device's messages are replayed only once the collector knows it.
    clock
        Times of the reports.
    quiet
        Topics of senders that were thrown back and are quiet again.
    replay_topic
        Replays what was thrown back of a topic, as `replay` does; None leaves it to people.
    """

    def __init__(
        self,
        *,
        records: DeviceLog,
        unknown: UnknownDeviceWatch,
        clocks: ClockSkewWatch,
        replay: Callable[[UnknownDevice], int | None],
        known: KnownObjects,
        clock: Clock,
        every_s: float = EVERY_S,
        quiet: Callable[[], Sequence[str]] = tuple,
        replay_topic: Callable[[str], int | None] | None = None,
    ) -> None:
        self._records = records
        self._unknown = unknown
        self._clocks = clocks
        self._replay = replay
        self._quiet = quiet
        self._replay_topic = replay_topic
        self._waiting_topics: list[str] = []
        self._known = known
        self._clock = clock
        self._done: set[tuple[str, datetime | None]] = set()
        self._loop = BackgroundLoop(
            self._step,
            name="device-reports",
            every_s=every_s,
            first_after_s=every_s,
            on_error=_report_failure,
            survives=(Exception,),
            last_step=True,
            stop_timeout_s=STOP_TIMEOUT_S,
        )
        self.refused = 0
        """Devices that found the list full, counted once a report."""
        self.replayed_messages = 0

    def _step(self) -> None:
        self.report()
        if not self._loop.is_stopping:
            self.replay_assigned()
            self.replay_quiet()

    def report(self) -> None:
        """Bring what was seen to the records.

        Raises
        ------
        heating.errors.HeatingError
            When the records are away; sightings wait for the next try.
        """
        sightings = self._unknown.take()
        try:
            refused = self._records.note_unknown(sightings)
        except Exception:
            self._unknown.give_back(sightings)
            raise
        if refused:
            self.refused += refused
            log.warning("collector.new_devices_list_full", refused=refused)
        self._records.note_clocks(self._clocks.estimates(now=self._clock.now()))

    def replay_assigned(self) -> int:
        """Replay the kept messages of devices that were assigned since; return how many messages."""
        count = 0
        for device in self._records.unknown(assigned=True, limit=1000):
            key = (device.device_id, device.assigned_at)
            if key in self._done or not self._is_known(device.device_id):
                continue
            given = self._replay(device)
            if given is None:
                continue
            self._done.add(key)
            count += given
            if device.replayed_at is None:
                self._records.replayed(device.device_id, at=self._clock.now())
        self.replayed_messages += count
        return count

    def replay_quiet(self) -> int:
        """Replay what was thrown back of senders that are quiet again; return how many messages."""
        if self._replay_topic is None:
            return 0
        count = 0
        self._waiting_topics += self._quiet()
        while self._waiting_topics and not self._loop.is_stopping:
            given = self._replay_topic(self._waiting_topics[0])
            if given is None:
                break
            del self._waiting_topics[0]
            count += given
        self.replayed_messages += count
        return count

    def _is_known(self, device_id: str) -> bool:
        areas = self._known.areas
        return any(ObjectRef(measurement, device_id) in areas for measurement in Measurement)


def _report_failure(error: Exception) -> None:
    if isinstance(error, HeatingError):
        log.warning("collector.device_report_failed", error=str(error), retryable=error.retryable)
    else:
        log.error("collector.device_report_broke", exc_info=error)
