"""Which test reaches which line: one traced run of the tests, before any fault is put in."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

__all__ = ["Reach", "ReachPlugin"]

_MOST_CALLS = 50
"""Calls of one function that are traced in one test: the later ones rarely reach a line that no earlier one did."""


@dataclass(slots=True)
class Reach:
    """What each test executed."""

    seconds: dict[str, float] = field(default_factory=dict)
    """Length of each test, by node id."""
    lines: dict[str, dict[str, set[int]]] = field(default_factory=dict)
    """Path of a module to node id to the lines that test executed."""
    failed: list[str] = field(default_factory=list)
    """Tests that fail without any mutant: they can judge none."""

    def tests_of(self, path: str, first: int, last: int) -> list[str]:
        """Return the tests that executed one of some lines, the quick ones first.

        What only an import executes (a constant, a field of a class) concerns every test, first those that executed
        anything else of the module.
        """
        wanted = range(first, last + 1)
        by_test = self.lines.get(path, {})
        found = [test for test, lines in by_test.items() if test and any(line in wanted for line in lines)]
        if not found and any(line in wanted for line in by_test.get("", ())):
            found = list(self.seconds)
        return sorted(found, key=lambda test: (test not in by_test, self.seconds.get(test, 0.0)))


class ReachPlugin:
    """Traces the lines of some modules while pytest runs; a plugin of pytest."""

    def __init__(self, root: Path, paths: Iterable[str]) -> None:
        self.reach = Reach(lines={path: {} for path in paths})
        self._path_of = {str(root / path): path for path in self.reach.lines}
        self._test = ""
        self._calls: Counter[CodeType] = Counter()

    def start(self) -> None:
        """Begin to trace, in this thread and in those to come."""
        threading.settrace(self._on_call)
        sys.settrace(self._on_call)

    def _on_call(self, frame: FrameType, event: str, argument: Any) -> Any:
        path = self._path_of.get(frame.f_code.co_filename)
        if path is None:
            return None
        self._calls[frame.f_code] += 1
        if self._calls[frame.f_code] > _MOST_CALLS:
            return None
        lines = self.reach.lines[path].setdefault(self._test, set())
        lines.add(frame.f_lineno)

        def on_line(frame: FrameType, event: str, argument: Any) -> Any:
            lines.add(frame.f_lineno)
            return on_line

        return on_line

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Note the lines between a test's set-up and its end as its own."""
        self._test, started = item.nodeid, time.perf_counter()
        self._calls.clear()
        try:
            return (yield)
        finally:
            self.reach.seconds[item.nodeid] = time.perf_counter() - started
            self._test = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note tests that fail as they are."""
        if report.failed:
            self.reach.failed.append(report.nodeid)
