"""The way of calls to the product: tickets through the API as a clerk opens them, or lines in a file.

What lives here: posting and writing. What does not: who calls (`simulators.people.complaints`); why they call never
passes through here. The file is CSV with the columns of `CallFile.COLUMNS`, for a hotline that imports its calls.
"""

import contextlib
import csv
import queue
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Protocol

import httpx
import structlog

from simulators.people.call_words import Call

__all__ = ["CallFile", "HotlineApi", "HotlineDesk"]

_log = structlog.get_logger()
_MOST_WAITING = 2000
_TIMEOUT_S = 10.0
_ATTEMPTS = 3
_PAUSE_S = 1.0
_WORTH_A_RETRY = 500
_TOO_MANY = 429


class HotlineDesk(Protocol):
    """Takes calls and passes them on."""

    def take(self, calls: Iterable[Call]) -> None:
        """Take calls; does not wait for their way."""
        ...

    def close(self) -> None:
        """End in order."""
        ...


class CallFile:
    """Writes calls as CSV, a header first; the file is begun anew."""

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "moment",
        "household_id",
        "category",
        "description",
        "description_en",
    )

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(self.COLUMNS)
        self.written = 0
        """Calls written."""

    def take(self, calls: Iterable[Call]) -> None:
        """Write calls, moments as RFC 3339 in UTC."""
        for call in calls:
            moment = call.moment.isoformat(timespec="seconds").replace("+00:00", "Z")
            self._writer.writerow((moment, call.household_id, call.topic.value, call.text, call.text_key))
            self.written += 1
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class HotlineApi:
    """Opens a ticket for every call, in a thread of its own.

    Parameters
    ----------
    url : str
        Address of the product, for example ``http://127.0.0.1:8080``.
    token : str
        Bearer token of a user with the role hotline.
    client : httpx.Client or None
        Instead of one made from `url` and `token`.

    Attributes
    ----------
    posted, failed : int
        Tickets opened; calls given up after three attempts, refused, or lost to a full queue.
    """

    def __init__(self, url: str, token: str, *, client: httpx.Client | None = None) -> None:
        self._client = client or httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=_TIMEOUT_S
        )
        self._calls: queue.Queue[Call | None] = queue.Queue(_MOST_WAITING)
        self._ends = threading.Event()
        self.posted = 0
        self.failed = 0
        self._thread = threading.Thread(target=self._run, name="hotline-calls", daemon=True)
        self._thread.start()

    def take(self, calls: Iterable[Call]) -> None:
        """Put calls in the queue; those that do not fit are counted as failed and logged."""
        for call in calls:
            try:
                self._calls.put_nowait(call)
            except queue.Full:
                self._gave_up(call, "queue full")

    def close(self, timeout_s: float = _TIMEOUT_S) -> None:
        """Post what waits, for at most `timeout_s` seconds, and end."""
        with contextlib.suppress(queue.Full):  # it then ends by the event
            self._calls.put(None, timeout=timeout_s)
        self._thread.join(timeout_s)
        self._ends.set()
        self._thread.join(timeout_s)
        self._client.close()

    def _run(self) -> None:
        while not self._ends.is_set():
            call = self._calls.get()
            if call is None:
                return
            self._post(call)

    def _post(self, call: Call) -> None:
        body = {"household_id": call.household_id, "category": call.topic.value, "description": call.text}
        reason = ""
        for _ in range(_ATTEMPTS):
            try:
                reply = self._client.post("/api/v1/tickets", json=body)
            except httpx.HTTPError as error:
                reason = repr(error)
            else:
                if reply.is_success:
                    self.posted += 1
                    return
                reason = f"status {reply.status_code}"
                if reply.status_code < _WORTH_A_RETRY and reply.status_code != _TOO_MANY:
                    break
            if self._ends.wait(_PAUSE_S):
                break
        self._gave_up(call, reason)

    def _gave_up(self, call: Call, reason: str) -> None:
        self.failed += 1
        _log.warning("hotline.call_not_taken", household=call.household_id, reason=reason)
