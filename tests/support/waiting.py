"""Waiting for something to become true, with a deadline instead of a fixed sleep.

What lives here: polling in real time. What does not: virtual time (tests of pure code pass ``now``).
"""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def wait_until(
    predicate: Callable[[], Value],
    timeout_s: float = 10.0,
    *,
    interval_s: float = 0.02,
    what: str = "",
) -> Value:
    """Poll ``predicate`` until it returns something truthy, and return that.

    Parameters
    ----------
    predicate
        Called again and again; an exception it raises ends the wait and is not hidden.
    timeout_s
        Longest wait [s]; the predicate is asked once more when it has passed.
    interval_s
        Pause between two questions [s].
    what
        What was awaited, for the message of the failure.

    Returns
    -------
    Value
        The first truthy value.

    Raises
    ------
    AssertionError
        When nothing truthy came in time; names the last value seen.
    """
    deadline_s = time.monotonic() + timeout_s
    pause = threading.Event()
    while True:
        late = time.monotonic() >= deadline_s
        value = predicate()
        if value:
            return value
        if late:
            awaited = what or getattr(predicate, "__qualname__", repr(predicate))
            raise AssertionError(f"not within {timeout_s:g} s: {awaited}; last value {value!r}")
        pause.wait(interval_s)
