"""``nuanliu store info`` and ``nuanliu spool``: what is kept, told in figures."""

import subprocess
import sys
from typing import Any

from collector.messages.decoded import Reason


def test_an_empty_store_says_that_it_is_well(nuanliu: Any) -> None:
    told = nuanliu.says("store", "info")
    assert told[0].startswith("store duckdb:///") and "ok" in told[0]


def test_a_spool_that_was_never_used_is_empty(nuanliu: Any) -> None:
    assert nuanliu.says("spool", "info") == [f"spool {nuanliu.folder / 'spool'}: 0 files, 0.0 MB"]
    assert nuanliu.says("spool", "replay-rejected") == ["published again: 0"]


def test_an_unknown_reason_is_refused_with_the_known_ones() -> None:
    """In a process of its own: pydantic's error and its traceback would hold each other in this one for good."""
    call = "from runtime.command_line import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", call, "spool", "replay-rejected", "--reason", "weather"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert next(iter(Reason)).value in done.stderr
