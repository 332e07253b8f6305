"""The product as its users start it: ``nuanliu`` as child processes, on servers of the test."""

import os
import signal
import subprocess
import sysconfig
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.servers.child_process import command_prefix

__all__ = ["Nuanliu", "run_command"]

PROGRAM = Path(sysconfig.get_path("scripts")) / "nuanliu"


def run_command(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    stdin: str = "",
    timeout_s: float = 60,
    folder: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command of the product to its end and return what it printed."""
    return subprocess.run(
        [str(PROGRAM), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout_s,
        env={**os.environ, **(environment or {})},
        cwd=folder,
        check=False,
    )


class Nuanliu:
    """A running process of the product, ready when its first line came."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        log_path: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self._log = log_path.open("ab")
        self._log_path = log_path
        self.process = subprocess.Popen(
            [*command_prefix(None), str(PROGRAM), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            env={**os.environ, **(environment or {})},
            cwd=folder,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._came = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._came:
                self.lines.append(line.rstrip("\n"))
                self._came.notify_all()
        with self._came:
            self._ended = True
            self._came.notify_all()

    def ready(self, *, timeout_s: float = 60) -> dict[str, str]:
        """Wait for the line that says it is ready; return its facts, for example ``{"http": "http://…"}``."""
        with self._came:
            self._came.wait_for(lambda: bool(self.lines) or self._ended, timeout=timeout_s)
        if not self.lines or not self.lines[0].startswith("ready "):
            self.end()
            raise AssertionError(f"not ready: {self.lines}\n{self.log_end()}")
        return dict(word.split("=", 1) for word in self.lines[0].split()[1:])

    def log_end(self, *, characters: int = 4000) -> str:
        """Return the end of what it logged."""
        return self._log_path.read_text(encoding="utf-8", errors="replace")[-characters:]

    def end(self, *, number: signal.Signals = signal.SIGTERM, timeout_s: float = 60) -> int:
        """Send a signal, wait, and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(timeout_s)
        finally:
            self._reader.join(5)
            if self.process.stdout is not None:
                self.process.stdout.close()
            self._log.close()
        return code
