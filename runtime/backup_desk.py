"""Work on the embedded store that only the process owning it can do, asked for by another process.

``nuanliu backup``, ``nuanliu store export-parquet`` and ``nuanliu store info`` leave a request in the store's folder;
the service finds it, does the work and leaves the answer. What a backup or an export is lives in `storage`.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import structlog

from config.settings.tree import Settings
from heating.clock import Clock
from heating.errors import HeatingError
from heating.intervals import Interval, from_epoch_ms
from heating.points import Measurement
from heating.protocols import Health, HealthStatus
from storage.backup.manifest import BackupError
from storage.backup.whole import back_up
from storage.readings.duckdb.ownership import is_owned
from storage.readings.opening import OpenedStore, duckdb_folder
from storage.readings.parquet_export import ExportError, WindowStore, export_days

__all__ = [
    "BackupDesk",
    "ServiceDoesNotAnswerError",
    "ask_for_export",
    "ask_for_health",
    "ask_running_service",
]

REQUEST, ANSWER, PROGRESS = "desk-request-", "desk-answer-", "desk-progress-"
"""Beginnings of the files of a request; its number and ``.json`` follow."""
LOOK_S = 1.0
"""Time between two looks for requests [s]."""
PATIENCE_S = 30.0
"""A service takes a request up within this [s]; then it may work as long as it needs."""
ALIVE_LOOK_S = 2.0
"""Time between two looks whether a service at work still lives [s]."""

Progress = Callable[[str, int, int], None]

_log = structlog.get_logger()


class ServiceDoesNotAnswerError(HeatingError):
    """The process that owns the embedded store takes no request up, or ended before it answered."""


class BackupDesk:
    """Looks for requests and does the work, in a thread of its own.

    Parameters
    ----------
    settings
        Name the parts; without the embedded store there is nothing to do.
    store
        The open store.
    clock
        When a backup is made.
    """

    def __init__(self, *, settings: Settings, store: OpenedStore, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._folder = duckdb_folder(settings.timeseries.url)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="backup-desk", daemon=True)

    def start(self) -> None:
        """Forget requests of the past and start."""
        for beginning in (REQUEST, ANSWER, PROGRESS):
            for old in self._folder.glob(f"{beginning}*.json*"):
                old.unlink(missing_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """End after a backup at hand; an export ends after the day at hand."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(60.0)

    @property
    def is_running(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            for request in sorted(self._folder.glob(f"{REQUEST}*.json")):
                self._serve(request)

    def _serve(self, request: Path) -> None:
        """Take a request up and answer it."""
        number = request.stem.removeprefix(REQUEST)
        answer: Mapping[str, object]
        try:
            asked = json.loads(request.read_text(encoding="utf-8"))
            request.unlink()
            answer = self._do(asked, number)
        except (HeatingError, OSError, ValueError, KeyError, TypeError) as error:
            request.unlink(missing_ok=True)
            _log.warning("runtime.desk_request_failed", error=str(error))
            answer = {"error": str(error) or type(error).__name__}
        _write(self._folder / f"{ANSWER}{number}.json", answer)

    def _do(self, asked: Mapping[str, Any], number: str) -> Mapping[str, object]:
        match asked["task"]:
            case "backup":
                config_file = Path(asked["config_file"]) if asked["config_file"] else None
                target, now = Path(asked["folder"]), self._clock.now()
                made = back_up(self._settings, target, now=now, config_file=config_file, store=self._store)
                return {"files": len(made.files)}
            case "export":
                return {"rows": self._export(asked, number)}
            case "health":
                health = self._store.health()
                figures = dict(health.figures)
                return {"status": health.status.value, "reason": health.reason, "figures": figures}
            case other:
                raise ValueError(f"this service knows no task {other!r}")

    def _export(self, asked: Mapping[str, Any], number: str) -> int:
        def tell(label: str, done: int, total: int) -> None:
            _write(self._folder / f"{PROGRESS}{number}.json", {"label": label, "done": done, "total": total})
            if self._stopping.is_set() and done < total:
                raise ExportError(f"the service stops: {done} of {total} days are exported")

        return export_days(
            cast(WindowStore, self._store),
            Path(asked["folder"]),
            window=Interval(from_epoch_ms(asked["start_ms"]), from_epoch_ms(asked["end_ms"])),
            measurements=[Measurement(name) for name in asked["measurements"]],
            progress=tell,
        )


def ask_running_service(
    settings: Settings, target: Path, *, config_file: Path | None, patience_s: float = PATIENCE_S
) -> int:
    """Have the service that owns the embedded store make a backup; return how many files it has.

    Raises
    ------
    BackupError
        When the backup fails.
    ServiceDoesNotAnswerError
        When no service takes the request up or it ends meanwhile.
    """
    named = str(config_file.absolute()) if config_file else None
    asked = {"task": "backup", "folder": str(target.absolute()), "config_file": named}
    found = _ask(settings, asked, patience_s=patience_s)
    if "error" in found:
        raise BackupError(str(found["error"]))
    return int(found["files"])


def ask_for_export(
    settings: Settings,
    folder: Path,
    *,
    window: Interval,
    measurements: Sequence[Measurement],
    progress: Progress,
    patience_s: float = PATIENCE_S,
) -> int:
    """Have the service that owns the embedded store export days as Parquet; return how many readings.

    Raises
    ------
    storage.readings.parquet_export.ExportError
        When the export fails.
    ServiceDoesNotAnswerError
        When no service takes the request up or it ends meanwhile.
    """
    asked = {
        "task": "export",
        "folder": str(folder.absolute()),
        "start_ms": window.start_ms,
        "end_ms": window.end_ms,
        "measurements": [measurement.value for measurement in measurements],
    }
    found = _ask(settings, asked, patience_s=patience_s, progress=progress)
    if "error" in found:
        raise ExportError(str(found["error"]))
    return int(found["rows"])


def ask_for_health(settings: Settings, *, patience_s: float = PATIENCE_S) -> Health:
    """Return the health of the embedded store as the service that owns it sees it.

    Raises
    ------
    ServiceDoesNotAnswerError
        When no service takes the request up or it ends meanwhile.
    """
    found = _ask(settings, {"task": "health"}, patience_s=patience_s)
    if "error" in found:
        raise ServiceDoesNotAnswerError(str(found["error"]))
    return Health(HealthStatus(found["status"]), found["reason"], found["figures"])


def _ask(
    settings: Settings,
    asked: Mapping[str, object],
    *,
    patience_s: float,
    progress: Progress = lambda label, done, total: None,
) -> Mapping[str, Any]:
    """Leave a request and wait for its answer."""
    folder, number = duckdb_folder(settings.timeseries.url), uuid4().hex
    request, answer, told = (folder / f"{name}{number}.json" for name in (REQUEST, ANSWER, PROGRESS))
    _write(request, asked)
    try:
        _wait(folder, request, answer, told, patience_s=patience_s, progress=progress)
        found: Mapping[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return found
    finally:
        for path in (request, answer, told):
            path.unlink(missing_ok=True)


def _wait(
    folder: Path, request: Path, answer: Path, told: Path, *, patience_s: float, progress: Progress
) -> None:
    begun_s = looked_s = time.monotonic()
    pause = threading.Event()
    while not answer.exists():
        pause.wait(0.2)
        now_s = time.monotonic()
        if request.exists() and now_s - begun_s > patience_s:
            raise ServiceDoesNotAnswerError(
                f"another process owns the embedded store in {folder} and takes no requests: "
                "stop it, then ask again"
            )
        if now_s - looked_s > ALIVE_LOOK_S:
            looked_s = now_s
            if not is_owned(folder) and not answer.exists():
                raise ServiceDoesNotAnswerError(
                    f"the service that owned the embedded store in {folder} ended before it answered: ask again"
                )
        if told.exists():
            state = json.loads(told.read_text(encoding="utf-8"))
            progress(state["label"], state["done"], state["total"])


def _write(path: Path, content: Mapping[str, object]) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(content), encoding="utf-8")
    fresh.replace(path)
