"""The one thread that owns the writes of the embedded store: a queue of jobs, each with a future.

DuckDB stalls now and then (checkpoints, sorting); the stall stays in this thread. Reads use cursors of their own and
never wait here.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from typing import Any, TypeVar

import duckdb
import structlog

from heating.clock import Clock
from storage.readings.errors import StoreUnavailableError

__all__ = ["Job", "OwnerThread"]

Result = TypeVar("Result")
Job = Callable[[duckdb.DuckDBPyConnection], Result]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Task:
    job: Job[Any]
    future: "Future[Any]"


class OwnerThread:
    """Runs jobs one after the other on the connection it owns.

    Parameters
    ----------
    connect
        Opens the database; called again after a fatal error, which DuckDB answers with a dead database.
    clock
        Measures how long a job has been running.
    """

    def __init__(self, connect: Callable[[], duckdb.DuckDBPyConnection], *, clock: Clock) -> None:
        self._connect = connect
        self._clock = clock
        self._connection = connect()
        self._queue: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._broken = False
        self._busy_since_ms: int | None = None
        self._thread = threading.Thread(target=self._loop, name="duckdb-owner", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether jobs are being taken."""
        return not self._closed and self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """Jobs that have not begun."""
        return self._queue.qsize()

    @property
    def busy_s(self) -> float:
        """How long the present job has been running [s]; 0 when idle."""
        since = self._busy_since_ms
        return 0.0 if since is None else max(0.0, (self._clock.now_ms() - since) / 1000)

    def submit(self, job: Job[Result]) -> "Future[Result]":
        """Queue a job.

        Raises
        ------
        StoreUnavailableError
            When the store is closed.
        """
        future: Future[Result] = Future()
        with self._closing:
            if self._closed:
                raise StoreUnavailableError("the embedded store is closed")
            self._queue.put(_Task(job, future))
        return future

    def run(self, job: Job[Result], *, patience_s: float) -> Result:
        """Queue a job and wait for its result; a job that has begun is always waited for.

        Raises
        ------
        StoreUnavailableError
            When the job did not begin within `patience_s`; it will not begin later.
        """
        future = self.submit(job)
        try:
            return future.result(patience_s)
        except FutureTimeoutError:
            # A job that has begun may commit at any moment: to give it up would make the caller repeat what is stored.
            if future.cancel():
                raise StoreUnavailableError(f"the embedded store was busy for {patience_s:g} s") from None
            return future.result()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a cursor for reads, to be closed by the caller.

        Raises
        ------
        StoreUnavailableError
            When the store is closed.
        """
        with self._closing:
            if self._closed:
                raise StoreUnavailableError("the embedded store is closed")
            return self._connection.cursor()

    def close(self, *, last: Job[None]) -> None:
        """Run what is queued, then `last`, then let go of the database; a second call does nothing."""
        with self._closing:
            if self._closed:
                return
            future: Future[None] = Future()
            self._queue.put(_Task(last, future))
            self._queue.put(None)
            self._closed = True
        self._thread.join()
        failure = future.exception()
        if failure is not None:
            _log.warning("storage.last_job_failed", reason=str(failure))
        self._connection.close()

    def _loop(self) -> None:
        while (task := self._queue.get()) is not None:
            if not task.future.set_running_or_notify_cancel():
                continue
            self._busy_since_ms = self._clock.now_ms()
            try:
                self._reconnect_if_broken()
                task.future.set_result(task.job(self._connection))
            except BaseException as error:  # noqa: BLE001 - it travels to the caller in the future
                # After a fatal error every statement on the connection fails. It is reopened by the next job and not
                # here, so that a disk that stays full fails one job at a time and never ends the thread.
                if isinstance(error.__cause__ or error, duckdb.FatalException):
                    self._broken = True
                task.future.set_exception(error)
            finally:
                self._busy_since_ms = None
            del task

    def _reconnect_if_broken(self) -> None:
        if not self._broken:
            return
        _log.warning("storage.reopening_after_fatal_error")
        with self._closing:  # readers take cursors of the connection under this lock
            self._connection.close()
            self._connection = self._connect()
        self._broken = False
