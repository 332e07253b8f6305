"""The backup of a running house on the embedded store, which only its own process can read.

``nuanliu backup`` leaves a request in the store's folder; the service finds it, makes the backup and leaves the
answer. What a backup is lives in `storage.backup`.
"""

import json
import threading
import time
from pathlib import Path

import structlog

from config.settings import Settings
from heating.clock import Clock
from heating.errors import HeatingError
from heating.protocols import TimeSeriesStore
from storage.backup.manifest import BackupError
from storage.backup.whole import back_up
from storage.open_stores import duckdb_folder

__all__ = ["BackupDesk", "ask_running_service"]

REQUEST, ANSWER = "backup-request.json", "backup-answer.json"
LOOK_S = 1.0
"""Time between two looks for a request [s]."""
PATIENCE_S = 30.0
"""A service takes a request up within this [s]; then it may work as long as it needs."""

_log = structlog.get_logger()


class BackupDesk:
    """Looks for requests and makes backups, in a thread of its own.

    Parameters
    ----------
    settings
        Name the parts; without the embedded store there is nothing to do.
    store
        The open store.
    clock
        When a backup is made.
    """

    def __init__(self, *, settings: Settings, store: TimeSeriesStore, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._folder = duckdb_folder(settings.timeseries.url)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="backup-desk", daemon=True)

    def start(self) -> None:
        """Forget requests of the past and start."""
        for name in (REQUEST, ANSWER):
            (self._folder / name).unlink(missing_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """End after a backup at hand."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(60.0)

    @property
    def is_running(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            if (self._folder / REQUEST).exists():
                self.serve_once()

    def serve_once(self) -> None:
        """Take the request up and answer it."""
        request = self._folder / REQUEST
        answer: dict[str, object]
        try:
            asked = json.loads(request.read_text(encoding="utf-8"))
            request.unlink()
            config_file = Path(asked["config_file"]) if asked["config_file"] else None
            made = back_up(
                self._settings,
                Path(asked["folder"]),
                now=self._clock.now(),
                config_file=config_file,
                store=self._store,
            )
            answer = {"files": len(made.files)}
        except (HeatingError, OSError, ValueError, KeyError, TypeError) as error:
            request.unlink(missing_ok=True)
            _log.warning("runtime.backup_failed", error=str(error))
            answer = {"error": str(error) or type(error).__name__}
        _write(self._folder / ANSWER, answer)


def ask_running_service(
    settings: Settings, target: Path, *, config_file: Path | None, patience_s: float = PATIENCE_S
) -> int:
    """Have the service that owns the embedded store make a backup; return how many files it has.

    Raises
    ------
    BackupError
        When no service takes the request up, or the backup fails.
    """
    folder = duckdb_folder(settings.timeseries.url)
    request, answer = folder / REQUEST, folder / ANSWER
    answer.unlink(missing_ok=True)
    named = str(config_file.absolute()) if config_file else None
    _write(request, {"folder": str(target), "config_file": named})
    end_s = time.monotonic() + patience_s
    pause = threading.Event()
    while not answer.exists():
        pause.wait(0.2)
        if request.exists() and time.monotonic() > end_s:
            request.unlink(missing_ok=True)
            raise BackupError(
                "another process owns the embedded store and makes no backup: stop it, then ask again"
            )
    found = json.loads(answer.read_text(encoding="utf-8"))
    answer.unlink(missing_ok=True)
    if "error" in found:
        raise BackupError(str(found["error"]))
    return int(found["files"])


def _write(path: Path, content: dict[str, object]) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(content), encoding="utf-8")
    fresh.replace(path)
