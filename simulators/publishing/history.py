"""History in bulk: a stretch of virtual time as files of readings.

What lives here: running the city and cutting its reports into files. What does not: the file format
(`config.sample_files`), loading into a store (the demo).
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from config.sample_files import write_sample_file
from heating.intervals import from_epoch_ms
from simulators.city import City
from simulators.reports import Report, batch_of

__all__ = ["AfterStep", "HistoryWritten", "write_history"]

AfterStep = Callable[[City, Sequence[Report]], None]
"""Told of every step and of what was reported in it, in history and live runs alike."""

_FILE_S = 6 * 3600
_FILE_VALUES = 1_500_000
"""A file ends early at about this many values, so that loading one needs little memory."""


@dataclass(frozen=True, slots=True)
class HistoryWritten:
    """What was written."""

    files: int
    values: int


def write_history(
    city: City,
    *,
    until_ms: int,
    folder: Path,
    after_step: AfterStep,
    stop: threading.Event | None = None,
    progress: Callable[[float, float], None] = lambda _done, _total: None,
) -> HistoryWritten:
    """Run a city until a moment and write what its devices report.

    Parameters
    ----------
    city : City
        Is at `until_ms` afterwards.
    until_ms : int
        End of the history [epoch ms].
    folder : Path
        Where the files go, ``history-<start>.npz``; made when it is not there.
    after_step : callable
        Told of every step and its reports, such as the writer of the truth.
    stop : threading.Event or None
        Setting it ends the history early; what was simulated until then is written.
    progress : callable
        Told how many seconds of how many are done.

    Raises
    ------
    OSError
        When the disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    start_ms, total_s = city.now_ms, max((until_ms - city.now_ms) / 1000, 1e-3)
    ended = city.now_ms >= until_ms
    with _Files(folder, start_ms=start_ms) as files:
        while not ended:
            city.step(city.coarse_step_s(until_ms))
            reports = list(city.reports())
            after_step(city, reports)
            ended = city.now_ms >= until_ms or (stop is not None and stop.is_set())
            files.add(reports, now_ms=city.now_ms, last=ended)
            progress((city.now_ms - start_ms) / 1000, total_s)
    return HistoryWritten(files=files.count, values=files.values)


class _Files:
    """Cuts reports into files; one thread writes a file while the city goes on."""

    def __init__(self, folder: Path, *, start_ms: int) -> None:
        self.count = self.values = 0
        self._folder = folder
        self._start_ms = start_ms
        self._pending: list[Report] = []
        self._pending_values = 0
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history-writer")
        self._writing: Future[int] | None = None

    def __enter__(self) -> "_Files":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._wait()
        finally:
            self._writer.shutdown()

    def add(self, reports: Sequence[Report], *, now_ms: int, last: bool) -> None:
        """Take in reports, and begin to write a file when it is full, long enough or the last."""
        self._pending.extend(reports)
        self._pending_values += sum(report.values.size for report in reports)
        full = self._pending_values >= _FILE_VALUES or now_ms - self._start_ms >= _FILE_S * 1000
        if not self._pending or not (full or last):
            return
        self._wait()
        name = f"history-{from_epoch_ms(self._start_ms):%Y%m%dT%H%M%SZ}.npz"
        self._writing = self._writer.submit(_write, self._folder / name, self._pending)
        self._pending, self._pending_values, self._start_ms = [], 0, now_ms

    def _wait(self) -> None:
        """Wait for the file being written, so that at most two are in memory."""
        if self._writing is not None:
            self.values += self._writing.result()
            self.count += 1
            self._writing = None


def _write(path: Path, reports: Sequence[Report]) -> int:
    batch = batch_of(reports)
    write_sample_file(path, batch)
    return len(batch)
