"""Passes of the garbage collector in a process that takes messages in: settled once, and a registry left out of them."""

import atexit
import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from collector.intake.garbage import PASSES_OF_THE_YOUNG, YOUNG_OBJECTS, settle_garbage_collection


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Start unsettled, and give the process of the tests its own collection back.

    What other tests have made is frozen before: passes over it would take a second each.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    settle_garbage_collection.cache_clear()
    yield
    gc.set_threshold(*before)
    atexit.unregister(gc.unfreeze)
    settle_garbage_collection.cache_clear()


class Knot:
    """An object that holds itself: only a pass can free it."""

    def __init__(self) -> None:
        self.itself = self


def knots() -> int:
    """How many knots the collector still watches."""
    return sum(isinstance(thing, Knot) for thing in gc.get_objects())


def test_what_is_there_at_the_start_is_left_out_of_later_passes() -> None:
    registry = [{"household": [number]} for number in range(1_000)]  # numbers alone are never watched
    frozen = gc.get_freeze_count()
    settle_garbage_collection()
    assert gc.get_freeze_count() >= frozen + len(registry)
    assert all(row is not watched for row in registry[:3] for watched in gc.get_objects())


def test_young_objects_are_looked_at_less_often_than_python_does_by_itself() -> None:
    gc.set_threshold(700, 10, 10)
    settle_garbage_collection()
    assert gc.get_threshold() == (YOUNG_OBJECTS, PASSES_OF_THE_YOUNG, PASSES_OF_THE_YOUNG)
    assert YOUNG_OBJECTS > 700


def test_garbage_of_before_is_freed_and_not_frozen() -> None:
    Knot()
    settle_garbage_collection()
    gc.unfreeze()
    assert knots() == 0


def test_garbage_that_comes_later_is_still_found() -> None:
    settle_garbage_collection()
    Knot()
    assert knots() == 1
    gc.collect()
    assert knots() == 0


def test_a_second_call_changes_nothing() -> None:
    settle_garbage_collection()
    frozen = gc.get_freeze_count()
    later = [{"reading": [number]} for number in range(1_000)]
    gc.set_threshold(1_000)
    settle_garbage_collection()
    assert gc.get_threshold()[0] == 1_000
    assert gc.get_freeze_count() < frozen + len(later)


KNOT_WITH_A_CONNECTION = """
import duckdb
from collector.intake.garbage import settle_garbage_collection

class Knot:
    def __init__(self):
        self.itself, self.connection = self, duckdb.connect()

knot = Knot()
knot.connection.sql("select 1").fetchall()
settle_garbage_collection()
"""


def test_the_process_ends_without_a_page_about_leaks() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", KNOT_WITH_A_CONNECTION], capture_output=True, text=True, timeout=60, check=True
    )
    assert (ended.stdout, ended.stderr) == ("", "")
