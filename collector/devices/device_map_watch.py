"""`WatchedDeviceMap`: a device map that follows its file while messages flow.

A changed file is read in a thread of its own, so that a large map delays no message; a file with mistakes changes
nothing and is logged once. What does not live here: the format of the files (`collector.devices.device_map`).
"""

import threading
from pathlib import Path
from time import monotonic
from typing import Final

import structlog

from collector.decoders.foreign import DeviceTarget
from collector.devices.device_map import DeviceMapError, FileDeviceMap

__all__ = ["WatchedDeviceMap"]

LOOK_EVERY_S: Final = 5.0
"""Least time between two looks at the file [s]."""

_State = tuple[int, int, int]
"""Inode, time of the last change [ns] and size [bytes] of a file."""

log = structlog.get_logger()


class WatchedDeviceMap:
    """A `collector.decoders.foreign.DeviceMap` of a file that may change.

    Parameters
    ----------
    path
        The file.
    every_s
        Least time between two looks at it [s].

    Raises
    ------
    collector.devices.device_map.DeviceMapError
        When the file is wrong at the start.
    """

    def __init__(self, path: Path, *, every_s: float = LOOK_EVERY_S) -> None:
        self._path = path
        self._every_s = every_s
        self._seen = _state_of(path)
        self._map = FileDeviceMap.read(path)
        self._next_look_s = monotonic() + every_s
        self._reading: threading.Thread | None = None
        self.reloads = 0
        """Changes of the file that were taken over."""
        self.refused = 0
        """Changes of the file that were wrong; the former map stays."""

    def __len__(self) -> int:
        return len(self._map)

    def target(self, device: str) -> DeviceTarget | None:
        """Return what a device is, None when the map does not know it; now and then looks whether the file changed."""
        if monotonic() >= self._next_look_s:
            self.look()
        return self._map.target(device)

    def look(self) -> None:
        """Begin to read the file again when it has changed."""
        self._next_look_s = monotonic() + self._every_s
        if self._reading is not None and self._reading.is_alive():
            return
        state = _state_of(self._path)
        if state is None or state == self._seen:
            return
        self._seen = state
        # No BackgroundLoop: a decoder has no start and no end, so the file is looked at when a device asks, and a thread
        # lives only while a changed file is read.
        self._reading = threading.Thread(target=self._read, name="device-map", daemon=True)
        self._reading.start()

    def _read(self) -> None:
        try:
            fresh = FileDeviceMap.read(self._path)
        except DeviceMapError as error:
            self.refused += 1
            log.error("collector.device_map_refused", file=str(self._path), error=str(error)[:2000])
            return
        self._map = fresh
        self.reloads += 1
        log.info("collector.device_map_reloaded", file=str(self._path), devices=len(fresh))


def _state_of(path: Path) -> _State | None:
    """Return what differs between two states of a file, None while there is none (an editor replaces it)."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size
