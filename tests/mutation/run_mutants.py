"""Command line of the mutation runs: ``./run mutate [PATH ...] [--minutes N] [--seed N] [--limit N]``."""

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.mutation.mutants import mutants_of
from tests.mutation.trials import Trial, Verdict, load, measure_reach, try_all, unfit_modules

__all__ = ["main", "score_lines", "trials_of"]

ROOT = Path(__file__).parents[2]
USUAL_PATHS = ("alerting/alarms", "alerting/judging", "alerting/notifications", "heating")


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Parsed arguments."""
    parser = argparse.ArgumentParser(
        prog="./run mutate",
        description="Put small faults into the code, one at a time; the tests must notice them.",
    )
    parser.add_argument(
        "paths", nargs="*", default=USUAL_PATHS, metavar="PATH", help="folders or modules to change"
    )
    parser.add_argument("--minutes", type=float, default=15.0, metavar="N", help="end after this long (15)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="order of the sample (1)")
    parser.add_argument("--limit", type=int, metavar="N", help="try so many mutants at most")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 2, metavar="N", help="trials at a time"
    )
    parser.add_argument(
        "--tests", nargs="+", metavar="PATH", help="tests to judge by; those of the room if left out"
    )
    return parser.parse_args(words)


def modules_of(root: Path, paths: Iterable[str]) -> list[str]:
    """Return the modules below some paths, from the root of the project.

    Raises
    ------
    FileNotFoundError
        Names a path that is not there.
    """
    found: set[Path] = set()
    for path in paths:
        place = root / path
        if not place.exists():
            raise FileNotFoundError(path)
        found.update(place.rglob("*.py") if place.is_dir() else [place])
    return sorted(str(file.relative_to(root)) for file in found)


def trials_of(root: Path, paths: Iterable[str], *, seed: int, limit: int | None = None) -> list[Trial]:
    """Return the mutants of some modules in an order that depends on the seed alone."""
    trials = [
        Trial(path, mutant) for path in paths for mutant in mutants_of((root / path).read_text("utf-8"))
    ]
    random.Random(seed).shuffle(trials)
    return trials[:limit]


def score_lines(verdicts: dict[Trial, Verdict], folders: Iterable[str]) -> list[str]:
    """Return one line a folder: how many of its mutants were noticed."""
    lines = []
    for folder in folders:
        counts = Counter(
            v.is_noticed for t, v in verdicts.items() if f"{t.path}/".startswith(f"{folder.rstrip('/')}/")
        )
        total = counts.total()
        share = f"{counts[True] / total:.1%}" if total else "none"
        lines.append(f"{folder}: {counts[True]} of {total} killed ({share})")
    return lines


def main(words: Sequence[str] | None = None) -> int:
    """Run; returns 0 whatever survived, 2 when the tests fail as they are."""
    given = arguments(words)
    started = time.monotonic()
    modules = modules_of(ROOT, given.paths)
    trials = trials_of(ROOT, modules, seed=given.seed, limit=given.limit)
    tests = given.tests or sorted({f"tests/unit/{Path(module).parts[0]}" for module in modules})
    print(
        f"{len(trials)} mutants of {len(modules)} modules, seed {given.seed}; tests: {' '.join(tests)}",
        flush=True,
    )
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # forking with its threads running is unsafe
    reach, loaded = measure_reach(ROOT, modules, tests)
    if reach.failed:
        print("these tests fail as they are:", *reach.failed, sep="\n  ", file=sys.stderr)
        return 2
    load(ROOT, loaded)
    if unfit := unfit_modules(ROOT, modules, reach):
        print("these cannot be tried, their tests fail once they are loaded again:", *unfit, file=sys.stderr)
        return 2
    print(f"{len(reach.seconds)} tests reach them; {time.monotonic() - started:.0f} s so far", flush=True)
    verdicts: dict[Trial, Verdict] = {}
    until = started + 60 * given.minutes
    for trial, verdict in try_all(ROOT, trials, reach, workers=given.workers, until=until):
        verdicts[trial] = verdict
        if not verdict.is_noticed:
            print(f"{verdict}: {trial}", flush=True)
    print(*score_lines(verdicts, given.paths), sep="\n")
    print(
        f"{len(verdicts)} of {len(trials)} mutants tried, seed {given.seed}, {time.monotonic() - started:.0f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
