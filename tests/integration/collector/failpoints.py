"""Named places at which a collector child kills itself: wrapped around the seams from outside, nothing is shipped.

`install(name, nth)` makes the process die by SIGKILL when it comes to the place for the nth time.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

from collector.intake.pipeline import Collector
from collector.intake.spool.repeat_memory import RepeatMemory
from collector.intake.spool.spool import Spool
from storage.readings.duckdb.store import DuckDBStore

__all__ = ["PLACES", "install"]

Place = tuple[type[Any], str, bool]
"""Class, method, and whether the process dies before the method runs (else after it)."""

PLACES: dict[str, Place] = {
    "before_commit": (Spool, "_write", False),
    "after_commit": (Collector, "_acknowledge", True),
    "after_acknowledgement": (Collector, "_feed_sinks", True),
    "before_append": (DuckDBStore, "_append", True),
    "inside_append": (DuckDBStore, "_publish", True),
    "after_append": (DuckDBStore, "append", False),
    "before_cursor": (Spool, "set_cursor", True),
    "before_checkpoint": (DuckDBStore, "_checkpoint", True),
    "after_checkpoint": (DuckDBStore, "_checkpoint", False),
    "in_rotation": (RepeatMemory, "turn_to", True),
    "after_rotation": (RepeatMemory, "turn_to", False),
    "before_deletion": (Spool, "_delete", True),
    "after_deletion": (Spool, "_delete", False),
}
"""Every named place."""


def install(name: str, nth: int) -> None:
    """Make this process die at a place, when it comes there for the nth time."""
    kind, method, before = PLACES[name]
    original: Callable[..., Any] = getattr(kind, method)
    visits = 0

    def reach() -> None:
        nonlocal visits
        visits += 1
        if visits >= nth:
            os.kill(os.getpid(), signal.SIGKILL)

    def wrapped(self: Any, *arguments: Any, **options: Any) -> Any:
        if before:
            reach()
        result = original(self, *arguments, **options)
        if not before:
            reach()
        return result

    setattr(kind, method, wrapped)
