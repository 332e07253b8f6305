"""Which rooms run and which are missing, by the signs of life that they leave in the records.

Signs are compared with those of the look before, by our own monotonic clock: a machine whose time of day is wrong is
not missing. Only what was never seen to change is judged by its time.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from heating.clock import Clock
from heating.intervals import from_epoch_ms
from heating.protocols import Health, HealthStatus
from heating.room_signs import MISSING_AFTER_S, MissingRoom, SignKind
from storage.records.room_reports import RoomReport, RoomReports

__all__ = ["RoomWatch"]

_LOOK_EVERY_S = 5.0
"""Answers are kept for so long [s]."""
_FORGOTTEN_AFTER_S = 3600.0
"""One of several processes of a room that is away for so long is not missed any more [s]: the others do its work."""


@dataclass(slots=True)
class _Seen:
    reported_ms: int
    changed_s: float
    """When it changed, by the monotonic clock [s]."""


class RoomWatch:
    """Looks after the rooms.

    Parameters
    ----------
    reports : RoomReports
        Where the rooms give their signs.
    expected : sequence of str
        Rooms that must run somewhere.
    here : frozenset of str
        Those that this process runs: they need no sign.
    clock : Clock
        Real time, for signs that were given before the first look.
    uptime_s : callable
        Seconds that only grow.
    """

    def __init__(
        self,
        reports: RoomReports,
        *,
        expected: Sequence[str],
        here: frozenset[str],
        clock: Clock,
        uptime_s: Callable[[], float] = monotonic,
    ) -> None:
        self._reports, self._expected, self._here = reports, tuple(expected), here
        self._clock, self._uptime_s = clock, uptime_s
        self._lock = threading.Lock()
        self._seen: dict[str, _Seen] = {}
        self._looked_s = -_LOOK_EVERY_S
        self._signs: list[RoomReport] = []

    def missing(self) -> list[MissingRoom]:
        """Return the rooms that nobody runs now, in the order of the house.

        Raises
        ------
        heating.errors.HeatingError
            When the records are away.
        """
        ages_s = self._ages_s()
        missing = []
        for room in self._expected:
            signs = [one for one in self._signs if one.room == room]
            if room in self._here or any(ages_s[one.process] < MISSING_AFTER_S for one in signs):
                continue
            last_ms = max((one.until_ms for one in signs), default=None)
            missing.append(MissingRoom(room=room, since=None if last_ms is None else from_epoch_ms(last_ms)))
        return missing

    def health(self) -> Health:
        """Return down while a room is missing, degraded while one of several processes of a room is."""
        missing = self.missing()
        ages_s = self._ages_s()
        gone = {one.room for one in missing}
        figures = {f"{room}_up": float(room not in gone) for room in self._expected}
        for room in self._expected:
            ages = [ages_s[one.process] for one in self._signs if one.room == room]
            if ages and room not in self._here:
                figures[f"{room}_sign_age_s"] = min(ages)
        if missing:
            return Health(HealthStatus.DOWN, "; ".join(_words(one) for one in missing), figures)
        absent = [
            f"{one.process} is missing since {from_epoch_ms(one.until_ms):%Y-%m-%dT%H:%M:%SZ}"
            for one in self._signs
            if MISSING_AFTER_S <= ages_s[one.process] < _FORGOTTEN_AFTER_S and one.room not in self._here
        ]
        return Health(HealthStatus.DEGRADED if absent else HealthStatus.OK, "; ".join(absent), figures)

    def _ages_s(self) -> dict[str, float]:
        """Return how long each process has given no new sign [s]; looks into the records when that is due."""
        with self._lock:
            now_s = self._uptime_s()
            if now_s - self._looked_s >= _LOOK_EVERY_S:
                self._signs = self._reports.newest(SignKind.ALIVE)
                self._looked_s = now_s
                for one in self._signs:
                    known = self._seen.get(one.process)
                    if known is None:
                        age_s = max(0.0, (self._clock.now_ms() - one.reported_ms) / 1000.0)
                        self._seen[one.process] = _Seen(one.reported_ms, now_s - age_s)
                    elif known.reported_ms != one.reported_ms:
                        self._seen[one.process] = _Seen(one.reported_ms, now_s)
            return {one.process: now_s - self._seen[one.process].changed_s for one in self._signs}


def _words(one: MissingRoom) -> str:
    if one.since is None:
        return f"{one.room} never gave a sign of life"
    return f"{one.room} is missing since {one.since:%Y-%m-%dT%H:%M:%SZ}"
