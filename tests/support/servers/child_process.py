"""One server as a child process: start, wait for readiness, stop, kill, restart on the same port.

What lives here: what all servers share. What does not: any server's own configuration (one module each).
"""

import os
import shutil
import signal
import socket
import subprocess
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tests.support.waiting import wait_until

Server = TypeVar("Server")

LOOPBACK = "127.0.0.1"
"""The only address the tests listen on."""

START_ATTEMPTS = 4
"""Starts tried with a fresh port each, for the rare case that another process takes the port first."""


class ServerMissing(RuntimeError):
    """The server's program is not on this machine; the message names it and the Debian package."""


class ServerFailed(RuntimeError):
    """The server's program ended or never answered; the message carries the end of its log."""


def find_program(name: str, *, package: str) -> Path:
    """Path of a server's program, looked for beside Python, on PATH and in the usual folders of the system.

    Raises
    ------
    ServerMissing
        When it is nowhere.
    """
    folders = [sysconfig.get_path("scripts"), os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        raise ServerMissing(f"{name} is not installed (package {package})")
    return Path(found)


def free_port() -> int:
    """A TCP port on the loopback address that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def accepts_connections(port: int) -> bool:
    """Whether something accepts TCP connections on the loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((LOOPBACK, port)) == 0


@dataclass(slots=True)
class ServerProcess:
    """A server that runs as our child and dies with us.

    Parameters
    ----------
    name
        For messages and the log file's name.
    command
        Program and arguments; must stay in the foreground.
    directory
        Folder of this server alone; receives ``<name>.log``.
    ready
        Whether the server answers; asked until true.
    run_as
        User to run as when we are root, or None for our own.
    environment
        Variables added to our own.
    start_timeout_s
        Longest start [s].
    """

    name: str
    command: Sequence[str]
    directory: Path
    ready: Callable[[], bool]
    run_as: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    start_timeout_s: float = 60.0
    _child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._child is None:
            raise ServerFailed(f"{self.name} is not running")
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether the child is alive."""
        return self._child is not None and self._child.poll() is None

    @property
    def log_path(self) -> Path:
        """File with everything the server printed, over all its starts."""
        return self.directory / f"{self.name}.log"

    def start(self) -> None:
        """Start the child and wait until it answers.

        Raises
        ------
        ServerFailed
            When it ends or stays silent; nothing is left running then.
        """
        with self.log_path.open("ab") as log:
            self._child = subprocess.Popen(
                [*command_prefix(self.run_as), *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        try:
            wait_until(
                lambda: not self.running or self.ready(), self.start_timeout_s, what=f"{self.name} ready"
            )
        except AssertionError as late:
            self.kill()
            raise ServerFailed(f"{late}\n{self.log_end()}") from late
        if not self.running:
            self.kill()
            raise ServerFailed(f"{self.name} ended while starting\n{self.log_end()}")

    def stop(self, *, timeout_s: float = 20.0) -> None:
        """Ask the server to end (SIGTERM) and wait; kill it when it does not."""
        self._signal_and_wait(signal.SIGTERM, timeout_s=timeout_s)

    def kill(self) -> None:
        """End the server at once (SIGKILL), as a crash would."""
        self._signal_and_wait(signal.SIGKILL, timeout_s=20.0)

    def restart(self, *, crash: bool = False) -> None:
        """Stop (or kill, with ``crash``) and start again on the same port with the same directory."""
        if crash:
            self.kill()
        else:
            self.stop()
        self.start()

    def log_end(self, *, lines: int = 30) -> str:
        """Last lines of the log, for messages."""
        if not self.log_path.exists():
            return "(no log)"
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def _signal_and_wait(self, number: signal.Signals, *, timeout_s: float) -> None:
        child = self._child
        self._child = None
        if child is None:
            return
        if child.poll() is None:
            child.send_signal(number)
        try:
            child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(timeout_s)


def command_prefix(run_as: str | None) -> list[str]:
    """Words before a command: change to a user when we are root, die with the parent where the system can."""
    setpriv = shutil.which("setpriv")
    as_root = os.geteuid() == 0
    if setpriv is None:
        return ["runuser", "-u", run_as, "--"] if run_as and as_root else []
    words = [setpriv, "--pdeathsig", "KILL"]
    if run_as and as_root:
        words += ["--reuid", run_as, "--regid", run_as, "--clear-groups"]
    return [*words, "--"]


def start_with_free_port(build: Callable[[int], Server], launch: Callable[[Server], None]) -> Server:
    """Build a server for a free port and launch it; try again with another port when the start fails.

    Raises
    ------
    ServerFailed
        The last failure, when every attempt failed.
    """
    for attempt in range(1, START_ATTEMPTS + 1):
        server = build(free_port())
        try:
            launch(server)
        except ServerFailed:
            if attempt == START_ATTEMPTS:
                raise
        else:
            return server
    raise AssertionError("not reached")
