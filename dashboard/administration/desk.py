"""Backup and export while the service runs: one piece of work after another, its progress line by line.

What lives here: who asked (audit), the threads that work, and what is said meanwhile. What does not: what a backup or
an export is (`storage.backup`, `storage.readings.parquet_export`); `runtime` hands it in as `StoreWork`.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import structlog

from dashboard.web.refusals import NotVisibleError
from dashboard.web.security.viewer import Viewer
from heating.clock import Clock
from heating.errors import HeatingError
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import Health
from storage.records.audit import AuditRecords

__all__ = ["Progress", "StoreDesk", "StoreWork", "WorkStoppedError"]

HEARTBEAT_S = 2.0
"""An empty line is sent after so long without news, so that a reader sees a dead service [s]."""
STOP_TIMEOUT_S = 60.0
"""How long a stop of the service waits for work at hand [s]."""

Progress = Callable[[str, int, int], None]
"""Called with a label, what is done and what there is; raises to end the work."""

_log = structlog.get_logger()


class WorkStoppedError(HeatingError):
    """The service stops, or nobody waits for the work any more."""


class StoreWork(Protocol):
    """What the owner of the stores can do for others."""

    def back_up(self, folder: Path, *, config_file: Path | None) -> int:
        """Write a backup into a new or empty folder; return how many files it has."""
        ...

    def export(
        self, folder: Path, *, window: Interval, measurements: Sequence[Measurement], progress: Progress
    ) -> int:
        """Write whole days of readings as Parquet; return how many readings."""
        ...

    def health(self) -> Health:
        """Return the state and the figures of the store of readings."""
        ...


class StoreDesk:
    """Takes orders for the stores.

    Parameters
    ----------
    work : StoreWork or None
        None where this process owns no store that others cannot open themselves: then there is no such route.
    token : str
        Secret of this run, known to who can read the service's private file.
    audit : AuditLog
        Who had what copied.
    clock : Clock
        When.
    """

    def __init__(self, *, work: StoreWork | None, token: str, audit: AuditRecords, clock: Clock) -> None:
        self._work = work
        self.token = token
        self._audit = audit
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def back_up(
        self, viewer: Viewer, folder: Path, *, config_file: Path | None
    ) -> Iterator[Mapping[str, object]]:
        """Make a backup; yield what is to be said: progress, ``{}`` while there is none, at last a result or an error."""
        work = self._owner()
        self._note(viewer, "store.backup", folder)
        return self._doing(lambda _progress: {"files": work.back_up(folder, config_file=config_file)})

    def export(
        self, viewer: Viewer, folder: Path, *, window: Interval, measurements: Sequence[Measurement]
    ) -> Iterator[Mapping[str, object]]:
        """Export days of readings; yields as `back_up` does."""
        work = self._owner()
        self._note(viewer, "store.export", folder)
        return self._doing(
            lambda progress: {
                "rows": work.export(folder, window=window, measurements=measurements, progress=progress)
            }
        )

    def health(self) -> Health:
        """Return the state of the store of readings."""
        return self._owner().health()

    def start(self) -> None:
        """Take orders, once more after `stop`."""
        self._stopping.clear()

    def stop(self) -> None:
        """End after a backup at hand; an export ends after the day at hand."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(STOP_TIMEOUT_S)

    def _owner(self) -> StoreWork:
        if self._work is None or self._stopping.is_set():
            raise NotVisibleError("this process does no work on stores for others")
        return self._work

    def _note(self, viewer: Viewer, action: str, folder: Path) -> None:
        self._audit.append(viewer.username, action, f"folder:{folder}", at=self._clock.now())

    def _doing(self, work: Callable[[Progress], Mapping[str, object]]) -> Iterator[Mapping[str, object]]:
        """Start the work at once, not when the first line is asked for: the answer's status must tell of refusals."""
        said: queue.SimpleQueue[Mapping[str, object]] = queue.SimpleQueue()
        unwanted = threading.Event()

        def progress(label: str, done: int, total: int) -> None:
            said.put({"label": label, "done": done, "total": total})
            if done < total and (unwanted.is_set() or self._stopping.is_set()):
                raise WorkStoppedError(f"stopped after {done} of {total} {label}")

        def run() -> None:
            try:
                with self._one_at_a_time:
                    said.put({"result": work(progress)})
            except (HeatingError, OSError) as error:
                said.put({"error": str(error) or type(error).__name__})
            except Exception as error:  # noqa: BLE001 - who asked must get an answer, whatever happened
                _log.exception("dashboard.store_work_failed")
                said.put({"error": type(error).__name__})

        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(threading.Thread(target=run, name="store-work", daemon=True))
        self._threads[-1].start()
        return _until_done(said, unwanted)


def _until_done(
    said: "queue.SimpleQueue[Mapping[str, object]]", unwanted: threading.Event
) -> Iterator[Mapping[str, object]]:
    try:
        while True:
            try:
                line = said.get(timeout=HEARTBEAT_S)
            except queue.Empty:
                line = {}
            yield line
            if "result" in line or "error" in line:
                return
    finally:
        unwanted.set()
