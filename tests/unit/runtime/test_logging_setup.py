"""Log lines: one line an event, on standard error, and never a local variable of a failed function."""

import json
import subprocess
import sys

import pytest

PROGRAM = """\
import sys
import structlog
from config.settings.tree import LogSettings
from runtime.logging_setup import set_up_logging

set_up_logging(LogSettings.model_validate({"level": sys.argv[1], "format": sys.argv[2]}))
log = structlog.get_logger()


def log_in(given):
    kept_from_sight = given + "-and-more"
    raise ValueError("log-in failed")


log.debug("test.quiet", number=1)
log.warning("test.spoken", number=2, place="锡林浩特")
try:
    log_in("".join(["open", "sesame"]))
except ValueError:
    log.exception("test.failed")
"""


def run(level: str, style: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, level, style],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return done


@pytest.mark.parametrize("style", ["console", "json"])
def test_a_traceback_names_the_error_and_shows_no_local_variable(style: str) -> None:
    lines = run("info", style).stderr
    assert "ValueError: log-in failed" in lines and "log_in" in lines
    assert "opensesame" not in lines and "╭" not in lines


def test_json_lines_are_one_object_an_event_with_level_and_time() -> None:
    events = [json.loads(line) for line in run("debug", "json").stderr.splitlines()]
    assert [event["event"] for event in events] == ["test.quiet", "test.spoken", "test.failed"]
    assert [event["level"] for event in events] == ["debug", "warning", "error"]
    assert events[1]["place"] == "锡林浩特" and events[1]["timestamp"].endswith("Z")


def test_events_below_the_level_are_left_out() -> None:
    lines = run("warning", "console").stderr
    assert "test.quiet" not in lines and "test.spoken" in lines
