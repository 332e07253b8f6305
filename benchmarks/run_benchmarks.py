"""Command line of the benchmarks: ``./run bench [NAME ...] [--minutes N] [--record] [--strict] [--list]``."""

import argparse
import math
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from benchmarks.harness import (
    MINUTES_VARIABLE,
    BenchmarkUnavailable,
    UnknownBenchmark,
    choose,
    discover,
    json_line,
    load,
    machine_description,
)
from benchmarks.results_page import record

FOLDER = Path(__file__).parent


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Parsed arguments."""
    parser = argparse.ArgumentParser(prog="./run bench", description="Measure; one JSON line a result.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks to run; all without a name")
    parser.add_argument("--list", action="store_true", help="print the names and end")
    parser.add_argument("--record", action="store_true", help="update RESULTS.md beside the benchmarks")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a goal is missed")
    parser.add_argument(
        "--minutes",
        type=length_min,
        metavar="N",
        help="length of the load (league) and of the backlog (backlog)",
    )
    return parser.parse_args(words)


def length_min(word: str) -> float:
    """Return a length of time above zero [min].

    Raises
    ------
    ValueError
        For anything else; the parser of the arguments tells it.
    """
    minutes = float(word)
    if not 0 < minutes < math.inf:
        raise ValueError(word)
    return minutes


def run_one(name: str, path: Path, *, machine: str, now: datetime) -> tuple[list[dict[str, Any]], str | None]:
    """Rows of one benchmark, printed as they come, and why it failed, if it did."""
    print(f"running {name}", file=sys.stderr, flush=True)
    try:
        results = load(name, path).run()
    except BenchmarkUnavailable as error:
        failing = os.environ.get("CI", "").lower() == "true"
        print(f"{name} cannot run here: {error}", file=sys.stderr)
        return [], f"{name}: {error}" if failing else None
    except Exception as error:  # noqa: BLE001  one broken benchmark must not hide the others; it is reported below
        traceback.print_exc()
        return [], f"{name}: {error!r}"
    rows = [result.as_row(machine=machine, now=now) for result in results]
    for row in rows:
        print(json_line(row), flush=True)
    return rows, None


def main(words: Sequence[str] | None = None, *, folder: Path = FOLDER) -> int:
    """Run the chosen benchmarks.

    Returns
    -------
    int
        0 done, 1 a benchmark failed (or, with ``--strict``, missed its goal), 2 bad arguments.
    """
    wanted = arguments(words)
    if wanted.minutes is not None:
        os.environ[MINUTES_VARIABLE] = str(wanted.minutes)
    try:
        chosen: Mapping[str, Path] = choose(discover(folder), wanted.names)
    except UnknownBenchmark as error:
        print(error, file=sys.stderr)
        return 2
    if wanted.list:
        print("\n".join(chosen))
        return 0
    machine, now = machine_description(), datetime.now(UTC)
    rows: list[dict[str, Any]] = []
    failures: list[str] = []
    for name, path in chosen.items():
        new_rows, failure = run_one(name, path, machine=machine, now=now)
        rows += new_rows
        failures += [failure] if failure else []
    if wanted.record:
        record(folder / "RESULTS.md", rows)
    missed = [str(row["name"]) for row in rows if row["met"] is False]
    for line in [*failures, *(f"goal missed: {name}" for name in missed)]:
        print(line, file=sys.stderr)
    return 1 if failures or (wanted.strict and missed) else 0


if __name__ == "__main__":
    # Standard output is for results. Not in main(): a test that calls it would leave its own closed stream to others.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    sys.exit(main())
