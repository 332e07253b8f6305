"""Where log-ins wait their turn: threads and a queue of their own, with a fast refusal when the queue is full.

Argon2 costs tens of milliseconds and 64 MiB a try, and a log-in writes to the records, which may stand still. Neither
may hold the threads that pages and streams are answered by.
"""

import asyncio
import os
import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from dashboard.web.security.throttle import LogInThrottle
from heating.errors import HeatingError

__all__ = ["LogInDesk", "LogInsBusyError"]

Answer = TypeVar("Answer")

WORKERS = 3
"""One more than passwords are compared at once, for the one that writes to the records."""
_NICENESS = 10
LONGEST_QUEUE = 32
"""Tries that wait or are at work; at 15 a second the last one waits two seconds."""
LONGEST_QUEUE_OF_ADDRESS = 4
"""Of one address, so that a single one cannot fill the queue."""


class LogInsBusyError(HeatingError):
    """More log-ins wait than can be answered soon: 503."""

    retryable = True
    retry_after_s = 5
    """[s]"""


def _give_way() -> None:
    """Let this thread, and those that argon2 makes out of it, run behind the threads that answer pages.

    Linux keeps a niceness for each thread; where the system knows only that of the process nothing is changed.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


class LogInDesk:
    """Takes tries one after the other.

    Parameters
    ----------
    throttle : LogInThrottle
        Who has failed too often is refused before waiting.
    pause : callable
        Waits, without holding a thread; another one in tests.
    """

    def __init__(
        self, throttle: LogInThrottle, *, pause: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self._throttle = throttle
        self._pause = pause
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="log-in", initializer=_give_way)
        self._waiting: Counter[str] = Counter()

    async def attend(self, try_it: Callable[[], Answer], *, username: str, address: str) -> Answer:
        """Have a try made in the desk's own threads; called in the event loop.

        Raises
        ------
        ThrottledError
            When this address has failed too often.
        LogInsBusyError
            When the queue is full.
        """
        self._throttle.check(username=username, address=address)
        if self._waiting.total() >= LONGEST_QUEUE or self._waiting[address] >= LONGEST_QUEUE_OF_ADDRESS:
            raise LogInsBusyError("many people sign in at the moment; try again in a few seconds")
        self._waiting[address] += 1
        try:
            delay_s = self._throttle.delay_s(username)
            if delay_s > 0:
                await self._pause(delay_s)
            # Not cancelled with the request: a thread at work cannot be, and it would be counted as free.
            return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._pool, try_it))
        finally:
            self._waiting[address] -= 1
            if self._waiting[address] <= 0:
                del self._waiting[address]
