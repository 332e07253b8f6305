"""Trials: the tests that reach a mutant run against it, each trial in a process of its own.

The process is forked from one that has everything loaded. It forgets the mutated module and whatever imports it, and
makes only these again: a trial costs half a second and not three.
"""

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import io
import os
import pickle
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import IO

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.mutation.mutants import Mutant, tree_with
from tests.mutation.reach import Reach, ReachPlugin

__all__ = ["Trial", "Verdict", "forget", "load", "measure_reach", "try_all", "unfit_modules"]

_PATIENCE_S = 10.0
"""A trial may last this long, and five times as long as its tests do without a mutant besides [s]."""

_QUICK_S = 1.0


class Verdict(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"
    UNREACHED = "unreached"
    """No test executes its line."""

    @property
    def is_noticed(self) -> bool:
        """Whether the tests would have found the fault."""
        return self in (Verdict.KILLED, Verdict.TIMED_OUT)


@dataclass(frozen=True, slots=True)
class Trial:
    """One mutant of one module."""

    path: str
    """Of the module, from the root of the project."""
    mutant: Mutant

    def __str__(self) -> str:
        return f"{self.path}:{self.mutant.line} {self.mutant.change}"


class _MutatedModule(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds one module and makes it from a changed tree."""

    def __init__(self, root: Path, path: str, tree: ast.Module) -> None:
        self._file, self._tree = root / path, tree
        parts = Path(path).with_suffix("").parts
        self._is_package = parts[-1] == "__init__"
        self.name = ".".join(parts[:-1] if self._is_package else parts)

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        folders = [str(self._file.parent)] if self._is_package else None
        return importlib.util.spec_from_file_location(
            fullname, self._file, loader=self, submodule_search_locations=folders
        )

    def exec_module(self, module: ModuleType) -> None:
        code = compile(self._tree, str(self._file), "exec")
        exec(code, module.__dict__)


class _Chosen:
    """Keeps the chosen tests, quick ones first; a plugin of pytest."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._place = {test: place for place, test in enumerate(tests)}

    def pytest_configure(self) -> None:
        """Let the laws draw the same examples each time; to make a failing one small would only cost time."""
        settings.register_profile(
            "mutation",
            deadline=None,
            suppress_health_check=(HealthCheck.too_slow,),
            derandomize=True,
            database=None,
            phases=(Phase.explicit, Phase.generate),
        )
        settings.load_profile("mutation")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """End at the first failure, without pytest's tidying up."""
        if self._place and report.failed:
            os._exit(1)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """End at once."""
        if self._place:
            os._exit(int(exitstatus))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Drop the others."""
        if self._place:
            items[:] = [item for item in items if item.nodeid in self._place]
            items.sort(key=lambda item: self._place[item.nodeid])


def _pytest(root: Path, words: Sequence[str], plugins: Sequence[object]) -> int:
    quiet = io.StringIO()
    common = ["-q", "-x", "-p", "no:xdist", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    words = [*common, "--rootdir", str(root), *words]
    with redirect_stdout(quiet), redirect_stderr(quiet):
        code = int(pytest.main(words, plugins=list(plugins)))
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(quiet.getvalue())
    return code


def _in_child(work: Callable[[], object], answer: IO[bytes] | None = None) -> int:
    """Fork; the child does the work, writes what it gives into a file and ends. Returns the child's process id."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        os.setsid()  # a mutant may leave processes behind: all of them are ended with it
        given = work()
        if answer is not None:
            pickle.dump(given, answer)
            answer.flush()
        status = 0
    except BaseException:  # noqa: BLE001  # the child must not come back into the parent's code
        if answer is not None:
            traceback.print_exc()
    finally:
        os._exit(status)


def measure_reach(root: Path, paths: Sequence[str], tests: Sequence[str]) -> tuple[Reach, list[str]]:
    """Run the tests as they are; returns what each reaches, and the libraries they load."""

    def work() -> tuple[Reach, list[str]]:
        plugin = ReachPlugin(root, paths)
        plugin.start()
        _pytest(root, ["--maxfail=1000", *tests], [_Chosen(()), plugin])
        return plugin.reach, sorted(sys.modules)

    with tempfile.TemporaryFile() as answer:
        _, status = os.waitpid(_in_child(work, answer), 0)
        if status:
            raise RuntimeError("the tests cannot be run without a mutant")
        answer.seek(0)
        reach, modules = pickle.load(answer)
    return reach, [
        name for name in modules if not name.startswith(("__", "_pytest", "conftest", "tests.unit"))
    ]


def load(root: Path, names: Iterable[str]) -> None:
    """Import modules once, for all trials."""
    for name in names:
        if name not in sys.modules:
            with suppress(Exception):  # a part that its library hides, or that was made while it ran
                importlib.import_module(name)
    _importers(root)


def forget(root: Path, module: str) -> None:
    """Take a loaded module and all of ours that import it, directly or not, out of the interpreter's memory."""
    stale, fresh = {module}, [module]
    while fresh:
        found = _importers(root).get(fresh.pop(), set()) - stale
        stale |= found
        fresh += found
    for name in stale & sys.modules.keys():
        del sys.modules[name]
        package, _, attribute = name.rpartition(".")
        vars(sys.modules.get(package, ModuleType(""))).pop(attribute, None)


@cache
def _importers(root: Path) -> dict[str, set[str]]:
    """Return which loaded modules of ours import a module, by its name; asked for once, before the trials."""
    found: dict[str, set[str]] = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is not None and Path(file).is_relative_to(root) and ".venv" not in file:
            for imported in _imported(ast.parse(Path(file).read_text("utf-8"))):
                found.setdefault(imported, set()).add(name)
    return found


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def try_all(
    root: Path, trials: Iterable[Trial], reach: Reach, *, workers: int, until: float
) -> Iterator[tuple[Trial, Verdict]]:
    """Try mutants, some at a time, until the monotonic clock shows `until`; yields what became of each."""
    waiting, running = iter(trials), dict[int, tuple[Trial, float]]()
    exhausted = False
    while running or not exhausted:
        while not exhausted and len(running) < workers:
            trial = next(waiting, None) if time.monotonic() < until else None
            if trial is None:
                exhausted = True
                break
            tests = reach.tests_of(trial.path, trial.mutant.line, trial.mutant.last_line)
            if not tests:
                yield trial, Verdict.UNREACHED
                continue
            limit_s = _PATIENCE_S + 5 * sum(reach.seconds[test] for test in tests)
            running[_start(root, trial.path, trial.mutant, tests)] = trial, time.monotonic() + limit_s
        for pid, (trial, limit) in list(running.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del running[pid]
                code = os.waitstatus_to_exitcode(status)
                yield trial, Verdict.SURVIVED if code == 0 else Verdict.KILLED
            elif time.monotonic() > limit:
                os.killpg(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                del running[pid]
                yield trial, Verdict.TIMED_OUT
        time.sleep(0.01)


def unfit_modules(root: Path, paths: Sequence[str], reach: Reach) -> list[str]:
    """Return the modules whose quick tests fail although nothing was changed: loading them again breaks something."""
    unfit = []
    for path in paths:
        tests = [test for test in reach.tests_of(path, 1, sys.maxsize) if reach.seconds[test] < _QUICK_S][:20]
        if tests:
            _, status = os.waitpid(_start(root, path, None, tests), 0)
            if status:
                unfit.append(path)
    return unfit


def _start(root: Path, path: str, mutant: Mutant | None, tests: Sequence[str]) -> int:
    def work() -> None:
        source = (root / path).read_text("utf-8")
        finder = _MutatedModule(
            root, path, ast.parse(source) if mutant is None else tree_with(source, mutant)
        )
        forget(root, finder.name)
        sys.meta_path.insert(0, finder)
        files = dict.fromkeys(str(root / test.partition("::")[0]) for test in tests)
        _pytest(root, [*files], [_Chosen(tests)])

    return _in_child(work)
