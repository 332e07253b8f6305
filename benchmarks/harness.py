"""What a benchmark is: results with a goal, discovery of the modules, one JSON line a result.

What lives here: everything but the benchmarks themselves (``bench_*.py``), the command line (`run_benchmarks`) and
the kept results (`results_page`).

A module ``bench_<name>.py`` beside this file has ``run() -> list[Result]``. It measures a reference in the same run,
because the machine is shared and only ratios travel.
"""

import importlib.util
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast

PREFIX = "bench_"
MINUTES_VARIABLE = "NUANLIU_BENCH_MINUTES"
"""Set by ``--minutes``: how long `bench_league` and how much backlog `bench_backlog` takes [min]."""


class BenchmarkUnavailable(RuntimeError):
    """A benchmark cannot run here, for example without its server; the message says what is missing."""


class UnknownBenchmark(LookupError):
    """No benchmark has this name; the message lists those there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What a value is compared with, measured in the same run and in the same unit."""

    name: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Limits that a result must keep; those left out do not count.

    ``ratio`` is value ÷ reference.
    """

    at_most: float | None = None
    at_least: float | None = None
    ratio_at_most: float | None = None
    ratio_at_least: float | None = None

    def describe(self, unit: str) -> str:
        """The goal in words, such as ``<= 10 us, ratio >= 8``."""
        parts = [
            ("<=", self.at_most, f" {unit}", ""),
            (">=", self.at_least, f" {unit}", ""),
            ("<=", self.ratio_at_most, "", "ratio "),
            (">=", self.ratio_at_least, "", "ratio "),
        ]
        return ", ".join(
            f"{before}{sign} {limit:g}{after}" for sign, limit, after, before in parts if limit is not None
        )

    def is_met(self, value: float, ratio: float | None) -> bool:
        """Whether every limit holds; a limit on a ratio that was not measured does not."""
        checks = [
            self.at_most is None or value <= self.at_most,
            self.at_least is None or value >= self.at_least,
            self.ratio_at_most is None or (ratio is not None and ratio <= self.ratio_at_most),
            self.ratio_at_least is None or (ratio is not None and ratio >= self.ratio_at_least),
        ]
        return all(checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One measured figure."""

    name: str
    """Dotted and lasting, for example ``collector.cpu_per_room_message``."""
    value: float
    unit: str
    reference: Reference | None = None
    goal: Goal | None = None

    @property
    def ratio(self) -> float | None:
        """Value ÷ reference; None without a reference or with one of zero."""
        if self.reference is None or self.reference.value == 0:
            return None
        return self.value / self.reference.value

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without a goal."""
        return None if self.goal is None else self.goal.is_met(self.value, self.ratio)

    def as_row(self, *, machine: str, now: datetime) -> dict[str, Any]:
        """The result as the JSON object that ``./run bench`` prints."""
        reference = None
        if self.reference is not None:
            reference = {"name": self.reference.name, "value": _rounded(self.reference.value)}
        return {
            "name": self.name,
            "value": _rounded(self.value),
            "unit": self.unit,
            "reference": reference,
            "ratio": _rounded(self.ratio),
            "goal": None if self.goal is None else self.goal.describe(self.unit),
            "met": self.met,
            "machine": machine,
            "date": now.date().isoformat(),
        }


class Benchmark(Protocol):
    """A module ``bench_<name>.py``."""

    def run(self) -> list[Result]:
        """Measure; takes at most a minute or two and cleans up behind itself.

        Raises
        ------
        BenchmarkUnavailable
            When something it needs is not on this machine.
        """
        ...


def discover(folder: Path) -> dict[str, Path]:
    """Benchmark modules of a folder by name, in order of the names."""
    return {path.stem.removeprefix(PREFIX): path for path in sorted(folder.glob(f"{PREFIX}*.py"))}


def choose(available: Mapping[str, Path], names: Sequence[str]) -> dict[str, Path]:
    """The named modules, or all when no name is given.

    Raises
    ------
    UnknownBenchmark
        For the first name that is not there.
    """
    for name in names:
        if name not in available:
            raise UnknownBenchmark(f"no benchmark {name!r}; there are: {', '.join(available) or 'none'}")
    return {name: available[name] for name in names} if names else dict(available)


def load(name: str, path: Path) -> Benchmark:
    """Import a benchmark module from its file."""
    module_name = f"benchmarks.{PREFIX}{name}"
    specification = importlib.util.spec_from_file_location(module_name, path)
    if specification is None or specification.loader is None:
        raise ImportError(f"{path} is no Python module")
    module: ModuleType = importlib.util.module_from_spec(specification)
    sys.modules[module_name] = module
    specification.loader.exec_module(module)
    return cast(Benchmark, module)


def wanted_minutes(usual: float) -> float:
    """How long a benchmark that takes a length shall run [min]: as ``--minutes`` says, or as usual."""
    return float(os.environ.get(MINUTES_VARIABLE, usual))


def json_line(row: Mapping[str, Any]) -> str:
    """A row as one line of JSON."""
    return json.dumps(row, ensure_ascii=False)


def machine_description() -> str:
    """Cores, processor, Python and system in a few words."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores {_processor()}, Python {platform.python_version()}, {platform.system()}"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _rounded(value: float | None) -> float | None:
    """Four significant digits: more would be noise."""
    return None if value is None else float(f"{value:.4g}")
