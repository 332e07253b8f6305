"""History in bulk: the days before the simulation goes live, as files of readings.

What lives here: running the city up to the origin and cutting its reports into files. What does not: the file format
(`config.sample_files`), loading into a store (the demo).
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.sample_files import write_sample_file
from heating.intervals import from_epoch_ms
from simulators.city import City
from simulators.devices.reports import Report, batch_of
from simulators.faults.fault_schedule import Occurrence

__all__ = ["HistoryWritten", "write_history"]

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
    note_faults: Callable[[list[Occurrence]], None],
    stop: threading.Event | None = None,
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
    note_faults : callable
        Told what is broken at every step.
    stop : threading.Event or None
        Setting it ends the history early; what was simulated until then is written.

    Raises
    ------
    OSError
        When the disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pending: list[Report] = []
    pending_values = files = values = 0
    file_start_ms = city.now_ms
    ended = city.now_ms >= until_ms
    while not ended:
        city.step(city.coarse_step_s(until_ms))
        note_faults(city.faults.active(city.now_ms))
        for report in city.reports():
            pending.append(report)
            pending_values += report.values.size
        ended = city.now_ms >= until_ms or (stop is not None and stop.is_set())
        full = pending_values >= _FILE_VALUES or city.now_ms - file_start_ms >= _FILE_S * 1000
        if pending and (full or ended):
            batch = batch_of(pending)
            start = from_epoch_ms(file_start_ms).strftime("%Y%m%dT%H%M%SZ")
            write_sample_file(folder / f"history-{start}.npz", batch)
            files, values = files + 1, values + len(batch)
            pending, pending_values, file_start_ms = [], 0, city.now_ms
    return HistoryWritten(files=files, values=values)
