"""When each session was last used, written to the records beside the request and not in it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import structlog

from heating.errors import HeatingError
from storage.records.people import PeopleRecords

__all__ = ["SeenSessions"]

MOST_WAITING = 4096
"""Notes that wait while the records take none; more are not kept, and those sessions seem idle for longer."""


class SeenSessions:
    """Notes of last use; what a request reads comes from here before it comes from the records.

    Requests would otherwise wait for a lock of the records, each with a thread in hand, because somebody writes long.

    Parameters
    ----------
    people : PeopleRecords
        Keeps the sessions.
    """

    def __init__(self, people: PeopleRecords) -> None:
        self._people = people
        self._lock = threading.Lock()
        self._waiting: dict[str, datetime] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="seen-sessions")

    def noted(self, key: str) -> datetime | None:
        """Return a use that the records may not know yet; asked before the records, not after them."""
        return self._waiting.get(key)

    def note(self, key: str, now: datetime) -> None:
        """Note a use; returns at once."""
        with self._lock:
            known = key in self._waiting
            if not known and len(self._waiting) >= MOST_WAITING:
                return
            self._waiting[key] = now
        if not known:
            self._pool.submit(self._write, key)

    def _write(self, key: str) -> None:
        moment: datetime | None = self._waiting[key]
        while moment is not None:
            try:
                self._people.touch_session(key, moment)
            except HeatingError as error:
                structlog.get_logger().warning("dashboard.session_not_touched", error=type(error).__name__)
            with self._lock:  # a later use may have been noted while this one was written
                later = self._waiting[key]
                moment = later if later > moment else None
                if moment is None:
                    del self._waiting[key]
