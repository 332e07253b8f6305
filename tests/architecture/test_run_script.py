"""The one way in: the script explains its commands, refuses unknown ones, and is what the gate calls."""

import re
import subprocess

import pytest

from tests.architecture.source_tree import PROJECT_ROOT, rooms

COMMANDS = (
    "demo",
    "install",
    "check",
    "test",
    "lint",
    "types",
    "fmt",
    "bench",
    "cases",
    "mutate",
    "golden",
    "lock",
    "clean",
    "help",
)


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Call the script with the shell that Debian calls sh."""
    return subprocess.run(
        ["sh", str(PROJECT_ROOT / "run"), *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_help_explains_every_command() -> None:
    result = run("help")
    assert result.returncode == 0
    assert [name for name in COMMANDS if not re.search(rf"^  {name} .*\w", result.stdout, re.MULTILINE)] == []


def test_every_command_of_the_script_is_explained() -> None:
    script = (PROJECT_ROOT / "run").read_text(encoding="utf-8")
    branches = script[script.index("case $command in") :]
    named = re.findall(r"^    ([a-z]+)(?: \|[^)]*)?\)", branches, re.MULTILINE)
    assert sorted(named) == sorted(COMMANDS)


@pytest.mark.parametrize("arguments", [("nonsense",), ("--demo",)])
def test_an_unknown_command_is_refused_with_the_usage(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert arguments[0] in result.stderr and "usage:" in result.stderr
    assert result.stdout == ""


def test_the_script_is_valid_for_a_plain_posix_shell() -> None:
    assert subprocess.run(["sh", "-n", str(PROJECT_ROOT / "run")], check=False, timeout=10).returncode == 0
    script = (PROJECT_ROOT / "run").read_text(encoding="utf-8")
    assert script.startswith("#!/bin/sh\n")
    assert re.search(r"\[\[|\blocal \b|<<<|\bfunction ", script) is None


def test_the_search_for_weak_spots_reads_every_room() -> None:
    script = (PROJECT_ROOT / "run").read_text(encoding="utf-8")
    (named,) = re.findall(r"^rooms='(.*)'$", script, re.MULTILINE)
    assert sorted(named.split()) == sorted(rooms(PROJECT_ROOT))


def test_the_gate_calls_exactly_the_check() -> None:
    lines = (PROJECT_ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line and not line.startswith("#")]
    assert commands == ['exec "$(dirname -- "$0")/../run" check']
