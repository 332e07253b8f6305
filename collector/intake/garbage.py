"""Fewer and shorter passes of Python's garbage collector in a process that takes messages in.

Readings, frames and columns hold no cycles: counting references frees them at once, and a pass over them finds
nothing. By default such passes start every 700 new objects, and a full one walks over the whole registry (a league:
more than a million objects, half a second) while messages wait. What does not live here: any other process; this one
is settled once, when its collector starts.
"""

import atexit
import gc
from functools import cache

__all__ = ["YOUNG_OBJECTS", "settle_garbage_collection"]

YOUNG_OBJECTS = 50_000
"""New containers, less those freed, that start a pass over the young ones; two long commits stay below it."""
PASSES_OF_THE_YOUNG = 20
"""Passes over the young between two over the middle-aged, and of those between two over all."""


@cache
def settle_garbage_collection() -> None:
    """Leave what is there already out of later passes, and pass over new objects less often; once a process.

    The last pass, when the process ends, covers everything again: DuckDB would find its own objects alive in knots that
    nobody untied, and print a page about leaks behind the last line of the service.
    """
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)
    gc.set_threshold(YOUNG_OBJECTS, PASSES_OF_THE_YOUNG, PASSES_OF_THE_YOUNG)
