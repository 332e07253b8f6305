"""A run of the tests ends with pytest's closing line and nothing behind it, on standard output and standard error."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAWS = "tests/unit/storage/readings/test_thinning.py"
"""Tests that use Hypothesis."""
STORE = "tests/unit/storage/readings/duckdb/test_owner.py"
"""Tests that use DuckDB; together with the others they used to leave a page about leaks."""


def test_nothing_is_printed_behind_the_closing_line() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", LAWS, STORE]
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    last = done.stdout.rstrip("\n").splitlines()[-1]
    assert re.fullmatch(r"\d+ passed in .*", last), done.stdout[-2000:]
