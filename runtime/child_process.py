"""Child processes of the product: the embedded broker and the simulator. They end with us, by their own pid only."""

import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import IO

import structlog

from heating.errors import HeatingError

__all__ = [
    "ChildFailedError",
    "ChildProcess",
    "find_program",
    "free_port",
    "refuse_taken_port",
    "wait_for_port",
]

_log = structlog.get_logger()


class ChildFailedError(HeatingError):
    """A child process is missing, ended early or never answered; the message carries the end of its log."""


def find_program(name: str) -> Path:
    """Return the path of a program installed beside Python or on PATH.

    Raises
    ------
    ChildFailedError
        When it is nowhere; the message says how to install it.
    """
    beside = Path(sysconfig.get_path("scripts")) / name
    found = beside if beside.exists() else shutil.which(name)
    if not found:
        raise ChildFailedError(
            f"{name} is not installed; run ./run demo, which installs what requirements.lock names"
        )
    return Path(found)


def free_port(host: str) -> int:
    """Return a TCP port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def refuse_taken_port(host: str, port: int, *, name: str) -> None:
    """Refuse a port that another process listens on, before its answer could be taken for our child's.

    Raises
    ------
    ChildFailedError
        When the port is taken.
    """
    with socket.socket() as probe:
        probe.settimeout(1.0)
        if probe.connect_ex((host, port)) == 0:
            raise ChildFailedError(
                f"{name}: {host}:{port} is taken by another process; choose another port, or 0"
            )


def wait_for_port(host: str, port: int, *, child: "ChildProcess", timeout_s: float) -> None:
    """Wait until something accepts connections.

    Raises
    ------
    ChildFailedError
        When the child ends first or the time is over.
    """
    pause = threading.Event()
    for _ in range(max(1, int(timeout_s / 0.05))):
        if not child.is_running:
            raise ChildFailedError(f"{child.name} ended while starting\n{child.log_end()}")
        with socket.socket() as probe:
            probe.settimeout(1.0)
            if probe.connect_ex((host, port)) == 0:
                return
        pause.wait(0.05)
    raise ChildFailedError(
        f"{child.name} does not answer on {host}:{port} after {timeout_s:.0f} s\n{child.log_end()}"
    )


class ChildProcess:
    """One child with its log file.

    Parameters
    ----------
    name : str
        For messages and the log file's name.
    command : sequence of str
        Program and arguments; stays in the foreground.
    log_path : Path
        Receives standard error (and standard output unless `pipe_stdout`).
    pipe_stdout : bool
        Whether `stdout` is readable by us, line by line.
    secrets : mapping of str to str
        Environment variables for the child beside our own: secrets never stand among arguments.
    """

    def __init__(
        self,
        *,
        name: str,
        command: Sequence[str],
        log_path: Path,
        pipe_stdout: bool = False,
        secrets: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.name = name
        self.command = list(command)
        self.log_path = log_path
        self._pipe_stdout = pipe_stdout
        self._secrets = dict(secrets)
        self._child: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the child; it dies with us where the system can arrange that."""
        setpriv = shutil.which("setpriv")
        prefix = [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._child = subprocess.Popen(
                [*prefix, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if self._pipe_stdout else log,
                stderr=log,
                text=True,
                encoding="utf-8",
                start_new_session=True,
                env={**os.environ, **self._secrets},
            )
        _log.info("runtime.child_started", child=self.name, pid=self._child.pid)

    @property
    def is_running(self) -> bool:
        """Whether the child is alive."""
        return self._child is not None and self._child.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Exit code of the ended child; None while it runs or before the start."""
        return None if self._child is None else self._child.poll()

    @property
    def stdout(self) -> IO[str]:
        """Standard output of the child; only with `pipe_stdout`."""
        assert self._child is not None and self._child.stdout is not None
        return self._child.stdout

    def log_end(self, *, lines: int = 20) -> str:
        """Return the last lines of the log."""
        if not self.log_path.exists():
            return "(no log)"
        return "\n".join(self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def stop(self, *, timeout_s: float = 15.0) -> None:
        """Ask the child to end (SIGTERM) and wait; kill it when it does not."""
        child = self._child
        if child is None:
            return
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
        try:
            child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            _log.warning("runtime.child_killed", child=self.name, pid=child.pid)
            child.kill()
            child.wait(5.0)
        if child.stdout is not None:
            child.stdout.close()
        _log.info("runtime.child_ended", child=self.name, exit_code=child.returncode)
