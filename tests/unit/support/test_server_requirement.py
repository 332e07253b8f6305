"""A server that is not installed skips its tests, and fails them in the gate; a broken one always fails."""

import sys
from pathlib import Path

import pytest
from _pytest.outcomes import Failed, Skipped

from tests.support.servers.child_process import (
    ServerFailed,
    ServerMissing,
    ServerProcess,
    find_program,
    start_with_free_port,
)
from tests.support.servers.requirement import started_or_missing


def start_what_is_not_there() -> Path:
    """Look for a program nobody has."""
    return find_program("nuanliu-no-such-server", package="no-such-package")


def process(directory: Path, script: str, *, ready: bool) -> ServerProcess:
    """A Python one-liner in the place of a server."""
    return ServerProcess(
        name="made-up",
        command=[sys.executable, "-c", script],
        directory=directory,
        ready=lambda: ready,
        start_timeout_s=5.0 if ready else 0.3,
    )


@pytest.mark.parametrize(
    ("in_ci", "outcome"), [("true", Failed), ("TRUE", Failed), ("", Skipped), ("1", Skipped)]
)
def test_a_missing_server_fails_the_test_only_with_ci_true(
    monkeypatch: pytest.MonkeyPatch, in_ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", in_ci)
    with pytest.raises(outcome, match=r"nuanliu-no-such-server is not installed \(package no-such-package\)"):
        started_or_missing(start_what_is_not_there)


def test_a_missing_program_names_its_package() -> None:
    with pytest.raises(ServerMissing, match="no-such-package"):
        start_what_is_not_there()


def test_a_server_that_ends_while_starting_fails_with_its_log(tmp_path: Path) -> None:
    server = process(tmp_path, "print('bad option'); raise SystemExit(3)", ready=False)
    with pytest.raises(ServerFailed, match="bad option"):
        server.start()
    assert not server.running


def test_a_server_that_never_answers_is_killed(tmp_path: Path) -> None:
    server = process(tmp_path, "import time; time.sleep(60)", ready=False)
    with pytest.raises(ServerFailed, match="not within"):
        server.start()
    assert not server.running


def test_a_server_is_stopped_and_started_again(tmp_path: Path) -> None:
    server = process(tmp_path, "import time; time.sleep(60)", ready=True)
    server.start()
    first = server.pid
    server.restart(crash=True)
    assert server.running and server.pid != first
    server.stop()
    assert not server.running


def test_another_port_is_tried_when_a_start_fails() -> None:
    tried: list[int] = []

    def launch(port: int) -> None:
        tried.append(port)
        if len(tried) < 3:
            raise ServerFailed("port taken")

    assert start_with_free_port(lambda port: port, launch) == tried[2]
    assert len(tried) == 3


def test_after_some_ports_the_failure_is_shown() -> None:
    def launch(port: int) -> None:
        raise ServerFailed(f"no luck with {port}")

    with pytest.raises(ServerFailed, match="no luck"):
        start_with_free_port(lambda port: port, launch)
