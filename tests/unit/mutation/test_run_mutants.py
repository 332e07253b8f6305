"""A run over a small project: what its tests notice is killed, what they do not is listed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.mutants import Mutant
from tests.mutation.reach import Reach
from tests.mutation.run_mutants import ROOT, modules_of, score_lines, trials_of
from tests.mutation.trials import Trial, Verdict

MODULE = '''"""One function."""

from itertools import count


def is_cold(temp_c, limit_c):
    return temp_c < limit_c


def endless(stop):
    for number in count():
        if number >= stop:
            return number


def nobody_asks():
    return 1
'''
TESTS = """
from {package}.cold import endless, is_cold


def test_cold():
    assert is_cold(17.0, 18.0)
    assert not is_cold(19.0, 18.0)


def test_end():
    assert endless(3) == 3
"""
RUN = """
import sys, time
from pathlib import Path
from tests.mutation import trials
from tests.mutation.run_mutants import trials_of
root = Path(sys.argv[1])
sys.path.insert(0, str(root))
trials._PATIENCE_S = 2.0
paths = ["{package}/cold.py"]
reach, loaded = trials.measure_reach(root, paths, [str(root / "test_cold.py")])
assert not reach.failed, reach.failed
trials.load(root, loaded)
assert trials.unfit_modules(root, paths, reach) == []
found = trials.try_all(root, trials_of(root, paths, seed=1), reach, workers=2, until=time.monotonic() + 200)
print(*sorted(f"{{trial}}: {{verdict}}" for trial, verdict in found), sep="\\n")
"""


def test_a_run_kills_what_is_tested_and_lists_what_is_not(tmp_path: Path) -> None:
    package = "small_project_of_a_test"
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").touch()
    (tmp_path / package / "cold.py").write_text(MODULE)
    (tmp_path / "test_cold.py").write_text(TESTS.format(package=package))
    command = [sys.executable, "-c", RUN.format(package=package), str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=True)
    place = f"{package}/cold.py"
    assert ended.stdout.splitlines() == [
        f"{place}:12 >= becomes <: killed",
        f"{place}:12 >= becomes >: killed",
        f"{place}:13 returns None: killed",
        f"{place}:17 1 becomes 2: unreached",
        f"{place}:17 returns None: unreached",
        f"{place}:7 < becomes <=: survived",
        f"{place}:7 < becomes >=: killed",
        f"{place}:7 returns None: killed",
    ]


def test_the_order_depends_on_the_seed_alone() -> None:
    paths = modules_of(ROOT, ["tests/mutation"])
    assert trials_of(ROOT, paths, seed=1) == trials_of(ROOT, paths, seed=1)
    assert trials_of(ROOT, paths, seed=1) != trials_of(ROOT, paths, seed=2)
    assert trials_of(ROOT, paths, seed=1, limit=5) == trials_of(ROOT, paths, seed=1)[:5]


def test_a_path_that_is_not_there_is_refused() -> None:
    with pytest.raises(FileNotFoundError, match="no/such"):
        modules_of(ROOT, ["no/such"])


def test_the_score_of_a_folder_counts_its_own_modules() -> None:
    one, other = (Trial(path, Mutant(1, 1, "", 0)) for path in ("a/b.py", "ab/c.py"))
    verdicts = {one: Verdict.KILLED, other: Verdict.UNREACHED}
    assert score_lines(verdicts, ["a", "a/b.py", "ab", "x"]) == [
        "a: 1 of 1 killed (100.0%)",
        "a/b.py: 1 of 1 killed (100.0%)",
        "ab: 0 of 1 killed (0.0%)",
        "x: 0 of 0 killed (none)",
    ]


def test_the_tests_of_a_line_are_those_that_reach_it_the_quick_ones_first() -> None:
    reach = Reach(
        seconds={"far": 0.0, "slow": 2.0, "quick": 1.0, "other": 0.5},
        lines={"m.py": {"slow": {3, 4}, "quick": {4}, "other": {9}, "": {1}}},
    )
    assert reach.tests_of("m.py", 4, 5) == ["quick", "slow"]
    assert reach.tests_of("m.py", 1, 1) == ["other", "quick", "slow", "far"]
    assert reach.tests_of("m.py", 7, 8) == []
